/** The command line of `npm run interop`. */
import { parseArgs } from 'node:util';

export interface Options {
  /** A missing toolchain is a failure. */
  readonly ci: boolean;
  /** A running broker to use; without it, one is started. */
  readonly url: string | undefined;
  /** Names of clients to run; all when undefined. */
  readonly only: readonly string[] | undefined;
  /** Start the broker from its sources instead of from dist/. */
  readonly sources: boolean;
  readonly writeDocs: boolean;
  /** Programs at the same time. */
  readonly jobs: number;
}

export const HELP = `npm run interop -- [options]

Runs other people's AMQP clients (interop/matrix.json) against the broker and prints a table of
scenarios (interop/scenarios.json) and clients.

  --only a,b      run these clients
  --url amqp://   use a running broker; scenarios that kill the broker are skipped
  --sources       start the broker from its sources instead of from dist/
  --jobs N        client programs at the same time (3)
  --ci            a missing toolchain is a failure instead of being skipped
  --write-docs    write docs/interop.md; needs all clients and the project's own broker
  --help          this text
`;

/** Reads the command line; `'help'` when that is asked for. Throws an Error for a bad one. */
export function readOptions(args: readonly string[], clients: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ci: { type: 'boolean', default: false },
      url: { type: 'string' },
      only: { type: 'string' },
      sources: { type: 'boolean', default: false },
      'write-docs': { type: 'boolean', default: false },
      jobs: { type: 'string', default: '3' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const only = values.only?.split(',').filter((name) => name !== '');
  for (const name of only ?? []) {
    if (!clients.includes(name)) throw new Error(`no client ${name}; have ${clients.join(', ')}`);
  }
  if (values['write-docs'] && (only !== undefined || values.url !== undefined)) {
    throw new Error('--write-docs is for a whole run: without --only and without --url');
  }
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) throw new Error('--jobs takes a number from 1');
  const { ci, url, sources, 'write-docs': writeDocs } = values;
  return { ci, url: url && withoutPath(url), only, sources, writeDocs, jobs };
}

/** Programs put the vhost behind the URL themselves. */
function withoutPath(url: string): string {
  const { protocol, username, password, host } = new URL(url);
  if (protocol !== 'amqp:') throw new Error(`--url takes an amqp:// URL, not ${url}`);
  return `amqp://${username || 'guest'}:${password || 'guest'}@${host}`;
}
