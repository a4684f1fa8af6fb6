/**
 * Field tables and arrays on the wire, by RabbitMQ's type letters (which are not those of the 0-9-1
 * document: see its errata). Each type has the same three verbs: size, encode, decode.
 *
 *     table   length:4 | (key length:1 | key | letter:1 | value)*
 *     array   length:4 | (letter:1 | value)*
 *     S x     length:4 | octets
 *
 * Responsible for octets, bounds and depth. What the values are is in field-values.ts; walking over
 * a table without decoding it in table-scan.ts.
 */
import { Cursor, readInt64, readUint64, Truncated, writeInt64, writeUint64 } from './cursor.ts';
import { ProtocolError } from './errors.ts';
import {
  type FieldTable,
  type FieldType,
  type FieldTypes,
  type FieldValue,
  MAX_TABLE_DEPTH,
} from './field-values.ts';
import { readShortString, readUtf8, shortStringBytes, writeShortString } from './text.ts';

export {
  EMPTY_TABLE,
  FIELD_TYPE_NAMES,
  type FieldTable,
  type FieldType,
  type FieldValue,
  fromObject,
  MAX_TABLE_DEPTH,
  tableEquals,
  toFieldValue,
  toObject,
  toPlain,
} from './field-values.ts';

/** One type's verbs. `depth` counts the tables and arrays around the value, itself included. */
interface FieldCodec<V> {
  /** Octets after the letter. */
  size(value: V, depth: number): number;
  /** Writes after the letter; returns the position after it. */
  encode(bytes: Buffer, value: V, at: number): number;
  decode(cursor: Cursor, depth: number): V;
}

function fixed<V>(
  width: number,
  read: (bytes: Buffer, at: number) => V,
  write: (bytes: Buffer, value: V, at: number) => void,
): FieldCodec<V> {
  return {
    size: () => width,
    encode(bytes, value, at) {
      write(bytes, value, at);
      return at + width;
    },
    decode: (cursor) => read(cursor.bytes, cursor.take(width)),
  };
}

function takeLength(cursor: Cursor): number {
  return cursor.bytes.readUInt32BE(cursor.take(4));
}

function encodeOctets(bytes: Buffer, value: string | Buffer, at: number): number {
  const start = at + 4;
  const length =
    typeof value === 'string' ? bytes.write(value, start) : value.copy(bytes, start, 0);
  bytes.writeUInt32BE(length, at);
  return start + length;
}

const BINARY: FieldCodec<Buffer> = {
  size: (value) => 4 + value.length,
  encode: encodeOctets,
  // A copy: a value outlives the chunk that it came in.
  decode(cursor) {
    const length = takeLength(cursor);
    const start = cursor.take(length);
    return Buffer.from(cursor.bytes.subarray(start, start + length));
  },
};

const TEXT: FieldCodec<string | Buffer> = {
  size: (value) => 4 + Buffer.byteLength(value),
  encode: encodeOctets,
  decode(cursor) {
    const length = takeLength(cursor);
    const start = cursor.take(length);
    const text = readUtf8(cursor.bytes, start, start + length);
    return text ?? Buffer.from(cursor.bytes.subarray(start, start + length));
  },
};

const TABLE: FieldCodec<FieldTable> = {
  size(value, depth) {
    let size = 4;
    for (const [key, field] of value) size += shortStringBytes(key) + fieldSize(field, depth);
    return size;
  },
  encode(bytes, value, at) {
    let next = at + 4;
    for (const [key, field] of value) {
      next = encodeField(bytes, field, writeShortString(bytes, key, next));
    }
    bytes.writeUInt32BE(next - at - 4, at);
    return next;
  },
  decode(cursor, depth) {
    const table = new Map<string, FieldValue>();
    within(cursor, () => {
      const key = readShortString(cursor);
      const field = decodeField(cursor, depth);
      // Of a key that comes twice RabbitMQ's look-ups see the first.
      if (!table.has(key)) table.set(key, field);
    });
    return table;
  },
};

const ARRAY: FieldCodec<readonly FieldValue[]> = {
  size: (value, depth) => value.reduce((size, field) => size + fieldSize(field, depth), 4),
  encode(bytes, value, at) {
    let next = at + 4;
    for (const field of value) next = encodeField(bytes, field, next);
    bytes.writeUInt32BE(next - at - 4, at);
    return next;
  },
  decode(cursor, depth) {
    const fields: FieldValue[] = [];
    within(cursor, () => fields.push(decodeField(cursor, depth)));
    return fields;
  },
};

/** Reads items until the length in front of them is used up, and none of them beyond it. */
function within(cursor: Cursor, readItem: () => void): void {
  const length = takeLength(cursor);
  const outerEnd = cursor.end;
  const end = cursor.take(length) + length;
  cursor.at = end - length;
  cursor.end = end;
  while (cursor.at < end) readItem();
  cursor.end = outerEnd;
}

const CODECS: { readonly [T in FieldType]: FieldCodec<FieldTypes[T]> } = {
  S: TEXT,
  x: BINARY,
  I: fixed(
    4,
    (bytes, at) => bytes.readInt32BE(at),
    (bytes, value, at) => bytes.writeInt32BE(value, at),
  ),
  i: fixed(
    4,
    (bytes, at) => bytes.readUInt32BE(at),
    (bytes, value, at) => bytes.writeUInt32BE(value, at),
  ),
  l: fixed(8, readInt64, writeInt64),
  L: fixed(8, readInt64, writeInt64),
  s: fixed(
    2,
    (bytes, at) => bytes.readInt16BE(at),
    (bytes, value, at) => bytes.writeInt16BE(value, at),
  ),
  u: fixed(
    2,
    (bytes, at) => bytes.readUInt16BE(at),
    (bytes, value, at) => bytes.writeUInt16BE(value, at),
  ),
  b: fixed(
    1,
    (bytes, at) => bytes.readInt8(at),
    (bytes, value, at) => bytes.writeInt8(value, at),
  ),
  B: fixed(
    1,
    (bytes, at) => bytes.readUInt8(at),
    (bytes, value, at) => bytes.writeUInt8(value, at),
  ),
  f: fixed(
    4,
    (bytes, at) => bytes.readFloatBE(at),
    (bytes, value, at) => bytes.writeFloatBE(value, at),
  ),
  d: fixed(
    8,
    (bytes, at) => bytes.readDoubleBE(at),
    (bytes, value, at) => bytes.writeDoubleBE(value, at),
  ),
  D: fixed(
    5,
    (bytes, at) => ({ scale: bytes.readUInt8(at), value: bytes.readUInt32BE(at + 1) }),
    (bytes, decimal, at) => bytes.writeUInt32BE(decimal.value, bytes.writeUInt8(decimal.scale, at)),
  ),
  T: fixed(8, readUint64, writeUint64),
  t: fixed(
    1,
    (bytes, at) => bytes[at] !== 0,
    (bytes, value, at) => bytes.writeUInt8(value ? 1 : 0, at),
  ),
  F: TABLE,
  A: ARRAY,
  V: fixed(
    0,
    () => null,
    () => undefined,
  ),
};

/** The same codecs by the octet of their letter, for a type that is known at run time only. */
const BY_OCTET: readonly (readonly [FieldType, FieldCodec<unknown>] | undefined)[] = Array.from(
  { length: 256 },
  (_, octet) => {
    const letter = String.fromCharCode(octet);
    return isFieldType(letter) ? [letter, CODECS[letter] as FieldCodec<unknown>] : undefined;
  },
);

function isFieldType(letter: string): letter is FieldType {
  return Object.hasOwn(CODECS, letter);
}

function codecOf(type: FieldType): FieldCodec<unknown> {
  return CODECS[type] as FieldCodec<unknown>;
}

function fieldSize(field: FieldValue, depth: number): number {
  const inner = field.type === 'F' || field.type === 'A' ? depth + 1 : depth;
  if (inner > MAX_TABLE_DEPTH) throw new RangeError(`nested deeper than ${MAX_TABLE_DEPTH}`);
  return 1 + codecOf(field.type).size(field.value, inner);
}

function encodeField(bytes: Buffer, field: FieldValue, at: number): number {
  bytes[at] = field.type.charCodeAt(0);
  return codecOf(field.type).encode(bytes, field.value, at + 1);
}

function decodeField(cursor: Cursor, depth: number): FieldValue {
  const octet = cursor.bytes[cursor.take(1)] as number;
  const known = BY_OCTET[octet];
  if (known === undefined) throw malformed(`unknown field type ${octet}`);
  const [type, codec] = known;
  const inner = type === 'F' || type === 'A' ? depth + 1 : depth;
  if (inner > MAX_TABLE_DEPTH) throw malformed(`nested deeper than ${MAX_TABLE_DEPTH}`);
  return { type, value: codec.decode(cursor, inner) } as FieldValue;
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('SYNTAX_ERROR', `malformed field table: ${what}`);
}

/**
 * Decodes the table whose 4-octet length is at `start`; `next` is the position after it.
 * @throws ProtocolError SYNTAX_ERROR when it reaches past `end`, nests deeper than MAX_TABLE_DEPTH
 *   or holds an unknown type. (RabbitMQ has no words for these: it drops the socket.)
 */
export function decodeTable(
  bytes: Buffer,
  start: number,
  end: number,
): { readonly table: FieldTable; readonly next: number } {
  const cursor = new Cursor(bytes, start, end);
  try {
    const table = TABLE.decode(cursor, 1);
    return { table, next: cursor.at };
  } catch (error) {
    throw error instanceof Truncated ? malformed('truncated') : error;
  }
}

/**
 * Octets of the encoded table. @throws RangeError for a key over 255 octets or too deep a nesting
 */
export function tableBytes(table: FieldTable): number {
  return TABLE.size(table, 1);
}

/** Writes a table that tableBytes has measured; returns the position after it. */
export function writeTable(bytes: Buffer, table: FieldTable, at: number): number {
  return TABLE.encode(bytes, table, at);
}

/**
 * The table with its length. @throws RangeError for a value that its type or the wire cannot hold
 */
export function encodeTable(table: FieldTable): Buffer {
  const bytes = Buffer.allocUnsafe(tableBytes(table));
  writeTable(bytes, table, 0);
  return bytes;
}
