/**
 * The values that a field table holds: RabbitMQ's type letters, what each is in TypeScript, and the
 * way from and to plain JavaScript values.
 *
 * Responsible for keeping a value together with its wire type, so that what came in as one type
 * goes out as the same one. Not responsible for octets: table.ts reads and writes them.
 */

/** How deep tables and arrays may nest, the outermost table counted. RabbitMQ sets no limit. */
export const MAX_TABLE_DEPTH = 128;

/** A decimal: `value` / 10^`scale`. */
interface Decimal {
  readonly scale: number;
  readonly value: number;
}

/** Each type letter in TypeScript. 64-bit integers are bigint only where a double would lie. */
export interface FieldTypes {
  /** Text, or its octets where they are not UTF-8. */
  readonly S: string | Buffer;
  readonly x: Buffer;
  readonly I: number;
  readonly i: number;
  readonly l: number | bigint;
  /** Signed, as RabbitMQ reads it. */
  readonly L: number | bigint;
  readonly s: number;
  readonly u: number;
  readonly b: number;
  readonly B: number;
  readonly f: number;
  readonly d: number;
  readonly D: Decimal;
  /** Seconds since 1970, unsigned. */
  readonly T: number | bigint;
  readonly t: boolean;
  readonly F: FieldTable;
  readonly A: readonly FieldValue[];
  readonly V: null;
}

export type FieldType = keyof FieldTypes;

export type FieldValue = {
  [T in FieldType]: { readonly type: T; readonly value: FieldTypes[T] };
}[FieldType];

/** Keys in the order in which they came. */
export type FieldTable = ReadonlyMap<string, FieldValue>;

/** What RabbitMQ calls each type, in error texts and in its HTTP API. */
export const FIELD_TYPE_NAMES = {
  S: 'longstr',
  x: 'binary',
  I: 'signedint',
  i: 'unsignedint',
  l: 'long',
  L: 'long',
  s: 'short',
  u: 'unsignedshort',
  b: 'byte',
  B: 'unsignedbyte',
  f: 'float',
  d: 'double',
  D: 'decimal',
  T: 'timestamp',
  t: 'bool',
  F: 'table',
  A: 'array',
  V: 'void',
} as const satisfies Readonly<Record<FieldType, string>>;

export const EMPTY_TABLE: FieldTable = new Map();

const VOID: FieldValue = { type: 'V', value: null };
const INT32_BOUND = 2 ** 31;
const INT64_BOUND = 2 ** 63;

function fromNumber(value: number): FieldValue {
  if (!Number.isInteger(value) || value < -INT64_BOUND || value >= INT64_BOUND) {
    return { type: 'd', value };
  }
  if (value >= -INT32_BOUND && value < INT32_BOUND) return { type: 'I', value };
  return { type: 'l', value: Number.isSafeInteger(value) ? value : BigInt(value) };
}

function fromBigint(value: bigint): FieldValue {
  if (BigInt.asIntN(64, value) !== value) throw new RangeError(`over 64 bits: ${value}`);
  const small = Number(value);
  return { type: 'l', value: Number.isSafeInteger(small) ? small : value };
}

/**
 * The field value that a plain value means: string S, boolean t, integer I or (beyond 32 bits) l,
 * other number d, bigint l, Date T in seconds, Buffer x, array A, Map or object F, null and
 * undefined V.
 * @throws TypeError for functions and symbols; RangeError past 64 bits or MAX_TABLE_DEPTH
 */
export function toFieldValue(value: unknown, depth = 1): FieldValue {
  switch (typeof value) {
    case 'string':
      return { type: 'S', value };
    case 'boolean':
      return { type: 't', value };
    case 'number':
      return fromNumber(value);
    case 'bigint':
      return fromBigint(value);
    case 'undefined':
      return VOID;
    case 'object':
      return value === null ? VOID : fromStructure(value, depth);
    default:
      throw new TypeError(`no field type for a ${typeof value}`);
  }
}

function fromStructure(value: object, depth: number): FieldValue {
  if (value instanceof Date) return { type: 'T', value: Math.floor(value.getTime() / 1000) };
  if (Buffer.isBuffer(value)) return { type: 'x', value };
  if (depth >= MAX_TABLE_DEPTH) throw new RangeError(`nested deeper than ${MAX_TABLE_DEPTH}`);
  if (Array.isArray(value)) {
    return { type: 'A', value: value.map((item: unknown) => toFieldValue(item, depth + 1)) };
  }
  const entries = value instanceof Map ? value : Object.entries(value);
  return { type: 'F', value: toTable(entries, depth + 1) };
}

function toTable(entries: Iterable<readonly [unknown, unknown]>, depth: number): FieldTable {
  const table = new Map<string, FieldValue>();
  for (const [key, value] of entries) {
    if (value !== undefined) table.set(String(key), toFieldValue(value, depth));
  }
  return table;
}

/**
 * The table that a plain object means, by toFieldValue; members that are undefined are left out.
 */
export function fromObject(object: Readonly<Record<string, unknown>>): FieldTable {
  return toTable(Object.entries(object), 1);
}

/** The plain value: a table as an object, an array as an array, D as a number, T as seconds. */
export function toPlain(field: FieldValue): unknown {
  switch (field.type) {
    case 'F':
      return toObject(field.value);
    case 'A':
      return field.value.map(toPlain);
    case 'D':
      return field.value.value / 10 ** field.value.scale;
    default:
      return field.value;
  }
}

/**
 * The table as a plain object without type letters (it has no prototype: any key is only a key).
 */
export function toObject(table: FieldTable): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, value] of table) object[key] = toPlain(value);
  return object;
}

function valueEquals(a: FieldValue, b: FieldValue): boolean {
  if (a.type === 'F') return b.type === 'F' && tableEquals(a.value, b.value);
  if (a.type === 'A') {
    if (b.type !== 'A' || a.value.length !== b.value.length) return false;
    return a.value.every((item, i) => valueEquals(item, b.value[i] as FieldValue));
  }
  if (a.type === 'D') {
    return b.type === 'D' && a.value.scale === b.value.scale && a.value.value === b.value.value;
  }
  if (a.type !== b.type) return false;
  if (Buffer.isBuffer(a.value)) return Buffer.isBuffer(b.value) && a.value.equals(b.value);
  return Object.is(a.value, b.value);
}

/** Whether both hold the same keys with values of the same type and content, in any order. */
export function tableEquals(a: FieldTable, b: FieldTable): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    const other = b.get(key);
    if (other === undefined || !valueEquals(value, other)) return false;
  }
  return true;
}
