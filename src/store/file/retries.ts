/**
 * Trying again what the disk refused: without end while it is full, a few times otherwise.
 */
import { isNoSpace } from '../files.ts';

/** Tries before the store gives up, when it is not for room. */
const TRIES = 3;
const RETRY_MS = 100;
const FULL_RETRY_MS = 1000;

export interface RetryOptions {
  wait(milliseconds: number): Promise<void>;
  report(line: string): void;
  diskFull(isFull: boolean): void;
  failed(error: unknown): void;
}

export class Retries {
  readonly #options: RetryOptions;
  #isFull = false;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /** Runs `work` until it succeeds; false once the store has given up. */
  async run(work: () => Promise<void>): Promise<boolean> {
    const { wait, report, failed } = this.#options;
    for (let tries = 1; ; ) {
      try {
        await work();
        this.#setFull(false);
        return true;
      } catch (error) {
        const isFull = isNoSpace(error);
        this.#setFull(isFull);
        if (!isFull && tries++ >= TRIES) {
          report(`storage failed for good: ${String(error)}`);
          failed(error);
          return false;
        }
        if (!isFull) report(`storage failed and is tried again: ${String(error)}`);
        await wait(isFull ? FULL_RETRY_MS : RETRY_MS);
      }
    }
  }

  #setFull(isFull: boolean): void {
    if (this.#isFull === isFull) return;
    this.#isFull = isFull;
    this.#options.diskFull(isFull);
  }
}
