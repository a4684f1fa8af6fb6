// Where the records of a sound journal file are, by the lengths that they say.
import { JOURNAL_HEADER_BYTES, RECORD_HEAD_BYTES } from '../../src/store/file/format.ts';

/** Where the frame of each record starts, and, as the last one, where room begins. */
export function framesOf(journal: Buffer): number[] {
  const starts = [JOURNAL_HEADER_BYTES];
  for (let at = JOURNAL_HEADER_BYTES; at + RECORD_HEAD_BYTES <= journal.length; ) {
    const length = journal.readUInt32BE(at);
    if (length === 0) break;
    at += RECORD_HEAD_BYTES + length;
    starts.push(at);
  }
  return starts;
}

/** Where the last record ends. */
export function endOf(journal: Buffer): number {
  return framesOf(journal).at(-1) as number;
}
