import { expect } from 'chai';
import fc from 'fast-check';
import type { FieldTable, FieldValue } from '../../../protocol/table.ts';
import { tableFromJson, tableToJson } from '../../../src/broker/field-json.ts';

const through = (table: FieldTable) =>
  tableFromJson(JSON.parse(JSON.stringify(tableToJson(table))));

/** Strings that may hold lone surrogates. */
const text = fc
  .string({ unit: 'binary' })
  .chain((sound) => fc.constantFrom(sound, `${sound}\ud800`));
const octets = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
const typed = (type: string, value: fc.Arbitrary<unknown>) =>
  value.map((each) => ({ type, value: each }) as FieldValue);
const large = fc
  .bigInt(-(2n ** 63n), 2n ** 64n - 1n)
  .map((each) => (Number.isSafeInteger(Number(each)) ? Number(each) : each));

const { field } = fc.letrec<{ field: FieldValue; table: FieldTable }>((tie) => ({
  field: fc.oneof(
    { maxDepth: 4 },
    typed('S', fc.oneof(text, octets)),
    typed('x', octets),
    ...['I', 'i', 's', 'u', 'b', 'B'].map((type) => typed(type, fc.integer())),
    ...['l', 'L', 'T'].map((type) => typed(type, large)),
    ...['f', 'd'].map((type) => typed(type, fc.double())),
    typed('D', fc.record({ scale: fc.nat(255), value: fc.nat() })),
    typed('t', fc.boolean()),
    typed('V', fc.constant(null)),
    typed('A', fc.array(tie('field'), { maxLength: 4 })),
    typed('F', tie('table')),
  ),
  table: fc.array(fc.tuple(text, tie('field')), { maxLength: 4 }).map((each) => new Map(each)),
}));

describe('Field tables as JSON', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, field)), (entries) => {
        const table = new Map(entries);
        const back = through(table);
        expect(back).to.deep.equal(table);
        expect([...back.keys()]).to.deep.equal([...table.keys()]);
      }),
    );
  });

  it('keep what JSON’s numbers cannot say', () => {
    const values = [-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324];
    const table = new Map<string, FieldValue>(
      values.map((value) => [String(1 / value) + value, { type: 'd', value }]),
    );
    for (const [key, { value }] of through(table)) {
      expect(Object.is(value, table.get(key)?.value), key).to.equal(true);
    }
    const big = new Map<string, FieldValue>([['n', { type: 'T', value: 2n ** 64n - 1n }]]);
    expect(through(big).get('n')?.value).to.equal(2n ** 64n - 1n);
  });

  it('are refused when they are none', () => {
    const wrong: unknown[] = [
      ...[null, {}, 'x', [1], [[1, 'S', 'x']], [['k']], [['k', 'Q', 1]], [['k', 'S', 1]]],
      ...[[['k', 'x', 'text']], [['k', 'I', 1.5]], [['k', 'l', '1.5']], [['k', 'd', 'one']]],
      ...[[['k', 't', 1]], [['k', 'V', 0]], [['k', 'D', [1]]], [['k', 'A', {}]], [['k', 'A', [1]]]],
      ...[[['k', 'F', [['k']]]], [['k', null, null]]],
    ];
    for (const json of wrong) {
      expect(() => tableFromJson(json), JSON.stringify(json)).to.throw(/ cannot be read$/);
    }
  });
});
