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
  frameOffset,
  GROUPED,
  isGroupedFrame,
  LINK_BYTES,
  LINKED,
  RECORD_HEAD_BYTES,
  RUN_BYTES,
  SEGMENT_END_MAGIC,
  SEGMENT_FOOTER_BYTES,
  SEGMENT_RECORD_HEAD_BYTES,
  segmentHeader,
  setPosition,
  TRANSIENT,
  totalBytes,
  writePosition,
} from './format.ts';
import { Segment, type SegmentIndex, segmentPath } from './segment.ts';
import type { SegmentRecord } from './segment-reader.ts';

/** Octets that are written in one go. */
const PIECE_BYTES = 1024 * 1024;
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
 * Gathers what is written, in one buffer that is used again and again, but for long ends, which
 * stay where they are.
 */
class Piece {
  bytes: Buffer;
  view: DataView;
  readonly #file: OpenFile;
  #filled = 0;
  /** `bytes[from, filled)` is not in `gathered` yet. */
  #from = 0;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  /** Where in the file that goes which was gathered first. */
  #offset = 0;

  /** `length`: octets that are gathered in all; from a piece on it need not be exact. */
  constructor(file: OpenFile, length: number) {
    this.#file = file;
    this.bytes = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, length));
    this.view = viewOf(this.bytes);
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
    if (length <= this.bytes.length) return;
    this.bytes = Buffer.allocUnsafeSlow(length);
    this.view = viewOf(this.bytes);
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

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
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
  const unfinished = `${path}.tmp`;
  let index: SegmentIndex;
  try {
    const header = segmentHeader(queue, number);
    index = await writeRecords(files, unfinished, header, part, sync, pause);
    await files.rename(unfinished, path);
  } catch (error) {
    // A full disk needs the room. Should this fail, too, the next start removes it.
    await files.remove(unfinished).catch(() => undefined);
    throw error;
  }
  return new Segment(number, path, index, part.file !== 0);
}

/** The segment that a file without an index is, by the records that were found in it. */
export function segmentOf(
  number: number,
  path: string,
  records: readonly SegmentRecord[],
  end: number,
  isLinked: boolean,
): Segment {
  return new Segment(number, path, indexOf(partOf(records), end), isLinked);
}

async function writeRecords(
  files: Files,
  path: string,
  header: Buffer,
  part: SegmentPart,
  sync: boolean,
  pause?: () => Promise<void>,
): Promise<SegmentIndex> {
  const file = await create(files, path);
  try {
    let length = header.length;
    const { count } = part;
    for (let i = 0; i < count && length < PIECE_BYTES; i++) length += gatheredBytes(part, i);
    const piece = new Piece(file, length);
    await put(piece, header);
    for (let i = 0; i < count; i++) {
      // Where its octets lie may change while others are written.
      while (!encode(part, i, piece)) await piece.makeRoom(gatheredBytes(part, i));
      if (i % ENCODED_STEP === ENCODED_STEP - 1) await pause?.();
    }
    const index = indexOf(part, piece.end);
    await put(piece, encodeIndex(index, count));
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

function indexOf(part: SegmentPart, end: number): SegmentIndex {
  const runs: { from: number; to: number }[] = [];
  let transientCount = 0;
  for (let index = 0; index < part.count; index++) {
    const position = part.positionAt(index);
    const last = runs.at(-1);
    if (last !== undefined && last.to + 1 === position) last.to = position;
    else runs.push({ from: position, to: position });
    if (part.isTransient(index)) transientCount++;
  }
  return { runs, transientCount, end };
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
