/**
 * Values that an exchange has seen, each for a while, and no more than so many: in memory, and with
 * a place on the disk over restarts, too. The record of one:
 *
 *     version:1 = 8 | remembered until:8, epoch milliseconds as a float | the value, text
 *
 * Responsible for which are remembered. Not responsible for what follows from it.
 */
import { readText, textBytes, writeText } from '../../../protocol/text.ts';
import type { Clock } from '../../lib/clock.ts';
import {
  ALL_IN_MEMORY,
  keepPlace,
  NO_LONG_END,
  NOWHERE,
  type QueueStore,
  type Stored,
  type StoredRecord,
  type StoreRecord,
} from '../../store/port.ts';
import type { PublishToken } from '../queue.ts';

export const SEEN_VERSION = 8;
const HEAD_BYTES = 9;

/** A value that was seen. It is its own record. */
export class Seen implements Stored, StoreRecord {
  readonly value: string;
  /** Epoch milliseconds; infinite for as long as there is room. */
  readonly untilMs: number;
  position = 0;
  place = NOWHERE;
  frameAt = 0;
  frameBytes = 0;
  readonly longEnd = NO_LONG_END;

  constructor(value: string, untilMs: number) {
    this.value = value;
    this.untilMs = untilMs;
  }

  get record(): StoreRecord {
    return this;
  }

  get recordBytes(): number {
    return HEAD_BYTES + textBytes(this.value);
  }

  writeRecord(target: Buffer, at: number): number {
    target[at] = SEEN_VERSION;
    return writeText(target, this.value, target.writeDoubleBE(this.untilMs, at + 1));
  }
}

/** What the record `bytes[start, end)` says. @throws Error when it is none */
export function readSeen(bytes: Buffer, start: number, end: number): Seen {
  if (bytes[start] !== SEEN_VERSION || end - start < HEAD_BYTES) {
    throw new Error(`a record of a value of version ${bytes[start]}`);
  }
  const value = readText(bytes, start + HEAD_BYTES, end);
  return new Seen(value, bytes.readDoubleBE(start + 1));
}

export class SeenValues {
  readonly #clock: Clock;
  readonly #size: number;
  readonly #store: QueueStore | null;
  /** The oldest first. */
  readonly #values = new Map<string, Seen>();

  /** `size`: how many are remembered; `store`: null where a restart forgets them. */
  constructor(clock: Clock, size: number, store: QueueStore | null) {
    this.#clock = clock;
    this.#size = size;
    this.#store = store;
    if (store === null) return;
    for (const record of store.recovered) {
      const seen = recovered(record);
      store.adopt(seen);
      this.#put(seen);
    }
    store.attach(ALL_IN_MEMORY);
  }

  /** Whether they are on the disk, too. */
  get isKept(): boolean {
    return this.#store !== null;
  }

  /** Reads what a restart left. @throws the system's error */
  async load(): Promise<void> {
    const store = this.#store;
    if (store === null || store.readableCount === 0) return;
    const all = [...this.#values.values()];
    for (let after = -1; ; ) {
      const records = await store.read(after);
      all.push(...records.map(recovered));
      const last = records.at(-1);
      if (last === undefined) break;
      after = last.position;
    }
    // What had stayed in the journal may be of any age.
    all.sort((a, b) => a.position - b.position);
    this.#values.clear();
    for (const each of all) this.#put(each);
  }

  /** Whether a value is remembered. */
  has(value: string): boolean {
    const seen = this.#values.get(value);
    return seen !== undefined && seen.untilMs > this.#clock.now();
  }

  /** Remembers a value for so long from now on; `keep` is to follow where they are kept. */
  add(value: string, ttlMs: number): Seen {
    const seen = new Seen(value, this.#clock.now() + ttlMs);
    this.#put(seen);
    return seen;
  }

  /** Writes one down. `token` is told once it is safe. */
  keep(seen: Seen, token: PublishToken | null): void {
    if (this.#store === null || this.#values.get(seen.value) !== seen) {
      token?.settle('confirmed');
      return;
    }
    seen.position = this.#store.nextPosition;
    this.#store.append(seen, token);
  }

  /** Nobody wants to know any more. */
  clear(): void {
    this.#values.clear();
    this.#store?.remove();
  }

  #put(seen: Seen): void {
    const before = this.#values.get(seen.value);
    if (before !== undefined && before !== seen) this.#forget(before);
    this.#values.set(seen.value, seen);
    for (const oldest of this.#values.values()) {
      if (this.#values.size <= this.#size) break;
      this.#forget(oldest);
    }
  }

  #forget(seen: Seen): void {
    this.#values.delete(seen.value);
    if (seen.place !== NOWHERE) this.#store?.settle(seen);
  }
}

function recovered(record: StoredRecord): Seen {
  const seen = readSeen(record.bytes, record.start, record.end);
  seen.position = record.position;
  keepPlace(seen, record);
  return seen;
}
