/**
 * Emptying a full journal file, so that it can be deleted: what is still alive in it moves.
 *
 * A queue with much in the file gets a segment of it. What is little is copied to the end of the
 * journal instead, so that thousands of queues with a message each need no file each. Not
 * responsible for waiting until the copies are safe (file-store.ts).
 */
import { join } from 'node:path/posix';
import type { Files } from '../files.ts';
import { NOWHERE, type Stored } from '../port.ts';
import type { JournalBuffer } from './journal-buffer.ts';
import { type FileQueueStore, MOVING } from './queue-store.ts';
import { placeIn, type Segment, type SegmentEntry, writeSegment } from './segment.ts';

/** Copies made before others get their turn. */
const COPY_STEP = 500;

/** Sizes at which something changes hands, in octets. */
export interface StoreLimits {
  /** A journal file that reaches this is followed by another. */
  readonly journalFileBytes: number;
  /** A queue with at least this much alive in a journal file gets a segment of its own. */
  readonly segmentMinBytes: number;
  /** Segments are cut at this size. */
  readonly segmentBytes: number;
  /** The most that is copied along when a file is emptied. */
  readonly copiedBytes: number;
}

export const STORE_LIMITS: StoreLimits = {
  journalFileBytes: 64 * 1024 * 1024,
  segmentMinBytes: 256 * 1024,
  segmentBytes: 8 * 1024 * 1024,
  copiedBytes: 16 * 1024 * 1024,
};

export interface CheckpointHost {
  readonly files: Files;
  /** Folder of all queues' folders. */
  readonly folder: string;
  readonly sync: boolean;
  readonly limits: StoreLimits;
  /** A number for a new segment, not used before in this queue. */
  nextSegment(queue: FileQueueStore): number;
  /** Removes a segment that was written and is not used. */
  discard(path: string): void;
  /** Publishes an entry once more, to the current journal file. */
  copy(queue: FileQueueStore, entry: Stored): void;
  /** Lets the loop turn. */
  pause(): Promise<void>;
}

interface Share {
  readonly queue: FileQueueStore;
  readonly entries: readonly Stored[];
  readonly bytes: number;
}

/** Moves all that is alive in journal file `file` and belongs to `queues` out of it. */
export async function emptyJournalFile(
  host: CheckpointHost,
  file: number,
  queues: Iterable<FileQueueStore>,
): Promise<void> {
  const shares = await sharesIn(file, queues, host);
  // The largest first: they go to segments until the rest is little enough to be copied.
  shares.sort((a, b) => b.bytes - a.bytes);
  let left = shares.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const share of shares) {
    if (share.bytes >= host.limits.segmentMinBytes || left > host.limits.copiedBytes) {
      await moveToSegments(host, share.queue, file, share.entries);
    }
    left -= share.bytes;
    await copyRest(host, share.queue, file);
    share.queue.trimJournaled();
    share.queue.owner?.moved();
  }
}

async function sharesIn(
  file: number,
  queues: Iterable<FileQueueStore>,
  host: CheckpointHost,
): Promise<Share[]> {
  const shares: Share[] = [];
  for (const queue of queues) {
    const entries = queue.isRemoved ? [] : queue.journaledIn(file);
    if (entries.length === 0) continue;
    let bytes = 0;
    for (const { record } of entries) bytes += record.recordBytes;
    shares.push({ queue, entries, bytes });
    if (shares.length % COPY_STEP === 0) await host.pause();
  }
  return shares;
}

/** Moves those that lie behind all segments of the queue, with unstored ones between them. */
async function moveToSegments(
  host: CheckpointHost,
  queue: FileQueueStore,
  file: number,
  entries: readonly Stored[],
): Promise<void> {
  const behind = queue.segments.at(-1)?.last ?? -1;
  const own = entries.filter(({ position }) => position > behind);
  const last = own.at(-1);
  if (last === undefined) return;
  const unstored = queue.owner?.unstored(last.position) ?? [];
  const others = unstored.filter(({ position }) => position > behind);
  for (const entry of others) entry.place = MOVING;
  try {
    await writeSegments(host, queue, merged(own, others), file);
  } finally {
    for (const entry of others) if (entry.place === MOVING) entry.place = NOWHERE;
  }
}

/**
 * Writes `entries`, in order of position and behind all segments of the queue, to new segments.
 * Those that have the place `from`, or none, get the place of their segment.
 */
export async function writeSegments(
  host: CheckpointHost,
  queue: FileQueueStore,
  entries: readonly (SegmentEntry & { readonly entry: Stored })[],
  from: number,
): Promise<void> {
  const folder = join(host.folder, String(queue.number));
  await host.files.makeFolder(folder);
  const written: { segment: Segment; part: typeof entries }[] = [];
  try {
    for (let first = 0; first < entries.length; ) {
      const last = cut(entries, first, host.limits.segmentBytes);
      const part = entries.slice(first, last);
      const number = host.nextSegment(queue);
      const { files, sync } = host;
      written.push({
        segment: await writeSegment(files, folder, queue.number, number, part, sync),
        part,
      });
      first = last;
    }
    if (host.sync) await host.files.syncFolder(folder);
  } catch (error) {
    // The records stay where they are, and must not be found here as well.
    for (const { segment } of written) host.discard(segment.path);
    throw error;
  }
  for (const { segment, part } of written) {
    if (queue.isRemoved) host.discard(segment.path);
    else adopt(queue, segment, part, from);
  }
}

function adopt(
  queue: FileQueueStore,
  segment: Segment,
  part: readonly (SegmentEntry & { readonly entry: Stored })[],
  from: number,
): void {
  for (const { entry, isTransient } of part) {
    // Else it was settled while the segment was written.
    if (entry.place === (isTransient ? MOVING : from)) entry.place = placeIn(segment.number);
    else segment.settle(entry.position);
  }
  queue.addSegment(segment);
}

/** Where the segment that starts with entry `first` ends. */
function cut(entries: readonly SegmentEntry[], first: number, most: number): number {
  let bytes = 0;
  let last = first;
  while (last < entries.length && (last === first || bytes < most)) {
    bytes += (entries[last] as SegmentEntry).record.recordBytes;
    last++;
  }
  return last;
}

function merged(
  own: readonly Stored[],
  others: readonly Stored[],
): (SegmentEntry & { readonly entry: Stored })[] {
  const toEntry = (entry: Stored, isTransient: boolean) => ({
    entry,
    position: entry.position,
    record: entry.record,
    isTransient,
  });
  return [
    ...own.map((entry) => toEntry(entry, false)),
    ...others.map((entry) => toEntry(entry, true)),
  ].sort((a, b) => a.position - b.position);
}

/** Copies what is still in the file, in steps. */
async function copyRest(host: CheckpointHost, queue: FileQueueStore, file: number): Promise<void> {
  const entries = queue.isRemoved ? [] : queue.journaledIn(file);
  for (const [index, entry] of entries.entries()) {
    if (entry.place === file) host.copy(queue, entry);
    if (index % COPY_STEP === COPY_STEP - 1) await host.pause();
  }
}

/** Writes down anew what else is known of the queues: what of it stands in the file is going. */
export async function writeStates(
  host: CheckpointHost,
  queues: Iterable<FileQueueStore>,
  buffer: JournalBuffer,
): Promise<void> {
  let steps = 0;
  for (const queue of [...queues]) {
    steps += queue.isRemoved ? 0 : 1 + queue.writeState(buffer);
    if (steps < COPY_STEP) continue;
    steps = 0;
    await host.pause();
  }
}
