/**
 * What the files of a data folder say: read once, at the start, and by the tools that look at it.
 *
 * Segments and packs first (their ends only), then the journal from its oldest file to its newest:
 * a publish counts unless its position is in a segment already, until a settle names it. Damaged
 * stretches are left out. Changes nothing: what is to become of what is wrong is the business of
 * whoever is told (`FolderFinds`; at a start, repairs.ts).
 */
import { basename, join } from 'node:path/posix';
import type { Files } from '../files.ts';
import type { StoredRecord } from '../port.ts';
import { frameAtOf, numberOf, PUBLISH_HEAD_BYTES, type Run } from './format.ts';
import { Journal } from './journal.ts';
import { type JournalFound, type JournalSink, readJournal } from './journal-reader.ts';
import { openPack, type Pack } from './pack.ts';
import type { IsThere, PackPlace } from './pack-rescue.ts';
import type { FileQueueStore } from './queue-store.ts';
import { isLeftAlone, openSegment, recordsPath, type Segment, segmentPath } from './segment.ts';
import { SegmentReader } from './segment-reader.ts';

/** Where a segment file lies. */
export interface SegmentPlace {
  readonly path: string;
  readonly folder: string;
  readonly queue: number;
  readonly number: number;
  /** Whether there is a file with records of it beside it. */
  readonly isLinked: boolean;
}

/** Who is told of the files as they are read. */
export interface FolderFinds {
  /** A journal file was read, with this result; `isNewest`: there is none behind it. */
  journal(found: JournalFound, isNewest: boolean): Promise<void>;
  /** Journal files between others are not there: the numbers of the first and the last. */
  missingJournals(first: number, last: number): void;
  /** A segment that was begun, and everything in it is in the journal, too. */
  unfinished(path: string): Promise<void>;
  /** A file that is not a whole segment; what is to be taken for it, null for nothing. */
  brokenSegment(place: SegmentPlace): Promise<Segment | null>;
  /** The same of a pack; what `isThere` is known already. */
  brokenPack(place: PackPlace, isThere: IsThere): Promise<Pack | null>;
  /** A pack of which everything that counts is in another one. */
  replacedPack(place: PackPlace): Promise<void>;
}

export interface RecoveryOptions {
  readonly files: Files;
  readonly journalFolder: string;
  readonly queuesFolder: string;
  readonly packsFolder: string;
  readonly finds: FolderFinds;
  queue(number: number): FileQueueStore;
  /** A pack, before any of its segments is added to its queue. */
  pack(pack: Pack): void;
  /** Whether any message may have been handed out. */
  readonly wasLeftOpen: boolean;
  /** Called between pieces of a long recovery, with the octets read so far. */
  progress(bytes: number): Promise<void>;
}

/** What was found beside the queues' records. */
export interface Recovered {
  /** Numbers of the journal files, oldest first. */
  readonly journalFiles: readonly number[];
  /** Those of them in which something could not be read. */
  readonly damagedFiles: ReadonlySet<number>;
  /** The queues that each journal file has something alive of. */
  readonly queuesIn: ReadonlyMap<number, Set<FileQueueStore>>;
  /** Highest number of a segment, by queue. */
  readonly lastSegments: ReadonlyMap<number, number>;
  /** Highest number of a pack. */
  readonly lastPack: number;
  /** All folders that there are segments in, or were. */
  readonly folders: readonly string[];
}

export class Recovery {
  readonly #options: RecoveryOptions;
  /** Records alive in the journal, by queue and position. */
  readonly #live = new Map<number, Map<number, StoredRecord>>();
  /** Queues that have, or had, anything in segments. */
  readonly #inSegments = new Set<number>();
  readonly #lastSegments = new Map<number, number>();
  #lastPack = 0;
  readonly #folders: string[] = [];
  readonly #damagedFiles = new Set<number>();
  #readBytes = 0;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** @throws the system's error */
  async run(): Promise<Recovered> {
    const { files, journalFolder } = this.#options;
    await this.#readSegments();
    await this.#readPacks();
    const journalFiles = (await files.list(journalFolder))
      .map((name) => numberOf(name, 'journal'))
      .filter((number) => number !== null);
    this.#tellMissing(journalFiles);
    const newest = journalFiles.at(-1);
    for (const number of journalFiles) await this.#readJournal(number, number === newest);
    const queuesIn = new Map<number, Set<FileQueueStore>>();
    for (const number of journalFiles) queuesIn.set(number, new Set());
    if (this.#options.wasLeftOpen) {
      for (const number of new Set([...this.#live.keys(), ...this.#inSegments])) {
        const queue = this.#options.queue(number);
        queue.delivered(queue.nextPosition - 1);
      }
    }
    for (const [number, live] of this.#live) {
      const queue = this.#options.queue(number);
      const records = [...live.values()].sort((a, b) => a.position - b.position);
      queue.recovered = records.map((record) => ({
        ...record,
        redelivered: record.position <= queue.deliveredThrough,
        mark: queue.markOf(record.position),
      }));
      for (const { place } of records) queuesIn.get(place)?.add(queue);
    }
    return {
      journalFiles,
      damagedFiles: this.#damagedFiles,
      queuesIn,
      lastSegments: this.#lastSegments,
      lastPack: this.#lastPack,
      folders: this.#folders,
    };
  }

  /** They are removed in order, the oldest first, and so stand close. */
  #tellMissing(numbers: readonly number[]): void {
    for (const [index, number] of numbers.slice(1).entries()) {
      const before = numbers[index] as number;
      if (number !== before + 1) this.#options.finds.missingJournals(before + 1, number - 1);
    }
  }

  async #readSegments(): Promise<void> {
    const { files, queuesFolder, finds } = this.#options;
    for (const name of await files.list(queuesFolder)) {
      if (!/^\d+$/.test(name)) continue;
      const folder = join(queuesFolder, name);
      this.#folders.push(folder);
      const all = new Set(await files.list(folder));
      for (const file of all) {
        const number = numberOf(file, 'segment');
        const isUnfinished = file.endsWith('.tmp') || isLeftAlone(file, all);
        if (isUnfinished) await finds.unfinished(join(folder, file));
        if (number === null) continue;
        const path = segmentPath(folder, number);
        const isLinked = all.has(basename(recordsPath(path)));
        await this.#readSegment({ path, folder, queue: Number(name), number, isLinked });
      }
    }
  }

  async #readSegment(place: SegmentPlace): Promise<void> {
    const { files, finds } = this.#options;
    const { path, number, isLinked } = place;
    let segment: Segment | null;
    const file = await files.open(path, 'read');
    try {
      segment = await openSegment(file, path, place.queue, number, isLinked);
    } finally {
      await file.close();
    }
    const last = this.#lastSegments.get(place.queue) ?? 0;
    this.#lastSegments.set(place.queue, Math.max(last, number));
    if (segment !== null) await this.#add(place.queue, segment);
    else {
      // Without what was transient.
      segment = await finds.brokenSegment(place);
      if (segment !== null) this.#addTo(place.queue, segment);
    }
  }

  /** Those that were replaced are known only when all have been looked at. */
  async #readPacks(): Promise<void> {
    const { files, packsFolder: folder, finds } = this.#options;
    const found: { readonly place: PackPlace; readonly pack: Pack | null }[] = [];
    for (const name of await files.list(folder)) {
      const path = join(folder, name);
      if (name.endsWith('.tmp')) await finds.unfinished(path);
      const number = numberOf(name, 'pack');
      if (number === null) continue;
      found.push({ place: { path, folder, number }, pack: await this.#openPack(path, number) });
    }
    const replaced = new Set(found.flatMap(({ pack }) => pack?.replaced ?? []));
    for (const { place, pack } of found) {
      this.#lastPack = Math.max(this.#lastPack, place.number);
      if (replaced.has(place.number)) await finds.replacedPack(place);
      else await this.#readPack(place, pack);
    }
  }

  async #openPack(path: string, number: number): Promise<Pack | null> {
    const file = await this.#options.files.open(path, 'read');
    try {
      return await openPack(file, path, number);
    } finally {
      await file.close();
    }
  }

  async #readPack(place: PackPlace, found: Pack | null): Promise<void> {
    const { finds, queue } = this.#options;
    const isThere: IsThere = (number, position) => queue(number).readable.hasInSegment(position);
    const pack = found ?? (await finds.brokenPack(place, isThere));
    if (pack === null) return;
    this.#options.pack(pack);
    for (const { queue: number, segment } of pack.sections) {
      if (found === null) this.#addTo(number, segment);
      else await this.#add(number, segment);
    }
  }

  /** Adds a segment without what was transient in it. */
  async #add(number: number, segment: Segment): Promise<void> {
    const transient = segment.transientCount === 0 ? [] : await this.#transientIn(segment);
    const queue = this.#addTo(number, segment);
    for (const position of transient) queue.recoverSettled({ from: position, to: position });
  }

  #addTo(number: number, segment: Segment): FileQueueStore {
    const queue = this.#options.queue(number);
    this.#inSegments.add(number);
    queue.nextPosition = Math.max(queue.nextPosition, segment.last + 1);
    queue.addSegment(segment);
    return queue;
  }

  async #transientIn(segment: Segment): Promise<readonly number[]> {
    const reader = await SegmentReader.open(this.#options.files, segment);
    try {
      return await reader.transient();
    } finally {
      await reader.close();
    }
  }

  async #readJournal(number: number, isNewest: boolean): Promise<void> {
    const { files, journalFolder, finds, progress } = this.#options;
    const path = Journal.path(journalFolder, number);
    const sink: JournalSink = {
      publish: (queue, position, bytes, start, end, offset, isGrouped) => {
        const octets = { position, bytes, start, end };
        const frameAt = frameAtOf(offset, isGrouped);
        const where = { place: number, frameAt, frameBytes: PUBLISH_HEAD_BYTES + end - start };
        this.#publish(queue, { ...octets, ...where, redelivered: false, mark: 0 });
      },
      settle: (queue, runs) => this.#settle(queue, runs),
      delivered: (queue, position) => this.#delivered(queue, position),
      mark: (queue, position, value) => this.#options.queue(queue).recoverMark(position, value),
    };
    const pause = () => progress(this.#readBytes);
    const found = await readJournal(files, path, number, sink, pause);
    this.#readBytes += found.size;
    if (found.damages.length !== 0) this.#damagedFiles.add(number);
    await finds.journal(found, isNewest);
  }

  #publish(number: number, record: StoredRecord): void {
    const { position } = record;
    const queue = this.#options.queue(number);
    queue.nextPosition = Math.max(queue.nextPosition, position + 1);
    if (queue.readable.hasInSegment(position)) return;
    const live = this.#live.get(number);
    if (live === undefined) this.#live.set(number, new Map([[position, record]]));
    else live.set(position, record);
  }

  #settle(number: number, runs: readonly Run[]): void {
    const queue = this.#options.queue(number);
    const live = this.#live.get(number);
    for (const run of runs) {
      queue.nextPosition = Math.max(queue.nextPosition, run.to + 1);
      queue.recoverSettled(run);
      if (live === undefined) continue;
      if (run.to - run.from < live.size) {
        for (let position = run.from; position <= run.to; position++) live.delete(position);
      } else {
        for (const position of [...live.keys()]) {
          if (position >= run.from && position <= run.to) live.delete(position);
        }
      }
    }
  }

  #delivered(number: number, position: number): void {
    const queue = this.#options.queue(number);
    queue.recoverDelivered(position);
    queue.nextPosition = Math.max(queue.nextPosition, position + 1);
  }
}
