/**
 * Entries on their way from memory to segments, where they can be read back.
 *
 * Responsible for writing them piece by piece, each segment counting as soon as it is whole, for
 * giving the journal file a second name where their octets may stay in it, and for what is settled
 * meanwhile. Not responsible for which entries, or when (checkpoint.ts).
 */
import { dirname } from 'node:path/posix';
import type { Files } from '../files.ts';
import { NOWHERE, type Stored } from '../port.ts';
import { journalFrame } from './format.ts';
import { type FileQueueStore, MOVING } from './queue-store.ts';
import { placeIn, recordsPath, type Segment, segmentPath } from './segment.ts';
import { recordBytes, type SegmentEntry, writeSegment } from './segment-writer.ts';

/** Records of a segment, at the most: it becomes theirs in one go, and that holds the loop. */
const SEGMENT_RECORDS = 25_000;
/** Entries that are looked at before others get their turn. */
const TAKEN_STEP = 2_000;

/** A journal file that is full. */
export interface JournalPlace {
  readonly number: number;
  readonly path: string;
}

export interface MoverHost {
  readonly files: Files;
  /** Segments are to be on the disk when they count. */
  readonly sync: boolean;
  /** Segments are cut at this size. */
  readonly segmentBytes: number;
  /** Folder of a queue's segments. */
  folderOf(queue: FileQueueStore): string;
  /** A number for a new segment, not used before in this queue. */
  nextSegment(queue: FileQueueStore): number;
  /** Removes a segment that was written and is not used. */
  discard(segment: Segment): void;
  /** Removes the folder of a queue that is gone. */
  discardFolder(folder: string): void;
  /** A name in this folder is new, and not safe yet. */
  changed(folder: string): void;
  /** Lets the loop turn. */
  pause(): Promise<void>;
}

/**
 * Moves those of `kept` (durable, in the journal) and `others` (in memory only), both in order,
 * that lie behind all segments of the queue. `others` do not survive a restart. `journal`: the
 * file that those of `kept` are in, if their octets may stay there.
 * @throws the system's error; what was moved until then is moved
 */
export async function moveToSegments(
  host: MoverHost,
  queue: FileQueueStore,
  kept: readonly Stored[],
  others: readonly Stored[],
  journal: JournalPlace | null = null,
): Promise<void> {
  const behind = queue.segments.at(-1)?.last ?? -1;
  for (const entry of others) {
    if (entry.position > behind && entry.place === NOWHERE) entry.place = MOVING;
  }
  const folder = host.folderOf(queue);
  try {
    if (queue.folder !== folder) await host.files.makeFolder(folder);
    queue.folder = folder;
    const entries = new Merge(kept, others, behind, journal?.number ?? null);
    while (!queue.isRemoved) {
      const part = await entries.take(host.segmentBytes, host.pause);
      if (part.length === 0) break;
      await movePart(host, queue, folder, part, journal);
    }
  } catch (error) {
    // A queue that was deleted meanwhile takes its folder along: nothing is left to be moved.
    if (!queue.isRemoved) throw error;
  } finally {
    for (const entry of others) if (entry.place === MOVING) entry.place = NOWHERE;
    // It may have been made again behind the queue's back.
    if (queue.isRemoved) host.discardFolder(folder);
  }
}

interface MovedEntry extends SegmentEntry {
  readonly entry: Stored;
  /** Its place when it was taken. */
  readonly from: number;
}

async function movePart(
  host: MoverHost,
  queue: FileQueueStore,
  folder: string,
  part: readonly MovedEntry[],
  journal: JournalPlace | null,
): Promise<void> {
  const number = host.nextSegment(queue);
  const { files, sync } = host;
  const records = recordsPath(segmentPath(folder, number));
  const isLinked = journal !== null && part.some(({ frame }) => frame !== undefined);
  const canLink = isLinked && (await link(files, journal.path, records));
  const entries = isLinked && !canLink ? part.map((each) => ({ ...each, frame: undefined })) : part;
  let segment: Segment;
  try {
    segment = await writeSegment(files, folder, queue.number, number, entries, sync, host.pause);
  } catch (error) {
    // That name takes up its room. Should this fail, too, the next start removes it.
    if (canLink) await files.remove(records).catch(() => undefined);
    throw error;
  }
  host.changed(folder);
  if (queue.isRemoved) host.discard(segment);
  else adopt(queue, segment, part);
}

/**
 * Gives a file a second name, for certain: a segment that points to it is whole only with it. false
 * where that is not to be had: some file systems know no second names, and answer in many ways.
 */
async function link(files: Files, path: string, name: string): Promise<boolean> {
  try {
    await files.link(path, name);
    await files.syncFolder(dirname(name));
    return true;
  } catch {
    // Whatever is wrong, copies can be made; if it is the disk, they will find it, too.
    await files.remove(name).catch(() => undefined);
    return false;
  }
}

function adopt(queue: FileQueueStore, segment: Segment, part: readonly MovedEntry[]): void {
  let leftJournal = 0;
  for (const { entry, from, isTransient } of part) {
    // Else it was settled while the segment was written.
    if (entry.place !== from) segment.settle(entry.position);
    else {
      entry.place = placeIn(segment.number);
      if (!isTransient) leftJournal++;
    }
  }
  queue.addSegment(segment, leftJournal);
  queue.owner?.moved();
}

/** Two lists in order of position, taken as one. */
class Merge {
  readonly #kept: readonly Stored[];
  readonly #others: readonly Stored[];
  readonly #behind: number;
  /** The journal file in which records may stay; null for none. */
  readonly #file: number | null;
  #atKept = 0;
  #atOthers = 0;

  constructor(
    kept: readonly Stored[],
    others: readonly Stored[],
    behind: number,
    file: number | null,
  ) {
    this.#kept = kept;
    this.#others = others;
    this.#behind = behind;
    this.#file = file;
  }

  /** The next entries of about that many octets, without those that were settled. */
  async take(bytes: number, pause: () => Promise<void>): Promise<MovedEntry[]> {
    const part: MovedEntry[] = [];
    let looked = 0;
    for (let taken = 0; taken < bytes && part.length < SEGMENT_RECORDS; ) {
      if (++looked % TAKEN_STEP === 0) await pause();
      const next = this.#next();
      if (next === null) break;
      const { entry, from, isTransient } = next;
      // Others were settled, or are somewhere already.
      if (isTransient ? from !== MOVING : from <= 0) continue;
      if (entry.position <= this.#behind) continue;
      part.push(next);
      taken += recordBytes(next);
    }
    return part;
  }

  #next(): MovedEntry | null {
    const kept = this.#kept[this.#atKept];
    const other = this.#others[this.#atOthers];
    if (kept === undefined && other === undefined) return null;
    const isKept = other === undefined || (kept !== undefined && kept.position < other.position);
    if (isKept) this.#atKept++;
    else this.#atOthers++;
    const entry = (isKept ? kept : other) as Stored;
    const { position, record, place } = entry;
    const frame = isKept && place === this.#file ? journalFrame(entry) : undefined;
    return { entry, position, record, from: place, isTransient: !isKept, frame };
  }
}
