/** A clock whose timers can all be taken back at once: whoever set them is at its end. */
import type { CancelTimer, Clock } from './clock.ts';

export class StoppableClock implements Clock {
  readonly #clock: Clock;
  readonly #timers = new Set<CancelTimer>();
  #isStopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  setTimeout(fn: () => void, delayMs: number): CancelTimer {
    if (this.#isStopped) return () => undefined;
    const cancel = this.#clock.setTimeout(() => {
      this.#timers.delete(cancel);
      fn();
    }, delayMs);
    this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  }

  /** No timer fires any more. */
  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}
