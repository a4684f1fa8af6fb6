/**
 * What lies on the disk, octet by octet. Numbers are big-endian; `position` and `time` have 6
 * octets. Version 1 of everything, but for what
 * FORMAT counts (data-folder.ts).
 *
 *     <data>/
 *       FORMAT, lock                      data-folder.ts
 *       metadata/                         definitions: metadata.ts
 *       journal/0000000001.journal ...    the shared journal, oldest first; a .spare is one that is
 *                                         not needed any more
 *       queues/<number>/0000000001.segment ..., and 0000000001.records of some
 *       packs/0000000001.pack ...         what many queues had little of
 *       temporary/                        what was too much for memory; removed at a start
 *       damaged/                          what could not be read, moved or copied aside
 *
 * Journal file:
 *
 *     header   magic "LVTJRNL1":8 | number:4 | crc of these 12 octets:4
 *     records  length:4 | crc:4 | body of `length` octets
 *     room     of a file that is being written, or was when its process was killed: zeros up to the
 *              end of a block of 4096 octets, at least 8, and anything behind them; or nothing
 *
 * The checksum is CRC-32C of the body, going on from the number of the file, so that octets of
 * another file are never taken for a record of this one. Bodies, by their first octet:
 *
 *     1 publish    queue:4 | position | the record's octets
 *     2 also       queue:4 | position | back:4     the same octets in one more queue: those of the
 *                                                  publish that starts `back` octets before this
 *                                                  record
 *     3 settle     queue:4 | (from | to) ...       positions, both ends included
 *     4 delivered  queue:4 | position              all up to here were handed out
 *     6 mark       queue:4 | position | value:4    noted with that record; the last one counts
 *     7 filler     0:4 | zeros                     nothing, up to where a large write may begin
 *     5 group      records, each with length and crc: all of them count, or none. The checksums in
 *                  it go on from the complement of the number of the file, so that a part of a
 *                  torn group is no record
 *
 * Every body may come twice with the same meaning as once; a publish of a position that was settled
 * does not come again behind the settle.
 *
 * Segment file: records of one queue in order of position. Never changed once it is whole.
 *
 *     header   magic "LVTSEGM1":8 | queue:4 | number:4 | crc of these 16 octets:4
 *     records  length:4 | crc:4 | flags:1 | position | the record's octets, or where they are
 *     index    (from | to) ...                     runs of positions that are there
 *     footer   start of the index:4 | records:4 | transient records:4 | crc of index and these:4
 *              | magic "LVTSEND1":8
 *
 * `length` and `crc` of a segment's record are of all that follows in it, `crc` starting from 0.
 * Flag 1: transient, not to survive a restart. Flag 2: the octets are those of a publish in
 * `.records`, a second name of the journal file that it was in; they say
 *
 *     number of the journal file:4 | where the publish's frame starts:4 | length of its body:4
 *
 * and flag 4, that the frame is in a group. A segment gets its name once it is whole; one that is
 * still being written is called `.segment.tmp`, and everything in it is in the journal, too. So it
 * is while there is a `.records` and no segment.
 *
 * Pack file: segments of many queues in one file. Never changed once it is whole, and named then.
 *
 *     header     magic "LVTPACK1":8 | number:4 | crc of these 12 octets:4
 *     sections   length:4 | crc:4 | flag 8:1 | queue:4 | records:4, and behind it that queue's
 *                records, as in a segment, without any whose octets are elsewhere
 *     directory  of each section: queue:4 | where its records start:4 | where they end:4 |
 *                transient records:4 | runs:4 | (from | to) ...
 *     replaced   numbers of packs of which everything that counts is in this one, 4 octets each
 *     footer     start of the directory:4 | sections:4 | replaced:4 | crc of all from the directory
 *                on, starting from the pack's number:4 | magic "LVTPKEND":8
 */
import { ALIGNMENT_BYTES } from '../aligned.ts';
import { crc32c } from '../crc32c.ts';

export const JOURNAL_MAGIC = Buffer.from('LVTJRNL1');
export const JOURNAL_HEADER_BYTES = 16;
export const SEGMENT_MAGIC = Buffer.from('LVTSEGM1');
export const SEGMENT_HEADER_BYTES = 20;
export const SEGMENT_END_MAGIC = Buffer.from('LVTSEND1');
export const SEGMENT_FOOTER_BYTES = 24;
export const PACK_MAGIC = Buffer.from('LVTPACK1');
export const PACK_HEADER_BYTES = 16;
export const PACK_END_MAGIC = Buffer.from('LVTPKEND');
export const PACK_FOOTER_BYTES = 24;
/** What a directory has of a section before its runs. */
export const PACK_ENTRY_BYTES = 20;

/** The shortest filler, with length and checksum. */
export const LEAST_FILLER_BYTES = 13;

/** Length and checksum before each record. */
export const RECORD_HEAD_BYTES = 8;
export const POSITION_BYTES = 6;
/** Type, queue and position before the octets of a publish. */
export const PUBLISH_HEAD_BYTES = 11;
/** Flags and position before the octets of a segment's record. */
export const SEGMENT_RECORD_HEAD_BYTES = 7;
/** No record is longer than this: a body of 512 MiB and its properties. */
export const LONGEST_RECORD_BYTES = 1024 * 1024 * 1024;

export const PUBLISH = 1;
export const ALSO = 2;
export const SETTLE = 3;
export const DELIVERED = 4;
export const GROUP = 5;
export const MARK = 6;
export const FILLER = 7;

export const TRANSIENT = 1;
export const LINKED = 2;
export const GROUPED = 4;
/** The head of a pack's section. */
export const SECTION = 8;
/** All of it. */
export const SECTION_HEAD_BYTES = 17;
/** What a linked record says of its octets. */
export const LINK_BYTES = 12;

/** The frame of a publish in a journal file. */
export interface Frame {
  /** Number of the file. */
  readonly file: number;
  readonly offset: number;
  /** Of its body. */
  readonly length: number;
  readonly isGrouped: boolean;
}

/**
 * Where a frame of the journal starts, and whether it is in a group, as one number
 * (`Stored.frameAt`).
 */
export function frameAtOf(offset: number, isGrouped: boolean): number {
  return 2 * offset + (isGrouped ? 1 : 0);
}

/** Where that frame starts. */
export function frameOffset(frameAt: number): number {
  return Math.floor(frameAt / 2);
}

/** Whether that frame is in a group. */
export function isGroupedFrame(frameAt: number): boolean {
  return frameAt % 2 === 1;
}

/** The seed of checksums within a group, so that no part of a torn one passes for a record. */
export function withinGroup(seed: number): number {
  return ~seed >>> 0;
}

const POSITION_HIGH = 0x1_0000_0000;

export function writePosition(bytes: Buffer, position: number, at: number): number {
  bytes.writeUInt16BE(Math.floor(position / POSITION_HIGH), at);
  return bytes.writeUInt32BE(position % POSITION_HIGH, at + 2);
}

/** The same through a view, where there are many. */
export function setPosition(view: DataView, position: number, at: number): void {
  view.setUint16(at, position / POSITION_HIGH);
  // Of that, the lower 32 bits.
  view.setUint32(at + 2, position);
}

export function readPosition(bytes: Buffer, at: number): number {
  return bytes.readUInt16BE(at) * POSITION_HIGH + bytes.readUInt32BE(at + 2);
}

/** Octets in all of `pieces`. */
export function totalBytes(pieces: readonly Buffer[]): number {
  let bytes = 0;
  for (let i = 0; i < pieces.length; i++) bytes += (pieces[i] as Buffer).length;
  return bytes;
}

/** The checksum of `pieces`, one behind the other, going on from `crc`. */
export function checksumOf(pieces: readonly Buffer[], crc: number): number {
  let sum = crc;
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i] as Buffer;
    sum = crc32c(piece, 0, piece.length, sum);
  }
  return sum;
}

/** A run of positions, both ends included. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

export const RUN_BYTES = 2 * POSITION_BYTES;

/** Reads the runs that fill `bytes[start, end)`. */
export function readRuns(bytes: Buffer, start: number, end: number): Run[] {
  const runs: Run[] = [];
  for (let at = start; at + RUN_BYTES <= end; at += RUN_BYTES) {
    runs.push({ from: readPosition(bytes, at), to: readPosition(bytes, at + POSITION_BYTES) });
  }
  return runs;
}

export function journalHeader(number: number): Buffer {
  return numberedHeader(JOURNAL_MAGIC, number);
}

/** Whether `bytes` begin with the header of journal file `number`. */
export function isJournalHeader(bytes: Buffer, number: number): boolean {
  return bytes.subarray(0, JOURNAL_HEADER_BYTES).equals(journalHeader(number));
}

/** Octets of zeros behind a last record that ends at `end`, in all: to the end of a block. */
export function roomBytes(end: number, least: number): number {
  return Math.ceil((end + least) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES - end;
}

/** A record of `bytes` octets, at least `LEAST_FILLER_BYTES`, that says nothing. */
export function fillerRecord(bytes: number, seed: number): Buffer {
  const record = Buffer.alloc(bytes);
  record.writeUInt32BE(bytes - RECORD_HEAD_BYTES, 0);
  record[RECORD_HEAD_BYTES] = FILLER;
  record.writeUInt32BE(crc32c(record, RECORD_HEAD_BYTES, bytes, seed), 4);
  return record;
}

export function segmentHeader(queue: number, number: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  SEGMENT_MAGIC.copy(header);
  header.writeUInt32BE(queue, 8);
  header.writeUInt32BE(number, 12);
  header.writeUInt32BE(crc32c(header, 0, 16), 16);
  return header;
}

export function packHeader(number: number): Buffer {
  return numberedHeader(PACK_MAGIC, number);
}

/** The magic, the file's number, and the checksum of both. */
function numberedHeader(magic: Buffer, number: number): Buffer {
  const header = Buffer.alloc(magic.length + 8);
  magic.copy(header);
  const at = header.writeUInt32BE(number, magic.length);
  header.writeUInt32BE(crc32c(header, 0, at), at);
  return header;
}

/** What stands before `records` records of `queue`. */
export function sectionHead(queue: number, records: number): Buffer {
  const head = Buffer.alloc(SECTION_HEAD_BYTES);
  head.writeUInt32BE(SECTION_HEAD_BYTES - RECORD_HEAD_BYTES, 0);
  head[RECORD_HEAD_BYTES] = SECTION;
  head.writeUInt32BE(queue, RECORD_HEAD_BYTES + 1);
  head.writeUInt32BE(records, RECORD_HEAD_BYTES + 5);
  head.writeUInt32BE(crc32c(head, RECORD_HEAD_BYTES, SECTION_HEAD_BYTES), 4);
  return head;
}

/** File names sort as their numbers do. */
export function numbered(number: number, suffix: string): string {
  return `${String(number).padStart(10, '0')}.${suffix}`;
}

/** The number of a file of that kind; null for the name of anything else. */
export function numberOf(name: string, suffix: string): number | null {
  const match = /^(\d{10})\.(.+)$/.exec(name);
  return match !== null && match[2] === suffix ? Number(match[1]) : null;
}
