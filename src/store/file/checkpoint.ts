/**
 * Emptying a full journal file, so that it can be deleted: what is still alive in it moves.
 *
 * A queue with much in the file gets a segment of it. What the others have goes to one pack for
 * all of them, or, if it is little, is copied to the end of the journal. Where a few queues have
 * most of the file, nothing is copied: it stays under other names, and their segments say where in
 * it their records are. Not responsible for waiting until the copies are safe (emptier.ts).
 */
import { sizeOf } from '../files.ts';
import type { Stored } from '../port.ts';
import { atOnce } from './at-once.ts';
import type { JournalBuffer } from './journal-buffer.ts';
import { isDense } from './journaled.ts';
import { moveToPacks, type PackHost, type QueueMoved } from './pack-mover.ts';
import type { FileQueueStore } from './queue-store.ts';
import { moveToSegments } from './segment-mover.ts';
import type { Stretch } from './stretch.ts';

/** Copies made before others get their turn. */
const COPY_STEP = 500;
/** Entries looked at, of which nothing has to be done, before others get theirs. */
const LOOKED_STEP = 20_000;
/** A file stays only if so much of it is needed: all of it takes room until nothing is. */
export const KEPT_SHARE = 1 / 2;

/** Sizes at which something changes hands, in octets. */
export interface StoreLimits {
  /** A journal file that reaches this is followed by another. */
  readonly journalFileBytes: number;
  /** A queue with at least this much alive in a journal file gets a segment of its own. */
  readonly segmentMinBytes: number;
  /** Segments are cut at this size. */
  readonly segmentBytes: number;
  /** Packs are. */
  readonly packBytes: number;
  /** So much in packs that does not count is let be, however little counts. */
  readonly wasteBytes: number;
  /** The most that is copied along when a file is emptied. */
  readonly copiedBytes: number;
  /** What is at least so long is written past the page cache, where that is possible. */
  readonly directBytes: number;
  /** Room that small writes get in a file in advance; what is at most an eighth of it is small. */
  readonly aheadBytes: number;
  /**
   * What a queue appends, and a kilobyte for each record, before it is asked whether it is long,
   * and lets go of what was written.
   */
  readonly grownBytes: number;
}

export const STORE_LIMITS: StoreLimits = {
  journalFileBytes: 64 * 1024 * 1024,
  segmentMinBytes: 1024 * 1024,
  segmentBytes: 8 * 1024 * 1024,
  packBytes: 64 * 1024 * 1024,
  wasteBytes: 16 * 1024 * 1024,
  copiedBytes: 16 * 1024 * 1024,
  directBytes: 32 * 1024,
  aheadBytes: 128 * 1024,
  grownBytes: 2 * 1024 * 1024,
};

const NO_QUEUES: ReadonlySet<FileQueueStore> = new Set();

export interface CheckpointHost extends PackHost {
  readonly limits: StoreLimits;
  /** Where a journal file lies. */
  journalPath(file: number): string;
  /** Whether all of a journal file could be read, if it was read. */
  isSound(file: number): boolean;
  /** Octets that may be copied along from that file, and so stay in memory. */
  mostCopied(file: number): number;
  /** Publishes an entry once more, to the current journal file. */
  copy(queue: FileQueueStore, entry: Stored): void;
}

/** What a queue has in a journal file. */
interface Share {
  readonly queue: FileQueueStore;
  /** What of it is in memory. */
  readonly entries: readonly Stored[];
  /** What is not. */
  readonly stretch: Stretch | null;
  readonly count: number;
  readonly bytes: number;
}

/** Moves all that is alive in journal file `file` and belongs to `queues` out of it. */
export async function emptyJournalFile(
  host: CheckpointHost,
  file: number,
  queues: Iterable<FileQueueStore>,
): Promise<void> {
  const shares = await sharesIn(file, queues, host);
  const dense = await denseIn(host, file, shares);
  const journal = { number: file, path: host.journalPath(file) };
  const large = shares.filter(({ bytes }) => bytes >= host.limits.segmentMinBytes);
  await atOnce(large, async (share) => {
    const { queue, what } = movedOf(share, file);
    await moveToSegments(host, queue, what, dense.has(queue) ? journal : null);
  });
  const small = shares.filter(({ bytes }) => bytes < host.limits.segmentMinBytes);
  const isMuch = small.reduce((sum, { bytes }) => sum + bytes, 0) > host.mostCopied(file);
  // What is not in memory has to go to where it can be read.
  const packed = small.filter(({ stretch }) => isMuch || stretch !== null);
  await moveToPacks(host, packed, (share) => movedOf(share, file));
  for (const share of shares) {
    await copyRest(host, share, file);
    if (share.entries.length > LOOKED_STEP) await host.pause();
    share.queue.journaled.trim(file);
    // Else it would go with the file.
    if (share.queue.readable.stretchIn(file) !== null) throw new Error(`${file} is not empty`);
  }
}

/**
 * What of a queue is to move, as it is now: with what was copied to newer files before, and is
 * older. It could not move behind it, and would be copied for good.
 */
function movedOf({ queue, entries, stretch }: Share, file: number): QueueMoved {
  const last = Math.max(entries.at(-1)?.position ?? -1, stretch?.last ?? -1);
  const others = queue.owner?.unstored(last) ?? [];
  const copied = queue.journaled.copiedBehind(file, last);
  const kept = copied.length === 0 ? entries : [...copied, ...entries].sort(byPosition);
  return { queue, what: { kept, stretch, others } };
}

function byPosition(a: Stored, b: Stored): number {
  return a.position - b.position;
}

/** The queues whose records may stay in the file; none when it is not worth it. */
async function denseIn(
  host: CheckpointHost,
  file: number,
  shares: readonly Share[],
): Promise<ReadonlySet<FileQueueStore>> {
  const { files, limits } = host;
  if (!host.isSound(file)) return NO_QUEUES;
  const size = await sizeOf(files, host.journalPath(file));
  const dense = shares.filter(
    ({ bytes, count }) => bytes >= limits.segmentMinBytes && isDense(count, bytes, size),
  );
  const kept = dense.reduce((sum, { bytes }) => sum + bytes, 0);
  if (kept < size * KEPT_SHARE || kept === 0) return NO_QUEUES;
  return new Set(dense.map(({ queue }) => queue));
}

async function sharesIn(
  file: number,
  queues: Iterable<FileQueueStore>,
  host: CheckpointHost,
): Promise<Share[]> {
  const shares: Share[] = [];
  for (const queue of queues) {
    if (queue.isRemoved) continue;
    const { entries, bytes } = queue.journaled.in(file);
    const stretch = queue.readable.stretchIn(file);
    const count = entries.length + (stretch?.live ?? 0);
    if (count === 0) continue;
    shares.push({ queue, entries, stretch, count, bytes: bytes + (stretch?.liveBytes ?? 0) });
    if (shares.length % COPY_STEP === 0) await host.pause();
  }
  return shares;
}

/** Copies what is still in the file, in steps. */
async function copyRest(
  host: CheckpointHost,
  { queue, entries }: Share,
  file: number,
): Promise<void> {
  let copied = 0;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as Stored;
    if (i % LOOKED_STEP === LOOKED_STEP - 1) await host.pause();
    if (queue.isRemoved) return;
    if (entry.place !== file) continue;
    host.copy(queue, entry);
    if (++copied % COPY_STEP === 0) await host.pause();
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
