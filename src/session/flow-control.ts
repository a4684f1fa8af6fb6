/**
 * Holds back publishers whose queues fall behind, so that consumers' acknowledgements are read in time.
 *
 * libuv reads up to 2 MiB from one socket before it looks at the next, so a flooding publisher starves
 * everybody else. A connection that fed a queue with waiting consumers past `BEHIND_MESSAGES` is not read
 * until the queue has caught up, or until it is clear that waiting for it does not help: nobody
 * else sent anything for `IDLE_MS` (the consumer is slow, not starved), or `LONGEST_HOLD_MS` went by.
 * Not responsible for memory alarms (connection.ts).
 */
import type { Queue } from '../broker/queue.ts';
import type { Clock } from '../lib/clock.ts';

/** Without any input for this long, the loop has nothing to do that a held publisher would disturb. */
const IDLE_MS = 1;
/** So that consumers who keep the loop busy cannot starve a publisher: 64 KiB in this time. */
const LONGEST_HOLD_MS = 20;

/** A connection, as far as it can be held back. */
export interface Holdable {
  /** Calls `release` of its flow control; the same function each time. */
  readonly onCaughtUp: () => void;
  pauseFor(reason: 'flow' | 'alarm'): void;
  resumeFrom(reason: 'flow' | 'alarm'): void;
}

export class FlowControl {
  readonly #clock: Clock;
  readonly #defer: (fn: () => void) => void;
  /** Held connections, with the time at which each is let go at the latest. */
  readonly #held = new Map<Holdable, number>();
  /** Counts chunks read from any connection. */
  #activity = 0;
  #seenActivity = 0;
  #quietSince = 0;

  constructor(clock: Clock, defer: (fn: () => void) => void) {
    this.#clock = clock;
    this.#defer = defer;
  }

  /** Octets were read from some connection. */
  noteActivity(): void {
    this.#activity++;
  }

  /** Holds `connection` back until `queue` has caught up. */
  hold(connection: Holdable, queue: Queue): void {
    if (this.#held.has(connection)) return;
    const now = this.#clock.now();
    if (this.#held.size === 0) {
      this.#quietSince = now;
      this.#seenActivity = this.#activity;
      this.#defer(this.#watch);
    }
    this.#held.set(connection, now + LONGEST_HOLD_MS);
    connection.pauseFor('flow');
    queue.whenCaughtUp(connection.onCaughtUp);
  }

  release(connection: Holdable): void {
    if (this.#held.delete(connection)) connection.resumeFrom('flow');
  }

  readonly #watch = (): void => {
    if (this.#held.size === 0) return;
    const now = this.#clock.now();
    if (this.#seenActivity !== this.#activity) {
      this.#seenActivity = this.#activity;
      this.#quietSince = now;
    }
    const idle = now - this.#quietSince >= IDLE_MS;
    for (const [connection, until] of [...this.#held]) {
      if (idle || now >= until) this.release(connection);
    }
    if (this.#held.size !== 0) this.#defer(this.#watch);
  };
}
