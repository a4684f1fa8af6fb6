/** What a queue shares with the others of its broker, and whom it tells. */
import type { Clock } from '../../lib/clock.ts';
import type { QueueStore } from '../../store/port.ts';
import type { DeadLetters } from '../dead-letters.ts';
import type { Delays } from '../delays/delays.ts';
import type { Flow } from '../flow.ts';
import type { Memory } from '../memory.ts';
import type { Queue } from '../queue.ts';
import type { Window } from './backlog.ts';

export interface QueueContext {
  readonly vhost: string;
  readonly memory: Memory;
  readonly flow: Flow;
  /**
   * Where persistent messages of a priority go; null for a queue that does not survive. The same
   * one each time.
   */
  storeFor(priority: number): QueueStore | null;
  /** Where messages of a queue that is not kept go when memory fills up; null for nowhere. */
  temporaryStore(): QueueStore | null;
  /** What stays in memory at the head of a long queue; `WINDOW` when undefined. */
  readonly window?: Window | undefined;
  readonly clock: Clock;
  readonly deadLetters: DeadLetters;
  /** Where what is tried again later waits. */
  readonly delays: Pick<Delays, 'schedule'>;
  /** From 0, below 1. */
  random(): number;
  /** Runs `fn` once the loop has looked at its sockets. */
  defer(fn: () => void): void;
  /** It moved messages to the disk, for want of memory. */
  onPaged(): void;
  /** The last consumer went; an auto-delete queue is to be deleted. */
  onUnused(queue: Queue): void;
  /** Nobody used the queue for as long as x-expires says: it is to be deleted. */
  onExpired(queue: Queue): void;
  /** So many messages wait for other consumers that no more are looked at. */
  onPassedTooMany(queue: Queue): void;
  /** Messages of this queue cannot be read. */
  onReadError(queue: Queue, error: unknown): void;
}
