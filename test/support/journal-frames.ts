// Where the records of a sound journal file are, by the lengths that they say.
import { JOURNAL_HEADER_BYTES, RECORD_HEAD_BYTES } from '../../src/store/file/format.ts';

/** Where the last record ends, and room begins. */
export function endOf(journal: Buffer): number {
  let end = JOURNAL_HEADER_BYTES;
  while (end + RECORD_HEAD_BYTES <= journal.length) {
    const length = journal.readUInt32BE(end);
    if (length === 0) break;
    end += RECORD_HEAD_BYTES + length;
  }
  return end;
}
