// From plain JavaScript to field values and back, and equality by type.
import { expect } from 'chai';
import fc from 'fast-check';
import {
  decodeTable,
  EMPTY_TABLE,
  encodeTable,
  type FieldTable,
  type FieldValue,
  fromObject,
  MAX_TABLE_DEPTH,
  tableEquals,
  toFieldValue,
  toObject,
  toPlain,
} from '../../../protocol/table.ts';
import { anyField, anyTable } from './support/arbitraries.ts';

describe('toFieldValue', () => {
  const cases: readonly (readonly [unknown, FieldValue])[] = [
    ['text', { type: 'S', value: 'text' }],
    [true, { type: 't', value: true }],
    [null, { type: 'V', value: null }],
    [undefined, { type: 'V', value: null }],
    [0, { type: 'I', value: 0 }],
    [2 ** 31 - 1, { type: 'I', value: 2 ** 31 - 1 }],
    [-(2 ** 31), { type: 'I', value: -(2 ** 31) }],
    [2 ** 31, { type: 'l', value: 2 ** 31 }],
    [-(2 ** 31) - 1, { type: 'l', value: -(2 ** 31) - 1 }],
    [2 ** 53, { type: 'l', value: 2n ** 53n }],
    [-(2 ** 63), { type: 'l', value: -(2n ** 63n) }],
    [2 ** 63, { type: 'd', value: 2 ** 63 }],
    [1.5, { type: 'd', value: 1.5 }],
    [Number.POSITIVE_INFINITY, { type: 'd', value: Number.POSITIVE_INFINITY }],
    [7n, { type: 'l', value: 7 }],
    [2n ** 63n - 1n, { type: 'l', value: 2n ** 63n - 1n }],
    [new Date(1_700_000_000_999), { type: 'T', value: 1_700_000_000 }],
    [Buffer.from('ab'), { type: 'x', value: Buffer.from('ab') }],
    [['a', 1], { type: 'A', value: [toFieldValue('a'), toFieldValue(1)] }],
    [{ a: 1 }, { type: 'F', value: new Map([['a', toFieldValue(1)]]) }],
    [new Map([['a', 1]]), { type: 'F', value: new Map([['a', toFieldValue(1)]]) }],
    [{ a: undefined }, { type: 'F', value: EMPTY_TABLE }],
  ];
  for (const [plain, field] of cases) {
    it(`makes ${field.type} of ${String(plain)}`, () => {
      expect(toFieldValue(plain)).to.deep.equal(field);
    });
  }

  it('refuses what no field holds', () => {
    expect(() => toFieldValue(() => 1)).to.throw(TypeError, 'no field type for a function');
    expect(() => toFieldValue(Symbol('s'))).to.throw(TypeError, 'symbol');
    expect(() => toFieldValue(2n ** 63n)).to.throw(RangeError, 'over 64 bits');
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => toFieldValue(loop)).to.throw(RangeError, `nested deeper than ${MAX_TABLE_DEPTH}`);
  });

  it('goes as deep as the wire does, and no deeper', () => {
    const nest = (depth: number): Record<string, unknown> =>
      depth === 1 ? {} : { inner: nest(depth - 1) };
    expect(encodeTable(fromObject(nest(MAX_TABLE_DEPTH)))).to.be.instanceOf(Buffer);
    expect(() => fromObject(nest(MAX_TABLE_DEPTH + 1))).to.throw(RangeError);
  });
});

describe('toObject', () => {
  it('undoes fromObject for plain values', () => {
    const plain = { s: 'x', n: 1, d: 1.5, t: false, v: null, a: [1, ['b']], f: { g: {} } };
    expect(structuredClone(toObject(fromObject(plain)))).to.deep.equal(plain);
  });

  it('gives decimals as numbers, timestamps as seconds, and any key as only a key', () => {
    const table: FieldTable = new Map<string, FieldValue>([
      ['__proto__', { type: 'D', value: { scale: 2, value: 12345 } }],
      ['T', { type: 'T', value: 1_700_000_000 }],
    ]);
    const entries = Object.entries(toObject(table));
    expect(entries).to.deep.equal([
      ['__proto__', 123.45],
      ['T', 1_700_000_000],
    ]);
    expect(toPlain({ type: 'V', value: null })).to.equal(null);
  });
});

describe('tableEquals', () => {
  const one = (value: FieldValue): FieldTable => new Map([['k', value]]);

  it('holds between a table and its mirror', () => {
    const mirrored = fc.property(anyTable, (table) => {
      const bytes = encodeTable(table);
      expect(tableEquals(table, decodeTable(bytes, 0, bytes.length).table)).to.equal(true);
    });
    fc.assert(mirrored);
  });

  it('is exact about types: equal values encode to the same octets, and only they', () => {
    const exact = fc.property(anyField, anyField, (a, b) => {
      const same = encodeTable(one(a)).equals(encodeTable(one(b)));
      // Tables in another order are equal too: for these, octets say less.
      if (a.type !== 'F' && a.type !== 'A') expect(tableEquals(one(a), one(b))).to.equal(same);
    });
    fc.assert(exact);
  });

  const different: readonly (readonly [FieldValue, FieldValue])[] = [
    [
      { type: 'I', value: 1 },
      { type: 'l', value: 1 },
    ],
    [
      { type: 'S', value: 'a' },
      { type: 'S', value: 'b' },
    ],
    [
      { type: 'S', value: 'a' },
      { type: 'S', value: Buffer.from([0xff]) },
    ],
    [
      { type: 'x', value: Buffer.from('a') },
      { type: 'x', value: Buffer.from('b') },
    ],
    [
      { type: 'x', value: Buffer.from('a') },
      { type: 'S', value: 'a' },
    ],
    [
      { type: 'D', value: { scale: 0, value: 1 } },
      { type: 'D', value: { scale: 1, value: 1 } },
    ],
    [
      { type: 'D', value: { scale: 0, value: 1 } },
      { type: 'I', value: 1 },
    ],
    [
      { type: 'A', value: [] },
      { type: 'A', value: [toFieldValue(1)] },
    ],
    [
      { type: 'A', value: [toFieldValue(2)] },
      { type: 'A', value: [toFieldValue(1)] },
    ],
    [
      { type: 'A', value: [] },
      { type: 'F', value: EMPTY_TABLE },
    ],
    [
      { type: 'F', value: EMPTY_TABLE },
      { type: 'A', value: [] },
    ],
    [{ type: 'F', value: EMPTY_TABLE }, toFieldValue({ a: 1 })],
    [toFieldValue({ b: 1 }), toFieldValue({ a: 1 })],
    [
      { type: 'd', value: 0 },
      { type: 'd', value: -0 },
    ],
  ];
  different.forEach(([a, b], index) => {
    it(`tells apart ${index}: ${a.type} and ${b.type}`, () => {
      expect(tableEquals(one(a), one(b))).to.equal(false);
      expect(tableEquals(one(b), one(a))).to.equal(false);
      expect(tableEquals(one(a), one(a))).to.equal(true);
    });
  });

  it('does not look at the order', () => {
    expect(tableEquals(fromObject({ a: 1, b: 2 }), fromObject({ b: 2, a: 1 }))).to.equal(true);
    expect(tableEquals(fromObject({ a: 1 }), fromObject({ a: 1, b: 2 }))).to.equal(false);
  });
});
