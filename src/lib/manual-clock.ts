/**
 * A clock that stands still until it is told to advance: for tests of whatever keeps time, and for
 * programs that start a broker in their tests.
 */

import type { CancelTimer, Clock } from './clock.ts';

interface Pending {
  readonly at: number;
  readonly fn: () => void;
}

export class ManualClock implements Clock {
  #now: number;
  readonly #pending = new Set<Pending>();
  /** How many timers were ever asked for. */
  timersSet = 0;

  /** Begins at `startMs`, in epoch milliseconds. */
  constructor(startMs = 1_000_000) {
    this.#now = startMs;
  }

  /** Timers that have neither fired nor been taken back. */
  get pending(): number {
    return this.#pending.size;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(fn: () => void, delayMs: number): CancelTimer {
    const pending = { at: this.#now + delayMs, fn };
    this.timersSet++;
    this.#pending.add(pending);
    return () => void this.#pending.delete(pending);
  }

  /** Milliseconds until the next timer; `undefined` when there is none. */
  get nextInMs(): number | undefined {
    const next = this.#next(Number.POSITIVE_INFINITY);
    return next && Math.max(0, next.at - this.#now);
  }

  /** Passes milliseconds, firing timers at their time and in their order. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#now = Math.max(this.#now, next.at);
      this.#pending.delete(next);
      next.fn();
    }
    this.#now = until;
  }

  /** Passes time in one jump, as if the process had been stopped meanwhile. */
  jump(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }

  #next(until: number): Pending | undefined {
    let first: Pending | undefined;
    for (const each of this.#pending) {
      if (each.at <= until && (first === undefined || each.at < first.at)) first = each;
    }
    return first;
  }
}
