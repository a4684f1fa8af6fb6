/** The command lines of `npm run interop` and `npm run interop:apps`. */
import { parseArgs } from 'node:util';

export interface BrokerOptions {
  /** A running broker to use; without it, one is started. */
  readonly url: string | undefined;
  /**
   * Run against a RabbitMQ, of the suite's own unless there is a URL: what passes there has to
   * pass here.
   */
  readonly rabbitmq: boolean;
  /** Start the broker from its sources instead of from dist/. */
  readonly sources: boolean;
}

export interface RunOptions extends BrokerOptions {
  /** A missing toolchain is a failure. */
  readonly ci: boolean;
  /** Names of clients or applications to run; all when undefined. */
  readonly only: readonly string[] | undefined;
  /** Programs at the same time. */
  readonly jobs: number;
}

export interface Options extends RunOptions {
  readonly writeDocs: boolean;
}

export const HELP = `npm run interop -- [options]

Runs other people's AMQP clients (interop/matrix.json) against the broker and prints a table of
scenarios (interop/scenarios.json) and clients.

  --only a,b      run these clients
  --url amqp://   use a running broker; scenarios that kill the broker are skipped
  --rabbitmq      start a RabbitMQ (Debian's) and run against that, or the one of --url is one:
                  what only Leveret has is skipped
  --sources       start the broker from its sources instead of from dist/
  --jobs N        client programs at the same time (3)
  --ci            a missing toolchain is a failure instead of being skipped
  --write-docs    write docs/interop.md; needs all clients and the project's own broker
  --help          this text
`;

export const APPS_HELP = `npm run interop:apps -- [options]

Runs applications (interop/apps/apps.json) against the broker and prints what each of them showed.

  --only a,b      run these applications
  --url amqp://   use a running broker; what kills the broker is skipped
  --rabbitmq      start a RabbitMQ (Debian's) and run against that
  --sources       start the broker from its sources instead of from dist/
  --jobs N        applications at the same time (1)
  --ci            a missing toolchain is a failure instead of being skipped
  --help          this text
`;

const RUN_OPTIONS = {
  ci: { type: 'boolean', default: false },
  url: { type: 'string' },
  only: { type: 'string' },
  rabbitmq: { type: 'boolean', default: false },
  sources: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Reads the command line; `'help'` when that is asked for. Throws an Error for a bad one. */
export function readOptions(args: readonly string[], clients: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...RUN_OPTIONS,
      'write-docs': { type: 'boolean', default: false },
      jobs: { type: 'string', default: '3' },
    },
  });
  if (values.help) return 'help';
  const options = { ...runOptions(values, clients), writeDocs: values['write-docs'] };
  const { writeDocs, only, url, rabbitmq } = options;
  if (writeDocs && (only !== undefined || url !== undefined || rabbitmq)) {
    throw new Error('--write-docs is for a whole run: without --only, --url and --rabbitmq');
  }
  return options;
}

/** The same for applications. */
export function readAppOptions(
  args: readonly string[],
  apps: readonly string[],
): RunOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: { ...RUN_OPTIONS, jobs: { type: 'string', default: '1' } },
  });
  return values.help ? 'help' : runOptions(values, apps);
}

interface RunValues {
  readonly ci: boolean;
  readonly url?: string;
  readonly only?: string;
  readonly rabbitmq: boolean;
  readonly sources: boolean;
  readonly jobs: string;
}

function runOptions(values: RunValues, names: readonly string[]): RunOptions {
  const { ci, url, rabbitmq, sources } = values;
  const only = values.only?.split(',').filter((name) => name !== '');
  for (const name of only ?? []) {
    if (!names.includes(name)) throw new Error(`no ${name} here; have ${names.join(', ')}`);
  }
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) throw new Error('--jobs takes a number from 1');
  return { ci, url: url && withoutPath(url), only, rabbitmq, sources, jobs };
}

/** Programs put the vhost behind the URL themselves. */
function withoutPath(url: string): string {
  const { protocol, username, password, host } = new URL(url);
  if (protocol !== 'amqp:') throw new Error(`--url takes an amqp:// URL, not ${url}`);
  return `amqp://${username || 'guest'}:${password || 'guest'}@${host}`;
}
