import { expect } from 'chai';
import { heapGrowingPercent } from '../../../src/cli/heap-growth.ts';

const MIB = 1024 * 1024;

describe('heapGrowingPercent', () => {
  it('gives a small heap the same room whatever its size, and never more than ten times it', () => {
    for (const mib of [16, 32, 100, 128]) {
      expect((mib * heapGrowingPercent(mib * MIB)) / 100).to.be.closeTo(128, 1);
    }
    for (const mib of [1, 5, 12]) expect(heapGrowingPercent(mib * MIB)).to.equal(1000);
  });

  it('leaves a large one to V8', () => {
    for (const mib of [129, 500, 4096]) expect(heapGrowingPercent(mib * MIB)).to.equal(0);
  });
});
