/**
 * Messages of one queue that are first in, first out among themselves: those of one priority, which
 * in most queues are all.
 *
 * Responsible for the ready ones in order, for where they are kept, and for moving them to the disk
 * when memory is short. Not responsible for which lane is served (lanes.ts), consumers, or
 * what becomes of a message (local-queue.ts).
 */
import { NOWHERE, type QueueStore, type StoredRecord } from '../../store/port.ts';
import type { Memory } from '../memory.ts';
import type { Message, QueueEntry } from '../message.ts';
import { Backlog, tightened, unstoredBeyond, unstoredIn, WINDOW, type Window } from './backlog.ts';
import { ReadyList } from './ready-list.ts';

/** Messages that go to the disk in one go. */
const PAGE_STEP = 50_000;

/** The queue that a lane belongs to, and what it stands on. */
export interface LaneOwner {
  readonly memory: Memory;
  /** What stays in memory at the head; `WINDOW` when undefined. */
  readonly window?: Window | undefined;
  temporaryStore(): QueueStore | null;
  entryOf(lane: Lane, record: StoredRecord, message: Message, expiresAtMs: number): QueueEntry;
  messagesRead(): void;
  readFailed(error: unknown, again: () => void): void;
  /** It moved messages to the disk, for want of memory. */
  onPaged(): void;
}

export class Lane {
  readonly priority: number;
  readonly ready = new ReadyList();
  /** Whether persistent messages survive a restart. */
  readonly isKept: boolean;
  /** Where messages are kept, or only put for a while; null as long as all are in memory. */
  store: QueueStore | null;
  backlog: Backlog | null = null;
  nextPosition = 0;
  readonly #owner: LaneOwner;
  #isPaging = false;

  /** `store`: where persistent messages go; null in a queue that does not survive. */
  constructor(priority: number, store: QueueStore | null, owner: LaneOwner) {
    this.priority = priority;
    this.#owner = owner;
    this.store = store;
    this.isKept = store !== null;
    if (store === null) return;
    this.nextPosition = store.nextPosition;
    this.backlog = this.#attach(store);
  }

  /** Takes the next ready one that is in memory; null when there is none. */
  shift(): QueueEntry | null {
    const entry = this.ready.shift();
    if (this.ready.unread !== 0) this.backlog?.readAhead();
    return entry;
  }

  /** The same, without those that were passed over. */
  shiftNext(): QueueEntry | null {
    const entry = this.ready.shiftNext();
    if (this.ready.unread !== 0) this.backlog?.readAhead();
    return entry;
  }

  /** The store forgets a message. */
  settle(entry: QueueEntry): void {
    if (entry.place !== NOWHERE) this.store?.settle(entry);
  }

  /** Moves messages that are not next to the disk; whether there were some. */
  pageOut(): boolean {
    this.backlog?.shrink();
    // What is in the journal would be overtaken, and could not follow any more: it goes first, and
    // takes what is between along.
    if (this.#isPaging || this.store?.isInJournal) return false;
    const { window = WINDOW } = this.#owner;
    // Segments only follow on each other: what lies before the last one's end stays.
    const after = this.store?.readableThrough ?? -1;
    const entries = unstoredBeyond(this.ready, tightened(window), after, PAGE_STEP);
    if (entries.length === 0) return false;
    const store = this.store ?? this.#owner.temporaryStore();
    if (store === null) return false;
    this.store = store;
    this.backlog ??= this.#attach(store);
    this.#isPaging = true;
    void store.page(entries).finally(() => {
      this.#isPaging = false;
      this.#owner.onPaged();
    });
    return true;
  }

  #attach(store: QueueStore): Backlog {
    const owner = this.#owner;
    const { memory, window = WINDOW } = owner;
    const backlog = new Backlog(store, {
      ready: this.ready,
      memory,
      window,
      entryOf: (record, message, expiresAtMs) => owner.entryOf(this, record, message, expiresAtMs),
      messagesRead: () => owner.messagesRead(),
      readFailed: (error, again) => owner.readFailed(error, again),
    });
    backlog.recover();
    store.attach({
      unstored: (position) => unstoredIn(this.ready, position, window),
      get isLong() {
        return backlog.isLong;
      },
      moved: () => backlog.letGo(),
    });
    return backlog;
  }
}
