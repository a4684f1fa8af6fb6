/**
 * Ready messages that were looked at and that no consumer could have so far (selection.ts), in
 * order of position. Any of them can be taken out.
 */
import { Heap } from '../../lib/heap.ts';
import { Ring } from '../../lib/ring.ts';
import type { QueueEntry } from '../message.ts';

/** Entries that the heap may have beyond twice those that are there. */
const SPARE = 64;

const isOlder = (a: QueueEntry, b: QueueEntry): boolean => a.position < b.position;

export class PassedOver implements Iterable<QueueEntry> {
  /** Those that were taken out stay in it for a while. */
  readonly #heap = new Heap<QueueEntry>(isOlder);
  readonly #there = new Set<QueueEntry>();
  #bytes = 0;

  get length(): number {
    return this.#there.size;
  }

  /** Octets of the bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  /** In no order. */
  [Symbol.iterator](): IterableIterator<QueueEntry> {
    return this.#there.values();
  }

  has(entry: QueueEntry): boolean {
    return this.#there.has(entry);
  }

  add(entry: QueueEntry): void {
    this.#there.add(entry);
    this.#heap.push(entry);
    this.#bytes += entry.message.bodySize;
  }

  /** Takes one out; one that is not there is fine. */
  take(entry: QueueEntry): void {
    if (!this.#there.delete(entry)) return;
    this.#bytes -= entry.message.bodySize;
    if (this.#heap.size > 2 * this.#there.size + SPARE) {
      this.#heap.filter((each) => this.#there.has(each));
    }
  }

  /** The oldest. */
  peek(): QueueEntry | undefined {
    for (let first = this.#heap.peek(); first !== undefined; first = this.#heap.peek()) {
      if (this.#there.has(first)) return first;
      this.#heap.pop();
    }
    return undefined;
  }

  /** All of them, in order. */
  inOrder(): Ring<QueueEntry> {
    const all = new Ring<QueueEntry>();
    for (const entry of [...this.#there].sort((a, b) => a.position - b.position)) all.push(entry);
    return all;
  }
}
