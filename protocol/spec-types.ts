/**
 * The vocabulary of spec.ts: what a row of the method table may hold, and what a field's wire type
 * is in TypeScript. Types only; the values are in spec.ts, the reading and writing in methods.ts.
 */
import type { FieldTable } from './table.ts';

/** Each field type of the table in TypeScript. A `longlong` is a bigint above 2^53 - 1 only. */
export interface WireTypes {
  readonly octet: number;
  readonly short: number;
  readonly long: number;
  readonly longlong: number | bigint;
  readonly bit: boolean;
  readonly shortstr: string;
  readonly longstr: Buffer;
  readonly table: FieldTable;
}

export type WireType = keyof WireTypes;

export type FieldSpecs = Readonly<Record<string, WireType>>;

export interface MethodSpec {
  /** Class id and method id. */
  readonly ids: readonly [classId: number, methodId: number];
  readonly sender: 'client' | 'server' | 'both';
  /** Present where a content (header and body frames) follows. */
  readonly content?: true;
  /** What the other side answers with; present exactly on the synchronous methods. */
  readonly replies?: readonly string[];
  /** In wire order; a name that starts with `_` is reserved. */
  readonly fields: FieldSpecs;
}

export type PropertyType = 'shortstr' | 'octet' | 'timestamp' | 'table';

/** The fields of a method without the reserved ones. */
export type VisibleFields<F extends FieldSpecs> = {
  readonly [K in keyof F as K extends `_${string}` ? never : K]: WireTypes[F[K]];
};
