// amqplib's own encoder and decoder as an oracle: how its values look, and calls to its inner
// modules (which its package does not export, hence the path). What must agree is up to the tests.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { MethodName } from '../../../../protocol/spec.ts';
import type { FieldTable, FieldValue } from '../../../../protocol/table.ts';

interface ArgumentInfo {
  readonly name: string;
  readonly type: string;
}

interface Definitions {
  readonly constants: Readonly<Record<string, number>>;
  decode(id: number, fields: Buffer): Record<string, unknown>;
  encodeMethod(id: number, channel: number, fields: object): Buffer;
  encodeProperties(id: number, channel: number, size: number, fields: object): Buffer;
  info(id: number): { readonly name: string; readonly args: readonly ArgumentInfo[] };
  readonly [name: string]: unknown;
}

interface TableCodec {
  encodeTable(buffer: Buffer, table: object, offset: number): number;
  decodeFields(octets: Buffer): Record<string, unknown>;
}

interface FrameCodec {
  parseFrame(bytes: Buffer, max: number): false | { readonly rest: Buffer };
  decodeFrame(frame: object): { readonly channel: number; readonly fields: object };
  makeBodyFrame(channel: number, payload: Buffer): Buffer;
  readonly HEARTBEAT_BUF: Buffer;
}

const require = createRequire(import.meta.url);
const lib = join(dirname(require.resolve('amqplib')), 'lib');

export const definitions = require(join(lib, 'defs.js')) as Definitions;
export const tables = require(join(lib, 'codec.js')) as TableCodec;
export const frames = require(join(lib, 'frame.js')) as FrameCodec;

export const PROPERTIES_ID = 60;

/** The id that amqplib knows a method by: `queue.declare-ok` is its `QueueDeclareOk`. */
export function idOf(name: MethodName): number {
  const words = name.split(/[.-]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return definitions[words.join('')] as number;
}

const EXPLICIT: Readonly<Partial<Record<FieldValue['type'], string>>> = {
  I: 'int32',
  i: 'uint32',
  l: 'int64',
  s: 'int16',
  u: 'uint16',
  b: 'int8',
  B: 'uint8',
  f: 'float',
  d: 'float64',
  T: 'timestamp',
};

/** What amqplib's encoder is given for this value, its type spelt out. */
function toEncode(field: FieldValue): unknown {
  const type = EXPLICIT[field.type];
  if (type !== undefined) return { '!': type, value: field.value };
  if (field.type === 'F') return tableToEncode(field.value);
  if (field.type === 'A') return field.value.map(toEncode);
  if (field.type === 'D') {
    return { '!': 'decimal', value: { places: field.value.scale, digits: field.value.value } };
  }
  return field.value;
}

export function tableToEncode(table: FieldTable): Record<string, unknown> {
  return Object.fromEntries([...table].map(([key, value]) => [key, toEncode(value)]));
}

/** What amqplib's decoder makes of this value: plain numbers, rounded where a double must. */
function asDecoded(field: FieldValue): unknown {
  if (field.type === 'T') return { '!': 'timestamp', value: Number(field.value) };
  if (field.type === 'F') return tableAsDecoded(field.value);
  if (field.type === 'A') return field.value.map(asDecoded);
  if (field.type === 'D') return toEncode(field);
  return typeof field.value === 'bigint' ? Number(field.value) : field.value;
}

export function tableAsDecoded(table: FieldTable): Record<string, unknown> {
  return Object.fromEntries([...table].map(([key, value]) => [key, asDecoded(value)]));
}

function holds(field: FieldValue, isBad: (field: FieldValue) => boolean): boolean {
  if (isBad(field)) return true;
  if (field.type === 'F') return [...field.value.values()].some((value) => holds(value, isBad));
  return field.type === 'A' && field.value.some((value) => holds(value, isBad));
}

/** Whether amqplib has all the types in it: neither `L` nor a long string that is not text. */
export function isKnownTo(table: FieldTable): boolean {
  const isForeign = (field: FieldValue): boolean =>
    field.type === 'L' || (field.type === 'S' && Buffer.isBuffer(field.value));
  return !holds({ type: 'F', value: table }, isForeign);
}
