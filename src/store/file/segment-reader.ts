/**
 * Reading a segment in pieces, with those of its records that lie in a journal file under a second
 * name.
 *
 * Responsible for what is read and that it is sound. Not responsible for what of it still counts
 * (segment.ts).
 */
import { crc32c } from '../crc32c.ts';
import { type Files, isMissing, type OpenFile } from '../files.ts';
import { READABLE, type StoredRecord } from '../port.ts';
import {
  type Frame,
  GROUPED,
  LINK_BYTES,
  LINKED,
  PUBLISH_HEAD_BYTES,
  RECORD_HEAD_BYTES,
  readPosition,
  SEGMENT_RECORD_HEAD_BYTES,
  TRANSIENT,
} from './format.ts';
import { readFrames } from './frames.ts';
import { type Damage, scanRecords } from './records.ts';
import { recordsPath, type Segment } from './segment.ts';

/** Octets that are read in one go, of either file. */
const PIECE_BYTES = 1024 * 1024;
/** Of a segment whose records lie elsewhere: so much of it is a piece or more of these. */
const LINKS_BYTES = 64 * 1024;
/** The lowest and the highest flags. */
const KINDS = [0, LINKED | GROUPED] as const;

/** A record as it was read from a segment. */
export interface SegmentRecord extends StoredRecord {
  readonly isTransient: boolean;
  /** Where it starts and ends in the segment. */
  readonly offset: number;
  readonly next: number;
}

/** The same while it is being read: where its octets are may be another file. */
export class ReadRecord implements SegmentRecord {
  readonly position: number;
  readonly isTransient: boolean;
  bytes: Buffer;
  start: number;
  end: number;
  readonly place = READABLE;
  readonly frameAt = 0;
  readonly frameBytes = 0;
  readonly redelivered = false;
  readonly mark = 0;
  readonly offset: number;
  readonly next: number;
  /** Where its octets are; null for here. */
  readonly link: Frame | null;
  /** It points to where nothing can be. */
  readonly isAstray: boolean;

  /** Its body is `bytes[start, end)`; its frame starts at `offset` of the segment. */
  constructor(bytes: Buffer, start: number, end: number, offset: number) {
    const flags = bytes[start] as number;
    this.position = readPosition(bytes, start + 1);
    this.isTransient = (flags & TRANSIENT) !== 0;
    this.bytes = bytes;
    this.start = start + SEGMENT_RECORD_HEAD_BYTES;
    this.end = end;
    this.offset = offset;
    this.next = offset + RECORD_HEAD_BYTES + end - start;
    const isLink = (flags & LINKED) !== 0;
    this.isAstray = isLink && end - this.start !== LINK_BYTES;
    this.link = isLink && !this.isAstray ? linkAt(bytes, this.start, flags) : null;
  }

  /** Its octets are where it points to. */
  found(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }
}

/** A record whose octets, in the file beside the segment, are not there or not sound. */
export interface LostRecord extends Damage {
  readonly position: number;
  /** The file that `from` and `to` are of. */
  readonly path: string;
}

/** A file that is a segment, or may be one. */
type SegmentFile = Pick<Segment, 'path' | 'start' | 'end' | 'isLinked'>;

/** There is no sound record where one should start. */
export class DamagedSegment extends Error {
  constructor({ path }: SegmentFile, offset: number) {
    super(`${path}: no sound record at octet ${offset}`);
    this.name = 'DamagedSegment';
  }
}

export class SegmentReader {
  readonly #files: Files;
  readonly #segment: SegmentFile;
  readonly #file: OpenFile;
  /** null before it was needed; undefined: it is not there. */
  #records: OpenFile | null | undefined = null;

  private constructor(files: Files, segment: SegmentFile, file: OpenFile) {
    this.#files = files;
    this.#segment = segment;
    this.#file = file;
  }

  /** @throws the system's error */
  static async open(files: Files, segment: SegmentFile): Promise<SegmentReader> {
    return new SegmentReader(files, segment, await files.open(segment.path, 'read'));
  }

  /** Reads a segment of a file that is open, and is closed by whoever opened it. */
  static on(files: Files, segment: SegmentFile, file: OpenFile): SegmentReader {
    return new SegmentReader(files, segment, file);
  }

  async close(): Promise<void> {
    await this.#file.close();
    await this.#records?.close();
  }

  /**
   * Reads on at `offset`: whole records, at least one unless the segment ends there.
   * @throws DamagedSegment when what is there is no sound record; the system's error
   */
  async read(
    offset: number,
  ): Promise<{ readonly records: readonly SegmentRecord[]; readonly next: number }> {
    const { end, path, isLinked } = this.#segment;
    let wanted = Math.min(isLinked ? LINKS_BYTES : PIECE_BYTES, end - offset);
    for (;;) {
      const bytes = Buffer.allocUnsafeSlow(wanted);
      const filled = await this.#file.read(bytes, offset);
      if (filled < wanted) throw new Error(`${path}: ended at ${offset + filled}`);
      const { found, at } = this.#framesIn(bytes, offset);
      if (at !== 0 || wanted === 0) {
        const records = await this.#resolved(found, (each) => {
          throw new DamagedSegment(this.#segment, each.offset);
        });
        return { records, next: offset + at };
      }
      wanted = frameEnd(bytes, 0);
      if (offset + wanted > end) throw new DamagedSegment(this.#segment, offset);
    }
  }

  /**
   * All sound records, also of a segment that is damaged somewhere, the damages, and the sound ones
   * that point to what is not.
   */
  async sound(): Promise<{
    readonly records: readonly SegmentRecord[];
    readonly damages: readonly Damage[];
    readonly lost: readonly LostRecord[];
  }> {
    const { records: found, damages } = await this.#scan();
    const lost: LostRecord[] = [];
    const path = recordsPath(this.#segment.path);
    const records = await this.#resolved(found, (record) => {
      const { offset: from = 0, length = 0 } = record.link ?? {};
      const to = from + RECORD_HEAD_BYTES + length;
      lost.push({ position: record.position, path, from, to, isCut: false });
    });
    return { records, damages, lost };
  }

  /** Positions of what does not survive a start. */
  async transient(): Promise<readonly number[]> {
    const { records } = await this.#scan();
    return records.filter(({ isTransient }) => isTransient).map(({ position }) => position);
  }

  /** How many octets each record has. */
  async sizes(): Promise<readonly { readonly position: number; readonly octets: number }[]> {
    const { records } = await this.#scan();
    return records.map(({ position, start, end, link }) => {
      return { position, octets: link === null ? end - start : link.length - PUBLISH_HEAD_BYTES };
    });
  }

  async #scan(): Promise<{ records: ReadRecord[]; damages: readonly Damage[] }> {
    const records: ReadRecord[] = [];
    const damages = await scanRecords(
      this.#file,
      {
        ...{ from: this.#segment.start, to: this.#segment.end, seed: 0 },
        ...{ minBytes: SEGMENT_RECORD_HEAD_BYTES, kinds: KINDS },
      },
      (bytes, start, end, offset) => records.push(new ReadRecord(bytes, start, end, offset)),
    );
    return { records, damages };
  }

  /** The records that are whole in `bytes`, which were read at `offset`, and where they end. */
  #framesIn(bytes: Buffer, offset: number): { found: ReadRecord[]; at: number } {
    const found: ReadRecord[] = [];
    let at = 0;
    let linkedBytes = 0;
    for (let end = frameEnd(bytes, at); end <= bytes.length; end = frameEnd(bytes, at)) {
      const start = at + RECORD_HEAD_BYTES;
      const isSound =
        end - start >= SEGMENT_RECORD_HEAD_BYTES &&
        crc32c(bytes, start, end) === bytes.readUInt32BE(at + 4);
      if (!isSound) throw new DamagedSegment(this.#segment, offset + at);
      const record = new ReadRecord(bytes, start, end, offset + at);
      linkedBytes += record.link?.length ?? 0;
      if (linkedBytes > PIECE_BYTES && found.length !== 0) break;
      found.push(record);
      at = end;
    }
    return { found, at };
  }

  /** The records with their octets, without those that have none; `onLost` is told of these. */
  async #resolved(
    found: readonly ReadRecord[],
    onLost: (record: ReadRecord) => void,
  ): Promise<readonly SegmentRecord[]> {
    const linked = found.filter(({ link }) => link !== null);
    const lost = new Set<ReadRecord>(found.filter(({ isAstray }) => isAstray));
    await readFrames(
      linked.map(({ link }) => link as Frame),
      (from, to) => this.#readRecords(from, to),
      {
        found: (index, bytes, start, end) => (linked[index] as ReadRecord).found(bytes, start, end),
        lost: (index) => lost.add(linked[index] as ReadRecord),
      },
    );
    for (const record of lost) onLost(record);
    return lost.size === 0 ? found : found.filter((record) => !lost.has(record));
  }

  /** What there is of that stretch. */
  async #readRecords(from: number, to: number): Promise<Buffer> {
    if (this.#records === null) {
      try {
        this.#records = await this.#files.open(recordsPath(this.#segment.path), 'read');
      } catch (error) {
        if (!isMissing(error)) throw error;
        this.#records = undefined;
      }
    }
    const bytes = Buffer.allocUnsafeSlow(this.#records === undefined ? 0 : to - from);
    const filled = (await this.#records?.read(bytes, from)) ?? 0;
    return filled === bytes.length ? bytes : bytes.subarray(0, filled);
  }
}

function frameEnd(bytes: Buffer, at: number): number {
  if (at + RECORD_HEAD_BYTES > bytes.length) return at + RECORD_HEAD_BYTES + 1;
  return at + RECORD_HEAD_BYTES + bytes.readUInt32BE(at);
}

function linkAt(bytes: Buffer, at: number, flags: number): Frame {
  return {
    file: bytes.readUInt32BE(at),
    offset: bytes.readUInt32BE(at + 4),
    length: bytes.readUInt32BE(at + 8),
    isGrouped: (flags & GROUPED) !== 0,
  };
}
