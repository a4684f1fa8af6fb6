/**
 * One queue's records on the disk: those that are still in the journal, those that can be read
 * back.
 *
 * Responsible for what is where, and for noting settlements until the next journal write. Not
 * responsible for reading (readable.ts), or for when records move from the journal to segments
 * (checkpoint.ts).
 */
import {
  type DurabilityToken,
  NOWHERE,
  type QueueStore,
  type QueueStoreOwner,
  READABLE,
  type Stored,
  type StoredRecord,
} from '../port.ts';
import type { Run } from './format.ts';
import type { JournalBuffer } from './journal-buffer.ts';
import { Journaled } from './journaled.ts';
import { Marks } from './marks.ts';
import type { QueueStoreHost } from './queue-store-host.ts';
import { Readable } from './readable.ts';
import type { Segment } from './segment.ts';
import { ReadOctets } from './segment-writer.ts';

/** Records of a segment that are looked at in about the time that any other step takes. */
const SEGMENT_STEP = 16;

/** `Stored.place` of a transient entry that is on its way to a segment. */
export const MOVING = Number.MAX_SAFE_INTEGER;

/** What a record counts for beside its octets (`StoreLimits.grownBytes`). */
const RECORD_BYTES = 1024;
/** Entries that are let go of in one go: more of them hold the loop. */
const LET_GO_STEP = 8_192;

export class FileQueueStore implements QueueStore {
  readonly number: number;
  /** For what is too much for memory only: nothing of it is noted in the journal. */
  readonly isTemporary: boolean;
  recovered: readonly StoredRecord[] = [];
  nextPosition = 0;
  readonly readable: Readable;
  readonly journaled = new Journaled();
  owner: QueueStoreOwner | null = null;
  /** Number of the journal file that this queue was noted for last. */
  touched = 0;
  /** It is on the store's list of those with something for the next write. */
  isDirty = false;
  isRemoved = false;
  hasPaged = false;
  /** The folder of its segments that was made, or found, last. */
  folder = '';
  readonly #host: QueueStoreHost;
  /** Settled since the last write: from, to, from, to ... */
  #runs: number[] = [];
  #delivered = -1;
  #isDeliveredNew = false;
  /** What was appended since it was asked last whether it is long. */
  #grown = 0;
  /** null as long as nothing is noted. */
  #marks: Marks | null = null;

  constructor(number: number, host: QueueStoreHost, isTemporary = false) {
    this.number = number;
    this.isTemporary = isTemporary;
    this.#host = host;
    this.readable = new Readable(host, (position) => this.#note(position, position));
  }

  /** In order of position. */
  get segments(): readonly Segment[] {
    return this.readable.segments;
  }

  get readableCount(): number {
    return this.readable.count;
  }

  get isInJournal(): boolean {
    return this.journaled.count !== 0 || this.readable.isInJournal;
  }

  get readableThrough(): number {
    return this.readable.through;
  }

  attach(owner: QueueStoreOwner): void {
    this.owner = owner;
    this.recovered = [];
  }

  adopt(entry: Stored): void {
    this.#host.liveInJournal++;
    this.journaled.push(entry);
  }

  append(entry: Stored, token: DurabilityToken | null): void {
    if (this.#host.hasFailed) {
      token?.settle('rejected');
      return;
    }
    this.nextPosition = entry.position + 1;
    this.#host.append(this, entry, token);
    this.#host.liveInJournal++;
    this.journaled.append(entry);
    this.#grown += RECORD_BYTES + entry.frameBytes;
    if (this.#grown < this.#host.grownBytes) return;
    this.#grown = 0;
    this.#host.noteGrown(this);
  }

  settle(entry: Stored): void {
    const { place, position } = entry;
    if (place === NOWHERE || this.isRemoved) return;
    entry.place = NOWHERE;
    this.#marks?.delete(position);
    if (place === MOVING || this.#host.hasFailed) return;
    this.#note(position, position);
    if (place > 0) {
      this.#host.liveInJournal--;
      this.journaled.settled(place);
    } else this.readable.settle(position);
  }

  mark({ place, position }: Stored, value: number): void {
    if (place === NOWHERE || this.isRemoved || this.#host.hasFailed) return;
    this.#marks ??= new Marks();
    this.#marks.set(position, value);
    if (!this.isDirty && !this.isTemporary) this.#host.noteDirty(this);
  }

  /** What is noted with a record; 0 for nothing. */
  markOf(position: number): number {
    return this.#marks?.get(position) ?? 0;
  }

  /** As found at the start. */
  recoverMark(position: number, value: number): void {
    this.#marks ??= new Marks();
    this.#marks.recover(position, value);
  }

  delivered(position: number): void {
    if (position <= this.#delivered || this.#host.hasFailed || this.isTemporary) return;
    this.#delivered = position;
    this.#isDeliveredNew = true;
    if (!this.isDirty) this.#host.noteDirty(this);
  }

  async read(after: number): Promise<readonly StoredRecord[]> {
    const records = await this.readable.read(after);
    return records.map((each) => this.#noted(each));
  }

  /**
   * Octets of what was appended to the newest journal file, of `size` octets, if the queue is long
   * and that is enough of the file to stay in it; 0 if not.
   */
  longBytes(file: number, size: number): number {
    if (this.isRemoved || this.owner?.isLong !== true) return 0;
    return this.journaled.denseBytes(file, size);
  }

  /** What was written to that file, up to octet `end`, need not be in memory from now on. */
  letGo(file: number, end: number): void {
    const { through } = this.readable;
    const entries = this.journaled.takeWritten(file, end, through, LET_GO_STEP);
    if (entries.length === 0) return;
    // The rest with the next write.
    if (entries.length === LET_GO_STEP) this.#host.noteGrown(this);
    const stretch = this.readable.stretchFor(file);
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as Stored;
      stretch.push(entry);
      entry.place = READABLE;
    }
    this.#host.liveInJournal -= entries.length;
    this.owner?.moved();
  }

  page(entries: readonly Stored[]): Promise<void> {
    this.hasPaged = true;
    return this.#host.page(this, entries);
  }

  settleReadable(after: number): void {
    const all = { from: after + 1, to: Number.MAX_SAFE_INTEGER };
    this.readable.settleRun(all, (run) => {
      this.#note(run.from, run.to);
      this.#marks?.deleteRun(run);
    });
  }

  /** Nobody takes the records over: they stay, for a start that understands them again. */
  leaveAsItIs(): void {
    for (const each of this.recovered) {
      const { position, place, frameAt, frameBytes } = each;
      this.adopt({ position, place, frameAt, frameBytes, record: new ReadOctets(each) });
    }
    this.recovered = [];
  }

  remove(): void {
    if (this.isRemoved) return;
    this.isRemoved = true;
    // What was settled and is not written would count again.
    const isEmpty = this.isEmpty && this.#runs.length === 0;
    const segments = [...this.segments];
    this.#host.liveInJournal -= this.journaled.count;
    this.#runs = [];
    this.recovered = [];
    this.journaled.clear();
    this.readable.clear();
    this.#host.removed(this, segments, isEmpty);
  }

  /** Whether nothing on the disk counts any more. */
  get isEmpty(): boolean {
    return this.journaled.count === 0 && this.recovered.length === 0 && this.readable.isEmpty;
  }

  /** Whether all up to this position have been handed out. */
  get deliveredThrough(): number {
    return this.#delivered;
  }

  /** As found at the start. */
  recoverDelivered(position: number): void {
    this.#delivered = Math.max(this.#delivered, position);
  }

  /** Settles as found at the start, without noting it again. */
  recoverSettled(run: Run): void {
    this.#marks?.deleteRun(run);
    this.readable.settleRun(run);
  }

  /** Writes down what was settled and handed out since the last time. */
  flush(buffer: JournalBuffer): void {
    this.isDirty = false;
    if (this.isRemoved) return;
    if (this.#runs.length !== 0) {
      buffer.settle(this.number, this.#runs);
      this.#runs = [];
    }
    if (this.#isDeliveredNew) buffer.delivered(this.number, this.#delivered);
    this.#isDeliveredNew = false;
    this.#marks?.flush(this.number, buffer);
  }

  /**
   * Writes down everything that is known beside the records themselves, for a new journal file;
   * says how much work that was, in steps.
   */
  writeState(buffer: JournalBuffer): number {
    let steps = 0;
    for (const segment of this.segments) {
      if (!segment.isPartlySettled) continue;
      buffer.settle(this.number, segment.settledRuns());
      steps += segment.count / SEGMENT_STEP;
    }
    if (this.#delivered >= 0 && !this.isEmpty) buffer.delivered(this.number, this.#delivered);
    if (!this.isTemporary) steps += this.#marks?.writeState(this.number, buffer) ?? 0;
    return steps;
  }

  /** Adds a segment made of records from the journal, some of which may be settled by now. */
  addSegment(segment: Segment): void {
    this.readable.add(segment);
  }

  /** Entries that are in memory were moved from a journal file to a segment. */
  leftJournal(file: number, count: number): void {
    this.#host.liveInJournal -= count;
    this.journaled.moved(file, count);
  }

  /** A record read back, with what is known of it beside. */
  #noted(record: StoredRecord): StoredRecord {
    const mark = this.markOf(record.position);
    const isDelivered = record.position <= this.#delivered;
    return mark === 0 && !isDelivered ? record : { ...record, mark, redelivered: isDelivered };
  }

  #note(from: number, to: number): void {
    if (this.isTemporary) return;
    const runs = this.#runs;
    if (runs.length !== 0 && runs[runs.length - 1] === from - 1) runs[runs.length - 1] = to;
    else runs.push(from, to);
    if (!this.isDirty) this.#host.noteDirty(this);
  }
}
