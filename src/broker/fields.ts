/** Reading and writing single values of field tables, by type and not by check (arguments/). */
import type { FieldTable, FieldValue } from '../../protocol/table.ts';

const INTEGER_TYPES = 'bBsuIilL';

export function isInteger(field: FieldValue): boolean {
  return INTEGER_TYPES.includes(field.type);
}

export function text(value: string): FieldValue {
  return { type: 'S', value };
}

/** The text of a field; `undefined` for any other. */
export function textOf(field: FieldValue | undefined): string | undefined {
  return field?.type === 'S' ? field.value.toString() : undefined;
}

export function textIn(table: FieldTable, name: string): string | undefined {
  return textOf(table.get(name));
}

/** The texts of a list, without what is none; nothing where there is no list. */
export function textsIn(table: FieldTable | undefined, name: string): string[] {
  const field = table?.get(name);
  return field?.type === 'A' ? field.value.flatMap((each) => textOf(each) ?? []) : [];
}

/** A number of any width, with or without a fraction; `undefined` for what is none. */
export function numberIn(table: FieldTable | undefined, name: string): number | undefined {
  const value = table?.get(name)?.value;
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}
