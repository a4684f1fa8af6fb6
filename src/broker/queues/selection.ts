/**
 * Who gets which message, where that is not simply the next one: consumers with x-filter take only
 * what their selector is true of, and of the messages of one x-group-key only one consumer has any.
 *
 * Responsible for handing out in that case. Messages are looked at in order; one that no ready
 * consumer may have is passed over, and waits for those that may. Not responsible for whose turn it
 * is among them (dispatcher.ts).
 *
 * What was passed over is noted with each filter that takes it, of a group only its first, so that
 * a consumer that is ready again finds its next one without looking at those of others.
 */
import type { FieldTable } from '../../../protocol/table.ts';
import { Heap } from '../../lib/heap.ts';
import type { Consumer } from '../consumer.ts';
import type { Turns } from '../dispatcher.ts';
import { textIn } from '../fields.ts';
import type { QueueEntry } from '../message.ts';
import type { Queue } from '../queue.ts';
import type { Expression } from '../selectors/operators.ts';
import { MessageView } from '../selectors/selector.ts';
import { parseSelector } from '../selectors/sql.ts';
import type { Lane } from './lane.ts';
import type { Lanes } from './lanes.ts';
import { GROUP_KEY_ARGUMENT, type Group, MessageGroups } from './message-groups.ts';
import type { QueueContext } from './queue-context.ts';
import { RuledEntry } from './ruled-entry.ts';
import type { QueueRules } from './rules.ts';

export const FILTER_ARGUMENT = 'x-filter';
/** Messages that are looked at in one turn of the loop. */
const STEP = 1_000;
/** A queue passes over no more messages, nor more octets of bodies: they are all in memory. */
const MAX_PASSED = 100_000;
const MAX_PASSED_BYTES = 64 * 1024 * 1024;

/** Consumers that take the same. */
interface FilterClass {
  /** null: they take everything. */
  readonly selector: Expression | null;
  readonly members: Set<Consumer>;
  /** What was passed over and is for them; some of it may be gone. */
  readonly waiting: Heap<QueueEntry>;
  /** Passed over before they came, to be looked at. */
  unseen: QueueEntry[];
}

export interface SelectionParts {
  readonly queue: Queue & { handOver(entry: QueueEntry, consumer: Consumer): void };
  readonly rules: Pick<QueueRules, 'tidy' | 'expire'>;
  readonly lanes: Lanes;
  readonly context: Pick<QueueContext, 'defer' | 'onPassedTooMany'>;
}

/** Whether a consumer, or a queue, needs messages to be selected. */
export const selectsFor = ({ arguments: args }: Consumer): boolean => args.has(FILTER_ARGUMENT);
export const isGrouped = (args: FieldTable): boolean => args.has(GROUP_KEY_ARGUMENT);

export class Selection implements Turns {
  readonly #turns: Turns;
  readonly #lanes: Lanes;
  readonly #parts: SelectionParts;
  readonly #groups: MessageGroups | null;
  /** By the text of the filter. */
  readonly #classes = new Map<string, FilterClass>();
  readonly #classOf = new Map<Consumer, FilterClass>();
  readonly #view = new MessageView();
  /** Whether something that was passed over may be handed out. */
  #mayServe = true;
  #wasFull = false;
  #isGoingOn = false;

  constructor(turns: Turns, parts: SelectionParts) {
    this.#turns = turns;
    this.#parts = parts;
    this.#lanes = parts.lanes;
    const { arguments: args } = parts.queue;
    this.#groups = isGrouped(args) ? new MessageGroups(args, isBefore) : null;
    for (const consumer of turns.all()) this.#join(consumer);
  }

  get size(): number {
    return this.#turns.size;
  }

  all(): Iterable<Consumer> {
    return this.#turns.all();
  }

  add(consumer: Consumer): void {
    this.#turns.add(consumer);
    this.#join(consumer);
  }

  remove(consumer: Consumer): boolean {
    const own = this.#classOf.get(consumer);
    if (own !== undefined) {
      this.#classOf.delete(consumer);
      own.members.delete(consumer);
      if (own.members.size === 0) this.#classes.delete(filterOf(consumer));
    }
    // The next in line may have its turn (x-single-active-consumer).
    this.#mayServe = true;
    return this.#turns.remove(consumer);
  }

  activate(consumer: Consumer): void {
    this.#turns.activate(consumer);
    this.#mayServe = true;
  }

  next(): Consumer | null {
    return this.#turns.next();
  }

  nextWhere(accepts: (consumer: Consumer) => boolean): Consumer | null {
    return this.#turns.nextWhere(accepts);
  }

  /** Hands out what can be; whether that is done, and does not go on in another turn. */
  dispatch(): boolean {
    for (let left = STEP; left > 0; left--) {
      if (!this.#parts.rules.tidy()) return false;
      if (!this.#step()) return true;
    }
    this.#goOn();
    return false;
  }

  /** An entry was settled, comes back, or left the queue by another way. */
  left(entry: QueueEntry): void {
    const group = this.#groups?.left(entry) ?? null;
    if (group !== null && this.#offerHead(group)) this.#goOn();
  }

  /** What consumers had comes back. */
  returned(entries: readonly QueueEntry[]): void {
    for (const entry of entries) this.left(entry);
  }

  #goOn(): void {
    if (this.#isGoingOn) return;
    this.#isGoingOn = true;
    this.#parts.context.defer(() => {
      this.#isGoingOn = false;
      this.#parts.queue.dispatch();
    });
  }

  /** Does one thing; false when there is nothing to do. */
  #step(): boolean {
    if (this.#lookAtUnseen() || this.#lookAtReturned()) return true;
    return (this.#mayServe && this.#serve()) || this.#lookAtNext();
  }

  #join(consumer: Consumer): void {
    const filter = filterOf(consumer);
    let own = this.#classes.get(filter);
    if (own === undefined) {
      const selector = selectsFor(consumer) ? parseSelector(filter) : null;
      const unseen = [...this.#lanes].flatMap(({ ready }) => [...ready.passed]);
      own = { selector, members: new Set(), waiting: new Heap(isBefore), unseen };
      this.#classes.set(filter, own);
    }
    own.members.add(consumer);
    this.#classOf.set(consumer, own);
    this.#mayServe = true;
  }

  /** What was passed over before a filter was there is looked at for it. */
  #lookAtUnseen(): boolean {
    for (const each of this.#classes.values()) {
      const entry = each.unseen.pop();
      if (entry === undefined) continue;
      if (this.#isOffered(entry) && this.#isFor(each, entry)) each.waiting.push(entry);
      return true;
    }
    return false;
  }

  /** What came back is older than what waits, and is sorted in before anything is handed out. */
  #lookAtReturned(): boolean {
    for (const lane of this.#lanes) {
      if (!lane.ready.hasReturned) continue;
      this.#passOverNext(lane);
      return true;
    }
    return false;
  }

  #passOverNext(lane: Lane): void {
    const entry = lane.shiftNext() as QueueEntry;
    this.#passOver(entry, lane, this.#groups?.for(entry.message) ?? null);
    this.#mayServe = true;
  }

  /** Hands out one that was passed over. */
  #serve(): boolean {
    let best: QueueEntry | null = null;
    const consumer = this.#turns.nextWhere((each) => {
      best = this.#bestFor(each);
      return best !== null;
    });
    if (consumer === null) {
      this.#mayServe = false;
      return false;
    }
    const entry = best as unknown as QueueEntry;
    if (!this.#lookAtMoreUrgent(entry)) this.#takeAndHandOver(entry, consumer);
    return true;
  }

  /** What has a higher priority than `entry` and was not looked at is sorted in before it. */
  #lookAtMoreUrgent(entry: QueueEntry): boolean {
    const lane = this.#lanes.next;
    if (lane === null || lane.priority <= priorityOf(entry) || this.#isFull()) return false;
    this.#passOverNext(lane);
    return true;
  }

  /** Looks at the next that was not passed over; false when there is none, or nobody ready. */
  #lookAtNext(): boolean {
    const lane = this.#lanes.next;
    if (lane === null || this.#isFull()) return false;
    const entry = lane.ready.peekNext() as QueueEntry;
    const group = this.#groups?.for(entry.message) ?? null;
    const isBehind = group !== null && this.#groups?.headOf(group) !== undefined;
    let isAnyReady = false;
    const consumer = this.#turns.nextWhere((each) => {
      isAnyReady = true;
      return !isBehind && this.#mayHave(each, entry, group);
    });
    if (!isAnyReady) {
      if (group !== null) this.#groups?.forgetIfIdle(group);
      return false;
    }
    lane.shiftNext();
    if (consumer === null) this.#passOver(entry, lane, group);
    else this.#handOver(entry, consumer, group);
    return true;
  }

  #isFull(): boolean {
    let messages = 0;
    let bytes = 0;
    for (const { ready } of this.#lanes) {
      messages += ready.passed.length;
      bytes += ready.passed.bytes;
    }
    const isFull = messages >= MAX_PASSED || bytes >= MAX_PASSED_BYTES;
    if (isFull && !this.#wasFull) this.#parts.context.onPassedTooMany(this.#parts.queue);
    this.#wasFull = isFull;
    return isFull;
  }

  #passOver(entry: QueueEntry, { ready }: Lane, group: Group | null): void {
    ready.passed.add(entry);
    if (group === null) {
      this.#offer(entry);
      return;
    }
    this.#groups?.wait(entry, group);
    if (group.waiting.peek() === entry) this.#offerHead(group);
  }

  /** The first of a group that nobody has is for all whose filter takes it; if there is one. */
  #offerHead(group: Group): boolean {
    const head = this.#groups?.headOf(group);
    if (head === undefined) this.#groups?.forgetIfIdle(group);
    else if (group.holder === null) this.#offer(head);
    this.#mayServe = true;
    return head !== undefined;
  }

  #offer(entry: QueueEntry): void {
    for (const each of this.#classes.values()) {
      if (this.#isFor(each, entry)) each.waiting.push(entry);
    }
  }

  /** Whether it was passed over and anybody may have it: it is not behind others of its group. */
  #isOffered(entry: QueueEntry): boolean {
    if (!this.#lanes.of(entry).ready.isPassed(entry)) return false;
    const group = this.#groups?.of(entry) ?? null;
    if (group === null) return true;
    return group.holder === null && this.#groups?.headOf(group) === entry;
  }

  /** The first of what was passed over that a consumer may have. */
  #bestFor(consumer: Consumer): QueueEntry | null {
    const { waiting } = this.#classOf.get(consumer) as FilterClass;
    let best = waiting.peek();
    while (best !== undefined && !this.#isOffered(best)) {
      waiting.pop();
      best = waiting.peek();
    }
    for (const group of this.#groups?.heldBy(consumer) ?? []) {
      const head = this.#groups?.headOf(group);
      if (head === undefined || !this.#mayHave(consumer, head, group)) continue;
      if (best === undefined || isBefore(head, best)) best = head;
    }
    return best ?? null;
  }

  #mayHave(consumer: Consumer, entry: QueueEntry, group: Group | null): boolean {
    if (group !== null && group.holder !== null && group.holder !== consumer) return false;
    return this.#isFor(this.#classOf.get(consumer) as FilterClass, entry);
  }

  #isFor({ selector }: FilterClass, { message }: QueueEntry): boolean {
    return selector === null || this.#view.isSelected(message, selector);
  }

  #takeAndHandOver(entry: QueueEntry, consumer: Consumer): void {
    if (this.#parts.rules.expire(entry)) return;
    const group = this.#groups?.of(entry) ?? null;
    this.#lanes.of(entry).ready.passed.take(entry);
    this.#groups?.stopWaiting(entry);
    this.#handOver(entry, consumer, group);
  }

  #handOver(entry: QueueEntry, consumer: Consumer, group: Group | null): void {
    if (group !== null) {
      if (consumer.noAck) this.#offerHead(group);
      else this.#groups?.handedOut(entry, group, consumer);
    }
    this.#parts.queue.handOver(entry, consumer);
  }
}

const filterOf = ({ arguments: args }: Consumer): string => textIn(args, FILTER_ARGUMENT) ?? '';

/** Order in the queue: by priority, then by place. */
function isBefore(a: QueueEntry, b: QueueEntry): boolean {
  const first = priorityOf(a);
  const second = priorityOf(b);
  return first === second ? a.position < b.position : first > second;
}

const priorityOf = (entry: QueueEntry): number =>
  entry instanceof RuledEntry ? entry.lane.priority : 0;
