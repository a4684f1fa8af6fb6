/**
 * The store port: what keeps messages and definitions over a restart, as the broker sees it.
 *
 * Responsible for the seam alone. The store knows queues by number and records as octets: it never
 * looks into one. Durability is never a return value: whoever waits hands in a token or a callback.
 * Implementations: memory.ts, which keeps nothing, and file/, one contract suite for both
 * (test/contract/store.ts).
 */

/** Octets on demand: they are asked for when they are written, which may be more than once. */
export interface StoreRecord {
  /** All of them, those of `longEnd` included. */
  readonly recordBytes: number;
  /**
   * Octets at its end that are written from where they lie, since there are too many to be copied.
   * Nobody changes them. Most records have none.
   */
  readonly longEnd: readonly Buffer[];
  /** Writes its other octets at `at` and returns the position behind them. */
  writeRecord(target: Buffer, at: number): number;
}

/** `StoreRecord.longEnd` of a record that has none. */
export const NO_LONG_END: readonly Buffer[] = [];

/** A record in one queue. The queue's own entry is this, so that none has to be kept beside it. */
export interface Stored {
  /** Place in the queue; a queue never uses one twice. */
  readonly position: number;
  readonly record: StoreRecord;
  /** The store's own note of where the record lies; `NOWHERE` before it was given to one. */
  place: number;
  /** The store's own notes of where there, and of its length; 0 before. */
  frameAt: number;
  frameBytes: number;
}

/** `Stored.place` of what no store has. */
export const NOWHERE = 0;
/** `Stored.place` of what can be read back, and need not be kept in memory. */
export const READABLE = -1;

/** Who waits for a record to be safe. */
export interface DurabilityToken {
  /** `rejected`: it cannot be kept, and will not be there after a restart. */
  settle(outcome: 'confirmed' | 'rejected'): void;
}

/** A record as it came back from the disk. */
export interface StoredRecord {
  readonly position: number;
  /** The record is `bytes[start, end)`. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** To be kept in the entry made of it (`keepPlace`). */
  readonly place: number;
  readonly frameAt: number;
  readonly frameBytes: number;
  /** Whether it may have been handed out before the restart. */
  readonly redelivered: boolean;
  /** What was noted with it last (`QueueStore.mark`); 0 for nothing. */
  readonly mark: number;
}

/** Notes in the entry made of a record where the record lies. */
export function keepPlace(entry: Stored, record: StoredRecord): void {
  entry.place = record.place;
  entry.frameAt = record.frameAt;
  entry.frameBytes = record.frameBytes;
}

/** The queue that a `QueueStore` is for, as the store sees it. */
export interface QueueStoreOwner {
  /** Ready entries up to `position` that no store has, in order: they may be moved along. */
  unstored(position: number): readonly Stored[];
  /** Whether entries would be let go of, if they could be read again. */
  readonly isLong: boolean;
  /** Entries can be read again now: their `place` is `READABLE`. */
  moved(): void;
}

/** The owner of records that all stay in memory: nothing is moved along, or let go of. */
export const ALL_IN_MEMORY: QueueStoreOwner = {
  unstored: () => [],
  isLong: false,
  moved: () => undefined,
};

/** The records of one queue. */
export interface QueueStore {
  /** What a restart left of it that has to be in memory, in order of position. */
  readonly recovered: readonly StoredRecord[];
  /** Records that can be read back, and are not settled. */
  readonly readableCount: number;
  /** Whether something of it is in the journal alone. */
  readonly isInJournal: boolean;
  /** No record that can be read back lies behind this position; -1 for none. */
  readonly readableThrough: number;
  /** Higher than any position that was used. */
  readonly nextPosition: number;
  /** Whom to ask and tell; once, after `recovered` was taken. */
  attach(owner: QueueStoreOwner): void;
  /** An entry was made of a recovered record, and keeps its place. */
  adopt(entry: Stored): void;
  /** Adds a record behind all others. `token` is told once it is safe; null when nobody waits. */
  append(entry: Stored, token: DurabilityToken | null): void;
  /** A record is done with. Once is enough, more does no harm. */
  settle(entry: Stored): void;
  /**
   * Notes a number from 1 to 2^32 - 1 with a record, in place of what was noted before, until it is
   * settled. It is safe with the next write, and comes back as `StoredRecord.mark`.
   */
  mark(entry: Stored, value: number): void;
  /** All up to this position have been handed out at least once. */
  delivered(position: number): void;
  /**
   * The next records behind position `after` that can be read back and are not settled, in order;
   * none when there are no more.
   */
  read(after: number): Promise<readonly StoredRecord[]>;
  /**
   * Moves entries that no store has, in order, to where they can be read back, as far as they lie
   * behind all that can be. They do not survive a restart. Never rejects.
   */
  page(entries: readonly Stored[]): Promise<void>;
  /** All records behind position `after` that can be read back are done with. */
  settleReadable(after: number): void;
  /** The queue is gone, with everything in it. */
  remove(): void;
}

/** Everything that is kept for one broker. */
export interface Store {
  readonly metadata: MetadataStore;
  /** Whether so much waits to be written that publishers should wait, too. */
  readonly isFull: boolean;
  /** The records of queue `number`; the same object each time. null: they are not kept. */
  queue(number: number): QueueStore | null;
  /** A place for what is too much for memory, of a queue that is not kept; null: there is none. */
  temporary(): QueueStore | null;
  /**
   * Memory is getting short: what is only in the journal is to move to where it can be read.
   * Resolves once it has, or never will; null: there is no such place.
   */
  relieve(): Promise<void> | null;
  /**
   * What `work` adds and settles is kept together, or not at all. Whether there was anything to
   * keep, that is whether `whenSafe` has to be waited for. A group within a group is a part of it.
   */
  group(work: () => void): boolean;
  /** Calls back once everything added and settled before is safe; at once when nothing waits. */
  whenSafe(token: DurabilityToken): void;
  /** Calls back, once, when `isFull` is no longer so. */
  whenRoom(resume: () => void): void;
  /**
   * The start is over: queues that nobody asked for are dropped, since their definitions are gone,
   * unless they are `known`. Those are left as they are. Returns the highest number of a queue that
   * there was anything of: it must not become another's.
   */
  started(known: ReadonlySet<number>): number;
  /** Writes what is left and lets go of everything; whether all could be written. */
  close(): Promise<boolean>;
}

/**
 * Names and values that are kept over a restart: definitions. Values are opaque; all that is put
 * and deleted in one turn of the loop is kept or lost together.
 */
export interface MetadataStore {
  /** Everything that is kept, in the order in which keys were first put. */
  entries(): Iterable<readonly [key: string, value: string]>;
  put(key: string, value: string): void;
  /** A key that is not there is fine. */
  delete(key: string): void;
  /** Whether something was put or deleted that a crash could still undo. */
  readonly isPending: boolean;
  /** Calls back once nothing that was put or deleted before is pending. */
  whenDurable(done: () => void): void;
}
