/**
 * What the files of a data folder say: read once, at the start.
 *
 * Segments first (their ends only), then the journal from its oldest file to its newest: a publish
 * counts unless its position is in a segment already, until a settle names it. Damaged stretches
 * are left out, reported, and the file is kept aside as it was; a second start finds the same.
 */
import { join } from 'node:path/posix';
import type { Files } from '../files.ts';
import type { StoredRecord, StoreRecord } from '../port.ts';
import {
  ALSO,
  DELIVERED,
  GROUP,
  isJournalHeader,
  JOURNAL_HEADER_BYTES,
  numberOf,
  POSITION_BYTES,
  PUBLISH,
  PUBLISH_HEAD_BYTES,
  RECORD_HEAD_BYTES,
  readPosition,
  readRuns,
  SETTLE,
} from './format.ts';
import { Journal } from './journal.ts';
import type { FileQueueStore } from './queue-store.ts';
import { type Damage, scanRecords } from './records.ts';
import {
  openSegment,
  type Segment,
  type SegmentRecord,
  segmentPath,
  soundRecords,
} from './segment.ts';
import { writeSegment } from './segment-writer.ts';

/** The shortest body: a delivered record. */
const MIN_BODY_BYTES = 5;

export interface RecoveryOptions {
  readonly files: Files;
  readonly journalFolder: string;
  readonly queuesFolder: string;
  readonly damagedFolder: string;
  queue(number: number): FileQueueStore;
  /** Whether any message may have been handed out. */
  readonly wasLeftOpen: boolean;
  /** Tells a person what was found. */
  report(line: string): void;
  /** Called between pieces of a long recovery, with the octets read so far. */
  progress(bytes: number): Promise<void>;
}

/** What was found beside the queues' records. */
export interface Recovered {
  /** Numbers of the journal files, oldest first. */
  readonly journalFiles: readonly number[];
  /** The queues that each journal file has something alive of. */
  readonly queuesIn: ReadonlyMap<number, Set<FileQueueStore>>;
  /** Highest number of a segment, by queue. */
  readonly lastSegments: ReadonlyMap<number, number>;
  /** All folders that there are segments in, or were. */
  readonly folders: readonly string[];
}

/** A publish that `ALSO` may refer to. */
interface LastPublish {
  readonly offset: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

export class Recovery {
  readonly #options: RecoveryOptions;
  /** Records alive in the journal, by queue and position. */
  readonly #live = new Map<number, Map<number, StoredRecord>>();
  readonly #lastSegments = new Map<number, number>();
  readonly #folders: string[] = [];
  #readBytes = 0;
  #lastPublish: LastPublish | null = null;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** @throws the system's error */
  async run(): Promise<Recovered> {
    const { files, journalFolder } = this.#options;
    await this.#readSegments();
    const journalFiles = (await files.list(journalFolder))
      .map((name) => numberOf(name, 'journal'))
      .filter((number) => number !== null);
    for (const number of journalFiles) await this.#readJournal(number);
    const queuesIn = new Map<number, Set<FileQueueStore>>();
    for (const number of journalFiles) queuesIn.set(number, new Set());
    if (this.#options.wasLeftOpen) {
      for (const number of [...this.#live.keys(), ...this.#lastSegments.keys()]) {
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
      }));
      for (const { place } of records) queuesIn.get(place)?.add(queue);
    }
    return { journalFiles, queuesIn, lastSegments: this.#lastSegments, folders: this.#folders };
  }

  async #readSegments(): Promise<void> {
    const { files, queuesFolder } = this.#options;
    for (const name of await files.list(queuesFolder)) {
      if (!/^\d+$/.test(name)) continue;
      const folder = join(queuesFolder, name);
      this.#folders.push(folder);
      for (const file of await files.list(folder)) {
        const number = numberOf(file, 'segment');
        if (file.endsWith('.tmp')) await files.remove(join(folder, file));
        else if (number !== null) await this.#readSegment(Number(name), folder, number);
      }
    }
  }

  async #readSegment(queueNumber: number, folder: string, number: number): Promise<void> {
    const { files } = this.#options;
    const path = segmentPath(folder, number);
    const file = await files.open(path, 'read');
    let segment: Segment | null;
    let transient: readonly SegmentRecord[] = [];
    try {
      segment = await openSegment(file, path, queueNumber, number);
      if (segment !== null && segment.transientCount !== 0) {
        const records = await soundRecords(file, segment);
        transient = records.filter((each) => each.isTransient);
      }
    } finally {
      await file.close();
    }
    segment ??= await this.#rebuild(path, folder, queueNumber, number);
    if (segment === null) return;
    const queue = this.#options.queue(queueNumber);
    const last = this.#lastSegments.get(queueNumber) ?? 0;
    this.#lastSegments.set(queueNumber, Math.max(last, number));
    queue.nextPosition = Math.max(queue.nextPosition, segment.last + 1);
    queue.addSegment(segment);
    for (const { position } of transient) queue.recoverSettled({ from: position, to: position });
  }

  /** A segment whose end is damaged: what is sound in it is written anew. */
  async #rebuild(
    path: string,
    folder: string,
    queueNumber: number,
    number: number,
  ): Promise<Segment | null> {
    const { files, report } = this.#options;
    const aside = await this.#keepCopy(path);
    const file = await files.open(path, 'read');
    let records: SegmentRecord[];
    try {
      records = await soundRecords(file, { end: await file.size(), number });
    } finally {
      await file.close();
    }
    report(`${path}: its end is damaged; ${records.length} messages were found, see ${aside}`);
    await files.remove(path);
    if (records.length === 0) return null;
    const entries = records.map((each) => ({ ...each, record: recordOf(each) }));
    return await writeSegment(files, folder, queueNumber, number, entries, true);
  }

  async #readJournal(number: number): Promise<void> {
    const { files, journalFolder } = this.#options;
    const path = Journal.path(journalFolder, number);
    const file = await files.open(path, 'read');
    let damages: Damage[];
    let size: number;
    this.#lastPublish = null;
    try {
      size = await file.size();
      const header = Buffer.alloc(JOURNAL_HEADER_BYTES);
      await file.read(header, 0);
      const span = { from: JOURNAL_HEADER_BYTES, to: size, seed: number };
      damages = await scanRecords(
        file,
        { ...span, minBytes: MIN_BODY_BYTES, pause: () => this.#pause(size) },
        (bytes, start, end, offset) => this.#record(number, bytes, start, end, offset),
      );
      if (!isJournalHeader(header, number)) damages.unshift({ from: 0, to: JOURNAL_HEADER_BYTES });
    } finally {
      await file.close();
    }
    this.#readBytes += size;
    for (const damage of damages) await this.#reportDamage(path, damage, size);
  }

  async #reportDamage(path: string, { from, to }: Damage, size: number): Promise<void> {
    const { report } = this.#options;
    if (to === size) {
      report(`${path}: the last ${to - from} octets are no whole record and were left out`);
    } else {
      report(`${path}: octets ${from} to ${to} are damaged and were left out; the rest was kept`);
      await this.#keepCopy(path);
    }
  }

  #record(file: number, bytes: Buffer, start: number, end: number, offset: number): void {
    const type = bytes[start] as number;
    if (type === GROUP) {
      this.#group(file, bytes, start, end, offset);
      return;
    }
    const queue = bytes.readUInt32BE(start + 1);
    const at = start + 5;
    if (type === PUBLISH) {
      const from = start + PUBLISH_HEAD_BYTES;
      this.#lastPublish = { offset, bytes, start: from, end };
      this.#publish(file, queue, readPosition(bytes, at), this.#lastPublish);
    } else if (type === ALSO) {
      const back = bytes.readUInt32BE(at + POSITION_BYTES);
      const last = this.#lastPublish;
      if (last === null || last.offset !== offset - back) {
        this.#options.report(
          `journal file ${file}: a record at ${offset} refers to one that is lost`,
        );
      } else this.#publish(file, queue, readPosition(bytes, at), last);
    } else if (type === SETTLE) {
      this.#settle(queue, bytes, at, end);
    } else if (type === DELIVERED) {
      const position = readPosition(bytes, at);
      const store = this.#options.queue(queue);
      store.recoverDelivered(position);
      store.nextPosition = Math.max(store.nextPosition, position + 1);
    } else {
      this.#options.report(`journal file ${file}: a record of unknown kind ${type} at ${offset}`);
    }
  }

  /** The records of a group lie behind its type, framed like others. */
  #group(file: number, bytes: Buffer, start: number, end: number, offset: number): void {
    for (let at = start + 1; at < end; ) {
      const from = at + RECORD_HEAD_BYTES;
      const to = from + bytes.readUInt32BE(at);
      this.#record(file, bytes, from, to, offset + RECORD_HEAD_BYTES + at - start);
      at = to;
    }
  }

  #publish(file: number, number: number, position: number, record: LastPublish): void {
    const queue = this.#options.queue(number);
    queue.nextPosition = Math.max(queue.nextPosition, position + 1);
    if (queue.segments.some((segment) => segment.has(position))) return;
    let live = this.#live.get(number);
    if (live === undefined) {
      live = new Map();
      this.#live.set(number, live);
    }
    const { bytes, start, end } = record;
    live.set(position, { position, bytes, start, end, place: file, redelivered: false });
  }

  #settle(number: number, bytes: Buffer, start: number, end: number): void {
    const queue = this.#options.queue(number);
    const live = this.#live.get(number);
    for (const run of readRuns(bytes, start, end)) {
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

  #pause(bytes: number): Promise<void> {
    return this.#options.progress(this.#readBytes + bytes);
  }

  async #keepCopy(path: string): Promise<string> {
    const { files, damagedFolder } = this.#options;
    await files.makeFolder(damagedFolder);
    const to = join(damagedFolder, path.split('/').slice(-2).join('-'));
    await files.copy(path, to);
    return to;
  }
}

/** The same octets again. */
function recordOf({ bytes, start, end }: SegmentRecord): StoreRecord {
  return {
    recordBytes: end - start,
    writeRecord: (target, at) => at + bytes.copy(target, at, start, end),
  };
}
