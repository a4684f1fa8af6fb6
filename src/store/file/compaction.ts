/**
 * Packs of which little counts, or that are small: what counts is written to a new one, and they
 * go.
 *
 * Responsible for the order of things: what was settled is safe before the new pack leaves it out,
 * that one is on the disk before it takes the place of the others, and a start that finds both goes
 * by the new one, which names them. Not responsible for when (emptier.ts), or for which (packs.ts).
 */
import type { Files, OpenFile } from '../files.ts';
import { PART_RECORDS } from './merge.ts';
import type { Pack, Section } from './pack.ts';
import { type PackPart, writePack } from './pack-writer.ts';
import type { Packs } from './packs.ts';
import type { FileQueueStore } from './queue-store.ts';
import type { Removals } from './removals.ts';
import type { Segment } from './segment.ts';
import type { SegmentRecord } from './segment-reader.ts';
import { partOf } from './segment-writer.ts';

export interface CompactionHost {
  readonly files: Files;
  readonly sync: boolean;
  readonly packs: Packs;
  /** Segments are cut at this size. */
  readonly segmentBytes: number;
  /** What is left to them is removed for certain before `compact` is called again. */
  readonly removals: Removals;
  /** The queue of that number, if it is not deleted. */
  queueOf(number: number): FileQueueStore | undefined;
  /** The store closes, and does not wait for what can be done at another time. */
  isClosing(): boolean;
  /** Resolves once all that was written until now is safe; false when it never will be. */
  allSafe(): Promise<boolean>;
  /** Lets the loop turn. */
  pause(): Promise<void>;
}

/** Segments of a queue that follow on each other, and become one. */
interface Copied {
  readonly queue: FileQueueStore;
  readonly segments: readonly Segment[];
}

/**
 * Writes some packs anew as one, without what does not count, and with fewer segments.
 * @throws the system's error, or that the store closes; then all is as it was
 */
export async function compact(host: CompactionHost): Promise<void> {
  const { files, packs, sync, pause } = host;
  const chosen = packs.due();
  if (chosen.length === 0) return;
  const copied: Copied[] = [];
  const replaced = chosen.map(({ number }) => number);
  const options = { sync, replaced, pause };
  const parts = partsOf(host, chosen, copied);
  const pack = await writePack(files, packs.folder, packs.nextNumber(), parts, options);
  try {
    await files.syncFolder(packs.folder);
  } catch (error) {
    host.removals.file(pack.path);
    throw error;
  }
  packs.add(pack);
  for (const [index, { queue, segments }] of copied.entries()) {
    const { segment: copy } = pack.sections[index] as Section;
    queue.readable.exchange(segments, copy);
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
  const opened = new Map<string, OpenFile>();
  try {
    for (const { path } of chosen) opened.set(path, await host.files.open(path, 'read'));
    for (const [number, all] of segmentsIn(chosen)) {
      const queue = host.queueOf(number);
      if (queue === undefined) continue;
      for (const segments of runsOf(queue, all, host.segmentBytes)) {
        if (host.isClosing()) throw new Error('the store closes');
        const records: SegmentRecord[] = [];
        for (const each of segments) {
          const file = opened.get(each.path) as OpenFile;
          records.push(...(await queue.readable.liveIn(each, file)));
        }
        if (records.length === 0) continue;
        copied.push({ queue, segments });
        yield { queue: number, part: partOf(records) };
        await host.pause();
      }
    }
  } finally {
    for (const file of opened.values()) await file.close();
  }
  // What is left out is settled for certain: no transaction that a crash undoes is among it.
  if (!(await host.allSafe())) throw new Error('nothing is kept any more');
}

/** What counts in packs, by queue. */
function segmentsIn(packs: readonly Pack[]): ReadonlyMap<number, readonly Segment[]> {
  const found = new Map<number, Segment[]>();
  for (const { queue, segment } of packs.flatMap(({ sections }) => sections)) {
    if (segment.live === 0) continue;
    const known = found.get(queue);
    if (known === undefined) found.set(queue, [segment]);
    else known.push(segment);
  }
  return found;
}

/** Those of `segments` that follow on each other in the queue, as long as they fit into one. */
function runsOf(
  { segments: all }: FileQueueStore,
  segments: readonly Segment[],
  mostBytes: number,
): readonly (readonly Segment[])[] {
  const wanted = new Set(segments);
  const runs: Segment[][] = [];
  let [bytes, records] = [0, 0];
  let isOpen = false;
  for (const segment of all) {
    bytes += segment.end - segment.start;
    records += segment.count;
    const isWanted = wanted.has(segment);
    if (isOpen && isWanted && bytes <= mostBytes && records <= PART_RECORDS) {
      runs.at(-1)?.push(segment);
      continue;
    }
    isOpen = isWanted;
    if (!isWanted) continue;
    [bytes, records] = [segment.end - segment.start, segment.count];
    runs.push([segment]);
  }
  return runs;
}
