/** The bare loop beside a durable broker. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { measureFloor } from '../../../bench/support/floor.ts';

describe('bench bare loop', () => {
  it('writes, and leaves nothing behind', () => {
    const folder = mkdtempSync(join(tmpdir(), 'leveret-floor-'));
    const writes = { bytes: [100, 5000], pieces: [1, 3] };
    expect(measureFloor(folder, writes, 0.02)).to.be.greaterThan(0);
    expect(readdirSync(folder)).to.deep.equal([]);
    expect(measureFloor(folder, { bytes: [], pieces: [] }, 1)).to.equal(0);
    rmSync(folder, { recursive: true });
  });
});
