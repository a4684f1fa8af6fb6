/**
 * Arguments as definitions files have them: JSON without AMQP's types. RabbitMQ reads whole numbers
 * as `long` and texts as `longstr`, and so does this.
 */
import { type FieldTable, type FieldValue, toPlain } from '../../protocol/table.ts';

type Json = Readonly<Record<string, unknown>>;

export function tableOf(object: Json | undefined): FieldTable {
  return new Map(Object.entries(object ?? {}).map(([key, value]) => [key, fieldOf(value)]));
}

function fieldOf(value: unknown): FieldValue {
  switch (typeof value) {
    case 'string':
      return { type: 'S', value };
    case 'boolean':
      return { type: 't', value };
    case 'number':
      return Number.isSafeInteger(value) ? { type: 'l', value } : { type: 'd', value };
    default:
      if (Array.isArray(value)) return { type: 'A', value: value.map(fieldOf) };
      if (value === null || value === undefined) return { type: 'V', value: null };
      return { type: 'F', value: tableOf(value as Json) };
  }
}

/** The other way: what JSON cannot say becomes a text. */
export function plainOf(table: FieldTable): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, field] of table) object[key] = plainValue(field);
  return object;
}

function plainValue(field: FieldValue): unknown {
  if (field.type === 'F') return plainOf(field.value);
  if (field.type === 'A') return field.value.map(plainValue);
  const value = toPlain(field);
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  return typeof value === 'bigint' ? String(value) : value;
}
