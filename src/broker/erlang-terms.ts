/**
 * Field values as RabbitMQ sees them: Erlang terms without their field type.
 *
 * Responsible for when two values are the same term, and for how a term looks inside an error text,
 * which is what `~tp` prints. Terms that RabbitMQ would break over several lines stay on one here.
 * Not responsible for whether types must match too; the caller knows.
 */

import type { FieldTable, FieldValue } from '../../protocol/table.ts';
import { FIELD_TYPE_NAMES } from '../../protocol/table.ts';

/**
 * A type letter's kind of term: letters of one kind are the same term when their value is the same.
 */
const KINDS: Readonly<
  Record<FieldValue['type'], 'integer' | 'float' | 'octets' | FieldValue['type']>
> = {
  I: 'integer',
  i: 'integer',
  l: 'integer',
  L: 'integer',
  s: 'integer',
  u: 'integer',
  b: 'integer',
  B: 'integer',
  T: 'integer',
  f: 'float',
  d: 'float',
  S: 'octets',
  x: 'octets',
  D: 'D',
  t: 't',
  F: 'F',
  A: 'A',
  V: 'V',
};

const octets = (value: string | Buffer): Buffer =>
  typeof value === 'string' ? Buffer.from(value) : value;

function sameOctets(a: string | Buffer, b: string | Buffer): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a === b;
  return octets(a).equals(octets(b));
}

/** Nested values carry their type in the term: it counts. */
const sameTyped = (a: FieldValue, b: FieldValue): boolean =>
  FIELD_TYPE_NAMES[a.type] === FIELD_TYPE_NAMES[b.type] && sameTerm(a, b);

function sameEntries(a: FieldTable, b: FieldTable): boolean {
  if (a.size !== b.size) return false;
  const others = b.entries();
  for (const [name, value] of a) {
    const [otherName, otherValue] = others.next().value as [string, FieldValue];
    if (name !== otherName || !sameTyped(value, otherValue)) return false;
  }
  return true;
}

/**
 * Whether two values are one term: integers of all widths and timestamps by value, float and double
 * by value, longstr and binary by octets. An integer is never a float. Nested values must have the
 * same type too, and a nested table its entries in the same order.
 */
export function sameTerm(a: FieldValue, b: FieldValue): boolean {
  if (KINDS[a.type] !== KINDS[b.type]) return false;
  switch (a.type) {
    case 'S':
    case 'x':
      return sameOctets(a.value, b.value as string | Buffer);
    case 'D': {
      const other = b.value as typeof a.value;
      return a.value.scale === other.scale && a.value.value === other.value;
    }
    case 'F':
      return sameEntries(a.value, b.value as FieldTable);
    case 'A': {
      const others = b.value as typeof a.value;
      return (
        a.value.length === others.length &&
        a.value.every((item, i) => sameTyped(item, others[i] as FieldValue))
      );
    }
    default:
      return a.value === b.value;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
};

/** What Erlang takes for text unless told otherwise: Latin-1, and controls that have an escape. */
const isText = (text: string): boolean =>
  Array.from(text).every((char) => char in ESCAPES || /[ -~\xa0-\xff]/.test(char));

const quoted = (text: string): string =>
  `"${Array.from(text, (char) => ESCAPES[char] ?? char).join('')}"`;

/** An Erlang string: quoted when it is text, else its code points. */
export function formatString(text: string): string {
  return isText(text) ? quoted(text) : `[${Array.from(text, (char) => char.codePointAt(0))}]`;
}

/** An Erlang binary: quoted when it is text, else its octets. */
export function formatBinary(value: string | Buffer): string {
  const bytes = octets(value);
  if (bytes.length === 0) return '<<>>';
  const text = bytes.toString();
  const isUtf8 = octets(text).equals(bytes);
  const shown = isUtf8 ? text : bytes.toString('latin1');
  if (!isText(shown)) return `<<${bytes.join(',')}>>`;
  return `<<${quoted(shown)}${isUtf8 && shown.length < bytes.length ? '/utf8' : ''}>>`;
}

/**
 * A float in the shorter notation, the scientific one from 2^53 on, with a digit after the point in
 * either.
 */
function formatFloat(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const sign = value < 0 ? '-' : '';
  const [digits = '', exponent = '0'] = Math.abs(value).toExponential().split('e');
  const mantissa = digits.includes('.') ? digits : `${digits}.0`;
  const scientific = `${mantissa}e${Number(exponent)}`;
  const all = digits.replace('.', '');
  const point = Number(exponent) + 1;
  const fraction = point > 0 ? all.slice(point) : '0'.repeat(-point) + all;
  const whole = point > 0 ? all.slice(0, point).padEnd(point, '0') : '0';
  const plain = `${whole}.${fraction === '' ? '0' : fraction}`;
  const isShorter = plain.length <= scientific.length && Math.abs(value) < 2 ** 53;
  return sign + (isShorter ? plain : scientific);
}

/** A nested value with its type, as RabbitMQ keeps it. */
export const formatTyped = (field: FieldValue): string =>
  `${FIELD_TYPE_NAMES[field.type]},${formatTerm(field)}`;

const formatEntry = ([name, value]: readonly [string, FieldValue]): string =>
  `{${formatBinary(name)},${formatTyped(value)}}`;

/** A value as `~tp` prints it. */
export function formatTerm(field: FieldValue): string {
  switch (field.type) {
    case 'S':
    case 'x':
      return formatBinary(field.value);
    case 'f':
    case 'd':
      return formatFloat(field.value);
    case 'D':
      return `{${field.value.scale},${field.value.value}}`;
    case 'F':
      return `[${Array.from(field.value, formatEntry)}]`;
    case 'A':
      return `[${field.value.map((item) => `{${formatTyped(item)}}`)}]`;
    case 'V':
      return 'undefined';
    default:
      return String(field.value);
  }
}

/** A value inside a sentence: text as it is, anything else as a term. */
export function formatPlain(field: FieldValue): string {
  return field.type === 'S' || field.type === 'x' ? field.value.toString() : formatTerm(field);
}
