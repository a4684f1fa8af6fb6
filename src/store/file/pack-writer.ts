/**
 * Writing a pack: section by section, their directory, and only then a name.
 *
 * Not responsible for which records, or for what a pack is good for (pack.ts).
 */
import { crc32c } from '../crc32c.ts';
import type { Files } from '../files.ts';
import {
  PACK_END_MAGIC,
  PACK_ENTRY_BYTES,
  PACK_FOOTER_BYTES,
  packHeader,
  RUN_BYTES,
  sectionHead,
  writePosition,
} from './format.ts';
import { Pack, packPath, type Section } from './pack.ts';
import { PIECE_BYTES, writeWhole } from './piece.ts';
import { Segment } from './segment.ts';
import { putRecords, type SegmentPart } from './segment-writer.ts';

/** What becomes a section: records of a queue, none of which stays elsewhere. */
export interface PackPart {
  /** Number of the queue. */
  readonly queue: number;
  readonly part: SegmentPart;
}

export interface PackOptions {
  /** Whether it is to be on the disk when it has its name. */
  readonly sync: boolean;
  /** Numbers of packs of which everything that counts is among the parts. */
  readonly replaced?: readonly number[];
  /** Called now and then. */
  readonly pause?: () => Promise<void>;
}

/**
 * Writes a pack of `parts`, each of which is asked for when those before it are written. The name
 * is safe once the folder is synced.
 * @throws the system's error, and what `parts` throws; a file that was begun is of no account
 */
export async function writePack(
  files: Files,
  folder: string,
  number: number,
  parts: Iterable<PackPart> | AsyncIterable<PackPart>,
  { sync, replaced = [], pause }: PackOptions,
): Promise<Pack> {
  const path = packPath(folder, number);
  return await writeWhole(files, path, { sync, length: PIECE_BYTES }, async (piece) => {
    const sections: Section[] = [];
    await piece.put(packHeader(number));
    for await (const { queue, part } of parts) {
      await piece.put(sectionHead(queue, part.count));
      const index = await putRecords(piece, part, pause);
      sections.push({ queue, segment: new Segment(path, index, false) });
    }
    await piece.put(directoryOf(sections, replaced, piece.end, number));
    return new Pack({ number, path }, piece.end, sections, replaced);
  });
}

/** What stands behind the sections of pack `number`, which end at octet `end`. */
function directoryOf(
  sections: readonly Section[],
  replaced: readonly number[],
  end: number,
  number: number,
): Buffer {
  const length = sections.reduce(
    (sum, { segment }) => sum + PACK_ENTRY_BYTES + RUN_BYTES * segment.runs.length,
    4 * replaced.length + PACK_FOOTER_BYTES,
  );
  const bytes = Buffer.alloc(length);
  let at = 0;
  const put = (value: number) => {
    at = bytes.writeUInt32BE(value, at);
  };
  for (const { queue, segment } of sections) {
    const { start, end: to, transientCount, runs } = segment;
    for (const value of [queue, start, to, transientCount, runs.length]) put(value);
    for (const run of runs) at = writePosition(bytes, run.to, writePosition(bytes, run.from, at));
  }
  for (const each of replaced) put(each);
  for (const value of [end, sections.length, replaced.length]) put(value);
  put(crc32c(bytes, 0, at, number));
  PACK_END_MAGIC.copy(bytes, at);
  return bytes;
}
