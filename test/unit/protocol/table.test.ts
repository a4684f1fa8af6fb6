// Field tables on the wire: frozen vectors of every type inside a table and inside an array,
// random tables there and back, what a scan says against what decoding says, and the limits at n
// and n + 1.
import { expect } from 'chai';
import fc from 'fast-check';
import { ProtocolError } from '../../../protocol/errors.ts';
import {
  decodeTable,
  encodeTable,
  FIELD_TYPE_NAMES,
  type FieldTable,
  type FieldValue,
  MAX_TABLE_DEPTH,
  tableBytes,
  tableEquals,
} from '../../../protocol/table.ts';
import { skipTable, tableHasKey } from '../../../protocol/table-scan.ts';
import { anyTable } from './support/arbitraries.ts';
import { FIELD_VECTORS } from './support/vectors.ts';

const KEY = Buffer.from('036b6579', 'hex');

/** The entry, with its length in front. */
function tableOf(...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function decodeAll(bytes: Buffer): FieldTable {
  const padded = Buffer.concat([Buffer.from('pad'), bytes, Buffer.from('pad')]);
  const { table, next } = decodeTable(padded, 3, 3 + bytes.length);
  expect(next, 'position after the table').to.equal(3 + bytes.length);
  expect(skipTable(padded, 3, 3 + bytes.length)).to.equal(next);
  return table;
}

function refusal(bytes: Buffer): string {
  expect(skipTable(bytes, 0, bytes.length), 'scan').to.equal(-1);
  try {
    decodeTable(bytes, 0, bytes.length);
  } catch (error) {
    if (error instanceof ProtocolError && error.reply === 'SYNTAX_ERROR') return error.message;
    throw error;
  }
  throw new Error(`decoded ${bytes.toString('hex')}`);
}

/** A table in a table in a table ... or the same of arrays, `depth` of them with the outermost. */
function nested(depth: number, type: 'F' | 'A'): FieldTable {
  let inner: FieldValue = { type: 'V', value: null };
  for (let level = 1; level < depth; level++) {
    const value = type === 'F' ? new Map([['', inner]]) : [inner];
    inner = { type, value } as FieldValue;
  }
  return new Map([['', inner]]);
}

/** The octets of the same, written from the inside out. */
function nestedBytes(depth: number, type: 'F' | 'A'): Buffer {
  let inner = Buffer.from('V');
  for (let level = 1; level < depth; level++) {
    const key = type === 'F' ? [Buffer.alloc(1)] : [];
    inner = Buffer.concat([Buffer.from(type), tableOf(...key, inner)]);
  }
  return tableOf(Buffer.alloc(1), inner);
}

describe('field table', () => {
  it('has a vector for every type', () => {
    const types = new Set(FIELD_VECTORS.map(({ field }) => field?.type));
    expect([...types].filter(Boolean).sort()).to.deep.equal(Object.keys(FIELD_TYPE_NAMES).sort());
  });

  FIELD_VECTORS.forEach(({ bytes, field, refused, mirror }, index) => {
    const title = `vector ${index}: ${bytes.toString('hex').slice(0, 32)}`;
    if (field === undefined) {
      it(`${title} is refused: ${refused}`, () => {
        const text = `malformed field table: ${refused}`;
        expect(refusal(tableOf(KEY, bytes))).to.equal(text);
        expect(refusal(tableOf(KEY, Buffer.from('A'), tableOf(bytes)))).to.equal(text);
      });
      return;
    }
    it(`${title} is ${field.type}`, () => {
      const table = new Map([['key', field]]);
      expect(decodeAll(tableOf(KEY, bytes))).to.deep.equal(table);
      expect(encodeTable(table).toString('hex')).to.equal(tableOf(KEY, mirror).toString('hex'));
      const array: FieldTable = new Map([['key', { type: 'A', value: [field, field] }]]);
      const inArray = (value: Buffer): Buffer =>
        tableOf(KEY, Buffer.from('A'), tableOf(value, value));
      expect(decodeAll(inArray(bytes))).to.deep.equal(array);
      expect(encodeTable(array).toString('hex')).to.equal(inArray(mirror).toString('hex'));
    });

    it(`${title}, cut anywhere, is refused`, () => {
      for (let length = 0; length < bytes.length; length++) {
        refusal(tableOf(KEY, bytes.subarray(0, length)));
      }
    });
  });

  it('comes back as it was, with its order, whatever the values', () => {
    const there = fc.property(anyTable, (table) => {
      const bytes = encodeTable(table);
      expect(bytes).to.have.length(tableBytes(table));
      const decoded = decodeAll(bytes);
      expect([...decoded]).to.deep.equal([...table]);
      expect(tableEquals(decoded, table)).to.equal(true);
      expect(encodeTable(decoded).equals(bytes)).to.equal(true);
    });
    fc.assert(there, { numRuns: 1000 });
  });

  it('is scanned as it is decoded, sound or damaged', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
    const same = fc.property(anyTable, damage, (table, changes) => {
      const bytes = encodeTable(table);
      for (const [where, octet] of changes) bytes[where % bytes.length] = octet;
      const scanned = skipTable(bytes, 0, bytes.length);
      if (scanned === -1) refusal(bytes);
      else expect(decodeTable(bytes, 0, bytes.length).next).to.equal(scanned);
    });
    fc.assert(same, { numRuns: 2000 });
  });

  it('keeps no view of the octets that it came from', () => {
    const octets = Buffer.from('ff', 'hex');
    const bytes = encodeTable(new Map([['x', { type: 'x', value: octets }]]));
    const table = decodeAll(bytes);
    bytes.fill(0);
    expect(table.get('x')).to.deep.equal({ type: 'x', value: octets });
  });

  it('does not read beyond its end, though the buffer goes on', () => {
    const bytes = Buffer.from('00000002 0056 0056'.replaceAll(' ', ''), 'hex');
    expect(decodeTable(bytes, 0, 6)).to.deep.include({ next: 6 });
    expect(() => decodeTable(bytes, 0, 5)).to.throw(ProtocolError, 'truncated');
    expect(() => decodeTable(bytes, 0, 3)).to.throw(ProtocolError, 'truncated');
    expect(skipTable(bytes, 0, 5)).to.equal(-1);
  });

  describe('limits', () => {
    for (const type of ['F', 'A'] as const) {
      it(`${MAX_TABLE_DEPTH} levels of ${type} pass, one more is refused`, () => {
        const deepest = nestedBytes(MAX_TABLE_DEPTH, type);
        expect(encodeTable(nested(MAX_TABLE_DEPTH, type)).equals(deepest)).to.equal(true);
        expect(decodeAll(deepest)).to.deep.equal(nested(MAX_TABLE_DEPTH, type));
        const text = `nested deeper than ${MAX_TABLE_DEPTH}`;
        const over = nestedBytes(MAX_TABLE_DEPTH + 1, type);
        expect(refusal(over)).to.equal(`malformed field table: ${text}`);
        expect(() => encodeTable(nested(MAX_TABLE_DEPTH + 1, type))).to.throw(RangeError, text);
      });
    }

    it('a thousand times deeper is refused without a stack overflow', () => {
      refusal(nestedBytes(20_000, 'F'));
    });

    it('a key of 255 octets passes, one of 256 is refused', () => {
      const withKey = (key: string): Buffer =>
        encodeTable(new Map([[key, { type: 'V', value: null }]]));
      expect(withKey('k'.repeat(255))).to.have.length(4 + 256 + 1);
      expect(() => withKey('k'.repeat(256))).to.throw(RangeError, 'short string over 255 octets');
    });

    const edges: readonly (readonly [FieldValue['type'], number | bigint, number | bigint])[] = [
      ['I', 2 ** 31 - 1, 2 ** 31],
      ['I', -(2 ** 31), -(2 ** 31) - 1],
      ['i', 2 ** 32 - 1, 2 ** 32],
      ['i', 0, -1],
      ['l', 2n ** 63n - 1n, 2n ** 63n],
      ['l', -(2n ** 63n), -(2n ** 63n) - 1n],
      ['L', 2n ** 63n - 1n, 2n ** 63n],
      ['s', 32_767, 32_768],
      ['u', 65_535, 65_536],
      ['b', -128, -129],
      ['B', 255, 256],
      ['T', 2n ** 64n - 1n, 2n ** 64n],
      ['T', 0, -1],
    ];
    for (const [type, good, bad] of edges) {
      it(`${type} holds ${good} and refuses ${bad}`, () => {
        const encode = (value: number | bigint): Buffer =>
          encodeTable(new Map([['n', { type, value } as FieldValue]]));
        expect(decodeAll(encode(good)).get('n')?.value).to.equal(good);
        expect(() => encode(bad)).to.throw(RangeError);
      });
    }
  });

  describe('scan for keys', () => {
    const isA = (bytes: Buffer, at: number, length: number): boolean =>
      length === 1 && bytes[at] === 0x61;

    it('sees the top level only', () => {
      const deep = encodeTable(new Map([['b', { type: 'F', value: nested(2, 'F') }]]));
      const inner: FieldTable = new Map([['a', { type: 'V', value: null }]]);
      const hidden = encodeTable(new Map([['b', { type: 'F', value: inner }]]));
      const shown = encodeTable(new Map([...decodeAll(deep), ...inner]));
      expect(tableHasKey(hidden, 0, hidden.length, isA)).to.equal(false);
      expect(tableHasKey(shown, 0, shown.length, isA)).to.equal(true);
    });

    it('finds nothing in a malformed table', () => {
      for (const hex of ['', '000000', '00000009 01 61 56', '00000003 01 62 5a', '00000001 01']) {
        const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
        expect(tableHasKey(bytes, 0, bytes.length, isA), hex).to.equal(false);
      }
    });
  });
});
