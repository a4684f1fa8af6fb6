/**
 * Records on their way to the journal: encoded one behind the other into slabs, but for long ends,
 * which are pieces of their own and stay where they are.
 *
 * Responsible for framing and checksums, for writing a record once that goes to several queues, and
 * for groups. Not responsible for files: `take` hands the octets over as they are to be written.
 */
import { crc32c } from '../crc32c.ts';
import { NO_LONG_END, type Stored, type StoreRecord } from '../port.ts';
import {
  ALSO,
  checksumOf,
  DELIVERED,
  fillerRecord,
  frameAtOf,
  GROUP,
  MARK,
  PUBLISH,
  PUBLISH_HEAD_BYTES,
  RECORD_HEAD_BYTES,
  RUN_BYTES,
  SETTLE,
  totalBytes,
  withinGroup,
  writePosition,
} from './format.ts';

const SLAB_BYTES = 256 * 1024;
/** Slabs that are kept for later: what two large batches take. */
const SPARE_SLABS = 64;
const ALSO_BYTES = 15;
const DELIVERED_BYTES = 11;
const MARK_BYTES = DELIVERED_BYTES + 4;
const SETTLE_HEAD_BYTES = 5;
/** Runs in one settle record. */
const RUNS_A_RECORD = 4096;

/** Where a group began. */
interface GroupStart {
  readonly piece: number;
  readonly at: number;
  readonly offset: number;
}

export class JournalBuffer {
  /** Checksums go on from this: the number of the file that the octets will lie in. */
  seed = 0;
  /** Octets since the last `take`. */
  bytes = 0;
  /** Where in the file the first of them will lie. */
  start = 0;
  /** Published since the file began. */
  records = 0;
  #slab: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  /** `slab[from, at)` is not in `pieces` yet. */
  #from = 0;
  #at = 0;
  #pieces: Buffer[] = [];
  /** Slabs that were filled since the last `take`. */
  #retired: Buffer[] = [];
  /** Slabs that were filled and written, to be filled again. */
  readonly #spare: Buffer[] = [];
  /** The record published last, and the offset of its frame among the octets not taken. */
  #last: StoreRecord | null = null;
  #lastOffset = 0;
  #lastFrameAt = 0;
  #lastFrameBytes = 0;
  #group: GroupStart | null = null;

  /** Notes in the entry where its record will lie. */
  publish(queue: number, entry: Stored): void {
    const { record, position } = entry;
    this.records++;
    if (record === this.#last) {
      entry.frameAt = this.#lastFrameAt;
      entry.frameBytes = this.#lastFrameBytes;
      this.#also(queue, position);
      return;
    }
    this.#last = record;
    this.#lastOffset = this.bytes;
    this.#lastFrameAt = frameAtOf(this.start + this.bytes, this.#group !== null);
    const { longEnd } = record;
    const elsewhere = totalBytes(longEnd);
    const length = PUBLISH_HEAD_BYTES + record.recordBytes;
    this.#lastFrameBytes = length;
    entry.frameAt = this.#lastFrameAt;
    entry.frameBytes = length;
    const at = this.#begin(length, PUBLISH, queue, elsewhere);
    record.writeRecord(this.#slab, writePosition(this.#slab, position, at));
    this.#end(length - elsewhere, longEnd);
    this.bytes += elsewhere;
  }

  delivered(queue: number, position: number): void {
    // Before the slab is named: it may be another one afterwards.
    const at = this.#begin(DELIVERED_BYTES, DELIVERED, queue);
    writePosition(this.#slab, position, at);
    this.#end(DELIVERED_BYTES);
  }

  mark(queue: number, position: number, value: number): void {
    const at = this.#begin(MARK_BYTES, MARK, queue);
    this.#slab.writeUInt32BE(value, writePosition(this.#slab, position, at));
    this.#end(MARK_BYTES);
  }

  /** `runs`: from, to, from, to ... */
  settle(queue: number, runs: readonly number[]): void {
    for (let first = 0; first < runs.length; first += 2 * RUNS_A_RECORD) {
      const last = Math.min(runs.length, first + 2 * RUNS_A_RECORD);
      const length = SETTLE_HEAD_BYTES + ((last - first) / 2) * RUN_BYTES;
      let at = this.#begin(length, SETTLE, queue);
      for (let i = first; i < last; i++) at = writePosition(this.#slab, runs[i] as number, at);
      this.#end(length);
    }
  }

  /** Writes `bytes` octets that say nothing: none, or at least `LEAST_FILLER_BYTES`. */
  fill(bytes: number): void {
    if (bytes === 0) return;
    const at = this.#reserve(bytes);
    fillerRecord(bytes, this.seed).copy(this.#slab, at);
    this.#advance(bytes);
  }

  /** Until `endGroup`, records belong together. */
  beginGroup(): void {
    const at = this.#reserve(RECORD_HEAD_BYTES + 1);
    this.#group = { piece: this.#pieces.length, at: at - this.#from, offset: this.bytes };
    this.#slab[at + RECORD_HEAD_BYTES] = GROUP;
    this.#advance(RECORD_HEAD_BYTES + 1);
  }

  /** Whether there is anything in the group; one with nothing in it is left out. */
  endGroup(): boolean {
    const group = this.#group;
    if (group === null) throw new Error('no group was begun');
    this.#group = null;
    if (this.bytes === group.offset + RECORD_HEAD_BYTES + 1) {
      this.#advance(-(RECORD_HEAD_BYTES + 1));
      return false;
    }
    const pieces = [...this.#pieces.slice(group.piece), this.#slab.subarray(this.#from, this.#at)];
    const [first, ...rest] = pieces as [Buffer, ...Buffer[]];
    const crc = crc32c(first, group.at + RECORD_HEAD_BYTES, first.length, this.seed);
    first.writeUInt32BE(this.bytes - group.offset - RECORD_HEAD_BYTES, group.at);
    first.writeUInt32BE(checksumOf(rest, crc), group.at + 4);
    return true;
  }

  /**
   * Hands over all octets, with the slabs that are free once these are written. What follows may
   * not refer to what is handed over.
   */
  take(): { pieces: Buffer[]; retired: Buffer[] } {
    if (this.#group !== null) throw new Error('a group is open');
    this.#cut();
    const [pieces, retired] = [this.#pieces, this.#retired];
    this.#pieces = [];
    this.#retired = [];
    this.bytes = 0;
    this.#last = null;
    return { pieces, retired };
  }

  /** Slabs whose octets have been written. */
  recycle(slabs: readonly Buffer[]): void {
    for (const slab of slabs) {
      if (slab.length === SLAB_BYTES && this.#spare.length < SPARE_SLABS) this.#spare.push(slab);
    }
  }

  #also(queue: number, position: number): void {
    const back = this.bytes - this.#lastOffset;
    const at = this.#begin(ALSO_BYTES, ALSO, queue);
    this.#slab.writeUInt32BE(back, writePosition(this.#slab, position, at));
    this.#end(ALSO_BYTES);
  }

  /**
   * Makes room for a record but for those of its octets that lie elsewhere, and writes type and
   * queue; the position behind them.
   */
  #begin(length: number, type: number, queue: number, elsewhere = 0): number {
    const at = this.#reserve(RECORD_HEAD_BYTES + length - elsewhere);
    this.#slab.writeUInt32BE(length, at);
    this.#slab[at + RECORD_HEAD_BYTES] = type;
    return this.#slab.writeUInt32BE(queue, at + RECORD_HEAD_BYTES + 1);
  }

  /** Writes the checksum of what lies here and in `longEnd`. */
  #end(length: number, longEnd = NO_LONG_END): void {
    const start = this.#at + RECORD_HEAD_BYTES;
    const seed = this.#group === null ? this.seed : withinGroup(this.seed);
    const crc = crc32c(this.#slab, start, start + length, seed);
    this.#slab.writeUInt32BE(checksumOf(longEnd, crc), this.#at + 4);
    this.#advance(RECORD_HEAD_BYTES + length);
    if (longEnd.length === 0) return;
    this.#cut();
    this.#pieces.push(...longEnd);
  }

  #advance(bytes: number): void {
    this.#at += bytes;
    this.bytes += bytes;
  }

  #reserve(bytes: number): number {
    if (this.#at + bytes > this.#slab.length) {
      this.#cut();
      this.#retired.push(this.#slab);
      const spare = bytes > SLAB_BYTES ? undefined : this.#spare.pop();
      this.#slab = spare ?? Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes));
      this.#from = 0;
      this.#at = 0;
    }
    return this.#at;
  }

  #cut(): void {
    if (this.#at !== this.#from) this.#pieces.push(this.#slab.subarray(this.#from, this.#at));
    this.#from = this.#at;
  }
}
