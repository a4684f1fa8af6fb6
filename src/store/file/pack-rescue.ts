/**
 * What can be read of a pack without a sound end: its sections, found by their heads.
 *
 * Not responsible for what becomes of it (repairs.ts), or for a damage in one section of a pack
 * that has its end, which is read as a segment is (segment-reader.ts).
 */
import { type Files, sizeOf } from '../files.ts';
import {
  PACK_HEADER_BYTES,
  RECORD_HEAD_BYTES,
  SECTION,
  SECTION_HEAD_BYTES,
  SEGMENT_RECORD_HEAD_BYTES,
} from './format.ts';
import { Pack } from './pack.ts';
import { scanRecords } from './records.ts';
import { ReadRecord, type SegmentRecord } from './segment-reader.ts';
import { segmentOf } from './segment-writer.ts';

/** Where a pack lies. */
export interface PackPlace {
  readonly path: string;
  readonly folder: string;
  readonly number: number;
}

/** Whether a segment of a queue has that position. */
export type IsThere = (queue: number, position: number) => boolean;

/** A section, with what is to be kept of it. */
export interface FoundSection {
  readonly queue: number;
  readonly records: readonly SegmentRecord[];
  readonly start: number;
  readonly end: number;
}

export interface FoundPack {
  readonly sections: readonly FoundSection[];
  readonly size: number;
  /** Records that are kept, in all. */
  readonly count: number;
  /** Sound ones of which cannot be told whose they are: from a damage to the next head. */
  readonly ownerless: number;
}

/** Reads all of it, without what was transient, or is elsewhere. @throws the system's error */
export async function soundInPack(
  files: Files,
  { path }: PackPlace,
  isThere: IsThere,
): Promise<FoundPack> {
  const size = await sizeOf(files, path);
  const finder = new Finder(isThere);
  const file = await files.open(path, 'read');
  try {
    await scanRecords(
      file,
      {
        ...{ from: PACK_HEADER_BYTES, to: size, seed: 0, minBytes: SEGMENT_RECORD_HEAD_BYTES },
        kinds: [0, SECTION],
      },
      (bytes, start, end, offset) => finder.found(bytes, start, end, offset),
    );
  } finally {
    await file.close();
  }
  const sections = finder.sections.filter(({ records }) => records.length !== 0);
  const count = sections.reduce((sum, { records }) => sum + records.length, 0);
  return { sections, size, count, ownerless: finder.ownerless };
}

/** The pack that it is, read where it lies. */
export function packOf({ path, number }: PackPlace, { sections, size }: FoundPack): Pack {
  const found = sections.map(({ queue, records, start, end }) => {
    return { queue, segment: segmentOf(path, records, { start, end }, false) };
  });
  return new Pack({ number, path }, size, found);
}

interface Growing extends FoundSection {
  readonly records: SegmentRecord[];
  end: number;
}

class Finder {
  readonly sections: Growing[] = [];
  ownerless = 0;
  readonly #isThere: IsThere;
  /** Where the next record starts, unless there is a damage. */
  #next = PACK_HEADER_BYTES;
  /** The section that a record belongs to; null: unknown. */
  #section: Growing | null = null;

  constructor(isThere: IsThere) {
    this.#isThere = isThere;
  }

  /** A sound record: its body is `bytes[start, end)`, and its frame starts at `offset`. */
  found(bytes: Buffer, start: number, end: number, offset: number): void {
    // A head may have stood where the damage is.
    if (offset !== this.#next) this.#section = null;
    this.#next = offset + RECORD_HEAD_BYTES + end - start;
    const flags = bytes[start] as number;
    const isHead = flags === SECTION && RECORD_HEAD_BYTES + end - start === SECTION_HEAD_BYTES;
    if (isHead) {
      const queue = bytes.readUInt32BE(start + 1);
      this.#section = { queue, records: [], start: this.#next, end: this.#next };
      this.sections.push(this.#section);
    } else if (this.#section === null) this.ownerless++;
    else this.#add(this.#section, new ReadRecord(bytes, start, end, offset));
  }

  #add(section: Growing, record: ReadRecord): void {
    section.end = record.next;
    if (!record.isTransient && !this.#isThere(section.queue, record.position)) {
      section.records.push(record);
    }
  }
}
