/**
 * The deliveries of one channel that wait for an acknowledgement, by delivery tag.
 *
 * Responsible for finding them and taking them out. They are kept in the order of their tags; the
 * usual acknowledgement, of the oldest, takes the head. One that is settled out of order stays as a
 * mark until the older ones go or the marks outnumber the rest, so memory follows what is
 * outstanding. Not responsible for what settling means.
 */
import type { QueueEntry } from '../broker/message.ts';
import type { Queue } from '../broker/queue.ts';
import { Ring } from '../lib/ring.ts';
import type { ChannelConsumer } from './consumer.ts';

/** Marks that are kept before it is worth to drop them. */
const MIN_MARKS = 64;

/** One delivery (or get) that is not settled. */
export class Unacked {
  readonly tag: number;
  readonly entry: QueueEntry;
  readonly queue: Queue;
  /** null when it was taken with basic.get. */
  readonly consumer: ChannelConsumer | null;
  settled = false;

  constructor(tag: number, entry: QueueEntry, queue: Queue, consumer: ChannelConsumer | null) {
    this.tag = tag;
    this.entry = entry;
    this.queue = queue;
    this.consumer = consumer;
  }
}

export class UnackedDeliveries {
  /** In order of tags; neither the head nor the last one counted is a mark at the head. */
  #ring = new Ring<Unacked>();
  #marks = 0;

  /** Deliveries that are not settled. */
  get size(): number {
    return this.#ring.length - this.#marks;
  }

  /** The deliveries that are not settled, oldest first. */
  *[Symbol.iterator](): IterableIterator<Unacked> {
    for (const delivery of this.#ring) if (!delivery.settled) yield delivery;
  }

  /** Adds a delivery; its tag must be higher than all before it. */
  add(delivery: Unacked): void {
    this.#ring.push(delivery);
  }

  /** Takes out the delivery with that tag; null when there is none outstanding. */
  take(tag: number): Unacked | null {
    const head = this.#ring.peek();
    if (head !== undefined && head.tag === tag) {
      this.#ring.shift();
      head.settled = true;
      if (this.#marks !== 0) this.#dropMarksAtHead();
      return head;
    }
    const delivery = this.#find(tag);
    if (delivery === null) return null;
    delivery.settled = true;
    this.#marks++;
    if (this.#marks > MIN_MARKS && this.#marks > this.size) this.#dropAllMarks();
    return delivery;
  }

  /**
   * Takes out all up to and including `tag`, oldest first; null when `tag` itself is not
   * outstanding.
   */
  takeThrough(tag: number): Unacked[] | null {
    return this.#find(tag) === null ? null : this.#takeWhile((delivery) => delivery.tag <= tag);
  }

  /** Takes out everything, oldest first. */
  takeAll(): Unacked[] {
    return this.#takeWhile(() => true);
  }

  /** Puts deliveries back that were taken out (tx.rollback). */
  restore(deliveries: readonly Unacked[]): void {
    const all = [...this.takeAll(), ...deliveries].sort((a, b) => a.tag - b.tag);
    for (const delivery of all) {
      delivery.settled = false;
      this.#ring.push(delivery);
    }
  }

  #takeWhile(wanted: (delivery: Unacked) => boolean): Unacked[] {
    const taken: Unacked[] = [];
    for (let head = this.#ring.peek(); head !== undefined; head = this.#ring.peek()) {
      if (head.settled) this.#marks--;
      else if (wanted(head)) {
        head.settled = true;
        taken.push(head);
      } else break;
      this.#ring.shift();
    }
    return taken;
  }

  #find(tag: number): Unacked | null {
    let low = 0;
    let high = this.#ring.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const delivery = this.#ring.at(middle) as Unacked;
      if (delivery.tag === tag) return delivery.settled ? null : delivery;
      if (delivery.tag < tag) low = middle + 1;
      else high = middle - 1;
    }
    return null;
  }

  #dropMarksAtHead(): void {
    while (this.#ring.peek()?.settled) {
      this.#ring.shift();
      this.#marks--;
    }
  }

  #dropAllMarks(): void {
    const kept = new Ring<Unacked>();
    for (const delivery of this.#ring) if (!delivery.settled) kept.push(delivery);
    this.#ring = kept;
    this.#marks = 0;
  }
}
