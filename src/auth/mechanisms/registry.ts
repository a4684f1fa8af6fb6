/**
 * The SASL mechanisms there are, by name, in the order in which connection.start offers them.
 */

import { amqplain } from './amqplain.ts';
import type { Mechanism } from './mechanism.ts';
import { plain } from './plain.ts';

export const mechanisms: ReadonlyMap<string, Mechanism> = new Map([
  ['PLAIN', plain],
  ['AMQPLAIN', amqplain],
]);
