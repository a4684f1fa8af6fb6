/**
 * A segment: records of one queue in a file of their own, in order of position, never changed.
 *
 * Responsible for which of its records are settled (in memory; the journal knows it for the next
 * start). Not responsible for writing (segment-writer.ts) or reading it (segment-reader.ts).
 */
import { join } from 'node:path/posix';
import { crc32c } from '../crc32c.ts';
import type { OpenFile } from '../files.ts';
import {
  numbered,
  numberOf,
  RUN_BYTES,
  type Run,
  readRuns,
  SEGMENT_END_MAGIC,
  SEGMENT_FOOTER_BYTES,
  SEGMENT_HEADER_BYTES,
  segmentHeader,
} from './format.ts';

/** Positions of a segment and how many there are before each run. */
interface NumberedRun extends Run {
  readonly before: number;
}

/** What the end of a segment file says of it. */
export interface SegmentIndex {
  readonly runs: readonly Run[];
  readonly count: number;
  readonly transientCount: number;
  /** Where the records end. */
  readonly end: number;
}

export class Segment {
  readonly number: number;
  readonly path: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly transientCount: number;
  /** Where the records end, in the file. */
  readonly end: number;
  /** Whether records of it lie in a file beside it (`recordsPath`). */
  readonly isLinked: boolean;
  /** Records that are not settled. */
  live: number;
  readonly #runs: readonly NumberedRun[];
  /** A bit for each record; null while none is settled. */
  #settled: Uint8Array | null = null;

  constructor(number: number, path: string, index: SegmentIndex, isLinked: boolean) {
    this.number = number;
    this.path = path;
    this.isLinked = isLinked;
    const runs: NumberedRun[] = [];
    let before = 0;
    for (const { from, to } of index.runs) {
      runs.push({ from, to, before });
      before += to - from + 1;
    }
    this.#runs = runs;
    this.first = (runs[0] as Run).from;
    this.last = (runs.at(-1) as Run).to;
    this.count = index.count;
    this.transientCount = index.transientCount;
    this.end = index.end;
    this.live = index.count;
  }

  /** Whether some records are settled and some are not. */
  get isPartlySettled(): boolean {
    return this.#settled !== null && this.live !== 0;
  }

  has(position: number): boolean {
    return this.#indexOf(position) !== -1;
  }

  isLive(position: number): boolean {
    const index = this.#indexOf(position);
    return index !== -1 && !this.#isSettledAt(index);
  }

  /** Whether this settled it just now: it was there and was not settled. */
  settle(position: number): boolean {
    const index = this.#indexOf(position);
    if (index === -1 || this.#isSettledAt(index)) return false;
    this.#settled ??= new Uint8Array((this.count + 7) >>> 3);
    this.#settled[index >>> 3] = (this.#settled[index >>> 3] as number) | (1 << (index & 7));
    this.live--;
    return true;
  }

  /** Settles all positions from `from` to `to`; how many were not settled. */
  settleRun(from: number, to: number): number {
    const before = this.live;
    if (from <= this.first && to >= this.last) this.live = 0;
    for (const run of this.live === 0 ? [] : this.#runs) {
      const end = Math.min(run.to, to);
      for (let position = Math.max(run.from, from); position <= end; position++) {
        this.settle(position);
      }
    }
    return before - this.live;
  }

  /** All positions that the index has. */
  *positions(): Iterable<number> {
    for (const { from, to } of this.#runs) {
      for (let position = from; position <= to; position++) yield position;
    }
  }

  *livePositions(): Iterable<number> {
    for (const run of this.#runs) {
      for (let position = run.from; position <= run.to; position++) {
        if (!this.#isSettledAt(run.before + position - run.from)) yield position;
      }
    }
  }

  /** The positions that are settled, as from, to, from, to ... */
  settledRuns(): number[] {
    const found: number[] = [];
    for (const run of this.#runs) {
      let from = -1;
      for (let position = run.from; position <= run.to; position++) {
        const isSettled = this.#isSettledAt(run.before + position - run.from);
        if (isSettled && from === -1) from = position;
        if (!isSettled && from !== -1) {
          found.push(from, position - 1);
          from = -1;
        }
      }
      if (from !== -1) found.push(from, run.to);
    }
    return found;
  }

  #isSettledAt(index: number): boolean {
    if (this.live === 0) return true;
    const bits = this.#settled;
    return bits !== null && ((bits[index >>> 3] as number) & (1 << (index & 7))) !== 0;
  }

  #indexOf(position: number): number {
    let low = 0;
    let high = this.#runs.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const run = this.#runs[middle] as NumberedRun;
      if (position < run.from) high = middle - 1;
      else if (position > run.to) low = middle + 1;
      else return run.before + position - run.from;
    }
    return -1;
  }
}

export function segmentPath(folder: string, number: number): string {
  return join(folder, numbered(number, 'segment'));
}

/** The second name of the journal file that records of a segment are in. */
export function recordsPath(segment: string): string {
  return `${segment.slice(0, -'segment'.length)}records`;
}

/** Whether a file is the records of a segment that is not there, among these names of a folder. */
export function isLeftAlone(name: string, names: ReadonlySet<string>): boolean {
  const number = numberOf(name, 'records');
  return number !== null && !names.has(numbered(number, 'segment'));
}

/** The segment in a file; null when the file is none that was finished. */
export async function openSegment(
  file: OpenFile,
  path: string,
  queue: number,
  number: number,
  isLinked: boolean,
): Promise<Segment | null> {
  const size = await file.size();
  if (size < SEGMENT_HEADER_BYTES + SEGMENT_FOOTER_BYTES) return null;
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  await file.read(header, 0);
  if (!header.equals(segmentHeader(queue, number))) return null;
  const footer = Buffer.alloc(SEGMENT_FOOTER_BYTES);
  await file.read(footer, size - SEGMENT_FOOTER_BYTES);
  const end = footer.readUInt32BE(0);
  const indexBytes = size - SEGMENT_FOOTER_BYTES - end;
  if (!footer.subarray(16).equals(SEGMENT_END_MAGIC) || indexBytes < RUN_BYTES) return null;
  const bytes = Buffer.alloc(indexBytes + 12);
  await file.read(bytes, end);
  if (crc32c(bytes, 0, bytes.length) !== footer.readUInt32BE(12)) return null;
  const runs = readRuns(bytes, 0, indexBytes);
  const [count, transientCount] = [footer.readUInt32BE(4), footer.readUInt32BE(8)];
  return new Segment(number, path, { runs, count, transientCount, end }, isLinked);
}

/** The place of records in segment `number`, for `Stored.place`. */
export function placeIn(number: number): number {
  return -number;
}
