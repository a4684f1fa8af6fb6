/**
 * A pack: segments of many queues in one file, for what would be little in files of their own.
 *
 * Never changed: what of it counts is known by its segments. It goes once none of them has anything
 * left that counts (packs.ts). Not responsible for writing it (pack-writer.ts).
 */
import { join } from 'node:path/posix';
import { crc32c } from '../crc32c.ts';
import type { OpenFile } from '../files.ts';
import {
  numbered,
  PACK_END_MAGIC,
  PACK_ENTRY_BYTES,
  PACK_FOOTER_BYTES,
  PACK_HEADER_BYTES,
  RUN_BYTES,
  readRuns,
} from './format.ts';
import { Segment } from './segment.ts';

/** What a pack has of a queue. */
export interface Section {
  /** Number of the queue. */
  readonly queue: number;
  readonly segment: Segment;
}

export class Pack {
  readonly number: number;
  readonly path: string;
  /** Octets of the file. */
  readonly size: number;
  readonly sections: readonly Section[];
  /** Numbers of packs of which everything that counts is in this one. */
  readonly replaced: readonly number[];
  /** Sections that have anything left that counts. */
  living: number;
  /** Octets of records in those that have not. */
  deadBytes = 0;

  constructor(
    { number, path }: { readonly number: number; readonly path: string },
    size: number,
    sections: readonly Section[],
    replaced: readonly number[] = [],
  ) {
    this.number = number;
    this.path = path;
    this.size = size;
    this.sections = sections;
    this.replaced = replaced;
    this.living = sections.length;
  }

  /** Records in all its sections. */
  get count(): number {
    return this.sections.reduce((sum, { segment }) => sum + segment.count, 0);
  }

  /** Those that are not settled. */
  get live(): number {
    return this.sections.reduce((sum, { segment }) => sum + segment.live, 0);
  }
}

export function packPath(folder: string, number: number): string {
  return join(folder, numbered(number, 'pack'));
}

/** The pack in a file; null when the file is none that was finished. Its head is not needed. */
export async function openPack(file: OpenFile, path: string, number: number): Promise<Pack | null> {
  const size = await file.size();
  if (size < PACK_HEADER_BYTES + PACK_FOOTER_BYTES) return null;
  const footer = Buffer.alloc(PACK_FOOTER_BYTES);
  await file.read(footer, size - PACK_FOOTER_BYTES);
  if (!footer.subarray(16).equals(PACK_END_MAGIC)) return null;
  const [start, count, replaced] = [0, 4, 8].map((at) => footer.readUInt32BE(at)) as Numbers;
  const end = size - PACK_FOOTER_BYTES - 4 * replaced;
  if (start > end) return null;
  const bytes = Buffer.alloc(size - start - 12);
  await file.read(bytes, start);
  if (crc32c(bytes, 0, bytes.length, number) !== footer.readUInt32BE(12)) return null;
  const sections = sectionsIn(bytes.subarray(0, end - start), path, count);
  const numbers = Array.from({ length: replaced }, (_, i) =>
    bytes.readUInt32BE(end - start + 4 * i),
  );
  return new Pack({ number, path }, size, sections, numbers);
}

type Numbers = [number, number, number];

/** The sections that a directory tells of, which is sound. */
function sectionsIn(bytes: Buffer, path: string, count: number): Section[] {
  const sections: Section[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const runsAt = at + PACK_ENTRY_BYTES;
    const runsEnd = runsAt + RUN_BYTES * bytes.readUInt32BE(at + 16);
    const index = {
      start: bytes.readUInt32BE(at + 4),
      end: bytes.readUInt32BE(at + 8),
      transientCount: bytes.readUInt32BE(at + 12),
      runs: readRuns(bytes, runsAt, runsEnd),
    };
    sections.push({ queue: bytes.readUInt32BE(at), segment: new Segment(path, index, false) });
    at = runsEnd;
  }
  return sections;
}
