/**
 * Messages of one key, of which one consumer at a time has any (x-group-key).
 *
 * Responsible for who has the messages of a key, and which of them wait. A group is there only
 * while there is one or the other. Not responsible for who should get what is free (selection.ts).
 */

import type { FieldTable } from '../../../protocol/table.ts';
import { Heap } from '../../lib/heap.ts';
import type { Consumer } from '../consumer.ts';
import { textIn } from '../fields.ts';
import type { Message, QueueEntry } from '../message.ts';
import { headersIn } from '../message-properties.ts';
import { headerValue } from '../selectors/message-fields.ts';

export const GROUP_KEY_ARGUMENT = 'x-group-key';
/** The value that stands for the routing key; any other is the name of a header. */
const ROUTING_KEY = 'routing-key';

export interface Group {
  readonly key: string;
  /** Who has messages of it that are not settled. */
  holder: Consumer | null;
  /** How many. */
  outstanding: number;
  /** Its messages that were passed over. */
  readonly waiting: Heap<QueueEntry>;
}

export class MessageGroups {
  readonly #header: string | null;
  readonly #isBefore: (a: QueueEntry, b: QueueEntry) => boolean;
  readonly #groups = new Map<string, Group>();
  readonly #waitingIn = new Map<QueueEntry, Group>();
  readonly #outstandingIn = new Map<QueueEntry, Group>();
  readonly #heldBy = new Map<Consumer, Set<Group>>();

  constructor(args: FieldTable, isBefore: (a: QueueEntry, b: QueueEntry) => boolean) {
    const name = textIn(args, GROUP_KEY_ARGUMENT) ?? ROUTING_KEY;
    this.#header = name === ROUTING_KEY ? null : name;
    this.#isBefore = isBefore;
  }

  /** The group that a message belongs to; null for one without a key. */
  for(message: Message): Group | null {
    const key = this.#keyOf(message);
    if (key === undefined) return null;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const waiting = new Heap(this.#isBefore);
    const group = { key, holder: null, outstanding: 0, waiting };
    this.#groups.set(key, group);
    return group;
  }

  /** The group where an entry waits, having been passed over. */
  of(entry: QueueEntry): Group | null {
    return this.#waitingIn.get(entry) ?? null;
  }

  /** Groups that a consumer has messages of. */
  heldBy(consumer: Consumer): Iterable<Group> {
    return this.#heldBy.get(consumer) ?? [];
  }

  /** A message has to wait. */
  wait(entry: QueueEntry, group: Group): void {
    group.waiting.push(entry);
    this.#waitingIn.set(entry, group);
  }

  /** The one that has to be next; those that wait no more are forgotten. */
  headOf(group: Group): QueueEntry | undefined {
    for (let head = group.waiting.peek(); head !== undefined; head = group.waiting.peek()) {
      if (this.#waitingIn.has(head)) return head;
      group.waiting.pop();
    }
    return undefined;
  }

  /** A message that waited is about to be handed out. */
  stopWaiting(entry: QueueEntry): void {
    this.#waitingIn.delete(entry);
  }

  /** A consumer gets a message that it has to settle. */
  handedOut(entry: QueueEntry, group: Group, consumer: Consumer): void {
    group.holder = consumer;
    group.outstanding++;
    this.#outstandingIn.set(entry, group);
    const held = this.#heldBy.get(consumer);
    if (held === undefined) this.#heldBy.set(consumer, new Set([group]));
    else held.add(group);
  }

  /**
   * A message was settled, or left the queue while it waited: the group of which the next one may
   * be had now, if there is one.
   */
  left(entry: QueueEntry): Group | null {
    const waited = this.#waitingIn.get(entry);
    if (waited !== undefined) {
      this.#waitingIn.delete(entry);
      return waited;
    }
    const group = this.#outstandingIn.get(entry);
    if (group === undefined) return null;
    this.#outstandingIn.delete(entry);
    if (--group.outstanding !== 0) return null;
    this.#release(group);
    return group;
  }

  /** Forgets a group that nothing is known of any more. */
  forgetIfIdle(group: Group): void {
    if (group.holder === null && this.headOf(group) === undefined) this.#groups.delete(group.key);
  }

  #release(group: Group): void {
    const holder = group.holder as Consumer;
    const held = this.#heldBy.get(holder);
    held?.delete(group);
    if (held?.size === 0) this.#heldBy.delete(holder);
    group.holder = null;
  }

  #keyOf(message: Message): string | undefined {
    if (this.#header === null) return message.address.routingKey;
    const value = headerValue(headersIn(message), this.#header);
    return value === undefined ? undefined : `${typeof value}:${value}`;
  }
}
