/**
 * The shared journal: records of all queues, appended to one file after the other.
 *
 * Responsible for files (`format.ts`), for writing what has gathered in its buffer in one go, and
 * for beginning a new file when one is full. A write that failed is repeated as it was, at the same
 * place, by the next `write`: all octets since the last sync are written again, so that it does not
 * matter what the system forgot of them. Not responsible for when to write (commits.ts) or for
 * when a file is no longer needed (checkpoint.ts).
 */
import { join } from 'node:path/posix';
import type { Files } from '../files.ts';
import { numbered, numberOf } from './format.ts';
import { JournalBuffer } from './journal-buffer.ts';
import { fillerBytes, JournalFile, type JournalWays, startBytes } from './journal-file.ts';

/** What a file is called that is not needed any more, and may be written anew. */
const SPARE = 'spare';
/** A file below this share of its size is never full. */
const CROWDED_SHARE = 1 / 8;

export interface JournalOptions extends Readonly<Omit<JournalWays, 'directParts' | 'startBytes'>> {
  readonly folder: string;
  /** A file that reaches this many octets is followed by another. */
  readonly fileBytes: number;
  /** Whether so much is alive in the journal that a file of some length is full already. */
  isCrowded(): boolean;
  /** A file is full and will not be written any more. */
  onFull(number: number): void;
}

interface Batch {
  readonly number: number;
  readonly pieces: readonly Buffer[];
  readonly bytes: number;
  /** Slabs that nothing else will lie in once it is written. */
  readonly retired: Buffer[];
}

export class Journal {
  readonly buffer = new JournalBuffer();
  /** The file that what is in the buffer will lie in; set by `startAt`, before anything is. */
  number = 0;
  readonly #options: JournalOptions;
  readonly #ways: JournalWays;
  #file: JournalFile | null = null;
  /** Written to its end, and not ended yet. */
  #full: JournalFile | null = null;
  #isEnding = false;
  #isClosed = false;
  /** A file that is not needed any more; null for none. */
  #spare: string | null = null;
  /** Being written, or to be written again. */
  #batch: Batch | null = null;

  constructor(options: JournalOptions) {
    this.#options = options;
    const { files, sync, directBytes, aheadBytes } = options;
    const ownBytes = sync ? directBytes : Number.POSITIVE_INFINITY;
    const start = startBytes(ownBytes);
    this.#ways = {
      files,
      sync,
      directBytes: ownBytes,
      directParts: null,
      startBytes: start,
      aheadBytes: sync ? aheadBytes : 0,
    };
  }

  /** What comes goes to file `number` and those behind it. */
  startAt(number: number): void {
    this.number = number;
    this.buffer.seed = number;
    this.buffer.records = 0;
    this.buffer.start = this.#ways.startBytes;
  }

  /** The current file is taken for full with the next write, if there is something in it. */
  endFileSoon(): void {
    const hasWritten = this.#file?.number === this.number && this.#file.hasRecords;
    this.#isEnding = hasWritten || this.buffer.bytes !== 0 || this.#batch?.number === this.number;
  }

  /** Whether the file ends with the next write, be there anything to write or not. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Octets that wait to be written. */
  get pendingBytes(): number {
    return this.buffer.bytes + (this.#batch?.bytes ?? 0);
  }

  static path(folder: string, number: number): string {
    return join(folder, numbered(number, 'journal'));
  }

  /**
   * Writes what has gathered until now.
   * @throws the system's error; nothing is lost of what was to be written
   */
  async write(): Promise<void> {
    await this.#endFull();
    this.#batch ??= this.#take();
    const { number, pieces, bytes, retired } = this.#batch;
    const file = await this.#open(number);
    await file.write(pieces, bytes);
    this.#batch = null;
    this.buffer.recycle(retired);
    if (this.number !== number) this.#full = file;
    await this.#endFull();
  }

  /**
   * A full file is not needed any more, for certain once this returns. It is kept for one of the
   * next: room that was written before is written in half of the time, where a write has to be on
   * the disk (docs/performance.md). Not one that has another name: segments need it.
   * @throws the system's error
   */
  async discard(number: number): Promise<void> {
    const { files, folder, sync } = this.#options;
    const path = Journal.path(folder, number);
    const isKept = sync && this.#spare === null && (await files.names(path)) === 1;
    const spare = join(folder, numbered(number, SPARE));
    if (isKept) await files.rename(path, spare);
    else await files.remove(path);
    await files.syncFolder(folder);
    if (isKept) this.#spare = spare;
  }

  /** Removes what a process before left to be written anew. @throws the system's error */
  static async removeSpares(files: Files, folder: string): Promise<void> {
    for (const name of await files.list(folder)) {
      if (isSpare(name)) await files.remove(join(folder, name));
    }
  }

  /** After it, nothing can be written. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const file = this.#file;
    this.#file = null;
    try {
      await file?.end();
    } finally {
      await file?.close();
    }
    if (this.#spare !== null) await this.#options.files.remove(this.#spare);
  }

  /** Octets of the current file that are written for good, its beginning included. */
  get written(): number {
    return this.#file?.number === this.number ? this.#file.size : this.#ways.startBytes;
  }

  async #endFull(): Promise<void> {
    const full = this.#full;
    if (full === null) return;
    await full.end();
    this.#full = null;
    this.#options.onFull(full.number);
  }

  #take(): Batch {
    const { buffer } = this;
    const before = this.written;
    if (buffer.bytes >= this.#ways.directBytes) buffer.fill(fillerBytes(before + buffer.bytes));
    const { bytes } = buffer;
    const batch = { number: this.number, bytes, ...buffer.take() };
    const { fileBytes, isCrowded } = this.#options;
    const size = before + bytes;
    buffer.start = size;
    if (this.#isEnding || size >= fileBytes || (size >= fileBytes * CROWDED_SHARE && isCrowded())) {
      this.#isEnding = false;
      this.startAt(this.number + 1);
    }
    return batch;
  }

  async #open(number: number): Promise<JournalFile> {
    // A file that was closed would be begun anew, and what is in it be gone.
    if (this.#isClosed) throw new Error('the journal is closed');
    if (this.#file?.number === number) return this.#file;
    const { folder } = this.#options;
    const path = Journal.path(folder, number);
    const before = this.#file;
    const spare = this.#spare;
    // Should anything fail, the next try does without.
    this.#spare = null;
    this.#file = await JournalFile.create(folder, path, number, this.#ways, spare);
    await before?.close();
    return this.#file;
  }
}

/** Whether a file of this name is there to be written anew, or to go with the next start. */
export function isSpare(name: string): boolean {
  return numberOf(name, SPARE) !== null;
}
