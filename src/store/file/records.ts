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
/** Frames up to this size are checked in place while looking for the next sound record. */
const LONGEST_SEARCHED_BYTES = 1024 * 1024;
/** Frames up to this size are checked whatever follows. */
const SHORT_BYTES = 4096;
/** Octets of longer ones that may be checked in vain, in one file. */
const SEARCH_BUDGET_BYTES = 256 * 1024 * 1024;

/** Takes a sound record: its body is `bytes[start, end)`, its frame began at `offset`. */
export type RecordSink = (bytes: Buffer, start: number, end: number, offset: number) => void;

/** A stretch of a file in which no sound record was found. */
export interface Damage {
  readonly from: number;
  readonly to: number;
  /** It is the beginning of a record that goes on behind the end: a write that was not finished. */
  readonly isCut: boolean;
}

export interface ScanOptions {
  /** Where the first record starts, and where the last one ends at the latest. */
  readonly from: number;
  readonly to: number;
  readonly seed: number;
  /** The shortest body there is. */
  readonly minBytes: number;
  /** The lowest and the highest first octet of a body. */
  readonly kinds: readonly [lowest: number, highest: number];
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
  const search = new Search(file, options);
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
      const next = await search.next(offset);
      damages.push({ from: offset, to: next, isCut: next === to && offset + needed > to });
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

/**
 * The first position from `at` on, and before `last`, whose frame would have a body of such a kind;
 * `last` when there is none. Most octets are told by this alone, and there may be a file of them.
 */
function likelyFrom(
  bytes: Buffer,
  at: number,
  last: number,
  [lowest, highest]: ScanOptions['kinds'],
): number {
  for (let next = at; next < last; next++) {
    const kind = bytes[next + RECORD_HEAD_BYTES] as number;
    if (kind >= lowest && kind <= highest) return next;
  }
  return last;
}

/** Looks for the next sound record behind a damage. */
class Search {
  readonly #file: OpenFile;
  readonly #options: ScanOptions;
  #budget = SEARCH_BUDGET_BYTES;

  constructor(file: OpenFile, options: ScanOptions) {
    this.#file = file;
    this.#options = options;
  }

  /** Where the next sound record behind the damage at `offset` starts; `to` when there is none. */
  async next(offset: number): Promise<number> {
    const { to, pause, kinds } = this.#options;
    const told = await this.#behind(offset);
    if (told !== -1) return told;
    for (let from = offset + 1; from < to; from += PIECE_BYTES) {
      const bytes = Math.min(PIECE_BYTES + LONGEST_SEARCHED_BYTES, to - from);
      const piece = await readPiece(this.#file, from, bytes);
      const last = Math.min(PIECE_BYTES, piece.length - RECORD_HEAD_BYTES);
      for (let at = likelyFrom(piece, 0, last, kinds); at < last; ) {
        if (this.#isLikely(piece, at, from) && (await this.#isSound(piece, at, from)))
          return from + at;
        at = likelyFrom(piece, at + 1, last, kinds);
      }
      await pause?.();
    }
    return to;
  }

  /**
   * The damaged record may have its length still: then the next one stands behind it, and what its
   * body holds, which may be a record of somebody else's, is not looked at.
   */
  async #behind(offset: number): Promise<number> {
    const length = await this.#lengthAt(offset);
    const next = offset + RECORD_HEAD_BYTES + length;
    if (length === -1 || (await this.#lengthAt(next)) === -1) return -1;
    return (await this.#isSoundFrame(next)) ? next : -1;
  }

  /** The length that stands at `offset`, if it is one that a record can have there; else -1. */
  async #lengthAt(offset: number): Promise<number> {
    const head = await readPiece(this.#file, offset, RECORD_HEAD_BYTES);
    if (head.length < RECORD_HEAD_BYTES) return -1;
    const length = head.readUInt32BE(0);
    return this.#fits(length, offset) ? length : -1;
  }

  /**
   * Whether a frame may start at `at` of what was read at `from`. Behind a long one, which it takes
   * time to check, something has to follow that may be a frame, or room, or the end.
   */
  #isLikely(piece: Buffer, at: number, from: number): boolean {
    const length = piece.readUInt32BE(at);
    if (!this.#fits(length, from + at)) return false;
    const end = at + RECORD_HEAD_BYTES + length;
    const isAtEnd = from + end === this.#options.to || end + RECORD_HEAD_BYTES >= piece.length;
    if (length <= SHORT_BYTES || isAtEnd) return true;
    const { minBytes, kinds } = this.#options;
    const next = piece.readUInt32BE(end);
    const kind = piece[end + RECORD_HEAD_BYTES] as number;
    if (next === 0) return true;
    const isLength = next >= minBytes && next <= LONGEST_RECORD_BYTES;
    return isLength && kind >= kinds[0] && kind <= kinds[1];
  }

  #fits(length: number, offset: number): boolean {
    const { minBytes, to } = this.#options;
    return (
      length >= minBytes &&
      length <= LONGEST_RECORD_BYTES &&
      offset + RECORD_HEAD_BYTES + length <= to
    );
  }

  async #isSound(piece: Buffer, at: number, from: number): Promise<boolean> {
    const { seed, minBytes } = this.#options;
    const frame = RECORD_HEAD_BYTES + piece.readUInt32BE(at);
    if (frame <= LONGEST_SEARCHED_BYTES) return soundAt(piece, at, seed, minBytes) !== -1;
    if (this.#budget <= 0) return false;
    this.#budget -= frame;
    return await this.#isSoundFrame(from + at);
  }

  /** Whether a sound record starts at `offset`, where a length stands that fits. */
  async #isSoundFrame(offset: number): Promise<boolean> {
    const { seed, minBytes } = this.#options;
    const head = await readPiece(this.#file, offset, RECORD_HEAD_BYTES);
    const frame = await readPiece(this.#file, offset, RECORD_HEAD_BYTES + head.readUInt32BE(0));
    return soundAt(frame, 0, seed, minBytes) !== -1;
  }
}

async function readPiece(file: OpenFile, offset: number, bytes: number): Promise<Buffer> {
  const piece = Buffer.allocUnsafeSlow(bytes);
  const filled = await file.read(piece, offset);
  return filled === bytes ? piece : piece.subarray(0, filled);
}
