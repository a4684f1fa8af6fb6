/**
 * What a start does about what is wrong in its data folder: it keeps a copy of each damaged file in
 * `damaged/`, says in one line what was left out, and makes what is left usable.
 *
 * Responsible for what is changed at a start beside the store's own work. Not responsible for
 * finding what is wrong (recovery.ts, journal-reader.ts) or for metadata (metadata.ts).
 */
import { join } from 'node:path/posix';
import { type Files, sizeOf } from '../files.ts';
import { keepCopy, mayLackDefinitions, noteMissingMetadata } from './damaged.ts';
import { SEGMENT_HEADER_BYTES } from './format.ts';
import type { JournalFound } from './journal-reader.ts';
import type { Pack } from './pack.ts';
import { type IsThere, type PackPlace, packOf, soundInPack } from './pack-rescue.ts';
import { writePack } from './pack-writer.ts';
import type { FolderFinds, SegmentPlace } from './recovery.ts';
import type { Segment } from './segment.ts';
import { SegmentReader, type SegmentRecord } from './segment-reader.ts';
import { partOf, segmentOf, writeSegment } from './segment-writer.ts';

export interface RepairsOptions {
  readonly files: Files;
  /** The data folder. */
  readonly folder: string;
  report(line: string): void;
}

export class Repairs implements FolderFinds {
  /** Where copies of damaged files are kept. */
  readonly folder: string;
  readonly #files: Files;
  /** Tells a person. */
  readonly report: (line: string) => void;

  constructor({ files, folder, report }: RepairsOptions) {
    this.#files = files;
    this.folder = join(folder, 'damaged');
    this.report = report;
  }

  /**
   * Damaged stretches are left out, and the file is kept as it was. A torn end is not worth that:
   * every power cut may leave one, and nothing in it had been said to be safe.
   */
  async journal(found: JournalFound, isNewest: boolean): Promise<void> {
    const { path, size, damages, orphans, unknown } = found;
    if (size === 0 && !isNewest) this.report(`${path}: it is empty`);
    const real = damages.filter(({ isCut }) => !isCut);
    for (const { from, to } of damages.filter(({ isCut }) => isCut)) {
      if (to === from) continue;
      const what = `the last ${to - from} octets are no whole record and were left out`;
      this.report(`${path}: ${what}`);
    }
    const parts = real.map(({ from, to }) => `octets ${from} to ${to} of ${size} are damaged`);
    if (orphans !== 0) parts.push(`${orphans} records repeat one that is lost`);
    if (unknown !== 0) parts.push(`${unknown} records are of an unknown kind`);
    if (parts.length === 0) return;
    const aside = await this.keepAside(path);
    this.report(`${path}: ${parts.join(', ')}: left out, the rest was kept; ${aside}`);
  }

  missingJournals(first: number, last: number): void {
    const which = first === last ? `file ${first} is` : `files ${first} to ${last} are`;
    this.report(`journal ${which} missing: what only stood there is lost, the rest was kept`);
  }

  unfinished(path: string): Promise<void> {
    return this.#files.remove(path);
  }

  /**
   * What is sound in it is written anew, but for what was transient, and takes its place; without a
   * copy of the file, the file stays as it is.
   */
  async brokenSegment(place: SegmentPlace): Promise<Segment | null> {
    const { path, folder, queue, number } = place;
    const files = this.#files;
    // First: the copy is safe before the file is replaced.
    const copy = await this.#copy(path);
    const { kept, size } = await soundIn(files, place);
    const found = `it has no sound end; ${kept.length} messages were found in it`;
    this.report(`${path}: ${found}; ${describe(copy)}`);
    if (kept.length === 0) {
      if (!(copy instanceof Error)) await files.remove(path);
      return null;
    }
    if (copy instanceof Error) return brokenSegmentOf(place, kept, size);
    const segment = await writeSegment(files, folder, queue, number, partOf(kept), true);
    await files.syncFolder(folder);
    return segment;
  }

  /** As a broken segment. Of what is in it, that is left out which is in other segments, too. */
  async brokenPack(place: PackPlace, isThere: IsThere): Promise<Pack | null> {
    const { path, folder, number } = place;
    const files = this.#files;
    const copy = await this.#copy(path);
    const found = await soundInPack(files, place, isThere);
    const { sections, count, ownerless } = found;
    const lost = ownerless === 0 ? '' : `, and ${ownerless} of which cannot be told whose they are`;
    const what = `it has no sound end; ${count} messages were found in it`;
    this.report(`${path}: ${what}${lost}; ${describe(copy)}`);
    if (count === 0) {
      if (!(copy instanceof Error)) await files.remove(path);
      return null;
    }
    if (copy instanceof Error) return packOf(place, found);
    const parts = sections.map(({ queue, records }) => ({ queue, part: partOf(records) }));
    const pack = await writePack(files, folder, number, parts, { sync: true });
    await files.syncFolder(folder);
    return pack;
  }

  /** Everything that counts in it is in a newer one, which is made safe first. */
  async replacedPack({ path, folder }: PackPlace): Promise<void> {
    await this.#files.syncFolder(folder);
    await this.#files.remove(path);
  }

  /** Keeps a copy of a damaged file as it is; says where, or why not. Never rejects. */
  async keepAside(path: string): Promise<string> {
    return describe(await this.#copy(path));
  }

  /**
   * Whether queues without a definition are to be kept; `isIncomplete`: there are queues, and files
   * of definitions are not there.
   */
  async mayLackDefinitions(isIncomplete: boolean): Promise<boolean> {
    if (isIncomplete) {
      const note = await noteMissingMetadata(this.#files, this.folder);
      this.report(`files of definitions are missing, and definitions with them; a note is ${note}`);
    }
    return await mayLackDefinitions(this.#files, this.folder);
  }

  keptWithoutDefinition(queues: readonly number[]): void {
    this.report(
      `queues without a definition are kept, since definitions were lost (see ${this.folder}; ` +
        `'leveret store export' shows what is in them): ${queues.join(', ')}`,
    );
  }

  async #copy(path: string): Promise<string | Error> {
    try {
      const name = path.split('/').slice(-2).join('-');
      return await keepCopy(this.#files, path, this.folder, name);
    } catch (error) {
      return error as Error;
    }
  }
}

function describe(copy: string | Error): string {
  return copy instanceof Error ? `no copy could be kept: ${String(copy)}` : `a copy is ${copy}`;
}

/** The segment that a file without an index is, of `size` octets, by what was found in it. */
export function brokenSegmentOf(
  { path, isLinked }: SegmentPlace,
  kept: readonly SegmentRecord[],
  size: number,
): Segment {
  return segmentOf(path, kept, { start: SEGMENT_HEADER_BYTES, end: size }, isLinked);
}

/** The records of a broken segment that are to be kept: transient ones do not survive a start. */
export async function soundIn(
  files: Files,
  { path, isLinked }: SegmentPlace,
): Promise<{ readonly kept: SegmentRecord[]; readonly size: number }> {
  const size = await sizeOf(files, path);
  const start = SEGMENT_HEADER_BYTES;
  const reader = await SegmentReader.open(files, { path, start, end: size, isLinked });
  try {
    const { records } = await reader.sound();
    return { kept: records.filter(({ isTransient }) => !isTransient), size };
  } finally {
    await reader.close();
  }
}
