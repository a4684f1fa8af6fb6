// Methods as a test's author writes and reads them: fields left out get their zero, and whatever
// arrived becomes one readable line for a failure's message. Knows the spec table; knows nothing
// of connections.
import { inspect } from 'node:util';
import { type Method, type MethodFields, type MethodName, SPEC } from '../../protocol/spec.ts';
import type { WireType } from '../../protocol/spec-types.ts';
import type { Arrival } from './wire.ts';

const ZEROS: Readonly<Record<WireType, unknown>> = {
  octet: 0,
  short: 0,
  long: 0,
  longlong: 0,
  bit: false,
  shortstr: '',
  longstr: Buffer.alloc(0),
  table: new Map(),
};

/** The named method with every field: the given ones, else zero, false or empty. */
export function fillIn<N extends MethodName>(name: N, given: Partial<MethodFields<N>>): Method {
  const fields: Readonly<Record<string, WireType>> = SPEC[name].fields;
  const filled: Record<string, unknown> = { name };
  for (const [field, type] of Object.entries(fields)) {
    if (!field.startsWith('_')) filled[field] = ZEROS[type];
  }
  return { ...filled, ...given } as unknown as Method;
}

/** Class and method id; zeros for no method. */
export function idsOf(name: MethodName | undefined): readonly [number, number] {
  return name === undefined ? [0, 0] : SPEC[name].ids;
}

/** One line that names what came, with its fields and the beginning of its content. */
export function describeArrival(arrival: Arrival): string {
  const { name, ...fields } = arrival.method;
  const shown = inspect(fields, { breakLength: Number.POSITIVE_INFINITY, maxStringLength: 300 });
  const body = arrival.content?.body;
  const tail = body === undefined ? '' : ` with ${body.length} octets ${inspect(head(body))}`;
  return `${name} ${shown}${tail}`;
}

function head(body: Buffer): string {
  return body.subarray(0, 40).toString('latin1');
}
