/**
 * Differences between the exports that are known, each with its reason. One that no longer shows is
 * a failure, so that the table stays true.
 */
import type { Section } from './compare.ts';

/** What is compared: see interop/definitions.ts. */
export type Comparison = 'file' | 'rabbitmqctl' | 'http' | 'return';

export interface KnownDifference {
  readonly comparisons: readonly Comparison[];
  readonly section: Section;
  readonly lines: RegExp;
  readonly reason: string;
}

const EVERYWHERE = ['file', 'rabbitmqctl', 'http', 'return'] as const;

export const KNOWN: readonly KnownDifference[] = [
  {
    comparisons: ['file'],
    section: 'users',
    lines: /^[-+] "written by hand" password_hash: /,
    reason: 'its password is in the file, and each broker takes a salt of its own',
  },
  {
    comparisons: ['file'],
    section: 'users',
    lines: /^[-+] "without" password_hash: /,
    reason: 'RabbitMQ gives a user without a password one that nobody knows, Leveret gives none',
  },
  {
    comparisons: EVERYWHERE,
    section: 'permissions',
    lines: /^\+ "guest" "\/"$/,
    reason: 'a guest that definitions name keeps what the user that is there by default may do',
  },
  {
    comparisons: ['file', 'rabbitmqctl', 'http'],
    section: 'vhosts',
    lines: /^\+ "[^"]*" (description|tags): /,
    reason: 'RabbitMQ reads them there, and 3.10 writes them in the metadata only',
  },
  {
    comparisons: ['http'],
    section: 'vhosts',
    lines: /^\+ "[^"]*" (limits|metadata): /,
    reason: 'the HTTP API of 3.10 exports nothing but the name',
  },
  {
    comparisons: ['http'],
    section: 'queues',
    lines: /^\+ "[^"]*" "[^"]*" type: /,
    reason: 'the HTTP API of 3.10 has the type in the arguments only',
  },
  {
    comparisons: ['rabbitmqctl'],
    section: 'exchanges',
    lines: /^\+ "[^"]*" "[^"]*" internal: false$/,
    reason: 'rabbitmqctl leaves internal exchanges out, and so the field',
  },
  {
    comparisons: ['rabbitmqctl'],
    section: 'bindings',
    lines: /^- "shop" "[^"]*" "[^"]*" ("inside" "" |"sure" "k" )/,
    reason: 'bindings of an internal exchange, which rabbitmqctl exports without the exchange',
  },
];
