import { expect } from 'chai';
import type { FieldTable, FieldValue } from '../../../protocol/table.ts';
import {
  formatBinary,
  formatPlain,
  formatString,
  formatTerm,
  sameTerm,
} from '../../../src/broker/erlang-terms.ts';

const table = (...entries: [string, FieldValue][]): FieldTable => new Map(entries);
const text = (value: string | Buffer): FieldValue => ({ type: 'S', value });
const int = (value: number): FieldValue => ({ type: 'I', value });
const double = (value: number): FieldValue => ({ type: 'd', value });

describe('Erlang terms', () => {
  const terms: readonly (readonly [FieldValue, string])[] = [
    [int(-5), '-5'],
    [{ type: 'l', value: 2n ** 62n }, '4611686018427387904'],
    [{ type: 'T', value: 5 }, '5'],
    [{ type: 't', value: true }, 'true'],
    [{ type: 't', value: false }, 'false'],
    [{ type: 'V', value: null }, 'undefined'],
    [{ type: 'D', value: { scale: 2, value: 30 } }, '{2,30}'],
    [text('abc'), '<<"abc">>'],
    [text(''), '<<>>'],
    [{ type: 'x', value: Buffer.of(0) }, '<<0>>'],
    [{ type: 'A', value: [] }, '[]'],
    [{ type: 'A', value: [int(1), text('a')] }, '[{signedint,1},{longstr,<<"a">>}]'],
    [{ type: 'F', value: table() }, '[]'],
    [
      { type: 'F', value: table(['a', int(1)], ['b', { type: 'F', value: table() }]) },
      '[{<<"a">>,signedint,1},{<<"b">>,table,[]}]',
    ],
  ];
  for (const [value, expected] of terms) {
    it(`prints ${expected}`, () => expect(formatTerm(value)).to.equal(expected));
  }

  it('prints floats in the shorter notation, as Erlang does', () => {
    const floats: readonly (readonly [number, string])[] = [
      [0, '0.0'],
      [-0, '-0.0'],
      [1, '1.0'],
      [1000, '1.0e3'],
      [100, '100.0'],
      [1800000, '1.8e6'],
      [1e22, '1.0e22'],
      [0.001, '0.001'],
      [0.0001, '0.0001'],
      [123456.789, '123456.789'],
      [1e5, '1.0e5'],
      [1.5e10, '1.5e10'],
      [0.1, '0.1'],
      [1e-7, '1.0e-7'],
      [12345678901234568, '1.2345678901234568e16'],
      [1e15, '1.0e15'],
      [123456789012.5, '123456789012.5'],
      [2.5e-5, '2.5e-5'],
      [-0.01, '-0.01'],
      [-1234.5, '-1234.5'],
    ];
    for (const [value, expected] of floats) {
      expect(formatTerm(double(value))).to.equal(expected);
      expect(formatTerm({ type: 'f', value })).to.equal(expected);
    }
  });

  it('prints text with its escapes, and what is no text as octets', () => {
    expect(formatBinary('a"b\\')).to.equal('<<"a\\"b\\\\">>');
    expect(formatBinary('\b\t\n\v\f\r\x1b')).to.equal('<<"\\b\\t\\n\\v\\f\\r\\e">>');
    expect(formatBinary('éA')).to.equal('<<"éA"/utf8>>');
    expect(formatBinary('日')).to.equal('<<230,151,165>>');
    expect(formatBinary('a\u0001')).to.equal('<<97,1>>');
    expect(formatBinary('\u0085')).to.equal('<<194,133>>');
    expect(formatBinary(Buffer.from([0xff, 65]))).to.equal('<<"ÿA">>');
    expect(formatBinary(Buffer.from([0xff, 0]))).to.equal('<<255,0>>');
    expect(formatBinary(Buffer.from('plain'))).to.equal('<<"plain">>');
    expect(formatString('say "é"')).to.equal('"say \\"é\\""');
    expect(formatString('日A')).to.equal('[26085,65]');
  });

  it('puts texts into sentences as they are', () => {
    expect(formatPlain(text('a"b'))).to.equal('a"b');
    expect(formatPlain({ type: 'x', value: Buffer.from('a') })).to.equal('a');
    expect(formatPlain(int(5))).to.equal('5');
  });

  it('are the same where Erlang matches them', () => {
    const same: readonly (readonly [FieldValue, FieldValue])[] = [
      [int(5), { type: 'l', value: 5 }],
      [int(5), { type: 'T', value: 5 }],
      [double(5), { type: 'f', value: 5 }],
      [text('a'), { type: 'x', value: Buffer.from('a') }],
      [text(Buffer.from([0xff])), { type: 'x', value: Buffer.from([0xff]) }],
      [
        { type: 'V', value: null },
        { type: 'V', value: null },
      ],
      [
        { type: 'A', value: [{ type: 'l', value: 1 }] },
        { type: 'A', value: [{ type: 'L', value: 1 }] },
      ],
    ];
    for (const [a, b] of same) {
      expect(sameTerm(a, b)).to.equal(true);
      expect(sameTerm(b, a)).to.equal(true);
    }
    const different: readonly (readonly [FieldValue, FieldValue])[] = [
      [int(5), double(5)],
      [int(1), { type: 't', value: true }],
      [int(5), text('5')],
      [{ type: 'V', value: null }, text('undefined')],
      [
        { type: 'A', value: [] },
        { type: 'F', value: table() },
      ],
      [
        { type: 'A', value: [text('a')] },
        { type: 'A', value: [{ type: 'x', value: Buffer.from('a') }] },
      ],
    ];
    for (const [a, b] of different) {
      expect(sameTerm(a, b)).to.equal(false);
      expect(sameTerm(b, a)).to.equal(false);
    }
  });
});
