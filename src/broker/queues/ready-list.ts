/**
 * The ready messages of one queue, in order.
 *
 *     returned (requeued) | head | unread, on the disk only | tail
 *
 * and, where consumers choose among messages, those that were passed over on the way (they are
 * older than all in head).
 *
 * Responsible for order and for where a message is put that comes, returns or is read back. Most
 * queues are short: theirs are all in `head`. Not responsible for reading (backlog.ts), memory
 * counts or consumers.
 *
 * Invariants: each part is in order of position; all in `returned` are older than all in `head`,
 * because what was handed out had left the head before; all in `head` are older than what is
 * unread. `tail` is empty while nothing is unread.
 */
import { Ring } from '../../lib/ring.ts';
import { NOWHERE } from '../../store/port.ts';
import { BEHIND_BYTES, BEHIND_MESSAGES, CAUGHT_UP_BYTES, CAUGHT_UP_MESSAGES } from '../flow.ts';
import type { QueueEntry } from '../message.ts';
import { PassedOver } from './passed-over.ts';

/** Batches smaller than this share of what was returned are inserted one by one, not merged. */
const FEW_SHARE = 16;

export class ReadyList {
  head = new Ring<QueueEntry>();
  /** Octets of the bodies in `head`, and below of those in `tail`. */
  headBytes = 0;
  tail = new Ring<QueueEntry>();
  tailBytes = 0;
  /** Messages between head and tail that are on the disk only. */
  unread = 0;
  /** Octets of their bodies, as far as they are known (`Backlog.measure`). */
  unreadBytes = 0;
  /** Whether some may be in no store: if not, they need not be looked at for it. */
  mayHaveUnstored = false;
  #returned = new Ring<QueueEntry>();
  #returnedBytes = 0;
  /** null until something was passed over. */
  #passed: PassedOver | null = null;

  get length(): number {
    const inOrder = this.head.length + this.#returned.length + this.unread + this.tail.length;
    return this.#passed === null ? inOrder : inOrder + this.#passed.length;
  }

  /** What was passed over. */
  get passed(): PassedOver {
    this.#passed ??= new PassedOver();
    return this.#passed;
  }

  isPassed(entry: QueueEntry): boolean {
    return this.#passed?.has(entry) === true;
  }

  /** The one that `shiftNext` would take. */
  peekNext(): QueueEntry | null {
    return this.#returned.peek() ?? this.head.peek() ?? null;
  }

  get hasReturned(): boolean {
    return this.#returned.length !== 0;
  }

  /** Octets of all bodies, as far as they are known. */
  get bytes(): number {
    const inOrder = this.headBytes + this.#returnedBytes + this.unreadBytes + this.tailBytes;
    return this.#passed === null ? inOrder : inOrder + this.#passed.bytes;
  }

  /** The one that `shift` would take. */
  peek(): QueueEntry | null {
    return this.#firstPassed() ?? this.peekNext();
  }

  /** Whether nothing can be handed out without reading first. */
  get isHeadEmpty(): boolean {
    if (this.head.length !== 0 || this.#returned.length !== 0) return false;
    return this.#passed === null || this.#passed.length === 0;
  }

  /** Whether one is in memory that was not passed over, and is next. */
  get hasNext(): boolean {
    return this.head.length !== 0 || this.#returned.length !== 0;
  }

  /** Whether it is so long that whoever publishes to it should wait. */
  get isBehind(): boolean {
    const { head, headBytes, unread } = this;
    return head.length >= BEHIND_MESSAGES || headBytes >= BEHIND_BYTES || unread !== 0;
  }

  /** The other way round: short enough for them to go on. */
  get isCaughtUp(): boolean {
    const { head, headBytes, unread } = this;
    return head.length <= CAUGHT_UP_MESSAGES && headBytes <= CAUGHT_UP_BYTES && unread === 0;
  }

  /** Adds the newest. */
  push(entry: QueueEntry): void {
    if (entry.place === NOWHERE) this.mayHaveUnstored = true;
    if (this.unread === 0) {
      this.head.push(entry);
      this.headBytes += entry.message.bodySize;
    } else {
      this.tail.push(entry);
      this.tailBytes += entry.message.bodySize;
    }
  }

  /** Takes the oldest of those in memory before the unread ones; null when there is none. */
  shift(): QueueEntry | null {
    const passed = this.#firstPassed();
    if (passed === undefined) return this.shiftNext();
    this.passed.take(passed);
    return passed;
  }

  /** The same, without those that were passed over. */
  shiftNext(): QueueEntry | null {
    if (this.#returned.length !== 0) {
      const returned = this.#returned.shift() as QueueEntry;
      this.#returnedBytes -= returned.message.bodySize;
      return returned;
    }
    const entry = this.head.shift() ?? null;
    if (entry !== null) this.headBytes -= entry.message.bodySize;
    return entry;
  }

  /** Takes everything in memory out, in order, and forgets what is unread. */
  takeAll(): Ring<QueueEntry>[] {
    const all = this.#rings();
    this.#passed = null;
    this.#returned = new Ring();
    this.head = new Ring();
    this.tail = new Ring();
    this.headBytes = 0;
    this.tailBytes = 0;
    this.unread = 0;
    this.unreadBytes = 0;
    this.#returnedBytes = 0;
    return all;
  }

  /** Hands each of those in memory to `take`, in order: faster than to iterate. */
  forEach(take: (entry: QueueEntry) => void): void {
    for (const ring of this.#rings()) {
      for (let i = 0; i < ring.length; i++) take(ring.at(i) as QueueEntry);
    }
  }

  /** What is in memory, in order. */
  *[Symbol.iterator](): Iterator<QueueEntry> {
    for (const ring of this.#rings()) yield* ring;
  }

  /** Spec 1.8.3.13.3 and A7.7: back to the original place, marked as redelivered. */
  putBack(entries: readonly QueueEntry[]): void {
    this.#cameBack(entries);
    const batch = [...entries].sort((a, b) => a.position - b.position);
    if (batch.length * FEW_SHARE < this.#returned.length || batch.length === 1) {
      for (const entry of batch) this.#insertReturned(entry);
      return;
    }
    const merged = new Ring<QueueEntry>();
    for (const entry of batch) {
      for (let old = this.#returned.peek(); old !== undefined; old = this.#returned.peek()) {
        if (old.position > entry.position) break;
        merged.push(old);
        this.#returned.shift();
      }
      merged.push(entry);
    }
    for (const old of this.#returned) merged.push(old);
    this.#returned = merged;
  }

  /** Before all others, behind those that came back earlier: in the order of their return. */
  returnInTurn(entries: readonly QueueEntry[]): void {
    this.#cameBack(entries);
    for (const entry of entries) this.#returned.push(entry);
  }

  /** The oldest that was passed over, unless something older came back. */
  #firstPassed(): QueueEntry | undefined {
    if (this.#passed === null || this.#passed.length === 0) return undefined;
    const passed = this.#passed.peek() as QueueEntry;
    const returned = this.#returned.peek();
    return returned === undefined || passed.position < returned.position ? passed : undefined;
  }

  /** What there is in memory: one ring behind the other is its order. */
  #rings(): Ring<QueueEntry>[] {
    const rings = [this.#returned, this.head, this.tail];
    if (this.#passed !== null) rings.unshift(this.#passed.inOrder());
    return rings;
  }

  #cameBack(entries: readonly QueueEntry[]): void {
    for (const entry of entries) {
      entry.redelivered = true;
      if (entry.place === NOWHERE) this.mayHaveUnstored = true;
      this.#returnedBytes += entry.message.bodySize;
    }
  }

  #insertReturned(entry: QueueEntry): void {
    let low = 0;
    let high = this.#returned.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#returned.at(middle) as QueueEntry).position < entry.position) low = middle + 1;
      else high = middle;
    }
    this.#returned.insert(low, entry);
  }
}
