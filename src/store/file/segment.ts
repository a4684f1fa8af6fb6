/**
 * A segment: records of one queue in order of position, never changed, in a file of their own or in
 * one with those of other queues (pack.ts).
 *
 * Which of them are settled is kept in memory (positions.ts); the journal knows it for the next
 * start. Not responsible for writing (segment-writer.ts) or reading it (segment-reader.ts).
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
import { Positions } from './positions.ts';

/** What the end of a segment file says of it. */
export interface SegmentIndex {
  readonly runs: readonly Run[];
  readonly transientCount: number;
  /** Where the records start and end in the file. */
  readonly start: number;
  readonly end: number;
}

export class Segment extends Positions {
  readonly path: string;
  readonly transientCount: number;
  /** Where the records start and end in the file. */
  readonly start: number;
  readonly end: number;
  /** Whether records of it lie in a file beside it (`recordsPath`). */
  readonly isLinked: boolean;

  constructor(path: string, index: SegmentIndex, isLinked: boolean) {
    super();
    this.path = path;
    this.isLinked = isLinked;
    for (const { from, to } of index.runs) this.add(from, to);
    this.transientCount = index.transientCount;
    this.start = index.start;
    this.end = index.end;
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
  const transientCount = footer.readUInt32BE(8);
  const index = { runs, transientCount, start: SEGMENT_HEADER_BYTES, end };
  return new Segment(path, index, isLinked);
}
