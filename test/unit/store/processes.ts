// Processes that are only said to be: started, killed, their numbers used again, on a machine that
// may start anew.
import type { ProcessFacts } from '../../../src/store/file/folder-lock.ts';

export class Processes {
  readonly #running = new Map<number, string>();
  #boot = 1;
  #lastPid = 100;
  #lastStart = 0;

  /** A process; its number, if given, may have been another's. */
  start({ pid = ++this.#lastPid }: { pid?: number } = {}): ProcessFacts {
    const started = String(++this.#lastStart);
    this.#running.set(pid, started);
    return {
      self: { pid, started, boot: `boot ${this.#boot}`, host: 'box' },
      isRunning: (number, since) => this.#running.get(number) === since,
    };
  }

  kill({ self }: ProcessFacts): void {
    this.#running.delete(self.pid);
  }

  /** All processes are gone; numbers and times begin again, as they do. */
  reboot(): void {
    this.#boot++;
    this.#running.clear();
    this.#lastStart = 0;
  }
}
