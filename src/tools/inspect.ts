/**
 * `leveret store inspect`: what a data folder holds, as one object. inspect-text.ts writes it for a
 * person.
 *
 * Reads the ends of segments, and whole ones only where it must to count octets.
 */
import { join } from 'node:path/posix';
import { declaredExchanges, exportedBindings } from '../definitions/topology.ts';
import type { FolderView } from '../store/file/folder-view.ts';
import { RECORD_HEAD_BYTES, SEGMENT_RECORD_HEAD_BYTES } from '../store/file/format.ts';
import { listMetadata } from '../store/file/metadata-files.ts';
import type { FileQueueStore } from '../store/file/queue-store.ts';
import type { Segment } from '../store/file/segment.ts';
import { SegmentReader } from '../store/file/segment-reader.ts';
import { sizeOf } from '../store/files.ts';
import { type FolderParts, type OpenFolder, openFolder } from './folder.ts';

interface Amount {
  readonly messages: number;
  readonly octets: number;
}

export interface InspectedQueue extends Amount {
  /** null: its definition is gone. */
  readonly vhost: string | null;
  /** null, with a vhost: not a queue, but what waits for its time in that one (x-delay). */
  readonly name: string | null;
  /** Not a queue, but what this exchange remembers (x-message-deduplication). */
  readonly exchange: string | null;
  readonly number: number;
  /** Messages that do not survive the next start. */
  readonly transient: number;
  readonly journal: Amount;
  readonly segments: Amount & { readonly files: number };
  /** All up to this position were handed out at least once; -1 for none. */
  readonly handed_out_through: number;
  readonly next_position: number;
}

export interface InspectedFile {
  /** Within the data folder. */
  readonly file: string;
  readonly octets: number;
}

export interface Inspection {
  readonly folder: string;
  readonly format: number;
  /** Fields are null where the lock cannot be read. */
  readonly lock: {
    readonly pid: number | null;
    readonly host: string | null;
    readonly held: boolean;
  } | null;
  readonly vhosts: readonly string[];
  readonly exchanges: readonly object[];
  readonly queues: readonly InspectedQueue[];
  readonly bindings: readonly object[];
  readonly metadata: readonly (InspectedFile & { readonly lines: number })[];
  readonly journal: readonly (InspectedFile & { readonly records: number })[];
  readonly segments: readonly (InspectedFile & {
    readonly messages: number;
    readonly counting: number;
  })[];
  /** Files with segments of many queues. */
  readonly packs: readonly (InspectedFile & {
    /** Segments that are in it. */
    readonly sections: number;
    readonly messages: number;
    readonly counting: number;
  })[];
  /** Names in the folder of copies of damaged files. */
  readonly damaged: readonly string[];
  /** What `verify` would call damage, as far as it was seen; it looks closer. */
  readonly problems: number;
}

/** @throws DataFolderError when the folder is in use, or cannot be used; the system's error */
export async function inspectFolder(parts: FolderParts): Promise<Inspection> {
  const folder = await openFolder(parts, false);
  const { state, view, definitions } = folder;
  const { lock } = state;
  const { files, path } = view;
  const inspection: Inspection = {
    folder: path,
    format: state.format,
    lock: lock && {
      pid: lock.owner?.pid ?? null,
      host: lock.owner?.host ?? null,
      held: lock.isHeld,
    },
    vhosts: definitions.vhosts.map(({ name }) => name),
    exchanges: [...declaredExchanges(definitions.vhosts)],
    queues: await queuesOf(folder),
    bindings: [...exportedBindings(definitions.vhosts)],
    metadata: await metadataOf(view),
    journal: view.journals.map((each) => ({
      file: within(path, each.path),
      octets: each.size,
      records: each.records,
    })),
    segments: view.segments.map((each) => ({
      file: within(path, each.path),
      octets: each.size,
      messages: each.segment?.count ?? 0,
      counting: each.segment?.live ?? 0,
    })),
    packs: view.packs.map((each) => ({
      file: within(path, each.path),
      octets: each.size,
      sections: each.pack?.sections.length ?? 0,
      messages: each.pack?.count ?? 0,
      counting: each.pack?.live ?? 0,
    })),
    damaged: await files.list(join(path, 'damaged')),
    problems: problemsOf(folder),
  };
  await folder.checkStillFree();
  return inspection;
}

export function within(folder: string, path: string): string {
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
}

/** Those that are defined, and those that are not and have messages. */
async function queuesOf({ view, definitions }: OpenFolder): Promise<InspectedQueue[]> {
  const numbers = [...definitions.queues.keys()];
  for (const [number, queue] of view.queues) {
    if (!definitions.queues.has(number) && !queue.isEmpty) numbers.push(number);
  }
  const found: InspectedQueue[] = [];
  const stored = filesByQueue(view);
  for (const number of numbers) {
    const queue = definitions.queues.get(number);
    const aside = definitions.asides.get(number);
    const kept = view.queues.get(number);
    const journal = kept === undefined ? { messages: 0, octets: 0 } : journalAmount(kept);
    const segments = kept === undefined ? { messages: 0, octets: 0 } : await inSegments(view, kept);
    const { files, transient } = stored.get(number) ?? { files: 0, transient: 0 };
    found.push({
      vhost: queue?.vhost ?? aside?.vhost ?? null,
      name: queue?.name ?? null,
      exchange: aside?.exchange ?? null,
      number,
      messages: journal.messages + segments.messages,
      octets: journal.octets + segments.octets,
      transient,
      journal,
      segments: { files, ...segments },
      handed_out_through: kept?.deliveredThrough ?? -1,
      next_position: kept?.nextPosition ?? 0,
    });
  }
  return found;
}

interface QueueFiles {
  files: number;
  transient: number;
}

/** How many files have messages of each queue, and how many of these do not survive a start. */
function filesByQueue(view: FolderView): ReadonlyMap<number, QueueFiles> {
  const all = new Map<number, QueueFiles>();
  const add = (queue: number, files: number, segment: Segment | null) => {
    const known = all.get(queue) ?? { files: 0, transient: 0 };
    known.files += files;
    known.transient += segment?.transientCount ?? 0;
    all.set(queue, known);
  };
  for (const { queue, segment } of view.segments) add(queue, 1, segment);
  for (const { pack } of view.packs) {
    const seen = new Set<number>();
    for (const { queue, segment } of pack?.sections ?? []) {
      if (segment.live === 0) continue;
      add(queue, seen.has(queue) ? 0 : 1, segment);
      seen.add(queue);
    }
  }
  return all;
}

function journalAmount({ recovered }: FileQueueStore): Amount {
  let octets = 0;
  for (const { start, end } of recovered) octets += end - start;
  return { messages: recovered.length, octets };
}

async function inSegments(view: FolderView, queue: FileQueueStore): Promise<Amount> {
  let messages = 0;
  let octets = 0;
  for (const segment of queue.segments) {
    messages += segment.live;
    octets += await octetsIn(view, segment);
  }
  return { messages, octets };
}

async function octetsIn(view: FolderView, segment: Segment): Promise<number> {
  if (segment.live === segment.count && !segment.isLinked) {
    const heads = segment.count * (RECORD_HEAD_BYTES + SEGMENT_RECORD_HEAD_BYTES);
    return segment.end - segment.start - heads;
  }
  const reader = await SegmentReader.open(view.files, segment);
  try {
    let octets = 0;
    for (const each of await reader.sizes()) {
      if (segment.isLive(each.position)) octets += each.octets;
    }
    return octets;
  } finally {
    await reader.close();
  }
}

async function metadataOf({ files, path, metadata }: FolderView): Promise<Inspection['metadata']> {
  const folder = join(path, 'metadata');
  const found: (InspectedFile & { lines: number })[] = [];
  for (const { name } of await listMetadata(files, folder)) {
    const lines = metadata.lines.get(name) ?? 0;
    const octets = await sizeOf(files, join(folder, name));
    found.push({ file: `metadata/${name}`, octets, lines });
  }
  return found;
}

function problemsOf({ view, definitions }: OpenFolder): number {
  let count = definitions.problems.length + view.missingJournals.length;
  count += view.metadata.problems.filter(({ isTorn }) => !isTorn).length;
  count += [...view.segments, ...view.packs].filter(({ isBroken }) => isBroken).length;
  for (const { damages, orphans, unknown } of view.journals) {
    count += damages.filter(({ isCut }) => !isCut).length;
    count += Number(orphans !== 0) + Number(unknown !== 0);
  }
  return count;
}
