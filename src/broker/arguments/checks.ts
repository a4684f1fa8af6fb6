/**
 * What single arguments may be, and RabbitMQ's words for what they may not (A.4), compared with a
 * running one.
 *
 * Responsible for values alone. Which arguments there are is in queue-arguments.ts.
 */
import { FIELD_TYPE_NAMES, type FieldTable, type FieldValue } from '../../../protocol/table.ts';
import { formatString } from '../erlang-terms.ts';
import { isInteger } from '../fields.ts';
import { SelectorError } from '../selectors/selector.ts';
import { parseSelector } from '../selectors/sql.ts';

/** Says what is wrong with a value, as an Erlang term; `undefined` when nothing is. */
export type Check = (field: FieldValue, args: FieldTable) => string | undefined;

/** 10 years in milliseconds: the longest time that RabbitMQ takes. */
const MAX_EXPIRY_MS = 315_360_000_000;
const MAX_PRIORITY = 255;

const unacceptable = (field: FieldValue): string =>
  `{unacceptable_type,${FIELD_TYPE_NAMES[field.type]}}`;

export const anything: Check = () => undefined;

export const integer: Check = (field) =>
  isInteger(field)
    ? undefined
    : formatString(`expected integer, got ${FIELD_TYPE_NAMES[field.type]}`);

export const nonNegative: Check = (field, args) =>
  integer(field, args) ??
  ((field.value as number | bigint) < 0 ? `{value_negative,${field.value}}` : undefined);

export const timeToLive: Check = (field, args) =>
  nonNegative(field, args) ??
  ((field.value as number | bigint) > MAX_EXPIRY_MS
    ? `{value_too_large,${field.value}}`
    : undefined);

export const expiry: Check = (field, args) =>
  timeToLive(field, args) ?? (field.value === 0 ? '{value_zero,0}' : undefined);

export const priority: Check = (field, args) =>
  nonNegative(field, args) ??
  ((field.value as number | bigint) > MAX_PRIORITY
    ? `{max_value_exceeded,${field.value}}`
    : undefined);

export const queueVersion: Check = (field, args) =>
  nonNegative(field, args) ??
  (field.value === 1 || field.value === 2
    ? undefined
    : formatString(`unsupported queue version '${field.value}'`));

export const truth: Check = (field) => (field.type === 't' ? undefined : unacceptable(field));

export const text: Check = (field) => (field.type === 'S' ? undefined : unacceptable(field));

/** Text that is not empty. */
export const name: Check = (field, args) =>
  text(field, args) ?? (String(field.value) === '' ? 'empty_name' : undefined);

/** A selector that can be understood (selectors/sql.ts). */
export const filter: Check = (field, args) => {
  const reason = text(field, args);
  if (reason !== undefined) return reason;
  try {
    parseSelector(String(field.value));
    return undefined;
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return `{invalid_filter,${formatString(error.message)}}`;
  }
};

export const oneOf =
  (values: readonly string[], refusal: (value: string) => string): Check =>
  (field, args) =>
    text(field, args) ??
    (values.includes(String(field.value)) ? undefined : refusal(String(field.value)));

export const deadLetterKey: Check = (field, args) =>
  text(field, args) ??
  (args.has('x-dead-letter-exchange') ? undefined : 'routing_key_but_no_dlx_defined');
