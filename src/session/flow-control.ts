/**
 * Holds back publishers whose queues fall behind, so that consumers' acknowledgements are read in
 * time.
 *
 * A connection that fed a queue with consumers past `BEHIND_MESSAGES` or `BEHIND_BYTES` is not read
 * until the queue has caught up, but never for longer than what it just sent takes at
 * `FLOOR_BYTES_PER_MS`: small publishes are not held at all. A queue that hands nothing over
 * between two looks has slow consumers, not starved ones: waiting for it helps nobody, so it holds
 * nobody until it has moved again. Once half of the memory is in use, whoever feeds such a backlog
 * is slowed down all the same, the more the less is left, so that the memory alarm, which stops
 * everybody, need not come because of a few. The looks come from a timer: a loop that turned for
 * them would take the processor from the very consumers that are waited for. Not responsible for
 * memory alarms (connection.ts) or for how much of one connection is read in a turn
 * (read-control.ts).
 */

import type { Memory } from '../broker/memory.ts';
import type { Queue } from '../broker/queue.ts';
import type { Clock } from '../lib/clock.ts';

/** Time between two looks at what is held. */
const LOOK_MS = 1;
/** What a held publisher may send at the least while memory is plenty: 64 MiB/s. */
const FLOOR_BYTES_PER_MS = 64 * 1024;
/** The same when hardly any memory is left: 256 KiB/s. */
const LOWEST_FLOOR_BYTES_PER_MS = 256;
/** Share of the memory limit from which the floor sinks, down to the lowest at the limit. */
const PRESSURE_SHARE = 0.5;
/** Holds shorter than this are not worth it. */
const SHORTEST_HOLD_MS = 0.5;
/** Messages that a queue found slow has to hand over before it holds anybody again. */
const RECOVERY_MESSAGES = 256;

/** A connection, as far as it can be held back. */
export interface Holdable {
  /** Calls `release` of its flow control; the same function each time. */
  readonly onCaughtUp: () => void;
  pauseFor(reason: 'flow'): void;
  resumeFrom(reason: 'flow'): void;
}

interface Hold {
  readonly queue: Queue;
  /** When the connection is let go at the latest, in the clock's milliseconds. */
  readonly until: number;
  /** What the queue had handed over at the last look. */
  deliveries: number;
}

export class FlowControl {
  readonly #clock: Clock;
  readonly #memory: Pick<Memory, 'usedBytes' | 'limitBytes'>;
  readonly #held = new Map<Holdable, Hold>();
  /** Queues with slow consumers, and what they had handed over when that was found. */
  readonly #slow = new WeakMap<Queue, number>();
  #watching = false;

  /** `memory`: what is in use of how much. */
  constructor(clock: Clock, memory: Pick<Memory, 'usedBytes' | 'limitBytes'>) {
    this.#clock = clock;
    this.#memory = memory;
  }

  /** Holds `connection`, which just sent `bytes`, back until `queue` has caught up. */
  hold(connection: Holdable, queue: Queue, bytes: number): void {
    const longestMs = bytes / this.#floor();
    if (longestMs < SHORTEST_HOLD_MS || this.#held.has(connection)) return;
    if (this.#isSlow(queue) && !this.#isPressed()) return;
    const until = this.#clock.now() + longestMs;
    this.#held.set(connection, { queue, until, deliveries: queue.deliveryCount });
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

  /** Whether so much memory is in use that whoever adds to a backlog is slowed down. */
  #isPressed(): boolean {
    return this.#memory.usedBytes > this.#memory.limitBytes * PRESSURE_SHARE;
  }

  /** Octets per millisecond: those who feed backlogs approach the memory limit ever more slowly. */
  #floor(): number {
    if (!this.#isPressed()) return FLOOR_BYTES_PER_MS;
    const left = 1 - this.#memory.usedBytes / this.#memory.limitBytes;
    const share = left / (1 - PRESSURE_SHARE);
    return Math.max(FLOOR_BYTES_PER_MS * share, LOWEST_FLOOR_BYTES_PER_MS);
  }

  #isSlow(queue: Queue): boolean {
    const deliveries = this.#slow.get(queue);
    return deliveries !== undefined && queue.deliveryCount - deliveries < RECOVERY_MESSAGES;
  }

  #watch(): void {
    this.#watching = true;
    this.#clock.setTimeout(() => this.#look(), LOOK_MS);
  }

  #look(): void {
    this.#watching = false;
    const now = this.#clock.now();
    for (const [connection, hold] of [...this.#held]) {
      const { queue, until, deliveries } = hold;
      hold.deliveries = queue.deliveryCount;
      if (deliveries === hold.deliveries) this.#slow.set(queue, deliveries);
      const isStuck = deliveries === hold.deliveries && !this.#isPressed();
      if (isStuck || now >= until) this.release(connection);
    }
    if (this.#held.size !== 0) this.#watch();
  }
}
