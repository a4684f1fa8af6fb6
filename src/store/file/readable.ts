/**
 * What can be read back of one queue: its segments, and behind them stretches of journal files that
 * have not been emptied yet.
 *
 * Responsible for what of it counts, and for reading on in order. Not responsible for what is in
 * memory, or for noting settlements (queue-store.ts).
 */
import { type Files, isMissing, type OpenFile } from '../files.ts';
import { READABLE, type StoredRecord } from '../port.ts';
import type { Frame, Run } from './format.ts';
import { FRAMES_BYTES, frameEnd, readFrames } from './frames.ts';
import { recordsPath, type Segment } from './segment.ts';
import { DamagedSegment, SegmentReader, type SegmentRecord } from './segment-reader.ts';
import { Stretch } from './stretch.ts';

/** What is to be done about damaged files. */
export interface DamageRepairs {
  /** Tells a person. */
  report(line: string): void;
  /** Keeps a copy of a file as it is; says where, or why not. Never rejects. */
  keepAside(path: string): Promise<string>;
}

export interface ReadableHost {
  readonly files: Files;
  readonly repairs: DamageRepairs;
  journalPath(file: number): string;
  /** A segment has nothing left that counts. */
  segmentDied(segment: Segment): void;
}

/** Where reading a segment goes on. */
interface Cursor {
  readonly after: number;
  readonly segment: Segment;
  readonly offset: number;
}

/** What was read: records that count, and the position up to which there are no others. */
interface Piece {
  readonly records: readonly StoredRecord[];
  readonly through: number;
}

export class Readable {
  /** In order of position, and none overlaps another. */
  readonly segments: Segment[] = [];
  readonly #host: ReadableHost;
  /** A record that was lost is noted as settled. */
  readonly #onLost: (position: number) => void;
  /** Behind all segments but those that they become, by file. */
  #stretches: Stretch[] = [];
  #cursor: Cursor | null = null;

  constructor(host: ReadableHost, onLost: (position: number) => void) {
    this.#host = host;
    this.#onLost = onLost;
  }

  /** Records that are not settled. */
  get count(): number {
    const sum = (before: number, { live }: { live: number }) => before + live;
    return this.#stretches.reduce(sum, this.segments.reduce(sum, 0));
  }

  /** No record lies behind this position; -1 for none. */
  get through(): number {
    return this.#stretches.at(-1)?.last ?? this.segments.at(-1)?.last ?? -1;
  }

  get isEmpty(): boolean {
    return this.segments.length === 0 && this.#stretches.length === 0;
  }

  /** Whether some of it is in journal files that have not been emptied. */
  get isInJournal(): boolean {
    return this.#stretches.length !== 0;
  }

  /** What is in a journal file; null when nothing of it counts. */
  stretchIn(file: number): Stretch | null {
    return this.#stretches.find((each) => each.file === file) ?? null;
  }

  /** The same for the newest journal file, to be added to. */
  stretchFor(file: number): Stretch {
    const known = this.stretchIn(file);
    if (known !== null) return known;
    const made = new Stretch(file);
    this.#stretches.push(made);
    return made;
  }

  /** Whether a segment has that position, settled or not. */
  hasInSegment(position: number): boolean {
    return holderOf(this.segments, position)?.has(position) ?? false;
  }

  settle(position: number): void {
    const segment = holderOf(this.segments, position);
    if (segment?.settle(position)) {
      this.#review(segment);
      return;
    }
    if (segment?.has(position)) return;
    // A few at the most.
    for (const each of this.#stretches) if (each.settle(position)) this.#review(each);
  }

  /** Settles all from `from` to `to`; `settled` is told of what was not. */
  settleRun({ from, to }: Run, settled?: (run: Run) => void): void {
    for (const each of [...this.segments, ...this.#stretches]) {
      if (each.last < from || each.first > to) continue;
      const run = { from: Math.max(each.first, from), to: Math.min(each.last, to) };
      if (each.settleRun(run.from, run.to) !== 0) settled?.(run);
      this.#review(each);
    }
  }

  /** Adds a segment, whose records are in no stretch any more. */
  add(segment: Segment): void {
    this.segments.push(segment);
    this.segments.sort((a, b) => a.first - b.first);
    this.#review(segment);
    this.#stretches = this.#stretches.filter(({ live }) => live !== 0);
  }

  /**
   * The records of a segment, which is in `file`, that count, all of them; what is damaged is lost.
   * @throws the system's error
   */
  async liveIn(segment: Segment, file: OpenFile): Promise<readonly SegmentRecord[]> {
    const reader = SegmentReader.on(this.#host.files, segment, file);
    const found: SegmentRecord[] = [];
    for (let offset = segment.start; offset < segment.end; ) {
      const { records, next } = await this.#readFrom(reader, segment, offset);
      for (const each of records) if (segment.isLive(each.position)) found.push(each);
      offset = next;
    }
    return found;
  }

  /**
   * `copy` has what counted in `segments`, which follow on each other, when it was made, and takes
   * their place.
   */
  exchange(segments: readonly Segment[], copy: Segment): void {
    for (const position of copy.positions()) {
      if (!holderOf(segments, position)?.isLive(position)) copy.settle(position);
    }
    const at = this.segments.findIndex((each) => segments.includes(each));
    if (at !== -1) {
      const left = this.segments.filter((each) => !segments.includes(each));
      if (copy.live !== 0) left.splice(at, 0, copy);
      this.segments.splice(0, this.segments.length, ...left);
    }
    // They may have died, or their queue been deleted, meanwhile.
    if (at === -1 || copy.live === 0) this.#host.segmentDied(copy);
  }

  clear(): void {
    this.segments.length = 0;
    this.#stretches = [];
  }

  /** The next records behind position `after` that are not settled. @throws the system's error */
  async read(after: number): Promise<readonly StoredRecord[]> {
    for (let behind = after; ; ) {
      const source = this.#sourceBehind(behind);
      if (source === undefined) return [];
      const { records, through } =
        source instanceof Stretch
          ? await this.#readStretch(source, behind)
          : await this.#readSegment(source, behind);
      if (records.length !== 0) return records;
      behind = through;
    }
  }

  /**
   * The octets of those records of `stretch` that have these indices, in order; undefined for one
   * that is damaged, which is reported, and counts as settled from now on.
   */
  async octetsOf(
    stretch: Stretch,
    indices: readonly number[],
  ): Promise<readonly (StoredRecord | undefined)[]> {
    const path = this.#host.journalPath(stretch.file);
    const frames = indices.map((index) => stretch.frameAt(index));
    const records = new Array<StoredRecord | undefined>(indices.length).fill(undefined);
    const lost: number[] = [];
    const file = await this.#host.files.open(path, 'read');
    const read = async (from: number, to: number): Promise<Buffer> => {
      const bytes = Buffer.allocUnsafeSlow(to - from);
      return bytes.subarray(0, await file.read(bytes, from));
    };
    try {
      await readFrames(frames, read, {
        found: (i, bytes, start, end) => {
          const position = stretch.at(indices[i] as number);
          records[i] = new StretchRecord(position, bytes, start, end);
        },
        lost: (i) => lost.push(i),
      });
    } finally {
      await file.close();
    }
    // A file that is not needed any more may be written anew while it is read.
    if (lost.length !== 0 && this.#stretches.includes(stretch)) {
      const { offset } = frames[lost[0] as number] as Frame;
      const gone = lost.map((i) => stretch.at(indices[i] as number));
      const what = `${path}: no sound record at octet ${offset}`;
      await this.#report(what, [path], stretch, gone);
    }
    return records;
  }

  /** Among segments first: what is in one, too, is settled in a stretch. */
  #sourceBehind(position: number): Segment | Stretch | undefined {
    const isBehind = ({ last }: { last: number }) => last > position;
    return this.segments.find(isBehind) ?? this.#stretches.find(isBehind);
  }

  async #readSegment(segment: Segment, behind: number): Promise<Piece> {
    const cursor = this.#cursor;
    const goesOn = cursor !== null && cursor.after === behind && cursor.segment === segment;
    const offset = goesOn ? cursor.offset : segment.start;
    const { records, next } = await this.#pieceOf(segment, offset);
    // Another one took its place: that is read, if it has anything left.
    if (segment.live !== 0 && !this.segments.includes(segment))
      return { records: [], through: behind };
    const found = records.filter(({ position }) => position > behind && segment.isLive(position));
    // At its end, by its index: the last records of a damaged segment may be lost.
    const isEnd = next >= segment.end;
    const last = (isEnd ? undefined : records.at(-1)?.position) ?? segment.last;
    // It may lie further behind than what was read.
    const through = Math.max(behind, last);
    const after = found.at(-1)?.position ?? through;
    this.#cursor = isEnd ? null : { after, segment, offset: next };
    return { records: found, through };
  }

  async #readStretch(stretch: Stretch, behind: number): Promise<Piece> {
    const indices = liveBehind(stretch, behind);
    const last = indices.at(-1);
    if (last === undefined) return { records: [], through: stretch.last };
    const isGone = () => !this.#stretches.includes(stretch);
    let octets: readonly (StoredRecord | undefined)[];
    try {
      octets = await this.octetsOf(stretch, indices);
    } catch (error) {
      // Its file was emptied meanwhile, and is gone: the records are elsewhere.
      if (isGone() && isMissing(error)) return { records: [], through: behind };
      throw error;
    }
    const records = octets.filter((each) => each !== undefined && this.#isLive(each.position));
    if (records.length !== octets.length && isGone()) return { records: [], through: behind };
    return { records: records as readonly StoredRecord[], through: stretch.at(last) };
  }

  #isLive(position: number): boolean {
    if (holderOf(this.segments, position)?.isLive(position)) return true;
    return this.#stretches.some((each) => each.isLive(position));
  }

  async #pieceOf(segment: Segment, offset: number) {
    const nothing = { records: [], next: segment.end };
    if (segment.live === 0) return nothing;
    let reader: SegmentReader;
    try {
      reader = await SegmentReader.open(this.#host.files, segment);
    } catch (error) {
      // It may have died just now, by a purge, or another one took its place.
      if (segment.live === 0 || !this.segments.includes(segment)) return nothing;
      throw error;
    }
    try {
      return await this.#readFrom(reader, segment, offset);
    } finally {
      await reader.close();
    }
  }

  async #readFrom(reader: SegmentReader, segment: Segment, offset: number) {
    try {
      return await reader.read(offset);
    } catch (error) {
      if (!(error instanceof DamagedSegment)) throw error;
      return await this.#salvage(reader, segment, error);
    }
  }

  /** Reads what is left of a damaged segment; what is lost counts as settled. */
  async #salvage(reader: SegmentReader, segment: Segment, error: DamagedSegment) {
    const { records } = await reader.sound();
    const sound = new Set(records.map(({ position }) => position));
    const lost = [...segment.livePositions()].filter((position) => !sound.has(position));
    const paths = segment.isLinked ? [recordsPath(segment.path), segment.path] : [segment.path];
    if (lost.length !== 0) await this.#report(error.message, paths, segment, lost);
    return { records, next: segment.end };
  }

  /** Keeps the files as they are, and tells what is lost; that is settled from now on. */
  async #report(
    what: string,
    paths: readonly string[],
    holder: Segment | Stretch,
    positions: readonly number[],
  ): Promise<void> {
    const { repairs } = this.#host;
    let aside = '';
    for (const path of paths) aside = await repairs.keepAside(path);
    // What was settled meanwhile is not lost.
    const lost = positions.filter((position) => holder.settle(position));
    for (const position of lost) this.#onLost(position);
    const kept = `the other ${holder.live} are kept`;
    repairs.report(`${what}; ${lost.length} messages are lost, ${kept}; ${aside}`);
    this.#review(holder);
  }

  /** Forgets it if nothing of it counts any more. */
  #review(holder: Segment | Stretch): void {
    if (holder.live !== 0) return;
    if (holder instanceof Stretch) {
      this.#stretches = this.#stretches.filter((each) => each !== holder);
      return;
    }
    const at = this.segments.indexOf(holder);
    if (at === -1) return;
    this.segments.splice(at, 1);
    this.#host.segmentDied(holder);
  }
}

/** A record as it was read from a stretch. */
class StretchRecord implements StoredRecord {
  readonly position: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly place = READABLE;
  readonly frameAt = 0;
  readonly frameBytes = 0;
  readonly redelivered = false;
  readonly mark = 0;

  constructor(position: number, bytes: Buffer, start: number, end: number) {
    this.position = position;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }
}

/** Indices of the next records behind a position that are not settled: what is read in one go. */
function liveBehind(stretch: Stretch, position: number): number[] {
  const found: number[] = [];
  let from = -1;
  for (let index = stretch.indexBehind(position); index < stretch.count; index++) {
    if (stretch.isSettledAt(index)) continue;
    if (from === -1) from = stretch.offsetAt(index);
    else if (frameEnd(stretch.frameAt(index)) - from > FRAMES_BYTES) break;
    found.push(index);
  }
  return found;
}

/** The segment in whose range a position is. */
function holderOf(segments: readonly Segment[], position: number): Segment | undefined {
  let low = 0;
  let high = segments.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const segment = segments[middle] as Segment;
    if (position < segment.first) high = middle - 1;
    else if (position > segment.last) low = middle + 1;
    else return segment;
  }
  return undefined;
}
