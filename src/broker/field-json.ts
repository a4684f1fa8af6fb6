/**
 * Field tables as JSON and back, without loss: type letters, the order of keys, octets that are no
 * text, integers and doubles that JSON's numbers cannot say.
 *
 *     table   [[key, letter, value], ...]
 *     array   [[letter, value], ...]
 *     octets  {"base64": text}             integer over 2^53, NaN, -0, infinities   text
 *
 * Responsible for this form alone; values are checked when read, for a file may hold anything.
 */
import type { FieldTable, FieldValue } from '../../protocol/table.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly base64: string };

const TEXT = new Set(['S', 'x']);
const SMALL = new Set(['I', 'i', 's', 'u', 'b', 'B']);
const LARGE = new Set(['l', 'L', 'T']);
const REAL = new Set(['f', 'd']);

export function tableToJson(table: FieldTable): Json {
  return Array.from(table, ([key, field]) => [key, field.type, valueToJson(field)]);
}

/** @throws Error for what no table is written as */
export function tableFromJson(json: unknown): FieldTable {
  const table = new Map<string, FieldValue>();
  for (const entry of listFrom(json)) {
    const [key, type, value] = listFrom(entry);
    if (typeof key !== 'string') throw unreadable('a key');
    table.set(key, fieldFrom(type, value));
  }
  return table;
}

function valueToJson(field: FieldValue): Json {
  switch (field.type) {
    case 'S':
    case 'x':
      if (typeof field.value === 'string') return field.value;
      return { base64: field.value.toString('base64') };
    case 'D':
      return [field.value.scale, field.value.value];
    case 'F':
      return tableToJson(field.value);
    case 'A':
      return field.value.map((item) => [item.type, valueToJson(item)]);
    case 'V':
    case 't':
      return field.value;
    default:
      return numberToJson(field.value);
  }
}

function numberToJson(value: number | bigint): Json {
  if (Object.is(value, -0)) return '-0';
  return typeof value === 'number' && Number.isFinite(value) ? value : String(value);
}

function fieldFrom(type: unknown, value: unknown): FieldValue {
  return { type, value: valueFrom(String(type), value) } as FieldValue;
}

function valueFrom(type: string, value: unknown): unknown {
  if (TEXT.has(type)) return textFrom(type, value);
  if (SMALL.has(type) && Number.isInteger(value)) return value;
  if (LARGE.has(type)) return integerFrom(value);
  if (REAL.has(type)) return realFrom(value);
  if (type === 't' && typeof value === 'boolean') return value;
  if (type === 'V' && value === null) return value;
  if (type === 'F') return tableFromJson(value);
  if (type === 'A') return listFrom(value).map((item) => fieldOf(listFrom(item)));
  if (type === 'D') return decimalFrom(listFrom(value));
  throw unreadable(`a field of type ${type}`);
}

function fieldOf([type, value]: readonly unknown[]): FieldValue {
  return fieldFrom(type, value);
}

function textFrom(type: string, value: unknown): string | Buffer {
  if (typeof value === 'string' && type === 'S') return value;
  const octets = (value as { readonly base64?: unknown } | null)?.base64;
  if (typeof octets !== 'string') throw unreadable('a text');
  return Buffer.from(octets, 'base64');
}

function integerFrom(value: unknown): number | bigint {
  if (Number.isSafeInteger(value)) return value as number;
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  throw unreadable('an integer');
}

function realFrom(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^(?:NaN|-?Infinity|-0)$/.test(value)) return Number(value);
  throw unreadable('a number');
}

function decimalFrom([scale, value]: readonly unknown[]) {
  if (!Number.isInteger(scale) || !Number.isInteger(value)) throw unreadable('a decimal');
  return { scale, value };
}

function listFrom(json: unknown): readonly unknown[] {
  if (!Array.isArray(json)) throw unreadable('a list');
  return json;
}

function unreadable(what: string): Error {
  return new Error(`${what} cannot be read`);
}
