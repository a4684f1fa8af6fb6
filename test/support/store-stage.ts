// A file store on files in memory, with a model of what it has to keep, for tests that break it.

import type { StoreLimits } from '../../src/store/file/checkpoint.ts';
import { FileStore } from '../../src/store/file/file-store.ts';
import { MetadataLog } from '../../src/store/file/metadata.ts';
import type { Files } from '../../src/store/files.ts';
import {
  NO_LONG_END,
  NOWHERE,
  type QueueStore,
  type Stored,
  type StoredRecord,
} from '../../src/store/port.ts';

export const TINY_LIMITS = {
  journalFileBytes: 2_000,
  segmentMinBytes: 400,
  segmentBytes: 600,
  packBytes: 1_500,
  wasteBytes: 1_500,
  copiedBytes: 500,
  directBytes: Number.POSITIVE_INFINITY,
  aheadBytes: 4_000,
  grownBytes: 3_000,
};

/** The same where everything that moves goes to packs. */
export const PACKED_LIMITS = {
  ...{ ...TINY_LIMITS, journalFileBytes: 1_000, segmentMinBytes: 20_000, copiedBytes: 0 },
  ...{ segmentBytes: 150, packBytes: 700, wasteBytes: 100 },
};

/** The same with many writes past the page cache. */
export const DIRECT_LIMITS = { ...TINY_LIMITS, journalFileBytes: 30_000, directBytes: 300 };

/** A record that knows its text. Each third has an end that is not copied, in two pieces. */
export class Entry implements Stored {
  readonly position: number;
  readonly text: string;
  place = NOWHERE;
  frameAt = 0;
  frameBytes = 0;
  readonly recordBytes: number;
  readonly longEnd: readonly Buffer[];
  readonly #start: Buffer;
  isSafe = false;
  isRejected = false;

  constructor(position: number, text: string) {
    this.position = position;
    this.text = text;
    const bytes = Buffer.from(text);
    const third = Math.floor(bytes.length / 3);
    const isLong = position % 3 === 0 && third > 0;
    this.recordBytes = bytes.length;
    this.longEnd = isLong
      ? [bytes.subarray(third, 2 * third), bytes.subarray(2 * third)]
      : NO_LONG_END;
    this.#start = isLong ? bytes.subarray(0, third) : bytes;
  }

  get record(): this {
    return this;
  }

  writeRecord(target: Buffer, at: number): number {
    return at + this.#start.copy(target, at);
  }

  settle(outcome: 'confirmed' | 'rejected'): void {
    if (outcome === 'confirmed') this.isSafe = true;
    else this.isRejected = true;
  }
}

export function textOf({ bytes, start, end }: StoredRecord): string {
  return bytes.toString('utf8', start, end);
}

export interface Opened {
  readonly store: FileStore;
  readonly reports: string[];
  /** How often the store gave up, and was full or not. */
  readonly failures: unknown[];
  readonly fullness: boolean[];
}

export async function openStore(
  files: Files,
  wasLeftOpen = false,
  limits: StoreLimits = TINY_LIMITS,
): Promise<Opened> {
  const folder = '/data';
  const reports: string[] = [];
  const failures: unknown[] = [];
  const fullness: boolean[] = [];
  await files.makeFolder(folder);
  const report = (line: string) => {
    reports.push(line);
  };
  const metadata = await MetadataLog.open(files, folder, report);
  const store = await FileStore.open({
    files,
    folder,
    metadata,
    durability: 'fsync',
    wasLeftOpen,
    limits,
    defer: (fn) => {
      setImmediate(fn);
    },
    wait: () => new Promise((resolve) => setImmediate(resolve)),
    report,
    diskFull: (isFull) => fullness.push(isFull),
    failed: (error) => failures.push(error),
    progress: () => undefined,
  });
  // As every broker has at least one.
  if ([...metadata.entries()].length === 0) metadata.put('["vhost","/"]', '{}');
  return { store, reports, failures, fullness };
}

/** Everything that a queue of the store holds, in order: what is in memory and what is read. */
export async function contentsOf(queue: QueueStore): Promise<StoredRecord[]> {
  const found = [...queue.recovered];
  for (let after = -1; ; ) {
    const records = await queue.read(after);
    if (records.length === 0) break;
    found.push(...records);
    after = (records.at(-1) as StoredRecord).position;
  }
  return found.sort((a, b) => a.position - b.position);
}
