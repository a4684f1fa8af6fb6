// The users, vhosts and limits that the end-to-end tests expect, as Leveret's options. A foreign
// broker that has been given the same (and says so with LEVERET_TEST_WORLD=1) runs every test;
// one with no more than guest and `/` runs those that need nothing of this.
import type { BrokerOptions } from '../../src/index.ts';

/** A vhost beside `/`; guest may do all there. */
export const OTHER_VHOST = 'leveret-other';
/** What the user `limited` may configure, write and read begins with this. */
export const ALLOWED_PREFIX = 'may.';
/** The largest message that is accepted, in octets. */
export const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;
/** How long a client may take to open its connection; RabbitMQ's `handshake_timeout`. */
export const HANDSHAKE_TIMEOUT_MS = 2000;

const ALL = { configure: '.*', write: '.*', read: '.*' };
const SOME = { configure: '^may\\.', write: '^may\\.', read: '^may\\.' };

export const WORLD: BrokerOptions = {
  port: 0,
  vhosts: ['/', OTHER_VHOST],
  maxMessageBytes: MAX_MESSAGE_BYTES,
  handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
  users: [
    {
      name: 'guest',
      password: 'guest',
      tags: ['administrator'],
      permissions: { '/': ALL, [OTHER_VHOST]: ALL },
    },
    { name: 'limited', password: 'limited', permissions: { '/': SOME } },
    { name: 'stranger', password: 'stranger', permissions: {} },
    { name: 'posing', password: 'posing', tags: ['impersonator'], permissions: { '/': ALL } },
  ],
};
