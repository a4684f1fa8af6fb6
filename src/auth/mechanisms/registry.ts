/**
 * The SASL mechanisms there are, by name, in the order in which connection.start offers them.
 */

import { amqplain } from './amqplain.ts';
import { anonymous } from './anonymous.ts';
import type { Credentials, Mechanism } from './mechanism.ts';
import { plain } from './plain.ts';

/** `nobody`: who somebody is without a name; null: everybody needs one. */
export function mechanismsFor(nobody: Credentials | null): ReadonlyMap<string, Mechanism> {
  const mechanisms = new Map([
    ['PLAIN', plain],
    ['AMQPLAIN', amqplain],
  ]);
  if (nobody !== null) mechanisms.set('ANONYMOUS', anonymous(nobody));
  return mechanisms;
}
