/**
 * The properties of a message: the list behind the 12 fixed octets of a content header (spec
 * 4.2.6.1).
 *
 *     flags:2 | the value of each property whose flag is set, from the highest bit down
 *
 * Responsible for decoding them, for building new ones, and for telling without decoding whether
 * they are sound and where one of them is. Not responsible for the rest of the content header or
 * for meaning.
 *
 * Flag bit 0 would announce another flag word, which class basic does not have; bit 1 is unused.
 * Like RabbitMQ this ignores and keeps both.
 */
import { Cursor, readUint64, Truncated, writeUint64 } from './cursor.ts';
import { malformedProperties, ProtocolError } from './errors.ts';
import { BASIC_PROPERTIES } from './spec.ts';
import type { PropertyType } from './spec-types.ts';
import { decodeTable, type FieldTable, tableBytes, writeTable } from './table.ts';
import { skipTable, tableHasKey } from './table-scan.ts';
import { readShortString, shortStringBytes, writeShortString } from './text.ts';

export const FLAG_CONTENT_TYPE = 0x8000;
export const FLAG_CONTENT_ENCODING = 0x4000;
export const FLAG_HEADERS = 0x2000;
export const FLAG_DELIVERY_MODE = 0x1000;
export const FLAG_PRIORITY = 0x0800;
export const FLAG_CORRELATION_ID = 0x0400;
export const FLAG_REPLY_TO = 0x0200;
export const FLAG_EXPIRATION = 0x0100;
export const FLAG_MESSAGE_ID = 0x0080;
export const FLAG_TIMESTAMP = 0x0040;
export const FLAG_TYPE = 0x0020;
export const FLAG_USER_ID = 0x0010;
export const FLAG_APP_ID = 0x0008;
export const FLAG_CLUSTER_ID = 0x0004;
const OCTET_FLAGS = FLAG_DELIVERY_MODE | FLAG_PRIORITY;
/** Everything but the one-octet properties, which are checked by length alone. */
const LONG_FLAGS = 0xfffc & ~OCTET_FLAGS;

interface PropertyTypes {
  readonly shortstr: string;
  readonly octet: number;
  readonly timestamp: number | bigint;
  readonly table: FieldTable;
}

type PropertyName = keyof typeof BASIC_PROPERTIES;

/** A message's properties. `timestamp` is in seconds; it is a bigint above 2^53 - 1 only. */
export type Properties = {
  readonly [N in PropertyName]?: PropertyTypes[(typeof BASIC_PROPERTIES)[N]] | undefined;
};

interface PropertyCodec<V> {
  size(value: V): number;
  encode(bytes: Buffer, value: V, at: number): number;
  decode(cursor: Cursor): V;
}

const CODECS: { readonly [T in PropertyType]: PropertyCodec<PropertyTypes[T]> } = {
  shortstr: { size: shortStringBytes, encode: writeShortString, decode: readShortString },
  octet: {
    size: () => 1,
    encode: (bytes, value, at) => bytes.writeUInt8(value, at),
    decode: (cursor) => cursor.bytes[cursor.take(1)] as number,
  },
  timestamp: {
    size: () => 8,
    encode(bytes, value, at) {
      writeUint64(bytes, value, at);
      return at + 8;
    },
    decode: (cursor) => readUint64(cursor.bytes, cursor.take(8)),
  },
  table: {
    size: tableBytes,
    encode: writeTable,
    decode(cursor) {
      const { table, next } = decodeTable(cursor.bytes, cursor.at, cursor.end);
      cursor.at = next;
      return table;
    },
  },
};

/** Name, flag and codec of each property, from the highest flag down. */
const LAYOUT = Object.entries(BASIC_PROPERTIES).map(([name, type], index) => ({
  name: name as PropertyName,
  flag: 0x8000 >> index,
  type,
  codec: CODECS[type] as PropertyCodec<unknown>,
}));

/** The flag word at `start`. */
export function propertyFlags(bytes: Buffer, start: number): number {
  return ((bytes[start] as number) << 8) | (bytes[start + 1] as number);
}

/**
 * Decodes the properties `bytes[start, end)`, flags first.
 * @throws ProtocolError INTERNAL_ERROR (as RabbitMQ does) unless they fit exactly
 */
export function decodeProperties(bytes: Buffer, start: number, end: number): Properties {
  const cursor = new Cursor(bytes, start, end);
  const properties: Partial<Record<PropertyName, unknown>> = {};
  try {
    const flags = propertyFlags(bytes, cursor.take(2));
    for (const { name, flag, codec } of LAYOUT) {
      if ((flags & flag) !== 0) properties[name] = codec.decode(cursor);
    }
  } catch (error) {
    if (error instanceof Truncated) throw malformedProperties('truncated');
    if (error instanceof ProtocolError) throw malformedProperties(error.message || error.detail);
    throw error;
  }
  if (cursor.at !== end) throw malformedProperties(`${end - cursor.at} octets left over`);
  return properties as Properties;
}

/**
 * Flags and values of `properties`; those that are undefined are left out.
 * @throws RangeError for a short string over 255 octets, or a number that its field cannot hold
 */
export function encodeProperties(properties: Properties): Buffer {
  const present = LAYOUT.filter(({ name }) => properties[name] !== undefined);
  let size = 2;
  let flags = 0;
  for (const { name, flag, codec } of present) {
    size += codec.size(properties[name]);
    flags |= flag;
  }
  const bytes = Buffer.allocUnsafe(size);
  let at = bytes.writeUInt16BE(flags, 0);
  for (const { name, codec } of present) at = codec.encode(bytes, properties[name], at);
  return bytes;
}

/**
 * The position after the value of that type at `at`, or -1 when it is malformed or passes `end`.
 */
function skipProperty(type: PropertyType, bytes: Buffer, at: number, end: number): number {
  let next = at;
  if (type === 'shortstr') next += at < end ? 1 + (bytes[at] as number) : 1;
  else if (type === 'octet') next += 1;
  else if (type === 'timestamp') next += 8;
  else return skipTable(bytes, at, end);
  return next > end ? -1 : next;
}

/**
 * Checks the structure of `bytes[start, end)` without decoding it: what passes here decodes.
 * @throws ProtocolError INTERNAL_ERROR (as RabbitMQ does) unless the properties fit exactly
 */
export function checkProperties(bytes: Buffer, start: number, end: number): void {
  if (end - start < 2) throw malformedProperties('no flags');
  const flags = propertyFlags(bytes, start);
  if ((flags & LONG_FLAGS) === 0) {
    const octets = ((flags >> 12) & 1) + ((flags >> 11) & 1);
    if (start + 2 + octets !== end) throw malformedProperties('wrong length');
    return;
  }
  let at = start + 2;
  for (const { name, flag, type } of LAYOUT) {
    if ((flags & flag) === 0) continue;
    at = skipProperty(type, bytes, at, end);
    if (at < 0) throw malformedProperties(name);
  }
  if (at !== end) throw malformedProperties(`${end - at} octets left over`);
}

/**
 * Where the value of one property (one FLAG_ constant) starts, or -1 when it is not set.
 * The properties must have passed checkProperties.
 */
export function propertyOffset(bytes: Buffer, start: number, end: number, wanted: number): number {
  const flags = propertyFlags(bytes, start);
  if ((flags & wanted) === 0) return -1;
  let at = start + 2;
  for (const { flag, type } of LAYOUT) {
    if (flag === wanted) break;
    if ((flags & flag) !== 0) at = skipProperty(type, bytes, at, end);
  }
  return at;
}

const UPPER_B = 0x42;
const UPPER_C = 0x43;

function isSenderSelected(bytes: Buffer, at: number, length: number): boolean {
  if (length === 2) return bytes[at] === UPPER_C && bytes[at + 1] === UPPER_C;
  if (length !== 3 || bytes[at] !== UPPER_B) return false;
  return bytes[at + 1] === UPPER_C && bytes[at + 2] === UPPER_C;
}

/**
 * Whether the headers have a key `CC` or `BCC` (sender-selected distribution), without decoding
 * them. The properties must have passed checkProperties.
 */
export function hasSenderSelectedHeaders(bytes: Buffer, start: number, end: number): boolean {
  const at = propertyOffset(bytes, start, end, FLAG_HEADERS);
  return at >= 0 && tableHasKey(bytes, at, end, isSenderSelected);
}
