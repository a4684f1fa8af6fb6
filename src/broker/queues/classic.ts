/**
 * The classic queue: first in, first out, in memory, and on the disk what has to survive or is too
 * much.
 *
 * Responsible for handing messages to consumers in turn, for what is durable, and for what becomes
 * of settled ones. Not responsible for order among the ready (ready-list.ts), routing, confirms
 * across queues (the token counts) or frames.
 *
 * Invariant: after each call no consumer is ready while a message in memory is.
 */
import type { FieldTable } from '../../../protocol/table.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ring } from '../../lib/ring.ts';
import { NOWHERE, type QueueStore } from '../../store/port.ts';
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
import { isPersistent } from '../inspection.ts';
import type { Memory } from '../memory.ts';
import { type Message, QueueEntry } from '../message.ts';
import type { Outcome, Owner, PublishToken, Queue, QueueProperties } from '../queue.ts';
import { Backlog, tightened, unstoredBeyond, unstoredIn, WINDOW, type Window } from './backlog.ts';
import { ReadyList } from './ready-list.ts';

/** How long after a read that failed the next is tried. */
const READ_RETRY_MS = 1_000;
/** Messages that go to the disk in one go. */
const PAGE_STEP = 50_000;
/** Messages that are dropped in one turn of the loop. */
const DROP_STEP = 5_000;

/** What a queue shares with the others of its broker, and whom it tells. */
export interface QueueContext {
  readonly vhost: string;
  readonly memory: Memory;
  readonly flow: Flow;
  /** Where persistent messages go; null for a queue that does not survive. */
  readonly store: QueueStore | null;
  /** Where messages of a queue that is not kept go when memory fills up; null for nowhere. */
  temporaryStore(): QueueStore | null;
  /** What stays in memory at the head of a long queue; `WINDOW` when undefined. */
  readonly window?: Window | undefined;
  readonly clock: Clock;
  /** Runs `fn` once the loop has looked at its sockets. */
  defer(fn: () => void): void;
  /** It moved messages to the disk, for want of memory. */
  onPaged(): void;
  /** Messages were moved to where they can be read back, and so let go of. */
  onMoved(): void;
  /** The last consumer went; an auto-delete queue is to be deleted. */
  onUnused(queue: Queue): void;
  /** Messages of this queue cannot be read. */
  onReadError(queue: Queue, error: unknown): void;
}

export class ClassicQueue implements Queue {
  readonly kind = 'queue' as const;
  readonly name: string;
  readonly vhost: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  /** Let go of at deletion: a route may be remembered for longer than its queue. */
  owner: Owner | null;
  readonly number: number | null;
  readonly arguments: FieldTable;
  readonly #context: QueueContext;
  readonly #memory: Memory;
  readonly #dispatcher = new Dispatcher();
  readonly #ready = new ReadyList();
  /** Where messages are kept, or only put for a while; null as long as all are in memory. */
  #store: QueueStore | null;
  #backlog: Backlog | null = null;
  /** Whether persistent messages survive a restart. */
  readonly #isKept: boolean;
  #isPaging = false;
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
    this.number = properties.number;
    this.arguments = properties.arguments;
    this.#context = context;
    this.#memory = context.memory;
    this.#store = context.store;
    this.#isKept = context.store !== null;
    if (context.store !== null) {
      this.#nextPosition = context.store.nextPosition;
      this.#backlog = this.#attach(context.store);
    }
  }

  get readyCount(): number {
    return this.#ready.length;
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
        const isKept = this.#isKept && isPersistent(message);
        if (isKept) this.#store?.append(entry, token);
        if (consumer === null) this.#enqueue(entry);
        else this.#handOver(entry, consumer);
        if (isKept) return;
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
    if (noAck) this.#forget(entry);
    else {
      this.#unacked++;
      this.#store?.delivered(entry.position);
    }
    this.#checkCaughtUp();
    return entry;
  }

  get mustRead(): boolean {
    return this.#ready.unread !== 0 && this.#ready.isHeadEmpty;
  }

  whenRead(resume: () => void): void {
    this.#backlog?.whenRead(resume);
  }

  acknowledge(entry: QueueEntry): void {
    this.#unacked--;
    this.#forget(entry);
  }

  recordSettled(entry: QueueEntry): void {
    if (entry.place !== NOWHERE) this.#store?.settle(entry);
  }

  settle(entries: readonly QueueEntry[], outcome: Outcome): void {
    if (outcome === 'requeued' && !this.#deleted) {
      this.#unacked -= entries.length;
      this.#ready.putBack(entries);
      this.dispatch();
    } else {
      for (const entry of entries) this.acknowledge(entry);
    }
  }

  purge(): number {
    const count = this.readyCount;
    if (this.#ready.unread !== 0) this.#backlog?.purge();
    for (const entries of this.#ready.takeAll()) this.#drop(entries);
    this.#checkCaughtUp();
    return count;
  }

  pageOut(): boolean {
    this.#backlog?.shrink();
    // What is in the journal would be overtaken, and could not follow any more: it goes first, and
    // takes what is between along.
    if (this.#isPaging || this.#deleted || this.#store?.isInJournal) return false;
    const { window = WINDOW, temporaryStore } = this.#context;
    // Segments only follow on each other: what lies before the last one's end stays.
    const after = this.#store?.readableThrough ?? -1;
    const entries = unstoredBeyond(this.#ready, tightened(window), after, PAGE_STEP);
    if (entries.length === 0) return false;
    const store = this.#store ?? temporaryStore();
    if (store === null) return false;
    this.#store = store;
    this.#backlog ??= this.#attach(store);
    this.#isPaging = true;
    void store.page(entries).finally(() => {
      this.#isPaging = false;
      this.#context.onPaged();
    });
    return true;
  }

  entries(): Iterable<QueueEntry> {
    return this.#ready;
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
    this.#store?.remove();
    const count = this.purge();
    const consumers = [...this.#dispatcher.all()];
    for (const consumer of consumers) this.#dispatcher.remove(consumer);
    for (const consumer of consumers) consumer.cancelledByBroker();
    this.#releasePublishers();
    return count;
  }

  /** Hands out messages while there are both a message and a ready consumer. */
  dispatch(): void {
    while (!this.#ready.isHeadEmpty) {
      const consumer = this.#dispatcher.next();
      if (consumer === null) break;
      this.#handOver(this.#takeNext() as QueueEntry, consumer);
    }
    if (this.#ready.unread !== 0 && this.#dispatcher.size !== 0) this.#backlog?.readAhead();
    this.#checkCaughtUp();
  }

  #attach(store: QueueStore): Backlog {
    const { window = WINDOW } = this.#context;
    const backlog = new Backlog(store, {
      ready: this.#ready,
      memory: this.#memory,
      window,
      messagesRead: () => this.dispatch(),
      readFailed: (error, again) => {
        this.#context.onReadError(this, error);
        this.#context.clock.setTimeout(again, READ_RETRY_MS);
      },
    });
    backlog.recover();
    store.attach({
      unstored: (position) => unstoredIn(this.#ready, position, window),
      moved: () => {
        backlog.letGo();
        this.#context.onMoved();
      },
    });
    return backlog;
  }

  #handOver(entry: QueueEntry, consumer: Consumer): void {
    this.deliveryCount++;
    if (consumer.noAck) {
      consumer.deliver(entry.message, null, entry.redelivered);
      this.#forget(entry);
    } else {
      this.#unacked++;
      consumer.deliver(entry.message, entry, entry.redelivered);
      if (entry.place !== NOWHERE) this.#store?.delivered(entry.position);
    }
  }

  /** A message is done with. */
  #forget(entry: QueueEntry): void {
    if (entry.place !== NOWHERE) this.#store?.settle(entry);
    this.#memory.release(entry.message);
  }

  /** Forgets entries, a step of them in each turn of the loop. */
  #drop(entries: Ring<QueueEntry>): void {
    for (let left = DROP_STEP; left > 0; left--) {
      const entry = entries.shift();
      if (entry === undefined) return;
      this.#forget(entry);
    }
    if (entries.length !== 0) this.#context.defer(() => this.#drop(entries));
  }

  #enqueue(entry: QueueEntry): void {
    const ready = this.#ready;
    ready.push(entry);
    const isBehind =
      ready.head.length >= BEHIND_MESSAGES || ready.headBytes >= BEHIND_BYTES || ready.unread !== 0;
    if (isBehind && this.#dispatcher.size !== 0) this.#context.flow.lagging = this;
  }

  #takeNext(): QueueEntry | null {
    const entry = this.#ready.shift();
    if (this.#ready.unread !== 0) this.#backlog?.readAhead();
    return entry;
  }

  #checkCaughtUp(): void {
    if (this.#waitingPublishers.size === 0) return;
    const { head, headBytes, unread } = this.#ready;
    if (head.length > CAUGHT_UP_MESSAGES || headBytes > CAUGHT_UP_BYTES || unread !== 0) return;
    this.#releasePublishers();
  }

  #releasePublishers(): void {
    if (this.#waitingPublishers.size === 0) return;
    const waiting = [...this.#waitingPublishers];
    this.#waitingPublishers.clear();
    for (const resume of waiting) resume();
  }
}
