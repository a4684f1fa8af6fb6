/**
 * Entries on their way from memory to segments, where they can be read back.
 *
 * Responsible for writing them piece by piece, each segment counting as soon as it is whole, for
 * giving the journal file a second name where their octets may stay in it, and for what is settled
 * meanwhile. Not responsible for which entries, or when (checkpoint.ts).
 */
import { dirname } from 'node:path/posix';
import type { Files } from '../files.ts';
import { Merge, type Moved } from './merge.ts';
import type { MovedPart } from './moved-part.ts';
import type { FileQueueStore } from './queue-store.ts';
import type { Removals } from './removals.ts';
import { recordsPath, type Segment, segmentPath } from './segment.ts';
import { writeSegment } from './segment-writer.ts';

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
  /** Knows, too, of folders with names that are new, and not safe yet. */
  readonly removals: Removals;
  /** Whether a journal file could be given a second name, the last time that it was tried. */
  linked(isDone: boolean): void;
  /** Lets the loop turn. */
  pause(): Promise<void>;
}

/**
 * Moves what lies behind all segments of the queue. `journal`: the file that what is durable is in,
 * if its octets may stay there.
 * @throws the system's error; what was moved until then is moved
 */
export async function moveToSegments(
  host: MoverHost,
  queue: FileQueueStore,
  what: Moved,
  journal: JournalPlace | null = null,
): Promise<void> {
  const records = new Merge(queue, what, journal?.number ?? 0);
  const folder = host.folderOf(queue);
  try {
    if (queue.folder !== folder) await host.files.makeFolder(folder);
    queue.folder = folder;
    while (!queue.isRemoved) {
      const part = await records.take(host.segmentBytes, host.pause);
      if (part.count === 0) break;
      await movePart(host, queue, folder, part, journal);
    }
  } catch (error) {
    // A queue that was deleted meanwhile takes its folder along: nothing is left to be moved.
    if (!queue.isRemoved) throw error;
  } finally {
    records.release();
    // It may have been made again behind the queue's back.
    if (queue.isRemoved) host.removals.folder(folder);
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
  const mayLink = journal !== null && part.isLinkable;
  const canLink = mayLink && (await link(files, journal.path, records));
  // A folder that was deleted meanwhile tells nothing of the file system.
  if (queue.isRemoved && !canLink) return;
  if (mayLink) host.linked(canLink);
  if (!canLink) await part.load(queue);
  if (part.count === 0) return;
  let segment: Segment;
  try {
    segment = await writeSegment(files, folder, queue.number, number, part, sync, host.pause);
  } catch (error) {
    // That name takes up its room. Should this fail, too, the next start removes it.
    if (canLink) await files.remove(records).catch(() => undefined);
    throw error;
  }
  host.removals.changed(folder);
  if (queue.isRemoved) host.discard(segment);
  else part.adopt(queue, segment);
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
