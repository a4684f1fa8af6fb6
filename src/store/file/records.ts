/**
 * Reading files of records: piece by piece, checked, and past what is damaged.
 *
 * Responsible for finding the records of a file whose framing is length, checksum, body. Not
 * responsible for what a body says (recovery.ts, segment.ts).
 */
import { crc32c } from '../crc32c.ts';
import type { OpenFile } from '../files.ts';
import { LONGEST_RECORD_BYTES, RECORD_HEAD_BYTES } from './format.ts';

const PIECE_BYTES = 1024 * 1024;
/** While looking for the next sound record, longer ones are not believed in. */
const LONGEST_SEARCHED_BYTES = 1024 * 1024;

/** Takes a sound record: its body is `bytes[start, end)`, its frame began at `offset`. */
export type RecordSink = (bytes: Buffer, start: number, end: number, offset: number) => void;

/** A stretch of a file in which no sound record was found. */
export interface Damage {
  readonly from: number;
  readonly to: number;
}

export interface ScanOptions {
  /** Where the first record starts, and where the last one ends at the latest. */
  readonly from: number;
  readonly to: number;
  readonly seed: number;
  /** The shortest body there is. */
  readonly minBytes: number;
  /** Called between pieces, so that others get their turn. */
  readonly pause?: (() => Promise<void>) | undefined;
}

/** Length of the sound body whose frame starts at `at`; -1 when there is none within `bytes`. */
function soundAt(bytes: Buffer, at: number, seed: number, minBytes: number): number {
  if (at + RECORD_HEAD_BYTES > bytes.length) return -1;
  const length = bytes.readUInt32BE(at);
  const start = at + RECORD_HEAD_BYTES;
  if (length < minBytes || length > LONGEST_RECORD_BYTES || start + length > bytes.length)
    return -1;
  return crc32c(bytes, start, start + length, seed) === bytes.readUInt32BE(at + 4) ? length : -1;
}

/** Hands every sound record to `sink`, and says what lies between them that is none. */
export async function scanRecords(
  file: OpenFile,
  options: ScanOptions,
  sink: RecordSink,
): Promise<Damage[]> {
  const { to, seed, minBytes, pause } = options;
  const damages: Damage[] = [];
  let offset = options.from;
  let wanted = PIECE_BYTES;
  while (offset < to) {
    const asked = Math.min(wanted, to - offset);
    const piece = await readPiece(file, offset, asked);
    if (piece.length < asked) throw new Error(`the file ended at ${offset + piece.length}`);
    let at = 0;
    for (let length = soundAt(piece, at, seed, minBytes); length !== -1; ) {
      sink(piece, at + RECORD_HEAD_BYTES, at + RECORD_HEAD_BYTES + length, offset + at);
      at += RECORD_HEAD_BYTES + length;
      length = soundAt(piece, at, seed, minBytes);
    }
    offset += at;
    wanted = PIECE_BYTES;
    const needed = at === piece.length ? 0 : frameBytes(piece, at, minBytes);
    if (needed > piece.length - at && offset + needed <= to) {
      // It goes on behind this piece.
      wanted = Math.max(PIECE_BYTES, needed);
    } else if (at < piece.length) {
      const next = await findNext(file, offset, options);
      damages.push({ from: offset, to: next });
      offset = next;
    }
    await pause?.();
  }
  return damages;
}

/** Octets of the frame at `at` as it says itself; what a head takes when it is cut off. */
function frameBytes(piece: Buffer, at: number, minBytes: number): number {
  if (at + RECORD_HEAD_BYTES > piece.length) return RECORD_HEAD_BYTES + minBytes;
  const length = piece.readUInt32BE(at);
  return length > LONGEST_RECORD_BYTES ? 0 : RECORD_HEAD_BYTES + length;
}

/** Where the next sound record behind the damage at `offset` starts; `to` when there is none. */
async function findNext(file: OpenFile, offset: number, options: ScanOptions): Promise<number> {
  const { to, seed, minBytes, pause } = options;
  for (let from = offset + 1; from < to; from += PIECE_BYTES) {
    const bytes = Math.min(PIECE_BYTES + LONGEST_SEARCHED_BYTES, to - from);
    const piece = await readPiece(file, from, bytes);
    for (let at = 0; at < Math.min(PIECE_BYTES, piece.length); at++) {
      // The first octet of the length of a record that is believed in is 0.
      if (piece[at] === 0 && soundAt(piece, at, seed, minBytes) !== -1) return from + at;
    }
    await pause?.();
  }
  return to;
}

async function readPiece(file: OpenFile, offset: number, bytes: number): Promise<Buffer> {
  const piece = Buffer.allocUnsafeSlow(bytes);
  const filled = await file.read(piece, offset);
  return filled === bytes ? piece : piece.subarray(0, filled);
}
