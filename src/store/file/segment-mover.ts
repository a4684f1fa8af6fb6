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
import { LINK_BYTES, RECORD_HEAD_BYTES, SEGMENT_RECORD_HEAD_BYTES } from './format.ts';
import { type FileQueueStore, MOVING } from './queue-store.ts';
import { placeIn, recordsPath, type Segment, segmentPath } from './segment.ts';
import { type SegmentPart, writeSegment } from './segment-writer.ts';

/** Records of a segment, at the most: it becomes theirs in one go, and that holds the loop. */
const SEGMENT_RECORDS = 25_000;
const HEAD_BYTES = RECORD_HEAD_BYTES + SEGMENT_RECORD_HEAD_BYTES;
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
    const entries = new Merge(kept, others, behind, journal?.number ?? 0);
    while (!queue.isRemoved) {
      const part = await entries.take(host.segmentBytes, host.pause);
      if (part.entries.length === 0) break;
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

/** What goes to one segment. */
class MovedPart implements SegmentPart {
  readonly entries: Stored[] = [];
  /** The places of `entries` when they were taken. */
  readonly froms: number[] = [];
  file: number;

  constructor(file: number) {
    this.file = file;
  }

  add(entry: Stored, from: number): void {
    this.entries.push(entry);
    this.froms.push(from);
  }

  isTransient(index: number): boolean {
    return this.froms[index] === MOVING;
  }

  frameAt(index: number): number {
    return this.froms[index] === this.file ? (this.entries[index] as Stored).frameAt : -1;
  }

  frameBytes(index: number): number {
    return (this.entries[index] as Stored).frameBytes;
  }
}

async function movePart(
  host: MoverHost,
  queue: FileQueueStore,
  folder: string,
  part: MovedPart,
  journal: JournalPlace | null,
): Promise<void> {
  const number = host.nextSegment(queue);
  const { files, sync } = host;
  const records = recordsPath(segmentPath(folder, number));
  const isLinked = journal !== null && part.froms.includes(journal.number);
  const canLink = isLinked && (await link(files, journal.path, records));
  if (!canLink) part.file = 0;
  let segment: Segment;
  try {
    segment = await writeSegment(files, folder, queue.number, number, part, sync, host.pause);
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

function adopt(queue: FileQueueStore, segment: Segment, part: MovedPart): void {
  let leftJournal = 0;
  const place = placeIn(segment.number);
  for (let i = 0; i < part.entries.length; i++) {
    const entry = part.entries[i] as Stored;
    // Else it was settled while the segment was written.
    if (entry.place !== part.froms[i]) segment.settle(entry.position);
    else {
      entry.place = place;
      if (!part.isTransient(i)) leftJournal++;
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
  /** The journal file in which records may stay; 0 for none. */
  readonly #file: number;
  #atKept = 0;
  #atOthers = 0;

  constructor(kept: readonly Stored[], others: readonly Stored[], behind: number, file: number) {
    this.#kept = kept;
    this.#others = others;
    this.#behind = behind;
    this.#file = file;
  }

  /** The next entries of about that many octets, without those that were settled. */
  async take(bytes: number, pause: () => Promise<void>): Promise<MovedPart> {
    const part = new MovedPart(this.#file);
    let looked = 0;
    for (let taken = 0; taken < bytes && part.entries.length < SEGMENT_RECORDS; ) {
      if (++looked % TAKEN_STEP === 0) await pause();
      const isKept = this.#isKeptNext();
      const entry = isKept ? this.#kept[this.#atKept++] : this.#others[this.#atOthers++];
      if (entry === undefined) break;
      const { place } = entry;
      // Others were settled, or are somewhere already.
      if (isKept ? place <= 0 : place !== MOVING) continue;
      if (entry.position <= this.#behind) continue;
      part.add(entry, place);
      taken += HEAD_BYTES + (place === this.#file ? LINK_BYTES : entry.record.recordBytes);
    }
    return part;
  }

  #isKeptNext(): boolean {
    const kept = this.#kept[this.#atKept];
    const other = this.#others[this.#atOthers];
    return other === undefined || (kept !== undefined && kept.position < other.position);
  }
}
