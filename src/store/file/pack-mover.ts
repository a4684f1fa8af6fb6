/**
 * What many queues have little of, on its way from a journal file to packs.
 *
 * Responsible for writing packs, and for what is settled, or deleted, meanwhile. Not responsible
 * for which entries, or when (checkpoint.ts).
 */
import { Merge, type Moved } from './merge.ts';
import type { MovedPart } from './moved-part.ts';
import type { Section } from './pack.ts';
import { writePack } from './pack-writer.ts';
import type { Packs } from './packs.ts';
import type { FileQueueStore } from './queue-store.ts';
import type { MoverHost } from './segment-mover.ts';

/** Sections that change hands before others get their turn, if they are small. */
const ADOPTED_STEP = 50;
/** Records that do. */
const ADOPTED_RECORDS = 5_000;

export interface PackHost extends MoverHost {
  readonly packs: Packs;
  /** Packs are cut at this size. */
  readonly packBytes: number;
}

/** Some of one queue that is to move. */
export interface QueueMoved {
  readonly queue: FileQueueStore;
  readonly what: Moved;
}

interface Draft {
  readonly queue: FileQueueStore;
  readonly part: MovedPart;
}

/**
 * Moves what lies behind all segments of each queue; `movedOf` says what, when its turn comes.
 * @throws the system's error; what was moved until then is moved
 */
export async function moveToPacks<T>(
  host: PackHost,
  all: Iterable<T>,
  movedOf: (each: T) => QueueMoved,
): Promise<void> {
  const merges: Merge[] = [];
  let drafts: Draft[] = [];
  let bytes = 0;
  try {
    for (const each of all) {
      const { queue, what } = movedOf(each);
      const records = new Merge(queue, what, 0);
      merges.push(records);
      while (!queue.isRemoved) {
        const part = await records.take(host.segmentBytes, host.pause);
        await part.load(queue);
        if (part.count === 0) break;
        drafts.push({ queue, part });
        bytes += part.bytes;
        if (bytes < host.packBytes) continue;
        await write(host, drafts);
        drafts = [];
        bytes = 0;
      }
    }
    if (drafts.length !== 0) await write(host, drafts);
  } finally {
    for (const each of merges) each.release();
  }
}

async function write(host: PackHost, drafts: readonly Draft[]): Promise<void> {
  const { files, packs, sync, pause } = host;
  const parts = drafts.map(({ queue, part }) => ({ queue: queue.number, part }));
  const pack = await writePack(files, packs.folder, packs.nextNumber(), parts, { sync, pause });
  host.removals.changed(packs.folder);
  packs.add(pack);
  let records = 0;
  for (const [index, { queue, part }] of drafts.entries()) {
    const { segment } = pack.sections[index] as Section;
    if (queue.isRemoved) packs.died(segment);
    else part.adopt(queue, segment);
    records += part.count;
    if (index % ADOPTED_STEP !== 0 && records < ADOPTED_RECORDS) continue;
    records = 0;
    await pause();
  }
}
