/**
 * The messages of one virtual host that wait for their time: of x-delayed-message exchanges
 * (A.13), of exchanges whose policy says `delayed`, and of queues that try again later (x-retry).
 *
 * Responsible for keeping them, persistent ones on the disk, and for handing each on when it is
 * due, in order of time and then of arrival: it is taken from here and put there in one. There is
 * no limit to how far away that is. All are in memory while they wait. Not responsible for where a
 * message goes (vhost.ts).
 */
import type { CancelTimer, Clock } from '../../lib/clock.ts';
import {
  ALL_IN_MEMORY,
  keepPlace,
  NOWHERE,
  type QueueStore,
  type Store,
  type Stored,
} from '../../store/port.ts';
import { isPersistent } from '../inspection.ts';
import type { Memory } from '../memory.ts';
import type { Message } from '../message.ts';
import { RecordReader } from '../message-record.ts';
import type { PublishToken } from '../queue.ts';
import { DelayedRecord, type DelayTarget, readDelayed } from './delayed-record.ts';
import { type Due, DueHeap } from './due-heap.ts';

/** Messages handed on in one turn of the loop. */
const STEP = 1_000;
/** After a read that failed. */
const READ_RETRY_MS = 1_000;

export interface DelaysParts {
  readonly clock: Clock;
  readonly memory: Memory;
  readonly store: Store;
  defer(fn: () => void): void;
  /** A number in the store that is written down as that of these messages. */
  numberFor(): number;
  /** Puts a message where it goes now. */
  deliver(target: DelayTarget, message: Message): void;
  onReadError(error: unknown): void;
}

/** What waits, as it is listed. `dueAtMs` in epoch milliseconds. */
export interface Pending {
  readonly id: number;
  readonly dueAtMs: number;
  readonly target: DelayTarget;
  readonly exchange: string;
  readonly routingKey: string;
  readonly bodyBytes: number;
}

class Waiting implements Due, Stored {
  readonly id: number;
  readonly dueAtMs: number;
  readonly target: DelayTarget;
  readonly message: Message;
  place = NOWHERE;
  frameAt = 0;
  frameBytes = 0;

  constructor(id: number, dueAtMs: number, target: DelayTarget, message: Message) {
    this.id = id;
    this.dueAtMs = dueAtMs;
    this.target = target;
    this.message = message;
  }

  get position(): number {
    return this.id;
  }

  get record(): DelayedRecord {
    return new DelayedRecord(this.message, this.dueAtMs, this.target);
  }
}

export class Delays {
  readonly #parts: DelaysParts;
  readonly #heap = new DueHeap<Waiting>();
  /** How many wait for each target: most that go have none. */
  readonly #byTarget = new Map<string, number>();
  #store: QueueStore | null = null;
  #nextId = 0;
  #cancelTimer: CancelTimer | null = null;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(parts: DelaysParts) {
    this.#parts = parts;
  }

  /** Messages that wait. */
  get size(): number {
    return this.#heap.size;
  }

  /** All that wait, the next one first. */
  list(): Pending[] {
    const all = [...this.#heap].sort((a, b) => a.dueAtMs - b.dueAtMs || a.id - b.id);
    return all.map(({ id, dueAtMs, target, message: { address, bodySize: bodyBytes } }) => {
      const { exchange, routingKey } = address;
      return { id, dueAtMs, target, exchange, routingKey, bodyBytes };
    });
  }

  /** Drops one that waits; whether it did. */
  cancel(id: number): boolean {
    const before = this.#heap.size;
    this.#drop((each) => each.id === id);
    return this.#heap.size !== before;
  }

  /** The target is gone, and what waits for it goes, too. */
  targetGone({ kind, name }: DelayTarget): void {
    if (!this.#byTarget.has(keyOf({ kind, name }))) return;
    this.#drop(({ target }) => target.kind === kind && target.name === name);
  }

  /** Keeps a message until it is due. `token` is told once it is safe. */
  schedule(
    message: Message,
    dueAtMs: number,
    target: DelayTarget,
    token: PublishToken | null,
  ): void {
    const waiting = new Waiting(this.#nextId++, dueAtMs, target, message);
    this.#add(waiting);
    const store = isPersistent(message) ? this.#storeNow() : null;
    if (store === null) token?.settle('confirmed');
    else store.append(waiting, this.#withMetadata(token));
    this.#watch();
  }

  /** Makes sure that there is a place on the disk, before messages come. */
  prepare(): void {
    this.#storeNow();
  }

  /** Takes over what a restart left under that number. */
  restore(number: number): void {
    const store = this.#parts.store.queue(number);
    if (store === null) return;
    this.#store = store;
    this.#nextId = Math.max(this.#nextId, store.nextPosition);
    const reader = new RecordReader();
    const take = (record: (typeof store.recovered)[number]): Waiting => {
      const read = readDelayed(reader, record.bytes, record.start, record.end);
      const waiting = new Waiting(record.position, read.dueAtMs, read.target, read.message);
      keepPlace(waiting, record);
      this.#add(waiting);
      return waiting;
    };
    for (const record of store.recovered) store.adopt(take(record));
    store.attach(ALL_IN_MEMORY);
    const readOn = (after: number): void => {
      store.read(after).then(
        (records) => {
          for (const record of records) take(record);
          this.#watch();
          const last = records.at(-1);
          if (last !== undefined && !this.#isStopped) readOn(last.position);
        },
        (error: unknown) => {
          this.#parts.onReadError(error);
          this.#parts.clock.setTimeout(() => readOn(after), READ_RETRY_MS);
        },
      );
    };
    if (store.readableCount !== 0) readOn(-1);
    this.#parts.defer(() => this.#watch());
  }

  /** The virtual host is gone: everything that waits is dropped. */
  clear(): void {
    this.#drop(() => true);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #storeNow(): QueueStore | null {
    if (this.#store !== null) return this.#store;
    const store = this.#parts.store.queue(this.#parts.numberFor());
    store?.attach(ALL_IN_MEMORY);
    this.#store = store;
    return store;
  }

  /** A record is of no use without the definition that says what it is. */
  #withMetadata(token: PublishToken | null): PublishToken | null {
    const { metadata } = this.#parts.store;
    if (token === null || !metadata.isPending) return token;
    let left = 2;
    let worst: 'confirmed' | 'rejected' = 'confirmed';
    const settle = (outcome: 'confirmed' | 'rejected') => {
      if (outcome === 'rejected') worst = outcome;
      if (--left === 0) token.settle(worst);
    };
    metadata.whenDurable(() => settle('confirmed'));
    return { settle };
  }

  #watch(): void {
    const next = this.#heap.peek();
    if (this.#isStopped || next === undefined || next.dueAtMs >= this.#timerAtMs) return;
    this.#cancelTimer?.();
    this.#timerAtMs = next.dueAtMs;
    const { clock } = this.#parts;
    this.#cancelTimer = clock.setTimeout(
      () => {
        this.#timerAtMs = Number.POSITIVE_INFINITY;
        this.#cancelTimer = null;
        this.#handOn();
      },
      Math.max(0, next.dueAtMs - clock.now()),
    );
  }

  #handOn(): void {
    const nowMs = this.#parts.clock.now();
    for (let left = STEP; left > 0; left--) {
      const next = this.#heap.peek();
      if (next === undefined || next.dueAtMs > nowMs) {
        this.#watch();
        return;
      }
      this.#heap.pop();
      this.#parts.store.group(() => {
        this.#parts.deliver(next.target, next.message);
        this.#forget(next);
      });
    }
    this.#parts.defer(() => {
      if (!this.#isStopped) this.#handOn();
    });
  }

  #drop(isGone: (each: Waiting) => boolean): void {
    this.#heap.filter((each) => {
      if (!isGone(each)) return true;
      this.#forget(each);
      return false;
    });
  }

  #add(waiting: Waiting): void {
    this.#parts.memory.hold(waiting.message);
    this.#heap.push(waiting);
    const key = keyOf(waiting.target);
    this.#byTarget.set(key, (this.#byTarget.get(key) ?? 0) + 1);
  }

  #forget(waiting: Waiting): void {
    const key = keyOf(waiting.target);
    const left = (this.#byTarget.get(key) ?? 1) - 1;
    if (left === 0) this.#byTarget.delete(key);
    else this.#byTarget.set(key, left);
    if (waiting.place !== NOWHERE) this.#store?.settle(waiting);
    this.#parts.memory.release(waiting.message);
  }
}

function keyOf({ kind, name }: DelayTarget): string {
  return `${kind} ${name}`;
}
