/**
 * Writing a segment: records in order of position, their index, and only then a name.
 *
 * Not responsible for which records, or for what a segment is good for (segment.ts).
 */
import { crc32c } from '../crc32c.ts';
import { type Files, type OpenFile, writeFully } from '../files.ts';
import type { StoredRecord, StoreRecord } from '../port.ts';
import {
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
  writePosition,
} from './format.ts';
import { Segment, type SegmentIndex, segmentPath } from './segment.ts';
import type { SegmentRecord } from './segment-reader.ts';

/** Octets that are written in one go. */
const PIECE_BYTES = 1024 * 1024;

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
    writeRecord: (target, at) => at + bytes.copy(target, at, start, end),
  };
}

/** Gathers what is written, in one buffer that is used again and again. */
class Piece {
  bytes = Buffer.allocUnsafeSlow(PIECE_BYTES);
  readonly #file: OpenFile;
  #filled = 0;
  /** Where in the file the buffer begins. */
  #offset = 0;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  /** Where in the file the next octet goes. */
  get end(): number {
    return this.#offset + this.#filled;
  }

  /** Makes room for that many octets. */
  async makeRoom(length: number): Promise<void> {
    await this.flush();
    if (length > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(length);
  }

  hasRoom(length: number): boolean {
    return this.#filled + length <= this.bytes.length;
  }

  /** Takes that many octets, for which there is room; where in `bytes` they start. */
  take(length: number): number {
    const at = this.#filled;
    this.#filled += length;
    return at;
  }

  async flush(): Promise<void> {
    await writeFully(this.#file, [this.bytes.subarray(0, this.#filled)], this.#offset);
    this.#offset += this.#filled;
    this.#filled = 0;
  }
}

/**
 * Writes a segment of `entries`, which are in order of position, to a new file in `folder`. The
 * name is safe once the folder is synced.
 * @throws the system's error; a file that was begun has another name and is of no account
 */
export async function writeSegment(
  files: Files,
  folder: string,
  queue: number,
  number: number,
  entries: readonly SegmentEntry[],
  sync: boolean,
): Promise<Segment> {
  const path = segmentPath(folder, number);
  const unfinished = `${path}.tmp`;
  await files.remove(unfinished);
  let index: SegmentIndex;
  try {
    index = await writeRecords(files, unfinished, segmentHeader(queue, number), entries, sync);
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
): Promise<SegmentIndex> {
  const file = await files.open(path, 'create');
  try {
    const piece = new Piece(file);
    await put(piece, header);
    for (const entry of entries) {
      const length = recordBytes(entry);
      if (!piece.hasRoom(length)) await piece.makeRoom(length);
      encode(entry, piece.bytes, piece.take(length), length);
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

async function put(piece: Piece, octets: Buffer): Promise<void> {
  if (!piece.hasRoom(octets.length)) await piece.makeRoom(octets.length);
  octets.copy(piece.bytes, piece.take(octets.length));
}

/** Octets that an entry takes in its segment. */
export function recordBytes({ record, frame }: SegmentEntry): number {
  const octets = frame === undefined ? record.recordBytes : LINK_BYTES;
  return RECORD_HEAD_BYTES + SEGMENT_RECORD_HEAD_BYTES + octets;
}

function encode(entry: SegmentEntry, target: Buffer, at: number, length: number): void {
  const { record, position, isTransient, frame } = entry;
  const start = at + RECORD_HEAD_BYTES;
  target.writeUInt32BE(length - RECORD_HEAD_BYTES, at);
  target[start] = isTransient ? TRANSIENT : 0;
  const octets = writePosition(target, position, start + 1);
  if (frame === undefined) record.writeRecord(target, octets);
  else {
    target[start] = LINKED | (frame.isGrouped ? GROUPED : 0);
    let next = target.writeUInt32BE(frame.file, octets);
    next = target.writeUInt32BE(frame.offset, next);
    target.writeUInt32BE(frame.length, next);
  }
  target.writeUInt32BE(crc32c(target, start, at + length), at + 4);
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
