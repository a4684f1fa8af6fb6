/** What the records of one queue ask of the store that they belong to. */
import type { DurabilityToken, Stored } from '../port.ts';
import type { FileQueueStore } from './queue-store.ts';
import type { ReadableHost } from './readable.ts';
import type { Segment } from './segment.ts';

export interface QueueStoreHost extends ReadableHost {
  /** Nothing is kept any more. */
  readonly hasFailed: boolean;
  /** Entries of all queues that are in memory since their record is in the journal alone. */
  liveInJournal: number;
  append(queue: FileQueueStore, entry: Stored, token: DurabilityToken | null): void;
  /** The queue has something for the next write. */
  noteDirty(queue: FileQueueStore): void;
  page(queue: FileQueueStore, entries: readonly Stored[]): Promise<void>;
  /** `StoreLimits.grownBytes`. */
  readonly grownBytes: number;
  /** The queue has appended so much that it may be worth to ask whether it is long. */
  noteGrown(queue: FileQueueStore): void;
  /**
   * The queue is gone, and had these segments; `isEmpty`: nothing on the disk counted any more.
   */
  removed(queue: FileQueueStore, segments: readonly Segment[], isEmpty: boolean): void;
}
