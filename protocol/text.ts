/**
 * Strings on the wire: UTF-8 where it is, and nothing lost where it is not.
 *
 *     short string   length:1 | octets
 *
 * Responsible for giving back the same octets that a string was read from. RabbitMQ treats table
 * keys, properties and a publish's names as octets; here those that are no UTF-8 become strings in
 * which each octet from 80 on stands as the lone surrogate U+DC80 to U+DCFF, which no UTF-8 decodes
 * to. Not responsible for saying where that is allowed: methods.ts asks for sound UTF-8, as
 * RabbitMQ does.
 */
import type { Cursor } from './cursor.ts';

/** Octets that a short string's one-octet length allows (spec 4.2.5.3). */
const MAX_SHORT_STRING_BYTES = 255;

/** Added to an octet that stands for itself. */
const ESCAPE_BASE = 0xdc00;
/** What UTF-8 makes of a lone surrogate, in octets, where one is meant. */
const SURROGATE_BYTES = 3;
const ESCAPES = /([\udc80-\udcff])/u;
const ALL_ESCAPES = /[\udc80-\udcff]/gu;

/** The octet as a string that writes as just this octet. */
export function escapeOctet(octet: number): string {
  return String.fromCharCode(octet < 0x80 ? octet : ESCAPE_BASE + octet);
}

/**
 * The octets as UTF-8, or undefined when they are not. The decoder puts U+FFFD for what is
 * malformed, so a text without it is sound, and one with it is sound when it encodes to the same
 * octets.
 */
export function readUtf8(bytes: Buffer, start: number, end: number): string | undefined {
  const text = bytes.toString('utf8', start, end);
  if (!text.includes('\ufffd')) return text;
  return bytes.subarray(start, end).equals(Buffer.from(text)) ? text : undefined;
}

/** The octets as a string that writeText makes the same octets of, UTF-8 or not. */
export function readText(bytes: Buffer, start: number, end: number): string {
  return (
    readUtf8(bytes, start, end) ?? Array.from(bytes.subarray(start, end), escapeOctet).join('')
  );
}

/** Octets that writeText writes. */
export function textBytes(text: string): number {
  const length = Buffer.byteLength(text);
  if (!ESCAPES.test(text)) return length;
  return length - (SURROGATE_BYTES - 1) * (text.match(ALL_ESCAPES)?.length ?? 0);
}

/** Writes UTF-8, and octets that stand for themselves; returns the position after it. */
export function writeText(bytes: Buffer, text: string, at: number): number {
  if (!ESCAPES.test(text)) return at + bytes.write(text, at);
  let next = at;
  for (const [index, part] of text.split(ESCAPES).entries()) {
    // What split on is at the odd places.
    if (index % 2 === 0) next += bytes.write(part, next);
    else next = bytes.writeUInt8(part.charCodeAt(0) - ESCAPE_BASE, next);
  }
  return next;
}

/**
 * Moves past a short string; its octets are `[start, cursor.at)`. Returns `start`. @throws
 * Truncated
 */
export function takeShortString(cursor: Cursor): number {
  const length = cursor.bytes[cursor.take(1)] as number;
  return cursor.take(length);
}

/** Any short string, by readText. @throws Truncated */
export function readShortString(cursor: Cursor): string {
  const start = takeShortString(cursor);
  return readText(cursor.bytes, start, cursor.at);
}

/** Octets that a short string takes. @throws RangeError over 255 octets of text */
export function shortStringBytes(text: string): number {
  const length = textBytes(text);
  if (length > MAX_SHORT_STRING_BYTES) {
    throw new RangeError(`short string over 255 octets: ${length} in '${text.slice(0, 40)}...'`);
  }
  return 1 + length;
}

/** Writes a short string that shortStringBytes has measured; returns the position after it. */
export function writeShortString(bytes: Buffer, text: string, at: number): number {
  const next = writeText(bytes, text, at + 1);
  bytes[at] = next - at - 1;
  return next;
}
