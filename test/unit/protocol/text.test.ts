// Strings on the wire: UTF-8 as it is, any other octets there and back without loss.
import { expect } from 'chai';
import fc from 'fast-check';
import { Cursor, Truncated } from '../../../protocol/cursor.ts';
import {
  escapeOctet,
  readShortString,
  readText,
  readUtf8,
  shortStringBytes,
  textBytes,
  writeShortString,
  writeText,
} from '../../../protocol/text.ts';

describe('text', () => {
  it('that is UTF-8 is that text', () => {
    const same = fc.property(fc.string({ unit: 'binary' }), (text) => {
      const bytes = Buffer.from(text);
      expect(readUtf8(bytes, 0, bytes.length)).to.equal(text);
      expect(readText(bytes, 0, bytes.length)).to.equal(text);
      expect(textBytes(text)).to.equal(bytes.length);
    });
    fc.assert(same);
  });

  it('gives back the octets that it was read from, whatever they are', () => {
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 255 }),
      fc.array(fc.constantFrom(0x41, 0xc3, 0xa9, 0xed, 0xb3, 0xbf, 0xef, 0xbf, 0xbd), {
        maxLength: 255,
      }),
    );
    const same = fc.property(octets, (values) => {
      const bytes = Buffer.from([values.length, ...values]);
      const text = readShortString(new Cursor(bytes, 0, bytes.length));
      expect(shortStringBytes(text)).to.equal(bytes.length);
      const written = Buffer.alloc(bytes.length);
      expect(writeShortString(written, text, 0)).to.equal(bytes.length);
      expect(written.toString('hex')).to.equal(bytes.toString('hex'));
    });
    fc.assert(same, { numRuns: 1000 });
  });

  it('tells different octets apart', () => {
    const read = (hex: string): string => readText(Buffer.from(hex, 'hex'), 0, hex.length / 2);
    expect(new Set(['e9', 'c3a9', 'efbfbd', 'ff', 'fe'].map(read)).size).to.equal(5);
    expect(read('61e9')).to.equal(`a${escapeOctet(0xe9)}`);
    expect(escapeOctet(0x61)).to.equal('a');
  });

  it('leaves whole surrogate pairs alone', () => {
    const bytes = Buffer.alloc(6);
    expect(writeText(bytes, '😀\udcff', 1)).to.equal(6);
    expect(bytes.toString('hex')).to.equal('00f09f9880ff');
    expect(textBytes('😀\udcff')).to.equal(5);
  });

  it('of 255 octets fits a short string, of 256 does not', () => {
    expect(shortStringBytes('\udcff'.repeat(255))).to.equal(256);
    expect(() => shortStringBytes('\udcff'.repeat(256))).to.throw(
      RangeError,
      'over 255 octets: 256',
    );
  });

  it('is not read beyond the end', () => {
    const bytes = Buffer.from([3, 0x61, 0x62, 0x63]);
    expect(() => readShortString(new Cursor(bytes, 0, 3))).to.throw(Truncated, 'truncated');
    expect(() => readShortString(new Cursor(bytes, 4, 4))).to.throw(Truncated);
  });
});
