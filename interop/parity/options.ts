/** The command line of `npm run parity`. */
import { parseArgs } from 'node:util';

export interface Options {
  /** A running RabbitMQ to compare with; without it, one is started. */
  readonly url: URL | undefined;
  /** Scenarios whose `subject: name` contains one of these; all when undefined. */
  readonly only: readonly string[] | undefined;
  /** Print what came back, equal or not. */
  readonly verbose: boolean;
  /** Print entries for known.json of what differs and is not known. */
  readonly printKnown: boolean;
  readonly seed: number;
  /** Scenarios at the same time. */
  readonly jobs: number;
}

export const HELP = `npm run parity -- [options]

Runs the scenarios of interop/parity against a RabbitMQ and against Leveret, frame by frame, and
prints what differs. Differences that are known stand in interop/parity/known.json; one that is gone
has to be taken out there.

  --only TEXT     scenarios whose name contains this, such as "exchanges:" or "tx"; repeatable
  --verbose       print what came back in each scenario
  --print-known   print unknown differences as entries for known.json
  --seed N        of the random scenarios
  --jobs N        scenarios at the same time (6)
  --help          this text

PARITY_URL names a running RabbitMQ (amqp://host:port); scenarios that need users and limits of
their own are left out then. Otherwise Debian's is installed and started on loopback.
`;

/** Reads the command line; `'help'` when that is asked for. Throws an Error for a bad one. */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      verbose: { type: 'boolean', default: false },
      'print-known': { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      jobs: { type: 'string', default: '6' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) throw new Error('--jobs takes a number from 1');
  const seed = Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0) throw new Error('--seed takes a number from 0');
  return {
    url: readUrl(env['PARITY_URL']),
    only: values.only,
    verbose: values.verbose,
    printKnown: values['print-known'],
    seed,
    jobs,
  };
}

function readUrl(text: string | undefined): URL | undefined {
  if (text === undefined || text === '') return undefined;
  const url = new URL(text);
  if (url.protocol !== 'amqp:') throw new Error(`PARITY_URL takes an amqp:// URL, not ${text}`);
  return url;
}
