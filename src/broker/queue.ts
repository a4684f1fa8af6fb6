/**
 * The queue port: what a virtual host and a session ask of any kind of queue.
 *
 * Responsible for the seam alone. Durability is never a return value: a queue answers through the
 * publish's token, at once or later. Implementations are in queues/, one file a type.
 */
import type { FieldTable } from '../../protocol/table.ts';
import type { Consumer } from './consumer.ts';
import type { RoutingTarget } from './exchange.ts';
import type { Message, QueueEntry } from './message.ts';
import type { QueueSettings } from './queue-settings.ts';

/** What became of a delivery. */
export type Outcome = 'acknowledged' | 'rejected' | 'requeued';

/** What a publisher's confirm waits for; every queue that got the message settles it once. */
export interface PublishToken {
  settle(outcome: 'confirmed' | 'rejected'): void;
}

/** A connection's identity, as far as exclusive queues need it. */
export type Owner = object;

/** What a declare fixes for the queue's life. */
export interface QueueProperties {
  readonly durable: boolean;
  readonly autoDelete: boolean;
  /** The connection that declared it exclusive, or null. */
  readonly owner: Owner | null;
  /** The store's name for it, never used twice; null for a queue that is not kept. */
  readonly number: number | null;
  readonly arguments: FieldTable;
}

export interface Queue extends RoutingTarget, QueueProperties {
  readonly kind: 'queue';
  /** As in x-queue-type. */
  readonly type: 'classic' | 'quorum';
  readonly name: string;
  readonly vhost: string;
  /** What is in force: its arguments and policies. */
  readonly settings: QueueSettings;
  readonly readyCount: number;
  readonly unackedCount: number;
  readonly consumerCount: number;
  /** Messages handed to consumers since the queue was declared, repeats included. */
  readonly deliveryCount: number;
  /** Takes a message in. `token` is null where nobody waits for a confirm. */
  publish(message: Message, token: PublishToken | null): void;
  /** @throws BrokerError access-refused when an exclusive consumer is in the way */
  consume(consumer: Consumer): void;
  cancel(consumer: Consumer): void;
  /** Hands out what is ready to consumers that are. */
  dispatch(): void;
  /** A parked consumer is ready again, and has its turn at the next `dispatch`. */
  activate(consumer: Consumer): void;
  /** The next ready message, handed out like a delivery; null when there is none in memory. */
  get(noAck: boolean): QueueEntry | null;
  /** Whether the next ready message has to be read from the disk first. */
  readonly mustRead: boolean;
  /** Calls back once, when `get` is worth to be asked again; only while `mustRead`. */
  whenRead(resume: () => void): void;
  /** Deliveries of this queue have this outcome; `entries` in any order. */
  settle(entries: readonly QueueEntry[], outcome: Outcome): void;
  /** `settle` of a single acknowledged delivery, the hot path. */
  acknowledge(entry: QueueEntry): void;
  /** Notes durably that a delivery will have this outcome, ahead of `settle`: for a commit. */
  recordSettled(entry: QueueEntry, outcome: Outcome): void;
  /** A message of this queue as a consumer sees it, or whoever `asked` for it (basic.get). */
  shown(entry: QueueEntry, asked: boolean): Message;
  /** Drops all ready messages and says how many. */
  purge(): number;
  /**
   * Memory fills up: messages that are not next go to the disk, if there is one. Whether some do;
   * the broker is told when that is done.
   */
  pageOut(): boolean;
  /** Ready messages in memory, for compaction. */
  entries(): Iterable<QueueEntry>;
  /**
   * Calls back once when the queue is no longer behind (flow control, see `Flow`); a function that
   * is waiting already is not added again.
   */
  whenCaughtUp(resume: () => void): void;
  /** Takes a `whenCaughtUp` back; one that is not waiting is fine. */
  stopWaiting(resume: () => void): void;
  /** From now on these settings are in force. */
  apply(settings: QueueSettings): void;
  /** It was used in a way that renews its lease (x-expires). */
  touch(): void;
  /** Drops everything and tells the consumers; the virtual host has unlinked it already. */
  delete(): number;
}
