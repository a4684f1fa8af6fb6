// Random protocol values for fast-check, derived from the spec table: any field value, table,
// method and set of properties that the wire can hold. Checks nothing.
import fc from 'fast-check';
import type { Properties } from '../../../../protocol/properties.ts';
import { BASIC_PROPERTIES, type Method, type MethodName, SPEC } from '../../../../protocol/spec.ts';
import type { FieldSpecs, PropertyType, WireType } from '../../../../protocol/spec-types.ts';
import type { FieldTable, FieldValue } from '../../../../protocol/table.ts';

const MAX_UINT32 = 0xffff_ffff;

/** Any text whose UTF-8 fits a short string. */
const shortText: fc.Arbitrary<string> = fc
  .string({ unit: 'binary', maxLength: 80 })
  .filter((text) => Buffer.byteLength(text) <= 255);

const octets = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

/** Octets that are not UTF-8: the lead octet lacks what must follow it. */
const notText = octets.map((bytes) => Buffer.concat([bytes, Buffer.from([0xc3])]));

const uint64: fc.Arbitrary<number | bigint> = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(255),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
);

const int64 = fc.oneof(
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
);

function tagged<T extends FieldValue['type']>(
  type: T,
  value: fc.Arbitrary<unknown>,
): fc.Arbitrary<FieldValue> {
  return value.map((inner) => ({ type, value: inner }) as FieldValue);
}

/** `keys` limits what keys a table may have. */
function fields(keys: fc.Arbitrary<string>): {
  readonly field: fc.Arbitrary<FieldValue>;
  readonly table: fc.Arbitrary<FieldTable>;
} {
  return fc.letrec<{ field: FieldValue; table: FieldTable }>((tie) => ({
    field: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      tagged('S', fc.string({ unit: 'binary', maxLength: 20 })),
      tagged('x', octets),
      tagged('I', fc.integer()),
      tagged('i', fc.nat({ max: MAX_UINT32 })),
      tagged('l', int64),
      tagged('L', int64),
      tagged('s', fc.integer({ min: -0x8000, max: 0x7fff })),
      tagged('u', fc.nat(0xffff)),
      tagged('b', fc.integer({ min: -0x80, max: 0x7f })),
      tagged('B', fc.nat(0xff)),
      tagged('f', fc.float()),
      tagged('d', fc.double()),
      tagged('D', fc.record({ scale: fc.nat(0xff), value: fc.nat({ max: MAX_UINT32 }) })),
      tagged('T', uint64),
      tagged('t', fc.boolean()),
      tagged('V', fc.constant(null)),
      tagged('S', notText),
      tagged('F', tie('table')),
      tagged('A', fc.array(tie('field'), { maxLength: 4 })),
    ),
    table: fc
      .uniqueArray(fc.tuple(keys, tie('field')), { selector: ([key]) => key, maxLength: 5 })
      .map((entries) => new Map(entries)),
  }));
}

export const { field: anyField, table: anyTable } = fields(shortText);

/** Tables whose keys keep their order, and their meaning, as members of a plain object too. */
export const { table: plainKeyTable } = fields(shortText.map((text) => `k${text.slice(0, 20)}`));

function wireArbitraries(
  table: fc.Arbitrary<FieldTable>,
): Readonly<Record<WireType | PropertyType, fc.Arbitrary<unknown>>> {
  return {
    octet: fc.nat(0xff),
    short: fc.nat(0xffff),
    long: fc.nat({ max: MAX_UINT32 }),
    longlong: uint64,
    timestamp: uint64,
    bit: fc.boolean(),
    shortstr: shortText,
    longstr: octets,
    table,
  };
}

export const METHOD_NAMES = Object.keys(SPEC) as readonly MethodName[];

/** Any method, or any of `names`. */
export function anyMethod(
  names: readonly MethodName[] = METHOD_NAMES,
  table: fc.Arbitrary<FieldTable> = anyTable,
): fc.Arbitrary<Method> {
  const wire = wireArbitraries(table);
  const methods = names.map((name) => {
    const specs: FieldSpecs = SPEC[name].fields;
    const visible = Object.entries(specs).filter(([field]) => !field.startsWith('_'));
    const model = Object.fromEntries(visible.map(([field, type]) => [field, wire[type]]));
    return fc.record({ name: fc.constant(name), ...model });
  });
  return fc.oneof(...methods) as unknown as fc.Arbitrary<Method>;
}

/** Any set of properties, each there or not. */
export function anyProperties(
  table: fc.Arbitrary<FieldTable> = anyTable,
): fc.Arbitrary<Properties> {
  const wire = wireArbitraries(table);
  const model = Object.fromEntries(
    Object.entries(BASIC_PROPERTIES).map(([name, type]) => [name, wire[type]]),
  );
  return fc.record(model, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<Properties>;
}

/** `bytes` cut at random places into chunks, some of them empty. */
export function anySplit(bytes: Buffer): fc.Arbitrary<Buffer[]> {
  return fc.array(fc.nat(bytes.length), { maxLength: 12 }).map((cuts) => {
    const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
    return edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
  });
}
