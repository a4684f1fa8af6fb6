/**
 * Writing a segment: records in order of position, their index, and only then a name.
 *
 * Not responsible for which records, or for what a segment is good for (segment.ts).
 */
import { crc32c } from '../crc32c.ts';
import type { Files } from '../files.ts';
import { NO_LONG_END, type StoredRecord, type StoreRecord } from '../port.ts';
import {
  checksumOf,
  frameOffset,
  GROUPED,
  isGroupedFrame,
  LINK_BYTES,
  LINKED,
  RECORD_HEAD_BYTES,
  RUN_BYTES,
  SEGMENT_END_MAGIC,
  SEGMENT_FOOTER_BYTES,
  SEGMENT_HEADER_BYTES,
  SEGMENT_RECORD_HEAD_BYTES,
  segmentHeader,
  setPosition,
  TRANSIENT,
  totalBytes,
  writePosition,
} from './format.ts';
import { PIECE_BYTES, type Piece, writeWhole } from './piece.ts';
import { Segment, type SegmentIndex, segmentPath } from './segment.ts';
import type { SegmentRecord } from './segment-reader.ts';

/** Length, checksum, flags and position of a record, and of one whose octets stay elsewhere. */
export const HEAD_BYTES = RECORD_HEAD_BYTES + SEGMENT_RECORD_HEAD_BYTES;
export const LINKED_BYTES = HEAD_BYTES + LINK_BYTES;
/** Records that are encoded before others get their turn. */
const ENCODED_STEP = 2_000;

/** What a segment is made of: records in order of position. */
export interface SegmentPart {
  readonly count: number;
  /** The journal file that some of the records stay in, which is beside the segment; 0 for none. */
  readonly file: number;
  positionAt(index: number): number;
  /** Of a record that is written to the segment. */
  recordAt(index: number): StoreRecord;
  /** Whether the record at `index` is not to survive a restart. */
  isTransient(index: number): boolean;
  /** Where in that file the frame of the record is (`Stored.frameAt`); -1 if it is not there. */
  frameAt(index: number): number;
  /** Octets of the frame's body. */
  frameBytes(index: number): number;
}

/** Of records that are all to be written. */
export function wholePart(
  entries: readonly { position: number; record: StoreRecord; isTransient: boolean }[],
): SegmentPart {
  const at = (index: number) => entries[index] as (typeof entries)[number];
  return {
    count: entries.length,
    file: 0,
    positionAt: (index) => at(index).position,
    recordAt: (index) => at(index).record,
    isTransient: (index) => at(index).isTransient,
    frameAt: () => -1,
    frameBytes: () => 0,
  };
}

/** What was read of a record, to be written again. */
export class ReadOctets implements StoreRecord {
  readonly longEnd = NO_LONG_END;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;

  constructor({ bytes, start, end }: Pick<StoredRecord, 'bytes' | 'start' | 'end'>) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  get recordBytes(): number {
    return this.#end - this.#start;
  }

  writeRecord(target: Buffer, at: number): number {
    return at + this.#bytes.copy(target, at, this.#start, this.#end);
  }
}

/** Of records that were read, all to be written again. */
export function partOf(records: readonly SegmentRecord[]): SegmentPart {
  return wholePart(records.map((each) => ({ ...each, record: new ReadOctets(each) })));
}

/**
 * Writes a segment of `part` to a new file in `folder`. The name is safe once the folder is synced.
 * `pause` is called now and then.
 * @throws the system's error; a file that was begun has another name and is of no account
 */
export async function writeSegment(
  files: Files,
  folder: string,
  queue: number,
  number: number,
  part: SegmentPart,
  sync: boolean,
  pause?: () => Promise<void>,
): Promise<Segment> {
  const path = segmentPath(folder, number);
  let length = SEGMENT_HEADER_BYTES;
  const { count } = part;
  for (let i = 0; i < count && length < PIECE_BYTES; i++) length += gatheredBytes(part, i);
  const index = await writeWhole(files, path, { sync, length }, async (piece) => {
    await piece.put(segmentHeader(queue, number));
    const written = await putRecords(piece, part, pause);
    await piece.put(encodeIndex(written, count));
    return written;
  });
  return new Segment(path, index, part.file !== 0);
}

/** The segment without an index that lies there, by the records that were found in it. */
export function segmentOf(
  path: string,
  records: readonly SegmentRecord[],
  { start, end }: { readonly start: number; readonly end: number },
  isLinked: boolean,
): Segment {
  return new Segment(path, indexOf(partOf(records), start, end), isLinked);
}

/** Writes the records of `part`, one behind the other; what their index is. */
export async function putRecords(
  piece: Piece,
  part: SegmentPart,
  pause?: () => Promise<void>,
): Promise<SegmentIndex> {
  const start = piece.end;
  for (let i = 0; i < part.count; i++) {
    // Where its octets lie may change while others are written.
    while (!encode(part, i, piece)) await piece.makeRoom(gatheredBytes(part, i));
    if (i % ENCODED_STEP === ENCODED_STEP - 1) await pause?.();
  }
  return indexOf(part, start, piece.end);
}

/** Octets of an entry that are copied on the way to its segment. */
function gatheredBytes(part: SegmentPart, index: number): number {
  if (part.frameAt(index) !== -1) return LINKED_BYTES;
  const record = part.recordAt(index);
  return HEAD_BYTES + record.recordBytes - totalBytes(record.longEnd);
}

/** Whether there was room for it. */
function encode(part: SegmentPart, index: number, piece: Piece): boolean {
  const frameAt = part.frameAt(index);
  if (frameAt !== -1) return encodeLink(part, index, frameAt, piece);
  const record = part.recordAt(index);
  const { longEnd } = record;
  const length = gatheredBytes(part, index);
  if (!piece.hasRoom(length)) return false;
  const { bytes } = piece;
  const at = piece.take(length);
  const start = at + RECORD_HEAD_BYTES;
  bytes.writeUInt32BE(SEGMENT_RECORD_HEAD_BYTES + record.recordBytes, at);
  bytes[start] = part.isTransient(index) ? TRANSIENT : 0;
  record.writeRecord(bytes, writePosition(bytes, part.positionAt(index), start + 1));
  bytes.writeUInt32BE(checksumOf(longEnd, crc32c(bytes, start, at + length)), at + 4);
  piece.takeLong(longEnd);
  return true;
}

/** The same for one whose octets stay in the journal file. */
function encodeLink(part: SegmentPart, index: number, frameAt: number, piece: Piece): boolean {
  if (!piece.hasRoom(LINKED_BYTES)) return false;
  // A view: there may be a quarter of a million of these in a file, and this takes half the time.
  const { bytes, view } = piece;
  const at = piece.take(LINKED_BYTES);
  const start = at + RECORD_HEAD_BYTES;
  view.setUint32(at, LINKED_BYTES - RECORD_HEAD_BYTES);
  view.setUint8(start, LINKED | (isGroupedFrame(frameAt) ? GROUPED : 0));
  setPosition(view, part.positionAt(index), start + 1);
  view.setUint32(start + SEGMENT_RECORD_HEAD_BYTES, part.file);
  view.setUint32(start + SEGMENT_RECORD_HEAD_BYTES + 4, frameOffset(frameAt));
  view.setUint32(start + SEGMENT_RECORD_HEAD_BYTES + 8, part.frameBytes(index));
  view.setUint32(at + 4, crc32c(bytes, start, at + LINKED_BYTES));
  return true;
}

function indexOf(part: SegmentPart, start: number, end: number): SegmentIndex {
  const runs: { from: number; to: number }[] = [];
  let transientCount = 0;
  for (let index = 0; index < part.count; index++) {
    const position = part.positionAt(index);
    const last = runs.at(-1);
    if (last !== undefined && last.to + 1 === position) last.to = position;
    else runs.push({ from: position, to: position });
    if (part.isTransient(index)) transientCount++;
  }
  return { runs, transientCount, start, end };
}

function encodeIndex({ runs, transientCount, end }: SegmentIndex, count: number): Buffer {
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
