/**
 * PLAIN (RFC 4616): `NUL user NUL password`. As in RabbitMQ, nothing may stand before the first
 * NUL: there is no acting for somebody else.
 */

import type { Mechanism } from './mechanism.ts';

const NUL = 0;

export const plain: Mechanism = (response) => {
  if (response[0] !== NUL) return 'malformed';
  const second = response.indexOf(NUL, 1);
  if (second < 0 || response.includes(NUL, second + 1)) return 'malformed';
  return {
    user: response.toString('utf8', 1, second),
    password: response.toString('utf8', second + 1),
  };
};
