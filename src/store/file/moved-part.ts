/**
 * What goes to one segment: entries that are in memory, and rows of a stretch, which are not.
 *
 * Responsible for what the segment's writer has to know of each, for reading rows whose octets may
 * not stay where they are, and for the change of hands. Not responsible for the file
 * (segment-mover.ts).
 */
import { READABLE, type Stored, type StoreRecord } from '../port.ts';
import { frameAtOf, PUBLISH_HEAD_BYTES } from './format.ts';
import { type FileQueueStore, MOVING } from './queue-store.ts';
import type { Segment } from './segment.ts';
import { HEAD_BYTES, LINKED_BYTES, ReadOctets, type SegmentPart } from './segment-writer.ts';
import type { Stretch } from './stretch.ts';

export class MovedPart implements SegmentPart {
  /** Whether some of it may stay where it is. */
  isLinkable = false;
  file: number;
  /** Octets that it takes in the segment, about. */
  bytes = 0;
  /** In order of position; null for a row. */
  #entries: (Stored | null)[] = [];
  /** The places of entries when they were taken, and the indices of rows. */
  #froms: number[] = [];
  readonly #stretch: Stretch | null;
  /** What was read of rows. */
  readonly #read: StoreRecord[] = [];

  /** `file`: the journal file in which its records may stay, all of `stretch` too; 0 for none. */
  constructor(file: number, stretch: Stretch | null) {
    this.file = file;
    this.#stretch = stretch;
  }

  get count(): number {
    return this.#entries.length;
  }

  add(entry: Stored): void {
    this.#entries.push(entry);
    this.#froms.push(entry.place);
    const isLinked = entry.place === this.file;
    this.bytes += isLinked ? LINKED_BYTES : HEAD_BYTES + entry.record.recordBytes;
    if (isLinked) this.isLinkable = true;
  }

  /** The same for a row of the stretch. */
  addRow(row: number): void {
    this.#entries.push(null);
    this.#froms.push(row);
    const isLinked = this.file !== 0;
    const octets = this.#rows.lengthAt(row) - PUBLISH_HEAD_BYTES;
    this.bytes += isLinked ? LINKED_BYTES : HEAD_BYTES + octets;
    if (isLinked) this.isLinkable = true;
  }

  positionAt(index: number): number {
    return this.#entries[index]?.position ?? this.#rows.at(this.#fromAt(index));
  }

  recordAt(index: number): StoreRecord {
    return this.#entries[index]?.record ?? (this.#read[index] as StoreRecord);
  }

  isTransient(index: number): boolean {
    return this.#entries[index] !== null && this.#froms[index] === MOVING;
  }

  frameAt(index: number): number {
    const entry = this.#entries[index] as Stored | null;
    const from = this.#fromAt(index);
    if (this.file === 0 || (entry !== null && from !== this.file)) return -1;
    if (entry !== null) return entry.frameAt;
    return frameAtOf(this.#rows.offsetAt(from), this.#rows.isGroupedAt(from));
  }

  frameBytes(index: number): number {
    return this.#entries[index]?.frameBytes ?? this.#rows.lengthAt(this.#fromAt(index));
  }

  /** Nothing stays where it is: reads what is not in memory. @throws the system's error */
  async load(queue: FileQueueStore): Promise<void> {
    this.file = 0;
    const [entries, froms] = [this.#entries, this.#froms];
    const rows = froms.filter((_, index) => entries[index] === null);
    if (rows.length === 0) return;
    const read = await queue.readable.octetsOf(this.#rows, rows);
    this.#entries = [];
    this.#froms = [];
    let row = 0;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as Stored | null;
      const octets = entry === null ? read[row++] : undefined;
      // Without what turned out to be damaged.
      if (entry === null && octets === undefined) continue;
      if (octets !== undefined) this.#read[this.count] = new ReadOctets(octets);
      this.#entries.push(entry);
      this.#froms.push(froms[i] as number);
    }
  }

  /** It is in the segment: what was settled meanwhile is so there, too. */
  adopt(queue: FileQueueStore, segment: Segment): void {
    const left = new Map<number, number>();
    for (let i = 0; i < this.count; i++) {
      const entry = this.#entries[i] as Stored | null;
      const from = this.#fromAt(i);
      if (entry === null) {
        if (!this.#rows.settleAt(from)) segment.settle(this.#rows.at(from));
      } else if (entry.place !== from) segment.settle(entry.position);
      else {
        entry.place = READABLE;
        if (from !== MOVING) left.set(from, (left.get(from) ?? 0) + 1);
      }
    }
    for (const [file, count] of left) queue.leftJournal(file, count);
    queue.addSegment(segment);
    queue.owner?.moved();
  }

  get #rows(): Stretch {
    return this.#stretch as Stretch;
  }

  #fromAt(index: number): number {
    return this.#froms[index] as number;
  }
}
