/**
 * The classic queue: first in, first out, in memory.
 *
 * Responsible for order, for requeuing to the original place and for handing messages to consumers
 * in turn. Not responsible for routing, confirms across queues (the token counts) or frames.
 *
 * Invariants: `#ready` is in order of position; every entry in `#returned` is older than all in
 * `#ready`, because what was handed out had left the head before; after each call no consumer is
 * ready while a message is.
 */
import type { FieldTable } from '../../../protocol/table.ts';
import { Ring } from '../../lib/ring.ts';
import type { Consumer } from '../consumer.ts';
import { Dispatcher } from '../dispatcher.ts';
import { errors } from '../errors.ts';
import {
  BEHIND_BYTES,
  BEHIND_MESSAGES,
  CAUGHT_UP_BYTES,
  CAUGHT_UP_MESSAGES,
  type Flow,
} from '../flow.ts';
import type { Memory } from '../memory.ts';
import { type Message, QueueEntry } from '../message.ts';
import type { Outcome, Owner, PublishToken, Queue, QueueProperties } from '../queue.ts';

/** Batches smaller than this share of what was returned are inserted one by one, not merged. */
const FEW_SHARE = 16;

/** What a queue shares with the others of its broker, and whom it tells. */
export interface QueueContext {
  readonly vhost: string;
  readonly memory: Memory;
  readonly flow: Flow;
  /** The last consumer went; an auto-delete queue is to be deleted. */
  onUnused(queue: Queue): void;
}

export class ClassicQueue implements Queue {
  readonly kind = 'queue' as const;
  readonly name: string;
  readonly vhost: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  /** Let go of at deletion: a route may be remembered for longer than its queue. */
  owner: Owner | null;
  readonly arguments: FieldTable;
  readonly #context: QueueContext;
  readonly #memory: Memory;
  readonly #dispatcher = new Dispatcher();
  readonly #ready = new Ring<QueueEntry>();
  /** Requeued entries, in order of position. */
  #returned = new Ring<QueueEntry>();
  /** Octets of the bodies in `#ready`. */
  #readyBytes = 0;
  #nextPosition = 0;
  deliveryCount = 0;
  #unacked = 0;
  #exclusiveConsumer: Consumer | null = null;
  readonly #waitingPublishers = new Set<() => void>();
  #deleted = false;

  constructor(name: string, properties: QueueProperties, context: QueueContext) {
    this.name = name;
    this.vhost = context.vhost;
    this.durable = properties.durable;
    this.autoDelete = properties.autoDelete;
    this.owner = properties.owner;
    this.arguments = properties.arguments;
    this.#context = context;
    this.#memory = context.memory;
  }

  get readyCount(): number {
    return this.#ready.length + this.#returned.length;
  }

  get unackedCount(): number {
    return this.#unacked;
  }

  get consumerCount(): number {
    return this.#dispatcher.size;
  }

  publish(message: Message, token: PublishToken | null): void {
    if (!this.#deleted) {
      const consumer = this.readyCount === 0 ? this.#dispatcher.next() : null;
      if (consumer?.noAck) {
        this.deliveryCount++;
        consumer.deliver(message, null, false);
      } else {
        const entry = new QueueEntry(message, this.#nextPosition++);
        this.#memory.hold(message);
        if (consumer === null) this.#enqueue(entry);
        else this.#handOver(entry, consumer);
      }
    }
    token?.settle('confirmed');
  }

  consume(consumer: Consumer): void {
    const alone = this.#dispatcher.size === 0;
    if (this.#exclusiveConsumer !== null || (consumer.exclusive && !alone)) {
      throw errors.exclusiveUse(this.name, this.vhost);
    }
    if (consumer.exclusive) this.#exclusiveConsumer = consumer;
    this.#dispatcher.add(consumer);
  }

  cancel(consumer: Consumer): void {
    if (!this.#dispatcher.remove(consumer)) return;
    if (this.#exclusiveConsumer === consumer) this.#exclusiveConsumer = null;
    if (this.#dispatcher.size !== 0) return;
    this.#releasePublishers();
    this.#context.onUnused(this);
  }

  activate(consumer: Consumer): void {
    this.#dispatcher.activate(consumer);
  }

  get(noAck: boolean): QueueEntry | null {
    const entry = this.#takeNext();
    if (entry === null) return null;
    if (noAck) this.#memory.release(entry.message);
    else this.#unacked++;
    this.#checkCaughtUp();
    return entry;
  }

  acknowledge(entry: QueueEntry): void {
    this.#unacked--;
    this.#memory.release(entry.message);
  }

  settle(entries: readonly QueueEntry[], outcome: Outcome): void {
    if (outcome === 'requeued' && !this.#deleted) {
      this.#unacked -= entries.length;
      this.#putBack(entries);
      this.dispatch();
    } else {
      for (const entry of entries) this.acknowledge(entry);
    }
  }

  purge(): number {
    const count = this.readyCount;
    for (let entry = this.#takeNext(); entry !== null; entry = this.#takeNext()) {
      this.#memory.release(entry.message);
    }
    this.#checkCaughtUp();
    return count;
  }

  *entries(): Iterable<QueueEntry> {
    yield* this.#returned;
    yield* this.#ready;
  }

  whenCaughtUp(resume: () => void): void {
    this.#waitingPublishers.add(resume);
    this.#checkCaughtUp();
  }

  stopWaiting(resume: () => void): void {
    this.#waitingPublishers.delete(resume);
  }

  delete(): number {
    this.#deleted = true;
    this.owner = null;
    const count = this.purge();
    const consumers = [...this.#dispatcher.all()];
    for (const consumer of consumers) this.#dispatcher.remove(consumer);
    for (const consumer of consumers) consumer.cancelledByBroker();
    this.#releasePublishers();
    return count;
  }

  /** Hands out messages while there are both a message and a ready consumer. */
  dispatch(): void {
    while (this.readyCount !== 0) {
      const consumer = this.#dispatcher.next();
      if (consumer === null) break;
      this.#handOver(this.#takeNext() as QueueEntry, consumer);
    }
    this.#checkCaughtUp();
  }

  #handOver(entry: QueueEntry, consumer: Consumer): void {
    this.deliveryCount++;
    if (consumer.noAck) {
      consumer.deliver(entry.message, null, entry.redelivered);
      this.#memory.release(entry.message);
    } else {
      this.#unacked++;
      consumer.deliver(entry.message, entry, entry.redelivered);
    }
  }

  #enqueue(entry: QueueEntry): void {
    this.#ready.push(entry);
    this.#readyBytes += entry.message.bodySize;
    const isBehind = this.#ready.length >= BEHIND_MESSAGES || this.#readyBytes >= BEHIND_BYTES;
    if (isBehind && this.#dispatcher.size !== 0) this.#context.flow.lagging = this;
  }

  #takeNext(): QueueEntry | null {
    if (this.#returned.length !== 0) return this.#returned.shift() as QueueEntry;
    const entry = this.#ready.shift() ?? null;
    if (entry !== null) this.#readyBytes -= entry.message.bodySize;
    return entry;
  }

  /** Spec 1.8.3.13.3 and A7.7: back to the original place, marked as redelivered. */
  #putBack(entries: readonly QueueEntry[]): void {
    for (const entry of entries) entry.redelivered = true;
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

  #checkCaughtUp(): void {
    if (this.#waitingPublishers.size === 0) return;
    if (this.#ready.length > CAUGHT_UP_MESSAGES || this.#readyBytes > CAUGHT_UP_BYTES) return;
    this.#releasePublishers();
  }

  #releasePublishers(): void {
    if (this.#waitingPublishers.size === 0) return;
    const waiting = [...this.#waitingPublishers];
    this.#waitingPublishers.clear();
    for (const resume of waiting) resume();
  }
}
