// The whole store under faults: the n-th operation of the file system fails, once or for good, and
// n rises until a run passes without meeting its fault. Then the power goes.
import { expect } from 'chai';
import { Random } from '../../fuzz/random.ts';
import { type Fault, MemoryFiles } from '../../support/memory-files.ts';
import { DIRECT_LIMITS, PACKED_LIMITS, TINY_LIMITS } from '../../support/store-stage.ts';
import { StoreWorld } from '../../support/store-world.ts';

const STEPS = 30;

type Kind = Omit<Fault, 'at'>;

const KINDS: readonly [name: string, kind: Kind][] = [
  ['EIO once', { code: 'EIO', lasting: false }],
  ['EIO for good', { code: 'EIO', lasting: true }],
  ['ENOSPC once', { code: 'ENOSPC', lasting: false }],
  ['a short write', { lasting: false, short: true }],
  ['a short write, then EIO', { code: 'EIO', lasting: true, short: true }],
];

/** By the seed: segments alone, writes past the page cache, packs. */
const LIMITS = [TINY_LIMITS, DIRECT_LIMITS, PACKED_LIMITS];

function worldOf(seed: number, files: MemoryFiles): StoreWorld {
  return new StoreWorld(files, new Random(seed), LIMITS[seed % LIMITS.length]);
}

/** Runs the random steps of `seed` with a fault; whether the run met it. */
async function run(seed: number, fault: Fault | null): Promise<boolean> {
  const files = new MemoryFiles(seed);
  const world = worldOf(seed, files);
  await world.open();
  if (fault !== null) files.failFrom(fault);
  for (let step = 0; step < STEPS; step++) await world.step();
  if (world.random.oneIn(2)) await world.rest();
  const { faultsHit } = files;
  await world.stopAndCheck(world.random.oneIn(3) ? 'kill' : 'crash');
  for (let step = 0; step < 5; step++) await world.step();
  await world.stopAndCheck('crash');
  return faultsHit !== 0;
}

describe('the store, when the disk fails', () => {
  for (const [name, kind] of KINDS) {
    it(`keeps what it said was safe: ${name}`, async () => {
      let runs = 0;
      for (const seed of [1, 2, 3, 4, 5]) {
        for (let at = 1; ; at++) {
          runs++;
          if (!(await run(seed, { ...kind, at }))) break;
        }
      }
      expect(runs).to.be.above(50);
    });
  }

  it('keeps what it said was safe over crashes at any moment, again and again', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const files = new MemoryFiles(seed);
      const world = worldOf(seed, files);
      await world.open();
      for (let round = 0; round < 8; round++) {
        for (let step = 0; step < 1 + world.random.below(STEPS); step++) await world.step();
        await world.stopAndCheck(world.random.pick(['crash', 'kill', 'close'] as const));
      }
    }
  });
});
