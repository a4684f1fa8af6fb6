/**
 * The part of a long queue that is on the disk only.
 *
 * Responsible for letting go of what can be read back, beyond a window at the head, for reading
 * ahead before the head runs dry, and for how much it is. Not responsible for where records lie
 * (store/).
 */
import { Ring } from '../../lib/ring.ts';
import { keepPlace, NOWHERE, type QueueStore, type StoredRecord } from '../../store/port.ts';
import type { Memory } from '../memory.ts';
import type { Message, QueueEntry } from '../message.ts';
import { RecordReader } from '../message-record.ts';
import type { ReadyList } from './ready-list.ts';

/** What stays in memory at the head of a queue when the rest is let go. */
export interface Window {
  readonly messages: number;
  readonly bytes: number;
}

export const WINDOW: Window = { messages: 8_192, bytes: 8 * 1024 * 1024 };
/** The share of it that a queue has while memory is tight: there may be thousands of queues. */
const TIGHT_SHARE = 1 / 64;
/** The head is read on when it has less than this share of the window. */
const READ_AHEAD_SHARE = 0.5;

/** A queue is long when it has so many windows in memory, or anything on the disk only. */
const LONG_WINDOWS = 4;

/** A window as it is while memory is tight. */
export function tightened({ messages, bytes }: Window): Window {
  return { messages: Math.ceil(messages * TIGHT_SHARE), bytes: bytes * TIGHT_SHARE };
}

export interface BacklogOwner {
  readonly ready: ReadyList;
  readonly memory: Memory;
  readonly window: Window;
  /** The entry of a record, whose message has been made. */
  entryOf(record: StoredRecord, message: Message, expiresAtMs: number): QueueEntry;
  /** Messages were read: they may be handed out. */
  messagesRead(): void;
  /** The disk does not give back what it should have; to call `again` later. */
  readFailed(error: unknown, again: () => void): void;
}

export class Backlog {
  readonly #store: QueueStore;
  readonly #owner: BacklogOwner;
  readonly #records = new RecordReader();
  /** What is unread lies behind this position. */
  #after = -1;
  #isReading = false;
  /** Counts what makes a read that is under way void: purges. */
  #generation = 0;
  #waiting: (() => void)[] = [];
  /** Messages that were let go of, in all. */
  #unloaded = 0;
  /** What is unread behind the first position, and not behind the second, was not counted yet. */
  #measuredThrough = -1;
  #unmeasuredThrough = -1;
  #isMeasuring = false;

  constructor(store: QueueStore, owner: BacklogOwner) {
    this.#store = store;
    this.#owner = owner;
  }

  /** Takes over what a restart left: entries for memory, and how much there is to read. */
  recover(): void {
    const { ready } = this.#owner;
    ready.unread = this.#store.readableCount;
    if (ready.unread !== 0) this.#unmeasuredThrough = this.#store.readableThrough;
    for (const record of this.#store.recovered) {
      const entry = this.#entryOf(record);
      this.#store.adopt(entry);
      ready.push(entry);
    }
  }

  /** Whether messages would be let go of, if they could be read back. */
  get isLong(): boolean {
    const { ready } = this.#owner;
    // What no store has would be left between them, and looked at again each time.
    if (ready.mayHaveUnstored) return false;
    const { messages, bytes } = this.#window;
    const { head, headBytes, unread } = ready;
    return (
      unread !== 0 || head.length > LONG_WINDOWS * messages || headBytes > LONG_WINDOWS * bytes
    );
  }

  /** Entries were moved to where they can be read back: lets go of them beyond the window. */
  letGo(): void {
    const { ready } = this.#owner;
    if (ready.unread === 0 && !this.#cutHead()) return;
    const { tail } = ready;
    const staying: QueueEntry[] = [];
    for (let entry = tail.peek(); entry !== undefined; entry = tail.peek()) {
      if (entry.position > this.#store.readableThrough) break;
      tail.shift();
      if (entry.place < 0) {
        this.#unload(entry);
        ready.tailBytes -= entry.message.bodySize;
      } else staying.push(entry);
    }
    for (let i = staying.length - 1; i >= 0; i--) tail.unshift(staying[i] as QueueEntry);
    if (ready.unread === 0) this.#joinTail();
  }

  /** Lets go of what has been read back, too, but for a small window: memory is tight. */
  shrink(): void {
    const { ready } = this.#owner;
    if (ready.unread === 0) {
      this.letGo();
      return;
    }
    const { head, tail } = ready;
    const { count } = windowOf(ready, this.#window);
    if (count === 0 || count === head.length) return;
    while (head.length > count) {
      const entry = head.pop() as QueueEntry;
      ready.headBytes -= entry.message.bodySize;
      if (entry.place < 0) this.#unload(entry);
      else {
        tail.unshift(entry);
        ready.tailBytes += entry.message.bodySize;
      }
    }
    this.#after = (head.at(count - 1) as QueueEntry).position;
    // A read that is under way is of what follows on what was let go.
    this.#generation++;
  }

  /** Reads on if the head is short. */
  readAhead(): void {
    const { ready } = this.#owner;
    const window = this.#window;
    if (this.#isReading || ready.unread === 0) return;
    const isShort =
      ready.head.length < window.messages * READ_AHEAD_SHARE &&
      ready.headBytes < window.bytes * READ_AHEAD_SHARE;
    if (!isShort) return;
    this.#isReading = true;
    const generation = this.#generation;
    const unloaded = this.#unloaded;
    this.#store.read(this.#after).then(
      (records) => this.#take(records, generation, unloaded),
      (error: unknown) => {
        this.#owner.readFailed(error, () => {
          this.#isReading = false;
          this.readAhead();
        });
      },
    );
  }

  /** Calls back once something was read; must be asked only while there is something unread. */
  whenRead(resume: () => void): void {
    this.#waiting.push(resume);
    this.readAhead();
  }

  /**
   * Counts the octets of what a restart left unread, which nobody needs to know of most queues.
   * Messages may have to go once they are known.
   */
  measure(): void {
    if (this.#isMeasuring || this.#measuredThrough >= this.#unmeasuredThrough) return;
    this.#isMeasuring = true;
    this.#store.read(Math.max(this.#after, this.#measuredThrough)).then(
      (records) => this.#measured(records),
      (error: unknown) => {
        this.#owner.readFailed(error, () => {
          this.#isMeasuring = false;
          this.measure();
        });
      },
    );
  }

  /** Everything that is unread is done with. */
  purge(): void {
    this.#generation++;
    this.#measuredThrough = this.#unmeasuredThrough;
    this.#store.settleReadable(this.#after);
    this.#wake();
  }

  get #window(): Window {
    const { window, memory } = this.#owner;
    return memory.isTight ? tightened(window) : window;
  }

  /** Leaves a window in the head and makes the rest the tail; whether there was a rest. */
  #cutHead(): boolean {
    const { ready } = this.#owner;
    const { head } = ready;
    const { count, bytes } = windowOf(ready, this.#window);
    if (count === head.length || count === 0) return false;
    this.#after = (head.at(count - 1) as QueueEntry).position;
    const window = new Ring<QueueEntry>();
    for (let i = 0; i < count; i++) window.push(head.shift() as QueueEntry);
    ready.tail = head;
    ready.head = window;
    ready.tailBytes = ready.headBytes - bytes;
    ready.headBytes = bytes;
    return true;
  }

  /** Nothing is unread any more: the tail follows on the head. */
  #joinTail(): void {
    const { ready } = this.#owner;
    const { head, tail } = ready;
    for (let entry = head.pop(); entry !== undefined; entry = head.pop()) tail.unshift(entry);
    ready.head = tail;
    ready.tail = head;
    ready.headBytes += ready.tailBytes;
    ready.tailBytes = 0;
  }

  /** `unloaded`: what had been let go of when it was read. */
  #take(records: readonly StoredRecord[], generation: number, unloaded: number): void {
    this.#isReading = false;
    if (generation !== this.#generation) {
      this.readAhead();
      return;
    }
    const { ready } = this.#owner;
    for (const record of records) {
      this.#takeOlder(record.position);
      const entry = this.#entryOf(record);
      this.#pushHead(entry);
      this.#after = record.position;
      if (this.#isMeasured(record.position)) ready.unreadBytes -= entry.message.bodySize;
    }
    // Fewer than were counted when a file was damaged; but what was let go of since is there.
    const left = Math.max(ready.unread - records.length, 0);
    ready.unread = records.length === 0 ? this.#unloaded - unloaded : left;
    if (ready.unread === 0) {
      ready.unreadBytes = 0;
      this.#joinTail();
    }
    this.#wake();
    this.#owner.messagesRead();
    this.readAhead();
  }

  #measured(records: readonly StoredRecord[]): void {
    this.#isMeasuring = false;
    const { ready } = this.#owner;
    for (const { bytes, start, end, position } of records) {
      if (position <= this.#after || this.#isMeasured(position)) continue;
      ready.unreadBytes += this.#records.read(bytes, start, end).bodySize;
    }
    const last = records.at(-1)?.position ?? this.#unmeasuredThrough;
    this.#measuredThrough = Math.max(this.#measuredThrough, last);
    if (this.#measuredThrough < this.#unmeasuredThrough) this.measure();
    else this.#owner.messagesRead();
  }

  #isMeasured(position: number): boolean {
    return position <= this.#measuredThrough || position > this.#unmeasuredThrough;
  }

  /** Lets go of an entry that can be read back. */
  #unload({ message, position }: QueueEntry): void {
    const { ready, memory } = this.#owner;
    this.#unloaded++;
    ready.unread++;
    if (this.#isMeasured(position)) ready.unreadBytes += message.bodySize;
    memory.release(message);
  }

  /** Entries of the tail that are older than what is read come before it. */
  #takeOlder(position: number): void {
    const { ready } = this.#owner;
    const { tail } = ready;
    for (let entry = tail.peek(); entry !== undefined; entry = tail.peek()) {
      if (entry.position > position) break;
      tail.shift();
      ready.tailBytes -= entry.message.bodySize;
      this.#pushHead(entry);
    }
  }

  #pushHead(entry: QueueEntry): void {
    const { ready } = this.#owner;
    ready.head.push(entry);
    ready.headBytes += entry.message.bodySize;
  }

  #entryOf(record: StoredRecord): QueueEntry {
    const message = this.#records.read(record.bytes, record.start, record.end);
    const entry = this.#owner.entryOf(record, message, this.#records.expiresAtMs);
    keepPlace(entry, record);
    entry.redelivered = record.redelivered;
    const { memory } = this.#owner;
    memory.hold(message);
    // A piece that was read is held by any message in it, and may be full of what is settled.
    if (memory.isTight) memory.compact(message);
    return entry;
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }
}

/** Entries up to `position` that no store has, of a queue that is longer than its window. */
export function unstoredIn(ready: ReadyList, position: number, window: Window): QueueEntry[] {
  if (ready.length <= window.messages && ready.headBytes <= window.bytes) return [];
  if (!ready.mayHaveUnstored) return [];
  const found: QueueEntry[] = [];
  let isAny = false;
  ready.forEach((entry) => {
    if (entry.place !== NOWHERE) return;
    isAny = true;
    if (entry.position <= position) found.push(entry);
  });
  ready.mayHaveUnstored = isAny;
  return found;
}

/**
 * Up to `most` entries behind position `after` that no store has, the oldest first, without those
 * of the head's window.
 */
export function unstoredBeyond(
  ready: ReadyList,
  window: Window,
  after: number,
  most: number,
): QueueEntry[] {
  const found: QueueEntry[] = [];
  const from = ready.unread === 0 ? windowOf(ready, window).count : ready.head.length;
  for (const [ring, first] of [
    [ready.head, from],
    [ready.tail, 0],
  ] as const) {
    for (let i = first; i < ring.length && found.length < most; i++) {
      const entry = ring.at(i) as QueueEntry;
      if (entry.place === NOWHERE && entry.position > after) found.push(entry);
    }
  }
  return found;
}

/** How much of the head its window takes. */
function windowOf({ head }: ReadyList, most: Window): { count: number; bytes: number } {
  let count = 0;
  let bytes = 0;
  while (count < head.length && count < most.messages && bytes < most.bytes) {
    bytes += (head.at(count) as QueueEntry).message.bodySize;
    count++;
  }
  return { count, bytes };
}
