/**
 * Holds back publishers whose queues fall behind, so that consumers' acknowledgements are read in
 * time.
 *
 * libuv reads up to 2 MiB from one socket before it looks at the next, so a flooding publisher
 * starves everybody else. A connection that fed a queue with waiting consumers past
 * `BEHIND_MESSAGES` is not read until the queue has caught up, or until it is clear that waiting
 * for it does not help: nobody else sent anything between two looks (the consumers are slow, not
 * starved), or `LONGEST_HOLD_MS` went by. The looks come from a timer: a loop that turned for them
 * would take the processor from the very consumers that are waited for. Not responsible for memory
 * alarms (connection.ts).
 */
import type { Queue } from '../broker/queue.ts';
import type { Clock } from '../lib/clock.ts';

/** Time between two looks at what is held. */
const LOOK_MS = 1;
/** So that consumers who keep the loop busy cannot starve a publisher: 64 KiB in this time. */
const LONGEST_HOLD_MS = 20;

/** A connection, as far as it can be held back. */
export interface Holdable {
  /** Calls `release` of its flow control; the same function each time. */
  readonly onCaughtUp: () => void;
  pauseFor(reason: 'flow' | 'alarm'): void;
  resumeFrom(reason: 'flow' | 'alarm'): void;
}

interface Hold {
  readonly queue: Queue;
  /** When the connection is let go at the latest, in the clock's milliseconds. */
  readonly until: number;
}

export class FlowControl {
  readonly #clock: Clock;
  readonly #held = new Map<Holdable, Hold>();
  #watching = false;
  /** Counts chunks read from any connection. */
  #activity = 0;
  #seenActivity = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Octets were read from some connection. */
  noteActivity(): void {
    this.#activity++;
  }

  /** Holds `connection` back until `queue` has caught up. */
  hold(connection: Holdable, queue: Queue): void {
    if (this.#held.has(connection)) return;
    this.#held.set(connection, { queue, until: this.#clock.now() + LONGEST_HOLD_MS });
    connection.pauseFor('flow');
    queue.whenCaughtUp(connection.onCaughtUp);
    if (!this.#watching) this.#watch();
  }

  release(connection: Holdable): void {
    const hold = this.#held.get(connection);
    if (hold === undefined) return;
    this.#held.delete(connection);
    // Else a queue that never catches up would keep every connection that once waited for it.
    hold.queue.stopWaiting(connection.onCaughtUp);
    connection.resumeFrom('flow');
  }

  #watch(): void {
    this.#watching = true;
    this.#seenActivity = this.#activity;
    this.#clock.setTimeout(() => this.#look(), LOOK_MS);
  }

  #look(): void {
    this.#watching = false;
    const now = this.#clock.now();
    const idle = this.#activity === this.#seenActivity;
    for (const [connection, { until }] of [...this.#held]) {
      if (idle || now >= until) this.release(connection);
    }
    if (this.#held.size !== 0) this.#watch();
  }
}
