/**
 * What a queue does beyond first in, first out, as its arguments and policies say: messages expire,
 * the queue is bounded, deliveries are counted, and what leaves it so is dead-lettered.
 *
 * Responsible for which messages leave the queue and why. A queue makes its rules only once there
 * is something for them to do. Not responsible for where dead letters go (dead-letters.ts), nor for
 * the queue's own life (lease.ts).
 *
 * Messages expire at the head only, as in RabbitMQ (A8.8): behind one that does not they wait.
 */
import type { FieldTable } from '../../../protocol/table.ts';
import type { CancelTimer } from '../../lib/clock.ts';
import type { DeathReason } from '../dead-letter.ts';
import type { DeadMessage } from '../dead-letters.ts';
import { expirationOf } from '../inspection.ts';
import type { Message, QueueEntry } from '../message.ts';
import { NEVER } from '../message-record.ts';
import { NO_SETTINGS, type QueueSettings } from '../queue-settings.ts';
import { DuplicateFilter } from './duplicate-filter.ts';
import { type HeldLetter, HeldLetters } from './held-letters.ts';
import type { Lane } from './lane.ts';
import type { LocalQueueType } from './local-queue-type.ts';
import type { QueueContext } from './queue-context.ts';
import { type RetryPlan, retryPlanOf } from './retry.ts';
import { expiryOf, RuledEntry } from './ruled-entry.ts';
import { withReturns } from './shown.ts';

/** Messages that leave a queue in one turn of the loop. */
const STEP = 1_000;
const NOBODY: ReadonlySet<string> = new Set();

/** The queue, as its rules see it. */
export interface RuledQueue {
  readonly name: string;
  readonly readyCount: number;
  readonly readyBytes: number;
  /** Whose turn it is; null when nothing is ready. */
  firstLane(): Lane | null;
  takeHead(): QueueEntry | null;
  /** Takes out one that was passed over. */
  take(passed: QueueEntry): void;
  /** Notes durably what became of a message (`RuledEntry.mark`). */
  note(entry: QueueEntry, mark: number): void;
  /** A message that is neither ready nor delivered is done with. */
  forget(entry: QueueEntry): void;
  dispatch(): void;
}

export type RulesParts = Pick<
  QueueContext,
  'clock' | 'deadLetters' | 'delays' | 'defer' | 'random'
>;

export class QueueRules {
  readonly #queue: RuledQueue;
  readonly #type: LocalQueueType;
  readonly #parts: RulesParts;
  readonly #retries: RetryPlan | null;
  readonly #duplicates: DuplicateFilter | null;
  #settings = NO_SETTINGS;
  #cancelTimer: CancelTimer | null = null;
  /** When the timer fires. */
  #timerAtMs = NEVER;
  #isGoingOn = false;
  #isStopped = false;
  /** null until there was one. */
  #held: HeldLetters | null = null;
  /** Returns of entries that were made before there were rules. */
  readonly #plainReturns = new WeakMap<QueueEntry, number>();

  constructor(queue: RuledQueue, args: FieldTable, type: LocalQueueType, parts: RulesParts) {
    this.#queue = queue;
    this.#type = type;
    this.#parts = parts;
    this.#retries = retryPlanOf(args);
    const isDistinct = args.get('x-message-deduplication')?.value === true;
    this.#duplicates = isDistinct ? new DuplicateFilter() : null;
  }

  /** Other settings are in force; `tidy` is to follow. */
  apply(settings: QueueSettings): void {
    this.#settings = settings;
  }

  /** The queue is gone. */
  stop(): void {
    this.#isStopped = true;
    this.#parts.deadLetters.removeRetry(this.#retryHeld);
    for (const { entry } of this.#held?.takeAll() ?? []) this.#queue.forget(entry);
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  /**
   * Whether a message may come in: null, else what its publisher is told. It does not come in where
   * the queue is full (x-overflow other than drop-head), nor where it is there already.
   */
  admit(message: Message): 'confirmed' | 'rejected' | null {
    const { overflow } = this.#settings;
    if (overflow !== 'drop-head' && this.#isOver(1, message.bodySize)) {
      if (overflow === 'reject-publish-dlx') {
        this.#send({ message, reason: 'maxlen', done: () => undefined });
      }
      return 'rejected';
    }
    return this.#duplicates?.admit(message) === false ? 'confirmed' : null;
  }

  /** A message is in the queue since before a restart. */
  readBack(message: Message): void {
    this.#duplicates?.admit(message);
  }

  /** A message has left the queue. */
  gone(message: Message): void {
    this.#duplicates?.gone(message);
  }

  /** Epoch milliseconds at which a message that comes in now expires. */
  expiryFor(message: Message): number {
    const own = expirationOf(message) ?? NEVER;
    const ttlMs = Math.min(own, this.#settings.messageTtlMs ?? NEVER);
    return ttlMs === NEVER ? NEVER : this.#parts.clock.now() + ttlMs;
  }

  /**
   * Takes off the head what must not stay: what is too much, then what has expired. Whether that is
   * done, and the head may be handed out; else it goes on in another turn of the loop.
   */
  tidy(): boolean {
    if (this.#isGoingOn) return false;
    if (this.#dropExcess() && this.#dropExpired()) {
      this.#watchHead();
      return true;
    }
    this.#isGoingOn = true;
    this.#parts.defer(() => {
      this.#isGoingOn = false;
      if (!this.#isStopped) this.#queue.dispatch();
    });
    return false;
  }

  /** A message that was passed over is to be handed out: whether it had expired, and is gone. */
  expire(entry: QueueEntry): boolean {
    if (expiryOf(entry) > this.#parts.clock.now()) return false;
    this.#queue.take(entry);
    this.die(entry, 'expired');
    return true;
  }

  /** Entries come back after a delivery: those among them that may stay. */
  returned(entries: readonly QueueEntry[]): readonly QueueEntry[] {
    const limit = this.#deliveryLimit;
    if (limit === null && !this.#type.countsReturns) return entries;
    return entries.filter((entry) => {
      const returns = this.#returnsOf(entry) + 1;
      if (entry instanceof RuledEntry) entry.returns = returns;
      else this.#plainReturns.set(entry, returns);
      this.#queue.note(entry, returns);
      if (limit === null || returns <= limit) return true;
      this.die(entry, 'delivery_limit');
      return false;
    });
  }

  /** Whether what is rejected goes somewhere, instead of just being dropped. */
  get movesRejected(): boolean {
    return this.#retries !== null || this.#isDeadLettering;
  }

  /** A message leaves the queue without having been consumed. */
  die(entry: QueueEntry, reason: DeathReason): void {
    if (reason === 'rejected' && this.#isTriedAgain(entry)) return;
    if (this.#isDeadLettering) this.#sendOn({ entry, reason, delivered: NOBODY });
    else this.#queue.forget(entry);
  }

  /** The message as consumers see it: with its count of returns. */
  shown(entry: QueueEntry, asked: boolean): Message {
    const returns = this.#returnsOf(entry);
    const isTold = returns !== 0 || (asked && this.#type.tellsNoReturns);
    return isTold ? withReturns(entry.message, returns) : entry.message;
  }

  get #isDeadLettering(): boolean {
    return this.#settings.deadLetterExchange !== null;
  }

  /** Whether so much more would be over a limit. */
  #isOver(messages: number, bytes: number): boolean {
    const { maxLength, maxLengthBytes } = this.#settings;
    const count = this.#queue.readyCount + (this.#held?.count ?? 0) + messages;
    if (maxLength !== null && count > maxLength) return true;
    if (maxLengthBytes === null) return false;
    return this.#queue.readyBytes + (this.#held?.bytes ?? 0) + bytes > maxLengthBytes;
  }

  /** x-retry: it waits, and then comes to this queue again. */
  #isTriedAgain(entry: QueueEntry): boolean {
    const { clock, delays, deadLetters, random } = this.#parts;
    const again = this.#retries?.next(entry.message, random) ?? null;
    if (again === null) return false;
    const dueAtMs = clock.now() + again.delayMs;
    deadLetters.together(() => {
      delays.schedule(again.message, dueAtMs, { kind: 'queue', name: this.#queue.name }, null);
      this.#queue.forget(entry);
    });
    return true;
  }

  /** null for any number of deliveries. */
  get #deliveryLimit(): number | null {
    const limit = this.#settings.deliveryLimit ?? this.#type.deliveryLimit;
    return limit === null || limit < 0 ? null : limit;
  }

  /** Whether no more is to be dropped, or can be before it was read. */
  #dropExcess(): boolean {
    if (this.#settings.overflow !== 'drop-head') return true;
    for (let left = STEP; this.#isOver(0, 0); left--) {
      if (left === 0) return false;
      const entry = this.#queue.takeHead();
      if (entry === null) break;
      this.die(entry, 'maxlen');
    }
    return true;
  }

  #dropExpired(): boolean {
    let nowMs = -1;
    for (let left = STEP; ; left--) {
      const head = this.#queue.firstLane()?.ready.peek() ?? null;
      if (head === null) return true;
      const death = head instanceof RuledEntry ? head.death : null;
      if (death === null) {
        if (expiryOf(head) === NEVER) return true;
        if (nowMs < 0) nowMs = this.#parts.clock.now();
        if (expiryOf(head) > nowMs) return true;
      }
      if (left === 0) return false;
      this.#queue.takeHead();
      this.die(head, death ?? 'expired');
    }
  }

  /** Sees to it that the head goes at its time. */
  #watchHead(): void {
    const lane = this.#queue.firstLane();
    const head = lane?.ready.peek();
    if (!head) {
      // It may have expired by the time it is read.
      lane?.backlog?.readAhead();
      return;
    }
    const atMs = expiryOf(head);
    if (atMs >= this.#timerAtMs) return;
    this.#cancelTimer?.();
    this.#timerAtMs = atMs;
    this.#cancelTimer = this.#parts.clock.setTimeout(
      () => {
        this.#cancelTimer = null;
        this.#timerAtMs = NEVER;
        this.#queue.dispatch();
      },
      Math.max(0, atMs - this.#parts.clock.now()),
    );
  }

  #returnsOf(entry: QueueEntry): number {
    if (entry instanceof RuledEntry) return entry.returns;
    return this.#plainReturns.get(entry) ?? 0;
  }

  /** A letter goes to where it should; one that must not be lost is kept until all took it. */
  #sendOn(letter: HeldLetter): void {
    const { entry, reason, delivered } = letter;
    const done = () => this.#queue.forget(entry);
    const hold = this.#isAtLeastOnce ? this.#holderOf(letter) : undefined;
    this.#send({ message: entry.message, reason, done, hold, delivered });
  }

  #send(dead: Omit<DeadMessage, 'queue' | 'settings'>): void {
    const { name: queue } = this.#queue;
    this.#parts.deadLetters.send({ ...dead, queue, settings: this.#settings });
  }

  #holderOf({ entry, reason }: HeldLetter): (delivered: ReadonlySet<string>) => void {
    return (delivered) => {
      if (entry instanceof RuledEntry && entry.death === null) {
        entry.death = reason;
        this.#queue.note(entry, entry.mark);
      }
      this.#held ??= new HeldLetters();
      this.#held.add({ entry, reason, delivered });
      this.#parts.deadLetters.addRetry(this.#retryHeld);
    };
  }

  readonly #retryHeld = (): void => {
    const held = this.#held;
    held?.retry((letter) => this.#sendOn(letter));
    if (!held?.count) this.#parts.deadLetters.removeRetry(this.#retryHeld);
  };

  /** It needs publishers that are refused when the queue is full (A.5). */
  get #isAtLeastOnce(): boolean {
    const { deadLetterStrategy, overflow } = this.#settings;
    const isAsked = deadLetterStrategy === 'at-least-once' && overflow === 'reject-publish';
    return isAsked && this.#type.keepsAll && this.#isDeadLettering;
  }
}
