/**
 * One file of the journal, being written.
 *
 * Where a write has to be on the disk, one into room that was written before takes half of the
 * time: the file system has nothing to note of it. So small writes get such room in advance, zeros,
 * and a file that is not needed any more is written anew. What lies behind the last record is zeros
 * up to the end of its block, at least as many as a frame's head has, or nothing at all: there a
 * reader stops.
 *
 * Responsible for its beginning, for that room, and for the way its octets take: past the page
 * cache where a write is large and aligned and the system can do that, through it otherwise. Not
 * responsible for what is written when (journal.ts).
 */
import { ALIGNMENT_BYTES } from '../aligned.ts';
import { type Files, isNoSpace, type OpenFile, writeFully } from '../files.ts';
import { DirectFile, directParts, refusesDirect } from './direct-file.ts';
import {
  fillerRecord,
  JOURNAL_HEADER_BYTES,
  journalHeader,
  LEAST_FILLER_BYTES,
  RECORD_HEAD_BYTES,
  roomBytes,
} from './format.ts';

/** A write of at most this share of the room in advance is small. */
const SMALL_SHARE = 1 / 8;

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
  /** Room that small writes get in advance; 0 for none. */
  readonly aheadBytes: number;
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
  /** Octets that were written for good, but for room in advance. */
  size = 0;
  readonly #ways: JournalWays;
  readonly #file: OpenFile;
  readonly #direct: DirectFile | null;
  /** Up to here the file may have what was written for an older one. */
  readonly #oldEnd: number;
  /** Up to here it has something, and be it zeros. */
  #end: number;

  private constructor(
    number: number,
    ways: JournalWays,
    file: OpenFile,
    direct: DirectFile | null,
    oldEnd: number,
  ) {
    this.number = number;
    this.#ways = ways;
    this.#file = file;
    this.#direct = direct;
    this.#oldEnd = oldEnd;
    this.#end = oldEnd;
  }

  /**
   * Begins journal file `number` in `folder`; `spare` is a file that becomes it, null for none.
   * @throws the system's error
   */
  static async create(
    folder: string,
    path: string,
    number: number,
    ways: JournalWays,
    spare: string | null,
  ): Promise<JournalFile> {
    const { files, sync } = ways;
    // One that was begun and failed half way.
    await files.remove(path);
    // An older one gets its new name only once it begins as the new one.
    const begun = spare ?? path;
    const file = await files.open(begun, spare !== null ? 'again' : sync ? 'log' : 'create');
    let direct: DirectFile | null = null;
    try {
      if (ways.directBytes !== Number.POSITIVE_INFINITY) direct = await openDirect(begun, ways);
      const oldEnd = spare === null ? 0 : await file.size();
      const created = new JournalFile(number, ways, file, direct, oldEnd);
      await created.#begin();
      if (spare !== null) await files.rename(spare, path);
      if (sync) await files.syncFolder(folder);
      return created;
    } catch (error) {
      await direct?.close();
      await file.close();
      throw error;
    }
  }

  /** Whether anything was written but its beginning. */
  get hasRecords(): boolean {
    return this.size > this.#ways.startBytes;
  }

  /** Writes `pieces`, of `bytes` octets, behind what there is. @throws the system's error */
  async write(pieces: readonly Buffer[], bytes: number): Promise<void> {
    const end = this.size + bytes;
    let room = this.#roomBehind(end, bytes);
    try {
      await this.#write(pieces, bytes, room);
    } catch (error) {
      // That there is no room in advance is no reason.
      if (!isNoSpace(error) || room === 0 || end < this.#oldEnd) throw error;
      room = 0;
      await this.#write(pieces, bytes, room);
    }
    this.#wrote(end, room);
  }

  /** Nothing more comes: gives back room that was not needed. @throws the system's error */
  async end(): Promise<void> {
    if (this.#end === this.size) return;
    await this.#file.truncate(this.size);
    this.#end = this.size;
  }

  async close(): Promise<void> {
    await this.#direct?.close();
    await this.#file.close();
  }

  async #begin(): Promise<void> {
    const rest = this.#ways.startBytes - JOURNAL_HEADER_BYTES;
    const filler = rest === 0 ? [] : [fillerRecord(rest, this.number)];
    const end = this.#ways.startBytes;
    const room = this.#roomBeforeOld(end);
    await writeFully(this.#file, [journalHeader(this.number), ...filler, zeros(room)], 0);
    this.#wrote(end, room);
  }

  #wrote(end: number, room: number): void {
    this.size = end;
    this.#end = Math.max(this.#end, end + room);
  }

  /** Octets of zeros from `end` to what an older file had; 0 when nothing of it is behind. */
  #roomBeforeOld(end: number): number {
    // To the end of a block: what was there before need not be read for it.
    return end < this.#oldEnd ? roomBytes(end, RECORD_HEAD_BYTES) : 0;
  }

  /** Octets of zeros behind a write of `bytes` that ends at `end`. */
  #roomBehind(end: number, bytes: number): number {
    if (end < this.#oldEnd) return this.#roomBeforeOld(end);
    const { aheadBytes } = this.#ways;
    const isSmall = bytes <= aheadBytes * SMALL_SHARE;
    return isSmall && end > this.#end ? roomBytes(end, aheadBytes) : 0;
  }

  async #write(pieces: readonly Buffer[], bytes: number, room: number): Promise<void> {
    const all = room === 0 ? pieces : [...pieces, zeros(room)];
    const isAligned = (this.size | (bytes + room)) % ALIGNMENT_BYTES === 0;
    // By its own length: room for small writes is to be in the page cache, where they go.
    const isLarge = bytes >= this.#ways.directBytes;
    if (isAligned && isLarge && (await this.#writeDirect(all))) return;
    await writeFully(this.#file, all, this.size);
  }

  /** Whether it was written; not if that is not possible. */
  async #writeDirect(pieces: readonly Buffer[]): Promise<boolean> {
    if (this.#direct === null) return false;
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

let someZeros = Buffer.alloc(0);

function zeros(bytes: number): Buffer {
  if (someZeros.length < bytes) someZeros = Buffer.alloc(bytes);
  return someZeros.subarray(0, bytes);
}

async function openDirect(path: string, ways: JournalWays): Promise<DirectFile | null> {
  ways.directParts ??= directParts();
  const parts = ways.directParts;
  const direct = parts === null ? null : await DirectFile.open(ways.files, path, parts);
  if (direct === null) ways.directBytes = Number.POSITIVE_INFINITY;
  return direct;
}
