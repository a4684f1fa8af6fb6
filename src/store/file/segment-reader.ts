/**
 * Reading a segment in pieces, with those of its records that lie in a journal file under a second
 * name.
 *
 * Responsible for what is read and that it is sound. Not responsible for what of it still counts
 * (segment.ts).
 */
import { crc32c } from '../crc32c.ts';
import { type Files, isMissing, type OpenFile } from '../files.ts';
import type { StoredRecord } from '../port.ts';
import {
  type Frame,
  GROUPED,
  LINK_BYTES,
  LINKED,
  PUBLISH_HEAD_BYTES,
  RECORD_HEAD_BYTES,
  readPosition,
  SEGMENT_HEADER_BYTES,
  SEGMENT_RECORD_HEAD_BYTES,
  TRANSIENT,
  withinGroup,
} from './format.ts';
import { type Damage, scanRecords } from './records.ts';
import { placeIn, recordsPath, type Segment } from './segment.ts';

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

/** A record whose octets, in the file beside the segment, are not there or not sound. */
export interface LostRecord extends Damage {
  readonly position: number;
  /** The file that `from` and `to` are of. */
  readonly path: string;
}

/** A file that is a segment, or may be one. */
type SegmentFile = Pick<Segment, 'path' | 'number' | 'end' | 'isLinked'>;

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
      const { offset: from = 0, length = 0 } = linkOf(record) ?? {};
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
    return records.map((record) => {
      const { position, start, end } = record;
      const link = linkOf(record);
      return { position, octets: link === null ? end - start : link.length - PUBLISH_HEAD_BYTES };
    });
  }

  async #scan(): Promise<{ records: SegmentRecord[]; damages: readonly Damage[] }> {
    const records: SegmentRecord[] = [];
    const damages = await scanRecords(
      this.#file,
      {
        ...{ from: SEGMENT_HEADER_BYTES, to: this.#segment.end, seed: 0 },
        ...{ minBytes: SEGMENT_RECORD_HEAD_BYTES, kinds: KINDS },
      },
      (bytes, start, end, offset) => records.push(this.#recordIn(bytes, start, end, offset)),
    );
    return { records, damages };
  }

  /** The records that are whole in `bytes`, which were read at `offset`, and where they end. */
  #framesIn(bytes: Buffer, offset: number): { found: SegmentRecord[]; at: number } {
    const found: SegmentRecord[] = [];
    let at = 0;
    let linkedBytes = 0;
    for (let end = frameEnd(bytes, at); end <= bytes.length; end = frameEnd(bytes, at)) {
      const start = at + RECORD_HEAD_BYTES;
      const isSound =
        end - start >= SEGMENT_RECORD_HEAD_BYTES &&
        crc32c(bytes, start, end) === bytes.readUInt32BE(at + 4);
      if (!isSound) throw new DamagedSegment(this.#segment, offset + at);
      const record = this.#recordIn(bytes, start, end, offset + at);
      linkedBytes += linkOf(record)?.length ?? 0;
      if (linkedBytes > PIECE_BYTES && found.length !== 0) break;
      found.push(record);
      at = end;
    }
    return { found, at };
  }

  /** The record whose body is `bytes[start, end)`, as it stands in the segment. */
  #recordIn(bytes: Buffer, start: number, end: number, offset: number): SegmentRecord {
    return {
      position: readPosition(bytes, start + 1),
      isTransient: ((bytes[start] as number) & TRANSIENT) !== 0,
      bytes,
      start: start + SEGMENT_RECORD_HEAD_BYTES,
      end,
      place: placeIn(this.#segment.number),
      redelivered: false,
      mark: 0,
      offset,
      next: offset + RECORD_HEAD_BYTES + end - start,
    };
  }

  /** The records with their octets, without those that have none; `onLost` is told of these. */
  async #resolved(
    found: readonly SegmentRecord[],
    onLost: (record: SegmentRecord) => void,
  ): Promise<readonly SegmentRecord[]> {
    if (!found.some(isLink)) return found;
    const resolved: SegmentRecord[] = [];
    for (let at = 0; at < found.length; ) {
      const record = found[at] as SegmentRecord;
      const run = runAt(found, at);
      if (run.length !== 0) resolved.push(...(await this.#linked(run, onLost)));
      else if (isLink(record)) onLost(record);
      else resolved.push(record);
      at += Math.max(run.length, 1);
    }
    return resolved;
  }

  async #linked(
    run: readonly SegmentRecord[],
    onLost: (record: SegmentRecord) => void,
  ): Promise<SegmentRecord[]> {
    const links = run.map((each) => linkOf(each) as Frame);
    const from = (links[0] as Frame).offset;
    const last = links.at(-1) as Frame;
    const bytes = await this.#readRecords(from, last.offset + RECORD_HEAD_BYTES + last.length);
    const sound: SegmentRecord[] = [];
    for (const [index, record] of run.entries()) {
      const link = links[index] as Frame;
      const at = link.offset - from;
      if (!isSoundFrame(bytes, at, link)) onLost(record);
      else {
        const start = at + RECORD_HEAD_BYTES;
        sound.push({
          ...record,
          bytes,
          start: start + PUBLISH_HEAD_BYTES,
          end: start + link.length,
        });
      }
    }
    return sound;
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

function flagsOf({ bytes, start }: SegmentRecord): number {
  return bytes[start - SEGMENT_RECORD_HEAD_BYTES] as number;
}

function isLink(record: SegmentRecord): boolean {
  return (flagsOf(record) & LINKED) !== 0;
}

/** Where the octets of a record lie, if that is not where it is itself. */
function linkOf(record: SegmentRecord): Frame | null {
  const { bytes, start, end } = record;
  if (!isLink(record) || end - start !== LINK_BYTES) return null;
  return {
    file: bytes.readUInt32BE(start),
    offset: bytes.readUInt32BE(start + 4),
    length: bytes.readUInt32BE(start + 8),
    isGrouped: (flagsOf(record) & GROUPED) !== 0,
  };
}

/** The linked records from `first` on whose frames follow on each other closely enough. */
function runAt(records: readonly SegmentRecord[], first: number): readonly SegmentRecord[] {
  let from = 0;
  let end = 0;
  let at = first;
  for (; at < records.length; at++) {
    const link = linkOf(records[at] as SegmentRecord);
    if (link === null) break;
    const next = link.offset + RECORD_HEAD_BYTES + link.length;
    if (at === first) from = link.offset;
    else if (link.offset < end || next - from > PIECE_BYTES) break;
    end = next;
  }
  return records.slice(first, at);
}

function isSoundFrame(bytes: Buffer, at: number, { file, length, isGrouped }: Frame): boolean {
  const start = at + RECORD_HEAD_BYTES;
  const end = start + length;
  if (length < PUBLISH_HEAD_BYTES || end > bytes.length) return false;
  if (bytes.readUInt32BE(at) !== length) return false;
  const seed = isGrouped ? withinGroup(file) : file;
  return crc32c(bytes, start, end, seed) === bytes.readUInt32BE(at + 4);
}
