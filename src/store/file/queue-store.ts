/**
 * One queue's records on the disk: those that are still in the journal, those in segments.
 *
 * Responsible for what is where, for noting settlements until the next journal write, and for
 * reading back in order. Not responsible for when records move from the journal to segments
 * (checkpoint.ts).
 */
import {
  type DurabilityToken,
  NOWHERE,
  type QueueStore,
  type QueueStoreOwner,
  type Stored,
  type StoredRecord,
} from '../port.ts';
import { type Run, SEGMENT_HEADER_BYTES } from './format.ts';
import type { JournalBuffer } from './journal-buffer.ts';
import { Journaled } from './journaled.ts';
import { Marks } from './marks.ts';
import type { QueueStoreHost } from './queue-store-host.ts';
import { recordsPath, type Segment } from './segment.ts';
import { DamagedSegment, SegmentReader, type SegmentRecord } from './segment-reader.ts';
import { recordOf } from './segment-writer.ts';

/** Records of a segment that are looked at in about the time that any other step takes. */
const SEGMENT_STEP = 16;

/** `Stored.place` of a transient entry that is on its way to a segment. */
export const MOVING = Number.MAX_SAFE_INTEGER;

/** Where reading goes on. */
interface Cursor {
  readonly after: number;
  readonly segment: Segment;
  readonly offset: number;
}

export class FileQueueStore implements QueueStore {
  readonly number: number;
  /** For what is too much for memory only: nothing of it is noted in the journal. */
  readonly isTemporary: boolean;
  recovered: readonly StoredRecord[] = [];
  nextPosition = 0;
  /** In order of position, and none overlaps another. */
  readonly segments: Segment[] = [];
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
  #cursor: Cursor | null = null;
  /** null as long as nothing is noted. */
  #marks: Marks | null = null;

  constructor(number: number, host: QueueStoreHost, isTemporary = false) {
    this.number = number;
    this.isTemporary = isTemporary;
    this.#host = host;
  }

  get readableCount(): number {
    return this.segments.reduce((sum, { live }) => sum + live, 0);
  }

  get isInJournal(): boolean {
    return this.journaled.count !== 0;
  }

  get readableThrough(): number {
    return this.segments.at(-1)?.last ?? -1;
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
    this.journaled.push(entry);
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
      this.journaled.settled();
    } else this.#settledInSegment(position);
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
    let cursor: Cursor | null = this.#cursor;
    if (cursor === null || cursor.after !== after || cursor.segment.live === 0) {
      cursor = this.#locate(after);
    }
    while (cursor !== null) {
      const { segment, offset } = cursor;
      const { records, next } = await this.#readAt(segment, offset);
      const found = records.filter(({ position }) => position > after && segment.isLive(position));
      // At its end, by its index: the last records of a damaged segment may be lost.
      cursor = next < segment.end ? { after, segment, offset: next } : this.#locate(segment.last);
      const last = found.at(-1);
      if (last === undefined) continue;
      this.#cursor = cursor === null ? null : { ...cursor, after: last.position };
      return found.map((each) => this.#noted(each));
    }
    return [];
  }

  page(entries: readonly Stored[]): Promise<void> {
    this.hasPaged = true;
    return this.#host.page(this, entries);
  }

  settleReadable(after: number): void {
    for (const segment of [...this.segments]) {
      if (segment.last <= after) continue;
      const from = Math.max(segment.first, after + 1);
      if (segment.settleRun(from, segment.last) === 0) continue;
      this.#note(from, segment.last);
      this.#marks?.deleteRun({ from, to: segment.last });
      if (segment.live === 0) this.#drop(segment);
    }
  }

  /** Nobody takes the records over: they stay, for a start that understands them again. */
  leaveAsItIs(): void {
    for (const each of this.recovered) {
      const { position, place, frameAt, frameBytes } = each;
      this.adopt({ position, place, frameAt, frameBytes, record: recordOf(each) });
    }
    this.recovered = [];
  }

  remove(): void {
    if (this.isRemoved) return;
    this.isRemoved = true;
    const { isEmpty } = this;
    this.#host.liveInJournal -= this.journaled.count;
    this.#runs = [];
    this.recovered = [];
    this.journaled.clear();
    this.segments.length = 0;
    this.#host.removed(this, isEmpty);
  }

  /** Whether nothing on the disk counts any more. */
  get isEmpty(): boolean {
    return !this.isInJournal && this.recovered.length === 0 && this.segments.length === 0;
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
  recoverSettled({ from, to }: Run): void {
    this.#marks?.deleteRun({ from, to });
    for (const segment of [...this.segments]) {
      if (segment.last < from || segment.first > to) continue;
      segment.settleRun(from, to);
      if (segment.live === 0) this.#drop(segment);
    }
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

  /** Whether a segment has that position, settled or not. */
  hasInSegment(position: number): boolean {
    return this.#segmentOf(position)?.has(position) ?? false;
  }

  /** Adds a segment made of records from the journal, some of which may be settled by now. */
  addSegment(segment: Segment, leftJournal = 0): void {
    this.#host.liveInJournal -= leftJournal;
    this.journaled.moved(leftJournal);
    this.segments.push(segment);
    this.segments.sort((a, b) => a.first - b.first);
    if (segment.live === 0) this.#drop(segment);
  }

  /** A record read back, with what is known of it beside. */
  #noted(record: SegmentRecord): StoredRecord {
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

  #settledInSegment(position: number): void {
    const segment = this.#segmentOf(position);
    if (segment?.settle(position) && segment.live === 0) this.#drop(segment);
  }

  #segmentOf(position: number): Segment | undefined {
    let low = 0;
    let high = this.segments.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const segment = this.segments[middle] as Segment;
      if (position < segment.first) high = middle - 1;
      else if (position > segment.last) low = middle + 1;
      else return segment;
    }
    return undefined;
  }

  #drop(segment: Segment): void {
    const at = this.segments.indexOf(segment);
    if (at !== -1) this.segments.splice(at, 1);
    this.#host.segmentDied(segment);
  }

  #locate(after: number): Cursor | null {
    const segment = this.segments.find((each) => each.last > after);
    return segment === undefined ? null : { after, segment, offset: SEGMENT_HEADER_BYTES };
  }

  async #readAt(segment: Segment, offset: number) {
    const nothing = { records: [], next: segment.end };
    if (segment.live === 0) return nothing;
    let reader: SegmentReader;
    try {
      reader = await SegmentReader.open(this.#host.files, segment);
    } catch (error) {
      // It may have died just now, by a purge.
      if (segment.live === 0) return nothing;
      throw error;
    }
    try {
      return await reader.read(offset);
    } catch (error) {
      if (!(error instanceof DamagedSegment)) throw error;
      return await this.#salvage(reader, segment, error);
    } finally {
      await reader.close();
    }
  }

  /** Reads what is left of a damaged segment; what is lost counts as settled. */
  async #salvage(reader: SegmentReader, segment: Segment, error: DamagedSegment) {
    const { records } = await reader.sound();
    const sound = new Set(records.map(({ position }) => position));
    const isLost = (position: number) => !sound.has(position);
    if ([...segment.livePositions()].some(isLost)) {
      const { repairs } = this.#host;
      if (segment.isLinked) await repairs.keepAside(recordsPath(segment.path));
      const aside = await repairs.keepAside(segment.path);
      // What was settled meanwhile is not lost.
      const lost = [...segment.livePositions()].filter(isLost);
      for (const position of lost) {
        segment.settle(position);
        this.#note(position, position);
      }
      const kept = `the other ${segment.live} are kept`;
      this.#host.repairs.report(
        `${error.message}; ${lost.length} messages are lost, ${kept}; ${aside}`,
      );
    }
    if (segment.live === 0) this.#drop(segment);
    return { records, next: segment.end };
  }
}
