/** The command line of `npm run interop`. */
import { parseArgs } from 'node:util';

export interface Options {
  /** A missing toolchain is a failure. */
  readonly ci: boolean;
  /** A running broker to use; without it, one is started. */
  readonly url: string | undefined;
  /** Names of clients to run; all when undefined. */
  readonly only: readonly string[] | undefined;
  /** Start the broker from dist/ instead of from its sources. */
  readonly built: boolean;
  readonly writeDocs: boolean;
}

export const HELP = `npm run interop -- [options]

Runs other people's AMQP clients (interop/matrix.json) against the broker and prints a table of
scenarios (interop/scenarios.json) and clients.

  --only a,b      run these clients
  --url amqp://   use a running broker; scenarios that kill the broker are skipped
  --built         start the broker from dist/ (npm run build) instead of from its sources
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
      built: { type: 'boolean', default: false },
      'write-docs': { type: 'boolean', default: false },
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
  const { ci, url, built } = values;
  return { ci, url: url && withoutPath(url), only, built, writeDocs: values['write-docs'] };
}

/** Programs put the vhost behind the URL themselves. */
function withoutPath(url: string): string {
  const { protocol, username, password, host } = new URL(url);
  if (protocol !== 'amqp:') throw new Error(`--url takes an amqp:// URL, not ${url}`);
  return `amqp://${username || 'guest'}:${password || 'guest'}@${host}`;
}
