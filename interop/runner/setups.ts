/**
 * Makes each language ready, once, with the setup command of the matrix. Exit code 0: ready. Exit
 * code 69 (EX_UNAVAILABLE): the toolchain is not on this machine and could not be installed, with
 * the reason on the last line of standard error. Anything else is a failure everywhere.
 */
import type { Matrix } from './matrix.ts';
import { run } from './processes.ts';

const SETUP_LIMIT_MS = 300_000;
const UNAVAILABLE = 69;

export type SetupResult =
  | { readonly status: 'ready' }
  | { readonly status: 'absent' | 'failed'; readonly reason: string };

export class Setups {
  readonly #matrix: Matrix;
  readonly #results = new Map<string, SetupResult>();

  constructor(matrix: Matrix) {
    this.#matrix = matrix;
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
    const command = this.#matrix.setups[name]?.command ?? [];
    const { code, timedOut, errors } = await run({ command, limitMs: SETUP_LIMIT_MS });
    if (code === 0) return { status: 'ready' };
    const last = errors.at(-1) ?? `exit code ${code}`;
    if (code === UNAVAILABLE) return { status: 'absent', reason: last };
    const reason = timedOut ? `setup: no end after ${SETUP_LIMIT_MS} ms` : `setup: ${last}`;
    return { status: 'failed', reason };
  }
}
