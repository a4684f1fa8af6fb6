/** What the records of one queue ask of the store that they belong to. */
import type { Files } from '../files.ts';
import type { DurabilityToken, Stored } from '../port.ts';
import type { FileQueueStore } from './queue-store.ts';
import type { Segment } from './segment.ts';

export interface QueueStoreHost {
  readonly files: Files;
  /** Nothing is kept any more. */
  readonly hasFailed: boolean;
  /** Entries of all queues whose record is in the journal alone. */
  liveInJournal: number;
  append(queue: FileQueueStore, entry: Stored, token: DurabilityToken | null): void;
  /** The queue has something for the next write. */
  noteDirty(queue: FileQueueStore): void;
  page(queue: FileQueueStore, entries: readonly Stored[]): Promise<void>;
  /** A segment has nothing left that counts. */
  segmentDied(segment: Segment): void;
  /** The queue is gone; `isEmpty`: nothing on the disk counted any more. */
  removed(queue: FileQueueStore, isEmpty: boolean): void;
  readonly repairs: SegmentRepairs;
}

/** What is to be done about a damaged segment. */
export interface SegmentRepairs {
  /** Tells a person. */
  report(line: string): void;
  /** Keeps a copy of a file as it is; says where, or why not. Never rejects. */
  keepAside(path: string): Promise<string>;
}
