/**
 * Packs of which little counts: what does is written to a new one, and they go.
 *
 * Responsible for the order of things: what was settled is safe before the new pack leaves it out,
 * that one is on the disk before it takes the place of the others, and a start that finds both goes
 * by the new one, which names them. Not responsible for when (emptier.ts), or for which (packs.ts).
 */
import type { Files } from '../files.ts';
import type { Pack, Section } from './pack.ts';
import { type PackPart, writePack } from './pack-writer.ts';
import type { Packs } from './packs.ts';
import type { FileQueueStore } from './queue-store.ts';
import type { Segment } from './segment.ts';
import { partOf } from './segment-writer.ts';

export interface CompactionHost {
  readonly files: Files;
  readonly sync: boolean;
  readonly packs: Packs;
  /** Removes a file that is of no use any more, for certain before `compact` is called again. */
  discardFile(path: string): void;
  /** The queue of that number, if it is not deleted. */
  queueOf(number: number): FileQueueStore | undefined;
  /** Resolves once all that was written until now is safe; false when it never will be. */
  allSafe(): Promise<boolean>;
  /** Lets the loop turn. */
  pause(): Promise<void>;
}

/** A segment that was copied. */
interface Copied {
  readonly queue: FileQueueStore;
  readonly segment: Segment;
}

/**
 * Writes some packs anew as one, without what does not count.
 * @throws the system's error; then all is as it was
 */
export async function compact(host: CompactionHost): Promise<void> {
  const { files, packs, sync, pause } = host;
  const chosen = packs.emptiest();
  if (chosen.length === 0) return;
  const copied: Copied[] = [];
  const replaced = chosen.map(({ number }) => number);
  const options = { sync, replaced, pause };
  const parts = partsOf(host, chosen, copied);
  const pack = await writePack(files, packs.folder, packs.nextNumber(), parts, options);
  try {
    await files.syncFolder(packs.folder);
  } catch (error) {
    host.discardFile(pack.path);
    throw error;
  }
  packs.add(pack);
  for (const [index, { queue, segment }] of copied.entries()) {
    const { segment: copy } = pack.sections[index] as Section;
    queue.readable.exchange(segment, copy);
    await pause();
  }
  for (const each of chosen) packs.discard(each);
  if (copied.length === 0) packs.discard(pack);
}

async function* partsOf(
  host: CompactionHost,
  chosen: readonly Pack[],
  copied: Copied[],
): AsyncGenerator<PackPart> {
  for (const { sections } of chosen) {
    for (const { queue: number, segment } of sections) {
      const queue = segment.live === 0 ? undefined : host.queueOf(number);
      if (queue === undefined) continue;
      const records = await queue.readable.liveIn(segment);
      if (records.length === 0) continue;
      copied.push({ queue, segment });
      yield { queue: number, part: partOf(records) };
      await host.pause();
    }
  }
  // What is left out is settled for certain: no transaction that a crash undoes is among it.
  if (!(await host.allSafe())) throw new Error('nothing is kept any more');
}
