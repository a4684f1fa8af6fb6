/**
 * A consumer as a queue sees it.
 *
 * Responsible for naming what a queue needs to know and do. Not responsible for credit, sockets or
 * frames: whoever implements it (session/consumer.ts) decides when it is ready.
 */
import type { FieldTable } from '../../protocol/table.ts';
import type { Message, QueueEntry } from './message.ts';
import type { Queue } from './queue.ts';

export interface Consumer {
  readonly tag: string;
  readonly queue: Queue;
  /** Deliveries count as settled at once (spec: no-ack). */
  readonly noAck: boolean;
  readonly exclusive: boolean;
  /** Higher is served first (x-priority, default 0). */
  readonly priority: number;
  readonly arguments: FieldTable;
  /**
   * True while the consumer waits outside the dispatcher's turn; the dispatcher sets and clears it.
   */
  parked: boolean;
  /** Whether one more message may be handed over right now. */
  isReady(): boolean;
  /**
   * Told when the dispatcher found it not ready: it calls `queue.activate` once it is ready again,
   * and `queue.dispatch` when all that became ready with it have done so.
   */
  park(): void;
  /** Hands a message over; `entry` is null for a no-ack consumer, whose deliveries are settled. */
  deliver(message: Message, entry: QueueEntry | null, redelivered: boolean): void;
  /** The queue is gone or no longer available: there will be no more deliveries. */
  cancelledByBroker(): void;
}
