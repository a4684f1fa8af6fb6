/**
 * The lanes of one queue: one, or with x-max-priority one for each priority, of which the highest
 * that is not empty is served (A.5, https://www.rabbitmq.com/docs/priority).
 *
 * Responsible for finding the lane of a message and the lane whose turn it is, and for what
 * concerns all lanes. Not responsible for what is in a lane.
 */
import type { Ring } from '../../lib/ring.ts';
import type { QueueStore } from '../../store/port.ts';
import { priorityOf } from '../inspection.ts';
import type { Message, QueueEntry } from '../message.ts';
import { Lane, type LaneOwner } from './lane.ts';
import { RuledEntry } from './ruled-entry.ts';

/** Messages that are dropped in one turn of the loop. */
const DROP_STEP = 5_000;

export interface LanesParts {
  /** null: all messages are equal. */
  readonly maxPriority: number | null;
  /** Where persistent messages of a priority go; null in a queue that does not survive. */
  storeFor(priority: number): QueueStore | null;
  readonly owner: Omit<LaneOwner, 'onPaged'>;
  /** All lanes that were moving messages to the disk have done so. */
  onPaged(): void;
}

export class Lanes implements Iterable<Lane> {
  /** The only lane, or that of priority 0. */
  readonly main: Lane;
  readonly #parts: LanesParts;
  readonly #owner: LaneOwner;
  /** By priority; null when there is only one. */
  readonly #levels: (Lane | undefined)[] | null;
  #paging = 0;

  constructor(parts: LanesParts) {
    this.#parts = parts;
    this.#owner = {
      ...parts.owner,
      onPaged: () => {
        if (--this.#paging === 0) parts.onPaged();
      },
    };
    this.main = this.#make(0);
    const { maxPriority } = parts;
    this.#levels = maxPriority === null ? null : new Array(maxPriority + 1);
    if (this.#levels === null) return;
    this.#levels[0] = this.main;
    // What a restart left is in lanes of any priority.
    if (this.main.isKept) for (let i = 1; i < this.#levels.length; i++) this.#level(i);
  }

  /** Highest first. */
  *[Symbol.iterator](): Iterator<Lane> {
    if (this.#levels === null) {
      yield this.main;
      return;
    }
    for (let i = this.#levels.length - 1; i >= 0; i--) {
      const lane = this.#levels[i];
      if (lane !== undefined) yield lane;
    }
  }

  /** Ready messages in memory, in order of each lane. */
  *entries(): Iterable<QueueEntry> {
    for (const { ready } of this) yield* ready;
  }

  get readyCount(): number {
    if (this.#levels === null) return this.main.ready.length;
    let count = 0;
    for (const { ready } of this) count += ready.length;
    return count;
  }

  /** Octets of the bodies that are ready. */
  get readyBytes(): number {
    if (this.#levels === null) return this.main.ready.bytes;
    let bytes = 0;
    for (const { ready } of this) bytes += ready.bytes;
    return bytes;
  }

  /** The lane of a new message; a priority above the maximum counts as the maximum. */
  for(message: Message): Lane {
    if (this.#levels === null) return this.main;
    return this.#level(Math.min(priorityOf(message), this.#levels.length - 1));
  }

  /** The lane that a message is in, or was in when it was delivered. */
  of(entry: QueueEntry): Lane {
    return this.#levels !== null && entry instanceof RuledEntry ? entry.lane : this.main;
  }

  /** Whose turn it is; null when nothing is ready. */
  first(): Lane | null {
    if (this.#levels === null) return this.main.ready.length === 0 ? null : this.main;
    for (const lane of this) if (lane.ready.length !== 0) return lane;
    return null;
  }

  /** The same, if its head is in memory. */
  get head(): Lane | null {
    const lane = this.first();
    return lane === null || lane.ready.isHeadEmpty ? null : lane;
  }

  /** Where the next message is that was not passed over; null when there is none in memory. */
  get next(): Lane | null {
    for (const lane of this) {
      const { ready } = lane;
      if (ready.hasNext) return lane;
      // What is to be read comes before all of lower priority.
      if (ready.unread !== 0) return null;
    }
    return null;
  }

  /** What was delivered is ready again: at its first place, or `inTurn` behind what came before. */
  putBack(entries: readonly QueueEntry[], inTurn: boolean): void {
    if (inTurn) this.main.ready.returnInTurn(entries);
    else if (this.#levels === null) this.main.ready.putBack(entries);
    else {
      const byLane = new Map<Lane, QueueEntry[]>();
      for (const entry of entries) {
        const lane = this.of(entry);
        const own = byLane.get(lane);
        if (own === undefined) byLane.set(lane, [entry]);
        else own.push(entry);
      }
      for (const [lane, own] of byLane) lane.ready.putBack(own);
    }
  }

  /** Forgets all that is ready, a step of it in each turn of the loop. */
  purge(forget: (entry: QueueEntry) => void, defer: (fn: () => void) => void): void {
    const drop = (entries: Ring<QueueEntry>): void => {
      for (let left = DROP_STEP; left > 0; left--) {
        const entry = entries.shift();
        if (entry === undefined) return;
        forget(entry);
      }
      if (entries.length !== 0) defer(() => drop(entries));
    };
    for (const { ready, backlog } of this) {
      if (ready.unread !== 0) backlog?.purge();
      for (const entries of ready.takeAll()) drop(entries);
    }
  }

  readAhead(): void {
    // Most queues have one lane and all of it in memory, and this is asked after each delivery.
    if (this.#levels === null) {
      if (this.main.ready.unread !== 0) this.main.backlog?.readAhead();
      return;
    }
    for (const { ready, backlog } of this) if (ready.unread !== 0) backlog?.readAhead();
  }

  /** Counts the octets that a restart left on the disk only. */
  measure(): void {
    for (const { backlog } of this) backlog?.measure();
  }

  /** Moves messages that are not next to the disk; whether some are on their way. */
  pageOut(): boolean {
    if (this.#paging !== 0) return false;
    for (const lane of this) if (lane.pageOut()) this.#paging++;
    return this.#paging !== 0;
  }

  /** Whether publishers that were held back may go on. */
  get isCaughtUp(): boolean {
    // Asked after each delivery while anybody is held back.
    if (this.#levels === null) return this.main.ready.isCaughtUp;
    for (const { ready } of this) if (!ready.isCaughtUp) return false;
    return true;
  }

  #level(priority: number): Lane {
    const levels = this.#levels as (Lane | undefined)[];
    const lane = levels[priority] ?? this.#make(priority);
    levels[priority] = lane;
    return lane;
  }

  #make(priority: number): Lane {
    return new Lane(priority, this.#parts.storeFor(priority), this.#owner);
  }
}
