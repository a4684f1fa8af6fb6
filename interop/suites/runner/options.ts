/** The command line of `npm run interop:suites`. */
import { parseArgs } from 'node:util';

export const BROKERS = ['rabbitmq', 'leveret'] as const;
export type BrokerName = (typeof BROKERS)[number];

export interface Options {
  /** A missing toolchain is a failure. */
  readonly ci: boolean;
  /** Names of suites to run; all when undefined. */
  readonly only: readonly string[] | undefined;
  /** The brokers to run them against; nothing is compared when it is only one. */
  readonly brokers: readonly BrokerName[];
  /** Suites at the same time, on each broker. */
  readonly jobs: number;
}

export const HELP = `npm run interop:suites -- [options]

Runs the integration tests that AMQP clients ship themselves (interop/suites/suites.json) against a
RabbitMQ (Debian's) and against Leveret: what passes there has to pass here.

  --only a,b      run these suites
  --broker NAME   run against rabbitmq or leveret alone, and tell what failed
  --jobs N        suites at the same time (3), each on a broker of its own; they sleep a lot
  --ci            a missing toolchain is a failure instead of being skipped
  --help          this text
`;

/** Reads the command line; `'help'` when that is asked for. Throws an Error for a bad one. */
export function readOptions(args: readonly string[], suites: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ci: { type: 'boolean', default: false },
      only: { type: 'string' },
      broker: { type: 'string' },
      jobs: { type: 'string', default: '3' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const only = values.only?.split(',').filter((name) => name !== '');
  for (const name of only ?? []) {
    if (!suites.includes(name)) throw new Error(`no suite ${name}; have ${suites.join(', ')}`);
  }
  const brokers = BROKERS.filter((name) => name === (values.broker ?? name));
  if (brokers.length === 0) throw new Error(`--broker takes one of ${BROKERS.join(', ')}`);
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) throw new Error('--jobs takes a number from 1');
  return { ci: values.ci, only, brokers, jobs };
}
