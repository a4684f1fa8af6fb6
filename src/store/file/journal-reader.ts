/**
 * Reading a journal file: what its records say, one after the other, and what is damaged in it.
 * Changes nothing.
 *
 * Responsible for one file: its header, its records, groups and repeated publishes. Not responsible
 * for what follows from the records of several (recovery.ts).
 */
import type { Files, OpenFile } from '../files.ts';
import {
  ALSO,
  DELIVERED,
  FILLER,
  GROUP,
  isJournalHeader,
  JOURNAL_HEADER_BYTES,
  MARK,
  POSITION_BYTES,
  PUBLISH,
  PUBLISH_HEAD_BYTES,
  RECORD_HEAD_BYTES,
  type Run,
  readPosition,
  readRuns,
  roomBytes,
  SETTLE,
} from './format.ts';
import { type Damage, scanRecords } from './records.ts';

/** Octets that are read in one go to follow frames that are not sound. */
const PIECE_BYTES = 1024 * 1024;
/** The shortest body: a settle record without runs. */
const MIN_BODY_BYTES = 5;

/** Who is told what the records say, in their order. */
export interface JournalSink {
  /** The octets are `bytes[start, end)`; the frame that they came in first starts at `offset`. */
  publish(
    queue: number,
    position: number,
    bytes: Buffer,
    start: number,
    end: number,
    offset: number,
    isGrouped: boolean,
  ): void;
  settle(queue: number, runs: readonly Run[]): void;
  delivered(queue: number, position: number): void;
  mark(queue: number, position: number, value: number): void;
}

/** What there was beside sound records. */
export interface JournalFound {
  readonly number: number;
  readonly path: string;
  readonly size: number;
  /** Sound records; those in a group count, the group does not. */
  readonly records: number;
  /** In order; the header may be one of them. */
  readonly damages: readonly Damage[];
  /** Records that repeat one that is lost. */
  readonly orphans: number;
  /** Sound records of a kind that this version does not know. */
  readonly unknown: number;
}

/** A publish that `ALSO` may refer to. */
interface LastPublish {
  readonly offset: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly isGrouped: boolean;
}

/** Reads journal file `number`. `pause` is called between pieces. @throws the system's error */
export async function readJournal(
  files: Files,
  path: string,
  number: number,
  sink: JournalSink,
  pause?: () => Promise<void>,
): Promise<JournalFound> {
  const reader = new Reader(sink);
  const file = await files.open(path, 'read');
  try {
    const size = await file.size();
    const header = Buffer.alloc(JOURNAL_HEADER_BYTES);
    await file.read(header, 0);
    const damages: Damage[] = [];
    // One without an octet was only begun.
    if (size !== 0 && !isJournalHeader(header, number)) {
      const isCut = size < JOURNAL_HEADER_BYTES;
      damages.push({ from: 0, to: Math.min(size, JOURNAL_HEADER_BYTES), isCut });
    }
    const span = { from: JOURNAL_HEADER_BYTES, to: size, seed: number };
    const kinds = [PUBLISH, FILLER] as const;
    const found = await scanRecords(
      file,
      { ...span, minBytes: MIN_BODY_BYTES, kinds, pause },
      (bytes, start, end, offset) => reader.record(bytes, start, end, offset),
    );
    damages.push(...(await withoutRoom(file, size, found)));
    const { records, orphans, unknown } = reader;
    return { number, path, size, records, damages, orphans, unknown };
  } finally {
    await file.close();
  }
}

/**
 * What is damaged, without what lies behind the last record (journal-file.ts): room is no damage,
 * and a write that was not finished has some of it behind what there is of it.
 */
async function withoutRoom(
  file: OpenFile,
  size: number,
  damages: readonly Damage[],
): Promise<readonly Damage[]> {
  const last = damages.at(-1);
  if (last === undefined || last.to !== size || last.isCut) return damages;
  const before = damages.slice(0, -1);
  if (await isRoom(file, last.from)) return before;
  return [...before, { ...last, isCut: !(await isWhole(file, last.from, size)) }];
}

/** Whether nothing but zeros, or nothing, is at `at` and up to the end of its block there. */
async function isRoom(file: OpenFile, at: number): Promise<boolean> {
  const rest = Buffer.alloc(roomBytes(at, RECORD_HEAD_BYTES));
  await file.read(rest, at);
  return rest.every((octet) => octet === 0);
}

/**
 * Whether what stands from `from` on was written to its end: frames that say how long they are, up
 * to where there is room. The last one ends in zeros if it was not, or if its message does. A head
 * of zeros, and more behind it, was written: a write that stops leaves its beginning.
 */
async function isWhole(file: OpenFile, from: number, size: number): Promise<boolean> {
  const piece = Buffer.alloc(PIECE_BYTES);
  let pieceAt = from;
  await file.read(piece, pieceAt);
  for (let at = from; at + RECORD_HEAD_BYTES <= size; ) {
    if (at + RECORD_HEAD_BYTES > pieceAt + piece.length) {
      pieceAt = at;
      await file.read(piece, pieceAt);
    }
    const length = piece.readUInt32BE(at - pieceAt);
    if (length === 0) return !(await isRoom(file, at)) || (await octetAt(file, at - 1)) !== 0;
    at += RECORD_HEAD_BYTES + length;
    if (length < MIN_BODY_BYTES || at > size) return false;
    if (at + RECORD_HEAD_BYTES > size && (await isRoom(file, at))) {
      return (await octetAt(file, at - 1)) !== 0;
    }
  }
  return false;
}

async function octetAt(file: OpenFile, at: number): Promise<number> {
  const octet = Buffer.alloc(1);
  await file.read(octet, at);
  return octet.readUInt8(0);
}

class Reader {
  records = 0;
  orphans = 0;
  unknown = 0;
  readonly #sink: JournalSink;
  #last: LastPublish | null = null;
  #isInGroup = false;

  constructor(sink: JournalSink) {
    this.#sink = sink;
  }

  record(bytes: Buffer, start: number, end: number, offset: number): void {
    const type = bytes[start] as number;
    if (type === GROUP) {
      this.#group(bytes, start, end, offset);
      return;
    }
    if (type === FILLER) return;
    this.records++;
    const queue = bytes.readUInt32BE(start + 1);
    const at = start + 5;
    const isGrouped = this.#isInGroup;
    if (type === PUBLISH) {
      const from = start + PUBLISH_HEAD_BYTES;
      this.#last = { offset, bytes, start: from, end, isGrouped };
      this.#publish(queue, readPosition(bytes, at), this.#last);
    } else if (type === ALSO) {
      const back = bytes.readUInt32BE(at + POSITION_BYTES);
      const last = this.#last;
      if (last === null || last.offset !== offset - back) this.orphans++;
      else this.#publish(queue, readPosition(bytes, at), last);
    } else if (type === SETTLE) this.#sink.settle(queue, readRuns(bytes, at, end));
    else if (type === DELIVERED) this.#sink.delivered(queue, readPosition(bytes, at));
    else if (type === MARK) {
      const value = bytes.readUInt32BE(at + POSITION_BYTES);
      this.#sink.mark(queue, readPosition(bytes, at), value);
    } else this.unknown++;
  }

  #publish(queue: number, position: number, from: LastPublish): void {
    const { bytes, start, end, offset, isGrouped } = from;
    this.#sink.publish(queue, position, bytes, start, end, offset, isGrouped);
  }

  /** The records of a group lie behind its type, framed like others. */
  #group(bytes: Buffer, start: number, end: number, offset: number): void {
    this.#isInGroup = true;
    for (let at = start + 1; at < end; ) {
      const from = at + RECORD_HEAD_BYTES;
      const to = from + bytes.readUInt32BE(at);
      this.record(bytes, from, to, offset + RECORD_HEAD_BYTES + at - start);
      at = to;
    }
    this.#isInGroup = false;
  }
}
