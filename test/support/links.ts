// What a segment says of records that lie in the file beside it, read from its octets.
import {
  LINKED,
  RECORD_HEAD_BYTES,
  readPosition,
  SEGMENT_FOOTER_BYTES,
  SEGMENT_HEADER_BYTES,
  SEGMENT_RECORD_HEAD_BYTES,
} from '../../src/store/file/format.ts';

export interface Link {
  readonly position: number;
  /** Where it stands in the segment. */
  readonly from: number;
  readonly to: number;
  /** Where its record stands in the other file, head and body. */
  readonly recordFrom: number;
  readonly recordTo: number;
}

/** The linked records of a whole segment. */
export function linksOf(segment: Buffer): Link[] {
  const end = segment.readUInt32BE(segment.length - SEGMENT_FOOTER_BYTES);
  const links: Link[] = [];
  for (let from = SEGMENT_HEADER_BYTES; from < end; ) {
    const start = from + RECORD_HEAD_BYTES;
    const to = start + segment.readUInt32BE(from);
    if (((segment[start] as number) & LINKED) !== 0) {
      const at = start + SEGMENT_RECORD_HEAD_BYTES;
      const recordFrom = segment.readUInt32BE(at + 4);
      const recordTo = recordFrom + RECORD_HEAD_BYTES + segment.readUInt32BE(at + 8);
      const position = readPosition(segment, start + 1);
      links.push({ position, from, to, recordFrom, recordTo });
    }
    from = to;
  }
  return links;
}
