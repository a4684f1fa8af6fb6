/**
 * Walking over an encoded field table without decoding it: no object, no string.
 *
 * Responsible for telling whether a table is well formed and which keys its top level has. Must
 * accept exactly what table.ts decodes; the tests hold the two against each other.
 */
import { MAX_TABLE_DEPTH } from './field-values.ts';

const UNKNOWN = -1;
const LONG_STRING = -2;
const TABLE = -3;
const ARRAY = -4;

/** Octets after each type letter, or one of the negative kinds above. */
const WIDTHS = new Int8Array(256).fill(UNKNOWN);
for (const letter of 'V') WIDTHS[letter.charCodeAt(0)] = 0;
for (const letter of 'bBt') WIDTHS[letter.charCodeAt(0)] = 1;
for (const letter of 'su') WIDTHS[letter.charCodeAt(0)] = 2;
for (const letter of 'Iif') WIDTHS[letter.charCodeAt(0)] = 4;
for (const letter of 'D') WIDTHS[letter.charCodeAt(0)] = 5;
for (const letter of 'lLdT') WIDTHS[letter.charCodeAt(0)] = 8;
for (const letter of 'Sx') WIDTHS[letter.charCodeAt(0)] = LONG_STRING;
for (const letter of 'F') WIDTHS[letter.charCodeAt(0)] = TABLE;
for (const letter of 'A') WIDTHS[letter.charCodeAt(0)] = ARRAY;

/** Where the octets behind the 4-octet length at `at` end, or -1 when that is beyond `end`. */
function endOfLong(bytes: Buffer, at: number, end: number): number {
  if (end - at < 4) return -1;
  const next = at + 4 + bytes.readUInt32BE(at);
  return next > end ? -1 : next;
}

/** The position after the value whose letter is at `at`, or -1 when it is malformed. */
function skipField(bytes: Buffer, at: number, end: number, depth: number): number {
  if (at >= end) return -1;
  const width = WIDTHS[bytes[at] as number] as number;
  if (width >= 0) return at + 1 + width > end ? -1 : at + 1 + width;
  if (width === LONG_STRING) return endOfLong(bytes, at + 1, end);
  if (width === UNKNOWN) return -1;
  return skipItems(bytes, at + 1, end, depth + 1, width === TABLE);
}

/** The position after the table (or, without keys, the array) whose length is at `start`, or -1. */
function skipItems(
  bytes: Buffer,
  start: number,
  end: number,
  depth: number,
  keyed: boolean,
): number {
  if (depth > MAX_TABLE_DEPTH) return -1;
  const itemsEnd = endOfLong(bytes, start, end);
  let at = start + 4;
  while (at < itemsEnd) {
    if (keyed) at += 1 + (bytes[at] as number);
    at = skipField(bytes, at, itemsEnd, depth);
    if (at < 0) return -1;
  }
  return itemsEnd;
}

/**
 * The position after the table whose 4-octet length is at `start`, or -1 when it is malformed or
 * passes `end`.
 */
export function skipTable(bytes: Buffer, start: number, end: number): number {
  return skipItems(bytes, start, end, 1, true);
}

/**
 * Whether the top level of the table at `start` has a key that `isWanted` takes, which gets the
 * key's first octet and its length. A malformed table has none.
 */
export function tableHasKey(
  bytes: Buffer,
  start: number,
  end: number,
  isWanted: (bytes: Buffer, at: number, length: number) => boolean,
): boolean {
  const itemsEnd = endOfLong(bytes, start, end);
  let at = start + 4;
  while (at >= 0 && at < itemsEnd) {
    const length = bytes[at] as number;
    if (at + 1 + length < itemsEnd && isWanted(bytes, at + 1, length)) return true;
    at = skipField(bytes, at + 1 + length, itemsEnd, 1);
  }
  return false;
}
