import { expect } from 'chai';
import { heapGrowingPercent } from '../../../src/cli/heap-growth.ts';

const MIB = 1024 * 1024;

describe('heapGrowingPercent', () => {
  it('gives a small heap the same room whatever its size, at most five times it', () => {
    for (const mib of [13, 16, 32, 64]) {
      expect((mib * heapGrowingPercent(mib * MIB)) / 100).to.be.closeTo(64, 1);
    }
    for (const mib of [1, 5, 12]) expect(heapGrowingPercent(mib * MIB)).to.equal(500);
  });

  it('leaves a large one to V8', () => {
    for (const mib of [65, 500, 4096]) expect(heapGrowingPercent(mib * MIB)).to.equal(0);
  });
});
