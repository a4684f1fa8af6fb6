// Every way through the checksum gives what the definition gives, bit by bit.
import { expect } from 'chai';
import { crc32c, crc32cShort } from '../../../src/store/crc32c.ts';
import { longCrc, type WasmApi } from '../../../src/store/crc32c-long.ts';
import { Random } from '../../fuzz/random.ts';

/** RFC 3720, 12.1: octet by octet, the lowest bit first. */
function defined(bytes: Buffer, start: number, end: number, before = 0): number {
  let crc = ~before;
  for (const octet of bytes.subarray(start, end)) {
    crc ^= octet;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 0 ? 0 : 0x82f63b78);
  }
  return ~crc >>> 0;
}

function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.below(256)));
}

/** Lengths about those at which another way is taken, or one begins another round. */
const LENGTHS = [
  ...[191, 192, 208, 1000, 3071, 3072, 3073, 3088, 3136, 4095, 4096, 16_384, 24_576],
  ...[25_840, 25_856, 25_920, 49_152, 50_432, 65_535, 65_536, 65_537, 65_700, 200_001],
];

describe('crc32c', () => {
  it('gives what RFC 3720 has (B.4)', () => {
    const upwards = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
    expect(crc32c(Buffer.alloc(32), 0, 32)).to.equal(0x8a9136aa);
    expect(crc32c(Buffer.alloc(32, 255), 0, 32)).to.equal(0x62a8ab43);
    expect(crc32c(upwards, 0, 32)).to.equal(0x46dd794e);
    expect(crc32c(upwards.reverse(), 0, 32)).to.equal(0x113fdb5c);
    expect(crc32c(Buffer.from('123456789'), 0, 9)).to.equal(0xe3069283);
  });

  it('is right at every length up to 300 and every alignment', () => {
    const bytes = randomBytes(new Random(1), 316);
    for (let start = 0; start < 16; start++) {
      for (let length = 0; length <= 300; length++) {
        const end = start + length;
        const before = length * 0x1234567;
        expect(crc32c(bytes, start, end, before)).to.equal(defined(bytes, start, end, before));
      }
    }
  });

  for (const length of LENGTHS) {
    it(`is right for ${length} octets, also without WebAssembly`, () => {
      const random = new Random(length);
      const bytes = randomBytes(random, length + 64);
      for (const before of [0, random.below(2 ** 32)]) {
        const start = random.below(64);
        const expected = defined(bytes, start, start + length, before);
        expect(crc32c(bytes, start, start + length, before)).to.equal(expected);
        expect(crc32cShort(bytes, start, start + length, before)).to.equal(expected);
      }
    });
  }

  it('keeps nothing of one stretch for the next', () => {
    const random = new Random(4);
    const bytes = randomBytes(random, 90_000);
    for (let n = 0; n < 100; n++) {
      const start = random.below(20_000);
      const end = start + random.below(n % 3 === 0 ? 70_000 : 5000);
      expect(crc32c(bytes, start, end, n)).to.equal(crc32cShort(bytes, start, end, n));
    }
  });

  it('goes on from what came before, wherever that ended', () => {
    const bytes = randomBytes(new Random(2), 5000);
    const whole = defined(bytes, 0, bytes.length, 77);
    for (let split = 0; split <= bytes.length; split++) {
      const crc = crc32c(bytes, 0, split, 77);
      expect(crc32c(bytes, split, bytes.length, crc)).to.equal(whole);
    }
  });

  it('goes without WebAssembly where there is none, no vectors or no room', () => {
    const offered = globalThis as unknown as { WebAssembly: WasmApi };
    class NoRoom {
      exports = {};
      constructor() {
        throw new RangeError('Out of memory');
      }
    }
    const withoutVectors = { ...offered.WebAssembly, validate: () => false };
    const { Module } = offered.WebAssembly;
    expect(longCrc([], undefined)).to.equal(null);
    expect(longCrc([], { ...withoutVectors, Module, Instance: NoRoom })).to.equal(null);
    expect(longCrc([], { validate: () => true, Module, Instance: NoRoom })).to.equal(null);
  });
});
