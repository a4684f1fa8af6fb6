/**
 * Makes each language or application ready, once, with its setup command. Exit code 0: ready. Exit
 * code 69 (EX_UNAVAILABLE): the toolchain is not on this machine and could not be installed, with
 * the reason on the last line of standard error. Anything else is a failure everywhere.
 */
import { run } from './processes.ts';

const SETUP_LIMIT_MS = 600_000;
const UNAVAILABLE = 69;

export type SetupResult =
  | { readonly status: 'ready' }
  | { readonly status: 'absent' | 'failed'; readonly reason: string };

/** Setup commands by name. */
export type SetupCommands = Readonly<Record<string, { readonly command: readonly string[] }>>;

export class Setups {
  readonly #commands: SetupCommands;
  readonly #results = new Map<string, SetupResult>();

  constructor(commands: SetupCommands) {
    this.#commands = commands;
  }

  /** Runs a setup, unless it was run before. */
  async prepare(name: string | undefined): Promise<SetupResult> {
    if (name === undefined) return { status: 'ready' };
    let result = this.#results.get(name);
    if (result === undefined) {
      result = await this.#run(name);
      this.#results.set(name, result);
    }
    return result;
  }

  async #run(name: string): Promise<SetupResult> {
    const command = this.#commands[name]?.command ?? [];
    const { code, timedOut, errors } = await run({ command, limitMs: SETUP_LIMIT_MS });
    if (code === 0) return { status: 'ready' };
    const last = errors.at(-1) ?? `exit code ${code}`;
    if (code === UNAVAILABLE) return { status: 'absent', reason: last };
    const reason = timedOut ? `setup: no end after ${SETUP_LIMIT_MS} ms` : `setup: ${last}`;
    return { status: 'failed', reason };
  }
}
