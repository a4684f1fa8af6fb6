/**
 * When a message asks to be delivered: `x-delay`, milliseconds from now (A.13), and `x-deliver-at`,
 * epoch milliseconds (ours).
 */
import type { FieldTable, FieldValue } from '../../../protocol/table.ts';
import { isInteger } from '../fields.ts';
import type { Message } from '../message.ts';
import { propertiesOf, withProperties } from '../message-properties.ts';

const DELAY_HEADER = 'x-delay';
const TIME_HEADER = 'x-deliver-at';

/** Epoch milliseconds at which it is due; null for at once. */
export function dueAtMs(headers: FieldTable | undefined, nowMs: number): number | null {
  if (headers === undefined) return null;
  const delayMs = integerOf(headers.get(DELAY_HEADER));
  if (delayMs !== null) return delayMs > 0 ? nowMs + delayMs : null;
  const field = headers.get(TIME_HEADER);
  // A timestamp has seconds.
  const atMs = field?.type === 'T' ? Number(field.value) * 1000 : integerOf(field);
  return atMs !== null && atMs > nowMs ? atMs : null;
}

function integerOf(field: FieldValue | undefined): number | null {
  return field !== undefined && isInteger(field) ? Number(field.value) : null;
}

/** The message as it goes on: its delay is negative, so that nobody delays it again. */
export function withDelayOver(message: Message): Message {
  const known = propertiesOf(message);
  const field = known.headers?.get(DELAY_HEADER);
  if (field === undefined || !isInteger(field)) return message;
  const type = { B: 's', u: 'I', i: 'l', L: 'l' }[field.type as string] ?? field.type;
  const value = -Number(field.value);
  const headers = new Map(known.headers).set(DELAY_HEADER, { type, value } as FieldValue);
  return withProperties(message, { ...known, headers });
}
