/**
 * Lines of JSON that each carry a checksum, so that a person can read the file and the store can
 * tell a good line from a torn or damaged one.
 *
 *     line    CRC-32C of the JSON's octets, 8 hexadecimal digits | space | JSON in UTF-8 | newline
 *
 * JSON escapes newlines and lone surrogates, so a newline always ends a line. Not responsible for
 * what the lines say.
 */
import { crc32c } from '../crc32c.ts';

const DIGITS = 8;
const PREFIX_BYTES = DIGITS + 1;
const NEWLINE = 0x0a;

/** A line as it was found. */
export interface CheckedLine {
  /** From 1. */
  readonly number: number;
  /** Where it starts in the file, in octets. */
  readonly start: number;
  /** Where it ends, its newline included. */
  readonly end: number;
  /** Whether it has a newline. */
  readonly isEnded: boolean;
  /** What it says; undefined when it cannot be trusted. */
  readonly value: unknown;
  readonly isGood: boolean;
}

export function encodeLine(value: unknown): Buffer {
  const line = Buffer.from(`${'0'.repeat(DIGITS)} ${JSON.stringify(value)}\n`);
  const sum = crc32c(line, PREFIX_BYTES, line.length - 1);
  line.write(sum.toString(16).padStart(DIGITS, '0'), 0, 'latin1');
  return line;
}

/** All lines of a file; what follows the last newline is one that is not good. */
export function* decodeLines(bytes: Buffer): Generator<CheckedLine> {
  let number = 1;
  for (let start = 0; start < bytes.length; number++) {
    const newline = bytes.indexOf(NEWLINE, start);
    const isGood = newline !== -1 && isSound(bytes, start, newline);
    const value = isGood ? parse(bytes.toString('utf8', start + PREFIX_BYTES, newline)) : undefined;
    const isEnded = newline !== -1;
    const end = isEnded ? newline + 1 : bytes.length;
    yield { number, start, end, isEnded, value, isGood: value !== undefined };
    start = end;
  }
}

function isSound(bytes: Buffer, start: number, newline: number): boolean {
  if (newline - start < PREFIX_BYTES) return false;
  const digits = bytes.toString('latin1', start, start + PREFIX_BYTES);
  const sum = crc32c(bytes, start + PREFIX_BYTES, newline);
  return digits === `${sum.toString(16).padStart(DIGITS, '0')} `;
}

/** What was written by somebody else may have a right checksum and be no JSON. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
