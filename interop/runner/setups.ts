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

/** Told of a setup that was run, and how long it took. */
export type OnSetup = (name: string, seconds: number) => void;

/** Setup commands by name. */
export type SetupCommands = Readonly<Record<string, { readonly command: readonly string[] }>>;

export class Setups {
  readonly #commands: SetupCommands;
  readonly #onEnd: OnSetup | undefined;
  readonly #results = new Map<string, SetupResult>();

  constructor(commands: SetupCommands, onEnd?: OnSetup) {
    this.#commands = commands;
    this.#onEnd = onEnd;
  }

  /** Runs a setup, unless it was run before. */
  async prepare(name: string | undefined): Promise<SetupResult> {
    if (name === undefined) return { status: 'ready' };
    let result = this.#results.get(name);
    if (result === undefined) {
      const started = Date.now();
      result = await this.#run(name);
      this.#onEnd?.(name, (Date.now() - started) / 1_000);
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
