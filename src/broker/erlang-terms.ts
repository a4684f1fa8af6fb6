/**
 * Field values as RabbitMQ sees them: Erlang terms without their field type.
 *
 * Responsible for when two values are the same term, and for how a term looks inside an error text, which
 * is what `~p` prints. Terms that RabbitMQ would break over several lines stay on one here.
 * Not responsible for whether types must match too; the caller knows.
 */

import type { FieldTable, FieldValue } from '../../protocol/table.ts';
import { FIELD_TYPE_NAMES } from '../../protocol/table.ts';

/** A type letter's kind of term: letters of one kind are the same term when their value is the same. */
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
 * Whether two values are one term: integers of all widths and timestamps by value, float and double by
 * value, longstr and binary by octets. An integer is never a float. Nested values must have the same type
 * too, and a nested table its entries in the same order.
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

/** A double-quoted Erlang string. */
export function formatString(text: string): string {
  return `"${Array.from(text, (char) => ESCAPES[char] ?? char).join('')}"`;
}

/** What Erlang prints as octets is what has control characters without an escape of their own. */
const isText = (text: string): boolean =>
  Array.from(text).every((char) => char in ESCAPES || !/\p{Cc}/u.test(char));

/** An Erlang binary: quoted when it is text, else its octets. */
export function formatBinary(value: string | Buffer): string {
  const text = value.toString();
  if (octets(value).length === 0) return '<<>>';
  if (typeof value !== 'string' && !octets(text).equals(value)) return formatOctets(value);
  if (!isText(text)) return formatOctets(octets(text));
  const isAscii = octets(text).length === text.length;
  return `<<${formatString(text)}${isAscii ? '' : '/utf8'}>>`;
}

const formatOctets = (bytes: Buffer): string => `<<${bytes.join(',')}>>`;

/** A float in the shorter of the two notations, with a digit after the point in either. */
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
  return sign + (plain.length <= scientific.length ? plain : scientific);
}

/** A value as `~p` prints it. */
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
      return `[${Array.from(field.value, ([name, value]) => {
        return `{${formatBinary(name)},${FIELD_TYPE_NAMES[value.type]},${formatTerm(value)}}`;
      })}]`;
    case 'A':
      return `[${field.value.map((item) => `{${FIELD_TYPE_NAMES[item.type]},${formatTerm(item)}}`)}]`;
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
