/**
 * Writing a segment: records in order of position, their index, and only then a name.
 *
 * Not responsible for which records, or for what a segment is good for (segment.ts).
 */
import { crc32c } from '../crc32c.ts';
import { type Files, type OpenFile, writeFully } from '../files.ts';
import { NO_LONG_END, type StoredRecord, type StoreRecord } from '../port.ts';
import {
  checksumOf,
  type Frame,
  GROUPED,
  LINK_BYTES,
  LINKED,
  RECORD_HEAD_BYTES,
  RUN_BYTES,
  SEGMENT_END_MAGIC,
  SEGMENT_FOOTER_BYTES,
  SEGMENT_RECORD_HEAD_BYTES,
  segmentHeader,
  TRANSIENT,
  totalBytes,
  writePosition,
} from './format.ts';
import { Segment, type SegmentIndex, segmentPath } from './segment.ts';
import type { SegmentRecord } from './segment-reader.ts';

/** Octets that are written in one go. */
const PIECE_BYTES = 1024 * 1024;
/** Records that are encoded before others get their turn. */
const ENCODED_STEP = 2_000;

/** A record to be written to a segment. */
export interface SegmentEntry {
  readonly position: number;
  readonly record: StoreRecord;
  readonly isTransient: boolean;
  /** Where the record lies in the file beside the segment, if it does. */
  readonly frame?: Frame | undefined;
}

/** What was read of a record, to be written again. */
export function recordOf({ bytes, start, end }: StoredRecord): StoreRecord {
  return {
    recordBytes: end - start,
    longEnd: NO_LONG_END,
    writeRecord: (target, at) => at + bytes.copy(target, at, start, end),
  };
}

/**
 * Gathers what is written, in one buffer that is used again and again, but for long ends, which
 * stay where they are.
 */
class Piece {
  bytes: Buffer;
  readonly #file: OpenFile;
  #filled = 0;
  /** `bytes[from, filled)` is not in `gathered` yet. */
  #from = 0;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  /** Where in the file that goes which was gathered first. */
  #offset = 0;

  /** `length`: octets that are gathered in all; what is not needed is not taken. */
  constructor(file: OpenFile, length: number) {
    this.#file = file;
    this.bytes = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, length));
  }

  /** Where in the file the next octet goes. */
  get end(): number {
    return this.#offset + this.#bytesHere;
  }

  get #bytesHere(): number {
    return this.#gatheredBytes + this.#filled - this.#from;
  }

  /** Makes room for that many octets. */
  async makeRoom(length: number): Promise<void> {
    await this.flush();
    if (length > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(length);
  }

  hasRoom(length: number): boolean {
    return this.#filled + length <= this.bytes.length && this.#bytesHere < PIECE_BYTES;
  }

  /** Takes that many octets, for which there is room; where in `bytes` they start. */
  take(length: number): number {
    const at = this.#filled;
    this.#filled += length;
    return at;
  }

  /** Takes octets that are written from where they lie. */
  takeLong(pieces: readonly Buffer[]): void {
    if (pieces.length === 0) return;
    this.#cut();
    this.#gathered.push(...pieces);
    this.#gatheredBytes += totalBytes(pieces);
  }

  async flush(): Promise<void> {
    this.#cut();
    await writeFully(this.#file, this.#gathered, this.#offset);
    this.#offset += this.#gatheredBytes;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#from = 0;
    this.#filled = 0;
  }

  #cut(): void {
    this.#gathered.push(this.bytes.subarray(this.#from, this.#filled));
    this.#gatheredBytes += this.#filled - this.#from;
    this.#from = this.#filled;
  }
}

/**
 * Writes a segment of `entries`, which are in order of position, to a new file in `folder`. The
 * name is safe once the folder is synced. `pause` is called now and then.
 * @throws the system's error; a file that was begun has another name and is of no account
 */
export async function writeSegment(
  files: Files,
  folder: string,
  queue: number,
  number: number,
  entries: readonly SegmentEntry[],
  sync: boolean,
  pause?: () => Promise<void>,
): Promise<Segment> {
  const path = segmentPath(folder, number);
  const unfinished = `${path}.tmp`;
  let index: SegmentIndex;
  try {
    const header = segmentHeader(queue, number);
    index = await writeRecords(files, unfinished, header, entries, sync, pause);
    await files.rename(unfinished, path);
  } catch (error) {
    // A full disk needs the room. Should this fail, too, the next start removes it.
    await files.remove(unfinished).catch(() => undefined);
    throw error;
  }
  return new Segment(
    number,
    path,
    index,
    entries.some(({ frame }) => frame !== undefined),
  );
}

/** The segment that a file without an index is, by the records that were found in it. */
export function segmentOf(
  number: number,
  path: string,
  records: readonly SegmentRecord[],
  end: number,
  isLinked: boolean,
): Segment {
  return new Segment(number, path, indexOf(records, end), isLinked);
}

async function writeRecords(
  files: Files,
  path: string,
  header: Buffer,
  entries: readonly SegmentEntry[],
  sync: boolean,
  pause?: () => Promise<void>,
): Promise<SegmentIndex> {
  const file = await create(files, path);
  try {
    const length = entries.reduce((sum, entry) => sum + gatheredBytes(entry), header.length);
    const piece = new Piece(file, length);
    await put(piece, header);
    let encoded = 0;
    for (const entry of entries) {
      // Where its octets lie may change while others are written.
      while (!encode(entry, piece)) await piece.makeRoom(gatheredBytes(entry));
      if (++encoded % ENCODED_STEP === 0) await pause?.();
    }
    const index = indexOf(entries, piece.end);
    await put(piece, encodeIndex(index));
    await piece.flush();
    if (sync) await file.sync();
    return index;
  } finally {
    await file.close();
  }
}

/** One that was begun before, and could not be removed, is of no account. */
async function create(files: Files, path: string): Promise<OpenFile> {
  try {
    return await files.open(path, 'create');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await files.remove(path);
    return await files.open(path, 'create');
  }
}

async function put(piece: Piece, octets: Buffer): Promise<void> {
  if (!piece.hasRoom(octets.length)) await piece.makeRoom(octets.length);
  octets.copy(piece.bytes, piece.take(octets.length));
}

/** Octets that an entry takes in its segment. */
export function recordBytes({ record, frame }: SegmentEntry): number {
  const octets = frame === undefined ? record.recordBytes : LINK_BYTES;
  return RECORD_HEAD_BYTES + SEGMENT_RECORD_HEAD_BYTES + octets;
}

function longEndOf({ record, frame }: SegmentEntry): readonly Buffer[] {
  return frame === undefined ? record.longEnd : NO_LONG_END;
}

/** Those of them that are copied on the way. */
function gatheredBytes(entry: SegmentEntry): number {
  return recordBytes(entry) - totalBytes(longEndOf(entry));
}

/** Whether there was room for it. */
function encode(entry: SegmentEntry, piece: Piece): boolean {
  const { record, position, isTransient, frame } = entry;
  const longEnd = longEndOf(entry);
  const length = gatheredBytes(entry);
  if (!piece.hasRoom(length)) return false;
  const { bytes } = piece;
  const at = piece.take(length);
  const start = at + RECORD_HEAD_BYTES;
  bytes.writeUInt32BE(recordBytes(entry) - RECORD_HEAD_BYTES, at);
  bytes[start] = isTransient ? TRANSIENT : 0;
  const octets = writePosition(bytes, position, start + 1);
  if (frame === undefined) record.writeRecord(bytes, octets);
  else {
    bytes[start] = LINKED | (frame.isGrouped ? GROUPED : 0);
    writeLink(frame, bytes, octets);
  }
  bytes.writeUInt32BE(checksumOf(longEnd, crc32c(bytes, start, at + length)), at + 4);
  piece.takeLong(longEnd);
  return true;
}

function writeLink({ file, offset, length }: Frame, bytes: Buffer, at: number): void {
  bytes.writeUInt32BE(length, bytes.writeUInt32BE(offset, bytes.writeUInt32BE(file, at)));
}

function indexOf(
  entries: readonly Pick<SegmentEntry, 'position' | 'isTransient'>[],
  end: number,
): SegmentIndex {
  const runs: { from: number; to: number }[] = [];
  let transientCount = 0;
  for (const { position, isTransient } of entries) {
    const last = runs.at(-1);
    if (last !== undefined && last.to + 1 === position) last.to = position;
    else runs.push({ from: position, to: position });
    if (isTransient) transientCount++;
  }
  return { runs, count: entries.length, transientCount, end };
}

function encodeIndex({ runs, count, transientCount, end }: SegmentIndex): Buffer {
  const indexBytes = runs.length * RUN_BYTES;
  const bytes = Buffer.alloc(indexBytes + SEGMENT_FOOTER_BYTES);
  let at = 0;
  for (const { from, to } of runs) at = writePosition(bytes, to, writePosition(bytes, from, at));
  bytes.writeUInt32BE(end, at);
  bytes.writeUInt32BE(count, at + 4);
  bytes.writeUInt32BE(transientCount, at + 8);
  bytes.writeUInt32BE(crc32c(bytes, 0, at + 12), at + 12);
  SEGMENT_END_MAGIC.copy(bytes, at + 16);
  return bytes;
}
