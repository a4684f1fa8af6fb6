/**
 * The lease of a queue with x-expires: it ends when nobody has used the queue for that long (A.5,
 * https://www.rabbitmq.com/docs/ttl#queue-ttl).
 *
 * Responsible for when that is. What counts as use is said by whoever calls.
 */
import type { CancelTimer, Clock } from '../../lib/clock.ts';

export class Lease {
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  readonly #lengthMs: number;
  #usedAtMs: number;
  /** Whether it runs: it does not while there are consumers. */
  #isRunning = false;
  #cancel: CancelTimer | null = null;

  constructor(clock: Clock, lengthMs: number, onEnd: () => void) {
    this.#clock = clock;
    this.#lengthMs = lengthMs;
    this.#onEnd = onEnd;
    this.#usedAtMs = clock.now();
  }

  /** null for a queue without an end. */
  static of(clock: Clock, lengthMs: number | null, onEnd: () => void): Lease | null {
    return lengthMs === null ? null : new Lease(clock, lengthMs, onEnd);
  }

  /** The queue is used at this moment. */
  use(): void {
    this.#usedAtMs = this.#clock.now();
  }

  /** There is no consumer, or none any more. */
  run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.use();
    this.#arm(this.#lengthMs);
  }

  /** There is a consumer, or the queue is gone. */
  stop(): void {
    this.#isRunning = false;
    this.#cancel?.();
    this.#cancel = null;
  }

  #arm(delayMs: number): void {
    this.#cancel = this.#clock.setTimeout(() => {
      this.#cancel = null;
      const leftMs = this.#usedAtMs + this.#lengthMs - this.#clock.now();
      if (leftMs > 0) this.#arm(leftMs);
      else this.#onEnd();
    }, delayMs);
  }
}
