/**
 * A queue that lives on one node and hands each message out once: in memory, and on the disk what
 * has to survive or is too much. Classic and quorum queues are such queues (local-queue-type.ts).
 *
 * Responsible for handing messages to consumers in turn, for what is durable, and for what becomes
 * of settled ones. Not responsible for order among the ready (lanes.ts), for what arguments and
 * policies add (rules.ts, made once there is something to do), routing, confirms or frames.
 *
 * After each call no consumer is ready while a message in memory may be handed out.
 */
import type { FieldTable } from '../../../protocol/table.ts';
import { NOWHERE, type StoredRecord } from '../../store/port.ts';
import type { Consumer } from '../consumer.ts';
import { hasExpiration, isPersistent } from '../inspection.ts';
import type { Memory } from '../memory.ts';
import { type Message, QueueEntry } from '../message.ts';
import { NEVER } from '../message-record.ts';
import type { Outcome, Owner, PublishToken, Queue, QueueProperties } from '../queue.ts';
import { hasRules, NO_SETTINGS, type QueueSettings, settingsOf } from '../queue-settings.ts';
import { HeldPublishers } from './held-publishers.ts';
import type { Lane } from './lane.ts';
import { Lanes } from './lanes.ts';
import { Lease } from './lease.ts';
import type { LocalQueueType } from './local-queue-type.ts';
import { QueueConsumers } from './queue-consumers.ts';
import type { QueueContext } from './queue-context.ts';
import type { ReadyList } from './ready-list.ts';
import { RuledEntry } from './ruled-entry.ts';
import { QueueRules, type RuledQueue } from './rules.ts';
import { isGrouped, selectsFor } from './selection.ts';

const READ_RETRY_MS = 1_000;
export class LocalQueue implements Queue, RuledQueue {
  readonly kind = 'queue' as const;
  readonly type: LocalQueueType['name'];
  readonly name: string;
  readonly vhost: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  /** Let go of at deletion: routes are remembered for longer. */
  owner: Owner | null;
  readonly number: number | null;
  readonly arguments: FieldTable;
  readonly #memory: Memory;
  readonly #type: LocalQueueType;
  readonly #context: QueueContext;
  readonly #consumers: QueueConsumers;
  readonly #lanes: Lanes;
  readonly #lane: Lane;
  readonly #ready: ReadyList;
  #rules: QueueRules | null = null;
  #lease: Lease | null = null;
  settings = NO_SETTINGS;
  deliveryCount = 0;
  #unacked = 0;
  readonly #held = new HeldPublishers();
  #deleted = false;
  constructor(
    name: string,
    properties: QueueProperties,
    context: QueueContext,
    type: LocalQueueType,
  ) {
    this.name = name;
    this.vhost = context.vhost;
    this.type = type.name;
    ({ durable: this.durable, autoDelete: this.autoDelete, owner: this.owner } = properties);
    ({ number: this.number, arguments: this.arguments } = properties);
    this.#memory = context.memory;
    this.#type = type;
    this.#context = context;
    this.#consumers = new QueueConsumers(this.arguments, type);
    // Before what a restart left is taken over.
    if (hasRules(settingsOf(this.arguments), this.arguments)) this.#rulesNow();
    this.#lanes = this.#makeLanes();
    this.#lane = this.#lanes.main;
    this.#ready = this.#lane.ready;
    if (isGrouped(this.arguments)) this.#select();
    this.apply(settingsOf(this.arguments));
  }

  get readyCount(): number {
    return this.#lanes.readyCount;
  }

  get readyBytes(): number {
    return this.#lanes.readyBytes;
  }

  get unackedCount(): number {
    return this.#unacked;
  }

  get consumerCount(): number {
    return this.#consumers.size;
  }

  publish(message: Message, token: PublishToken | null): void {
    if (this.#deleted) token?.settle('confirmed');
    else if (this.#rules !== null || hasExpiration(message)) this.#publishByRules(message, token);
    else {
      const consumer = this.#ready.length === 0 ? this.#consumers.turns.next() : null;
      if (consumer?.noAck) {
        this.deliveryCount++;
        consumer.deliver(message, null, false);
      } else {
        const lane = this.#lane;
        const entry = new QueueEntry(message, lane.nextPosition++);
        this.#memory.hold(message);
        const isKept = lane.isKept && isPersistent(message);
        if (isKept) lane.store?.append(entry, token);
        if (consumer === null) this.#enqueue(entry, lane);
        else this.handOver(entry, consumer);
        if (isKept) return;
      }
      token?.settle('confirmed');
    }
  }

  consume(consumer: Consumer): void {
    this.#consumers.check(consumer);
    this.#lease?.stop();
    if (selectsFor(consumer)) this.#select();
    this.#consumers.add(consumer);
  }

  cancel(consumer: Consumer): void {
    if (!this.#consumers.remove(consumer)) return;
    if (this.#consumers.size !== 0) {
      // It may have been another's turn all the time.
      if (this.#consumers.isSingleActive) this.dispatch();
      return;
    }
    this.#lease?.run();
    this.#held.release();
    this.#context.onUnused(this);
  }

  activate(consumer: Consumer): void {
    this.#consumers.turns.activate(consumer);
  }

  get(noAck: boolean): QueueEntry | null {
    this.touch();
    if (this.#rules !== null && !this.#rules.tidy()) return null;
    const entry = this.takeHead();
    if (entry === null) return null;
    if (noAck) this.forget(entry);
    else {
      this.#unacked++;
      this.#lanes.of(entry).store?.delivered(entry.position);
    }
    this.#rules?.tidy();
    this.#checkCaughtUp();
    return entry;
  }

  shown(entry: QueueEntry, asked: boolean): Message {
    return this.#rules?.shown(entry, asked) ?? entry.message;
  }

  get mustRead(): boolean {
    return this.#lanes.first()?.ready.isHeadEmpty === true;
  }

  whenRead(resume: () => void): void {
    this.firstLane()?.backlog?.whenRead(resume);
  }

  acknowledge(entry: QueueEntry): void {
    this.#unacked--;
    this.forget(entry);
  }

  recordSettled(entry: QueueEntry, outcome: Outcome): void {
    // What goes on to a dead-letter exchange leaves this queue when it arrives there.
    if (outcome === 'rejected' && this.#rules?.movesRejected) return;
    this.#lanes.of(entry).settle(entry);
  }

  settle(entries: readonly QueueEntry[], outcome: Outcome): void {
    if (outcome === 'requeued' && !this.#deleted) {
      this.#unacked -= entries.length;
      this.#consumers.selection?.returned(entries);
      const staying = this.#rules === null ? entries : this.#rules.returned(entries);
      this.#lanes.putBack(staying, this.#type.returnsInTurn);
      this.dispatch();
    } else if (outcome === 'rejected' && this.#rules !== null && !this.#deleted) {
      this.#unacked -= entries.length;
      for (const entry of entries) this.#rules.die(entry, 'rejected');
    } else {
      for (const entry of entries) this.acknowledge(entry);
    }
  }

  purge(): number {
    const count = this.readyCount;
    this.#lanes.purge(
      (entry) => this.forget(entry),
      (fn) => this.#context.defer(fn),
    );
    this.#checkCaughtUp();
    return count;
  }

  pageOut(): boolean {
    return !this.#deleted && this.#lanes.pageOut();
  }

  entries(): Iterable<QueueEntry> {
    return this.#lanes.entries();
  }

  whenCaughtUp(resume: () => void): void {
    this.#held.add(resume);
    this.#checkCaughtUp();
  }

  stopWaiting(resume: () => void): void {
    this.#held.remove(resume);
  }

  apply(settings: QueueSettings): void {
    this.settings = settings;
    if (hasRules(settings, this.arguments) || this.#type.countsReturns) this.#rulesNow();
    this.#rules?.apply(settings);
    if (settings.maxLengthBytes !== null) this.#lanes.measure();
    this.#lease?.stop();
    const { clock, onExpired } = this.#context;
    this.#lease = Lease.of(clock, settings.expiresMs, () => onExpired(this));
    if (this.#consumers.size === 0) this.#lease?.run();
    // Not at once: at a start what dead letters go to may not be there yet.
    if (this.#rules !== null && this.readyCount !== 0) this.#context.defer(() => this.dispatch());
  }

  touch(): void {
    this.#lease?.use();
  }

  delete(): number {
    this.#deleted = true;
    this.owner = null;
    this.#rules?.stop();
    this.#lease?.stop();
    for (const { store } of this.#lanes) store?.remove();
    const count = this.purge();
    this.#consumers.cancelAll();
    this.#held.release();
    return count;
  }

  /** Hands out messages while there are both a message and a ready consumer. */
  dispatch(): void {
    if (this.#rules !== null) {
      if (!this.#dispatchByRules(this.#rules)) return;
    } else {
      while (!this.#ready.isHeadEmpty) {
        const consumer = this.#consumers.turns.next();
        if (consumer === null) break;
        this.handOver(this.#lane.shift() as QueueEntry, consumer);
      }
    }
    if (this.#consumers.size !== 0) this.#lanes.readAhead();
    this.#checkCaughtUp();
  }

  firstLane(): Lane | null {
    return this.#lanes.first();
  }

  takeHead(): QueueEntry | null {
    return this.firstLane()?.shift() ?? null;
  }

  take(passed: QueueEntry): void {
    this.#lanes.of(passed).ready.passed.take(passed);
  }

  note(entry: QueueEntry, mark: number): void {
    if (entry.place !== NOWHERE) this.#lanes.of(entry).store?.mark(entry, mark);
  }

  forget(entry: QueueEntry): void {
    this.#lanes.of(entry).settle(entry);
    this.#rules?.gone(entry.message);
    this.#consumers.selection?.left(entry);
    this.#memory.release(entry.message);
  }

  handOver(entry: QueueEntry, consumer: Consumer): void {
    this.deliveryCount++;
    const message = this.#rules?.shown(entry, false) ?? entry.message;
    if (consumer.noAck) {
      consumer.deliver(message, null, entry.redelivered);
      this.forget(entry);
    } else {
      this.#unacked++;
      consumer.deliver(message, entry, entry.redelivered);
      if (entry.place !== NOWHERE) this.#lanes.of(entry).store?.delivered(entry.position);
    }
  }

  #publishByRules(message: Message, token: PublishToken | null): void {
    const rules = this.#rulesNow();
    const verdict = rules.admit(message);
    if (verdict !== null) {
      token?.settle(verdict);
      return;
    }
    const { selection, turns } = this.#consumers;
    const isNext = rules.tidy() && this.readyCount === 0 && selection === null;
    const consumer = isNext ? turns.next() : null;
    const isGone = consumer?.noAck === true;
    const lane = this.#lanes.for(message);
    const isKept = !isGone && lane.isKept && (this.#type.keepsAll || isPersistent(message));
    if (isGone) {
      this.deliveryCount++;
      consumer.deliver(message, null, false);
      rules.gone(message);
    } else {
      const entry = new RuledEntry(message, lane.nextPosition++, lane, rules.expiryFor(message));
      this.#memory.hold(message);
      if (isKept) lane.store?.append(entry, token);
      if (consumer === null) this.#enqueue(entry, lane);
      else this.handOver(entry, consumer);
      if (selection === null) rules.tidy();
      else this.dispatch();
    }
    if (!isKept) token?.settle('confirmed');
  }

  /** Whether all was handed out that can be. */
  #dispatchByRules(rules: QueueRules): boolean {
    const { selection } = this.#consumers;
    if (selection !== null) return selection.dispatch();
    while (rules.tidy()) {
      const lane = this.#lanes.head;
      const consumer = lane === null ? null : this.#consumers.turns.next();
      if (consumer === null) return true;
      this.handOver(lane?.shift() as QueueEntry, consumer);
    }
    return false;
  }

  /** The rules, which from now on there are. */
  #rulesNow(): QueueRules {
    this.#rules ??= new QueueRules(this, this.arguments, this.#type, this.#context);
    return this.#rules;
  }

  /** From now on messages are chosen for consumers by their content. */
  #select(): void {
    const parts = { rules: this.#rulesNow(), lanes: this.#lanes, context: this.#context };
    this.#consumers.selectBy({ queue: this, ...parts });
  }

  #makeLanes(): Lanes {
    const { memory, window, clock } = this.#context;
    const most = Number(this.arguments.get('x-max-priority')?.value ?? 0);
    const maxPriority = most === 0 || this.type !== 'classic' ? null : most;
    if (maxPriority !== null) this.#rulesNow();
    return new Lanes({
      maxPriority,
      storeFor: (priority) => this.#context.storeFor(priority),
      owner: {
        memory,
        window,
        temporaryStore: () => this.#context.temporaryStore(),
        entryOf: (lane, record, message, expiresAtMs) =>
          this.#entryOf(lane, record, message, expiresAtMs),
        messagesRead: () => this.dispatch(),
        readFailed: (error, again) => {
          this.#context.onReadError(this, error);
          clock.setTimeout(again, READ_RETRY_MS);
        },
      },
      onPaged: () => this.#context.onPaged(),
    });
  }

  /** The entry of a message that was read back from the disk. */
  #entryOf(lane: Lane, record: StoredRecord, message: Message, expiresAtMs: number): QueueEntry {
    if (expiresAtMs !== NEVER || record.mark !== 0) this.#rulesNow();
    if (this.#rules === null) return new QueueEntry(message, record.position);
    this.#rules.readBack(message);
    const entry = new RuledEntry(message, record.position, lane, expiresAtMs);
    entry.mark = record.mark;
    return entry;
  }

  #enqueue(entry: QueueEntry, { ready }: Lane): void {
    ready.push(entry);
    if (ready.isBehind && this.#consumers.size !== 0) this.#context.flow.lagging = this;
  }

  #checkCaughtUp(): void {
    if (!this.#held.isEmpty && this.#lanes.isCaughtUp) this.#held.release();
  }
}
