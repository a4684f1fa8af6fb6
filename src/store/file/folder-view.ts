/**
 * A data folder as a start would find it, for somebody who only looks: what the files hold, file by
 * file, and what is wrong with them. Read by the code that a start reads with (recovery.ts,
 * metadata-files.ts); opens files for reading alone, and changes nothing.
 *
 * Not responsible for the folder's mark and lock (data-folder.ts), for what records and definitions
 * mean, or for words (src/tools).
 */
import { basename, join } from 'node:path/posix';
import { type Files, isMissing, sizeOf } from '../files.ts';
import { numberOf } from './format.ts';
import type { JournalFound } from './journal-reader.ts';
import { type MetadataFound, readMetadata } from './metadata-files.ts';
import type { Pack } from './pack.ts';
import { type IsThere, type PackPlace, packOf, soundInPack } from './pack-rescue.ts';
import { FileQueueStore } from './queue-store.ts';
import type { QueueStoreHost } from './queue-store-host.ts';
import { type FolderFinds, Recovery, type SegmentPlace } from './recovery.ts';
import { brokenSegmentOf, soundIn } from './repairs.ts';
import { recordsPath, type Segment, segmentPath } from './segment.ts';
import { DamagedSegment, SegmentReader, type SegmentRecord } from './segment-reader.ts';

/** A folder in use changes while it is read: so often it is tried again. */
const TRIES = 5;

/** A segment file; `segment` is null when nothing in it can be read. */
export interface SegmentFile extends SegmentPlace {
  readonly size: number;
  readonly segment: Segment | null;
  /** It has no sound end: what is known of it was found by reading it. */
  readonly isBroken: boolean;
}

/** A pack file; `pack` is null when nothing in it can be read. */
export interface PackFile extends PackPlace {
  readonly size: number;
  readonly pack: Pack | null;
  /** It has no sound end: what is known of it was found by reading it. */
  readonly isBroken: boolean;
  /** Sound records in it of which cannot be told whose they are. */
  readonly ownerless: number;
}

export interface ViewOptions {
  /** The process before did not end in order: any message may have been handed out. */
  readonly wasLeftOpen: boolean;
}

export class FolderView {
  readonly files: Files;
  readonly path: string;
  readonly metadata: MetadataFound;
  /** Everything that counts, by the queue's number. */
  readonly queues: ReadonlyMap<number, FileQueueStore>;
  readonly journals: readonly JournalFound[];
  readonly segments: readonly SegmentFile[];
  /** Without those that a newer one took the place of. */
  readonly packs: readonly PackFile[];
  /** Numbers of journal files that should be there and are not: from, to. */
  readonly missingJournals: readonly (readonly [first: number, last: number])[];

  private constructor(files: Files, path: string, metadata: MetadataFound, looker: Looker) {
    this.files = files;
    this.path = path;
    this.metadata = metadata;
    this.queues = looker.queues;
    this.journals = looker.journals;
    this.segments = looker.segments;
    this.packs = looker.packs;
    this.missingJournals = looker.missing;
  }

  /** @throws Error for metadata of a newer format; the system's error */
  static async read(files: Files, path: string, options: ViewOptions): Promise<FolderView> {
    for (let tries = 1; ; tries++) {
      try {
        const metadata = await readMetadata(files, join(path, 'metadata'));
        const looker = new Looker(files);
        await looker.look(path, options);
        return new FolderView(files, path, metadata, looker);
      } catch (error) {
        if (!isMissing(error) || tries === TRIES) throw error;
      }
    }
  }

  /** The messages of a queue that count, in order, some at a time. */
  async *messagesOf(
    queue: FileQueueStore,
    onDamage: (line: string) => void,
  ): AsyncGenerator<StoredBatch> {
    const journaled = queue.recovered;
    let next = 0;
    for (const segment of [...queue.segments]) {
      for await (const batch of liveRecordsOf(this.files, segment, onDamage)) {
        const merged: StoredBatch[number][] = [];
        for (const record of batch) {
          for (let each = journaled[next]; each !== undefined; each = journaled[++next]) {
            if (each.position > record.position) break;
            merged.push(each);
          }
          const redelivered = record.position <= queue.deliveredThrough;
          merged.push({ ...record, redelivered, mark: queue.markOf(record.position) });
        }
        yield merged;
      }
    }
    yield journaled.slice(next);
  }
}

type StoredBatch = FileQueueStore['recovered'];

/** The records of a segment that count, piece by piece; what is damaged is told of and left out. */
export async function* liveRecordsOf(
  files: Files,
  segment: Segment,
  onDamage: (line: string) => void,
): AsyncGenerator<readonly SegmentRecord[]> {
  const isLive = ({ position }: SegmentRecord) => segment.isLive(position);
  let last = -1;
  try {
    const reader = await SegmentReader.open(files, segment);
    try {
      for (let offset = segment.start; offset < segment.end; ) {
        const { records, next } = await reader.read(offset);
        yield records.filter(isLive);
        last = records.at(-1)?.position ?? last;
        offset = next;
      }
    } catch (error) {
      if (!(error instanceof DamagedSegment)) throw error;
      const { records, damages, lost } = await reader.sound();
      const sound = new Set(records.map(({ position }) => position));
      const gone = [...segment.livePositions()].filter((position) => !sound.has(position));
      const isLinked = damages.length === 0;
      const where = (isLinked ? lost : damages).map(({ from, to }) => `${from} to ${to}`);
      const path = isLinked ? recordsPath(segment.path) : segment.path;
      onDamage(`${path}: octets ${where.join(', ')} are damaged: ${gone.length} messages are lost`);
      yield records.filter((each) => each.position > last && isLive(each));
    } finally {
      await reader.close();
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
    onDamage(`${segment.path}: it was removed meanwhile, with ${segment.live} messages`);
  }
}

/** Gathers what a recovery finds, and lets everything be. */
class Looker implements FolderFinds {
  readonly queues = new Map<number, FileQueueStore>();
  readonly journals: JournalFound[] = [];
  readonly segments: SegmentFile[] = [];
  readonly packs: PackFile[] = [];
  readonly missing: [number, number][] = [];
  readonly #files: Files;
  readonly #broken = new Map<string, Segment | null>();
  readonly #dead = new Map<string, Segment>();
  readonly #host: QueueStoreHost;

  constructor(files: Files) {
    this.#files = files;
    const nothing = () => undefined;
    this.#host = {
      files,
      hasFailed: false,
      liveInJournal: 0,
      append: nothing,
      noteDirty: nothing,
      grownBytes: Number.POSITIVE_INFINITY,
      noteGrown: nothing,
      journalPath: () => '',
      page: async () => undefined,
      segmentDied: (segment) => this.#dead.set(segment.path, segment),
      removed: nothing,
      repairs: { report: nothing, keepAside: async () => '' },
    };
  }

  async look(path: string, { wasLeftOpen }: ViewOptions): Promise<void> {
    const queuesFolder = join(path, 'queues');
    const recovery = new Recovery({
      files: this.#files,
      journalFolder: join(path, 'journal'),
      queuesFolder,
      packsFolder: join(path, 'packs'),
      finds: this,
      queue: (number) => this.#queue(number),
      pack: (pack) => this.#pack(pack, join(path, 'packs')),
      wasLeftOpen,
      progress: async () => undefined,
    });
    const { folders } = await recovery.run();
    const alive = new Map<string, Segment>();
    for (const { segments } of this.queues.values()) {
      for (const segment of segments) alive.set(segment.path, segment);
    }
    for (const folder of folders) {
      const names = new Set(await this.#files.list(folder));
      for (const name of names) {
        const number = numberOf(name, 'segment');
        if (number === null) continue;
        const queue = Number(folder.slice(folder.lastIndexOf('/') + 1));
        const file = segmentPath(folder, number);
        const segment = alive.get(file) ?? this.#dead.get(file) ?? this.#broken.get(file) ?? null;
        const isBroken = this.#broken.has(file);
        const size = await sizeOf(this.#files, file);
        const isLinked = names.has(basename(recordsPath(file)));
        const place = { path: file, folder, queue, number, isLinked };
        this.segments.push({ ...place, size, segment, isBroken });
      }
    }
  }

  async journal(found: JournalFound): Promise<void> {
    this.journals.push(found);
  }

  missingJournals(first: number, last: number): void {
    this.missing.push([first, last]);
  }

  async unfinished(): Promise<void> {
    // It counts for nothing, and stays where it is.
  }

  async brokenSegment(place: SegmentPlace): Promise<Segment | null> {
    const { kept, size } = await soundIn(this.#files, place);
    const segment = kept.length === 0 ? null : brokenSegmentOf(place, kept, size);
    this.#broken.set(place.path, segment);
    return segment;
  }

  async brokenPack(place: PackPlace, isThere: IsThere): Promise<Pack | null> {
    const found = await soundInPack(this.#files, place, isThere);
    const pack = found.count === 0 ? null : packOf(place, found);
    const { size, ownerless } = found;
    this.packs.push({ ...place, size, pack, isBroken: true, ownerless });
    return pack;
  }

  async replacedPack(): Promise<void> {
    // As one that was not finished.
  }

  #pack(pack: Pack, folder: string): void {
    const { path, number, size } = pack;
    if (this.packs.some((each) => each.pack === pack)) return;
    this.packs.push({ path, folder, number, size, pack, isBroken: false, ownerless: 0 });
  }

  #queue(number: number): FileQueueStore {
    let queue = this.queues.get(number);
    if (queue === undefined) {
      queue = new FileQueueStore(number, this.#host);
      this.queues.set(number, queue);
    }
    return queue;
  }
}
