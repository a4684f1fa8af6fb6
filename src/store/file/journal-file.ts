/**
 * One file of the journal, being written.
 *
 * Responsible for its beginning and for the way its octets take: past the page cache where a write
 * is large and aligned and the system can do that, through it otherwise. Not responsible for what
 * is written when (journal.ts).
 */
import { ALIGNMENT_BYTES } from '../aligned.ts';
import { type Files, type OpenFile, writeFully } from '../files.ts';
import { DirectFile, directParts, refusesDirect } from './direct-file.ts';
import { fillerRecord, JOURNAL_HEADER_BYTES, journalHeader, LEAST_FILLER_BYTES } from './format.ts';

/** How octets get into a file. */
export interface JournalWays {
  readonly files: Files;
  /** Whether a write counts only once the disk has it. */
  readonly sync: boolean;
  /** A write of this size goes past the page cache; infinite where none can, or is to. */
  directBytes: number;
  /** What such writes are made from; null while there was none. */
  directParts: readonly Buffer[] | null;
  /** Octets of a file before its first record: the header, and filler up to a large write. */
  readonly startBytes: number;
}

/** `JournalWays.startBytes` where writes of `directBytes` are tried past the page cache. */
export function startBytes(directBytes: number): number {
  return directBytes === Number.POSITIVE_INFINITY ? JOURNAL_HEADER_BYTES : ALIGNMENT_BYTES;
}

/** Octets of filler from `end` to where a large write may begin; 0 when it may there. */
export function fillerBytes(end: number): number {
  const missing = (ALIGNMENT_BYTES - (end % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES;
  return missing === 0 || missing >= LEAST_FILLER_BYTES ? missing : missing + ALIGNMENT_BYTES;
}

export class JournalFile {
  readonly number: number;
  /** Octets that were written for good. */
  size: number;
  readonly #ways: JournalWays;
  readonly #file: OpenFile;
  readonly #direct: DirectFile | null;

  private constructor(
    number: number,
    ways: JournalWays,
    file: OpenFile,
    direct: DirectFile | null,
  ) {
    this.number = number;
    this.#ways = ways;
    this.#file = file;
    this.#direct = direct;
    this.size = ways.startBytes;
  }

  /** Begins journal file `number` in `folder`. @throws the system's error */
  static async create(folder: string, path: string, number: number, ways: JournalWays) {
    const { files, sync } = ways;
    // One that was begun and failed half way.
    await files.remove(path);
    const file = await files.open(path, sync ? 'log' : 'create');
    let direct: DirectFile | null = null;
    try {
      if (ways.directBytes !== Number.POSITIVE_INFINITY) direct = await openDirect(path, ways);
      const rest = ways.startBytes - JOURNAL_HEADER_BYTES;
      const start = [journalHeader(number), ...(rest === 0 ? [] : [fillerRecord(rest, number)])];
      await writeFully(file, start, 0);
      if (sync) await files.syncFolder(folder);
    } catch (error) {
      await direct?.close();
      await file.close();
      throw error;
    }
    return new JournalFile(number, ways, file, direct);
  }

  /** Whether anything was written but its beginning. */
  get hasRecords(): boolean {
    return this.size > this.#ways.startBytes;
  }

  /** Writes `pieces`, of `bytes` octets, behind what there is. @throws the system's error */
  async write(pieces: readonly Buffer[], bytes: number): Promise<void> {
    if (!(await this.#writeDirect(pieces, bytes))) await writeFully(this.#file, pieces, this.size);
    this.size += bytes;
  }

  async close(): Promise<void> {
    await this.#direct?.close();
    await this.#file.close();
  }

  /** Whether it was written; not if that is not possible. */
  async #writeDirect(pieces: readonly Buffer[], bytes: number): Promise<boolean> {
    const isAligned = (this.size | bytes) % ALIGNMENT_BYTES === 0;
    if (this.#direct === null || !isAligned || bytes < this.#ways.directBytes) return false;
    try {
      await this.#direct.write(pieces, this.size);
      return true;
    } catch (error) {
      if (!refusesDirect(error)) throw error;
      this.#ways.directBytes = Number.POSITIVE_INFINITY;
      return false;
    }
  }
}

async function openDirect(path: string, ways: JournalWays): Promise<DirectFile | null> {
  ways.directParts ??= directParts();
  const parts = ways.directParts;
  const direct = parts === null ? null : await DirectFile.open(ways.files, path, parts);
  if (direct === null) ways.directBytes = Number.POSITIVE_INFINITY;
  return direct;
}
