// The frozen vectors of test/vectors as TypeScript values. JSON has no octets, bigints or tables:
// {"$hex"}, {"$big"}, {"$number"} and {"$table": [[key, letter, value]...]} stand for them, and a
// field value is [letter, value]. Reads files; judges nothing.
import { readFileSync } from 'node:fs';
import type { Properties } from '../../../../protocol/properties.ts';
import type { Method } from '../../../../protocol/spec.ts';
import type { FieldTable, FieldType, FieldValue } from '../../../../protocol/table.ts';

export interface MethodVector {
  readonly bytes: Buffer;
  readonly method: Method;
}

export interface FieldVector {
  readonly bytes: Buffer;
  /** Absent where `refused` says why the octets are no field value. */
  readonly field?: FieldValue;
  readonly refused?: string;
  /** What it encodes to, where that differs from `bytes`. */
  readonly mirror: Buffer;
}

export interface PropertiesVector {
  readonly bytes: Buffer;
  /** Absent where the octets are no properties. */
  readonly properties?: Properties;
  readonly mirror: Buffer;
  readonly senderSelected: boolean;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

interface Row {
  readonly hex: string;
  readonly mirror?: string;
  readonly refused?: string | true;
  readonly senderSelected?: true;
  readonly method?: { [key: string]: Json };
  readonly field?: [string, Json];
  readonly properties?: { [key: string]: Json };
}

function octets(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

function reviveField(type: string, value: Json): FieldValue {
  if (type === 'F') return { type, value: reviveTable(value as Json[]) };
  if (type === 'A') {
    const items = value as [string, Json][];
    return { type, value: items.map(([letter, item]) => reviveField(letter, item)) };
  }
  return { type: type as FieldType, value: revive(value) } as FieldValue;
}

function reviveTable(entries: Json[]): FieldTable {
  const rows = entries as [string, string, Json][];
  return new Map(rows.map(([key, type, value]) => [key, reviveField(type, value)]));
}

function revive(value: Json): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  if (typeof value['$hex'] === 'string') return octets(value['$hex']);
  if (typeof value['$big'] === 'string') return BigInt(value['$big']);
  if (typeof value['$number'] === 'string') return Number(value['$number']);
  if (Array.isArray(value['$table'])) return reviveTable(value['$table']);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, revive(member)]));
}

function rows(name: string): readonly Row[] {
  const path = new URL(`../../../vectors/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as Row[];
}

export const METHOD_VECTORS: readonly MethodVector[] = rows('methods').map((row) => ({
  bytes: octets(row.hex),
  method: revive(row.method ?? {}) as Method,
}));

export const FIELD_VECTORS: readonly FieldVector[] = rows('fields').map((row) => ({
  bytes: octets(row.hex),
  mirror: octets(row.mirror ?? row.hex),
  ...(row.field && { field: reviveField(...row.field) }),
  ...(typeof row.refused === 'string' && { refused: row.refused }),
}));

export const PROPERTIES_VECTORS: readonly PropertiesVector[] = rows('properties').map((row) => ({
  bytes: octets(row.hex),
  mirror: octets(row.mirror ?? row.hex),
  senderSelected: row.senderSelected === true,
  ...(row.properties && { properties: revive(row.properties) as Properties }),
}));
