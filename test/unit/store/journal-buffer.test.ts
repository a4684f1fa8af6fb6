// Records of every kind at every place in a slab, above all where one slab ends.
import { expect } from 'chai';
import {
  ALSO,
  DELIVERED,
  GROUP,
  PUBLISH,
  RECORD_HEAD_BYTES,
  SETTLE,
} from '../../../src/store/file/format.ts';
import { JournalBuffer } from '../../../src/store/file/journal-buffer.ts';
import { scanRecords } from '../../../src/store/file/records.ts';
import { Random } from '../../fuzz/random.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { Entry } from '../../support/store-stage.ts';

const SEED = 7;

/** The types of all sound records in `bytes`, and how many octets are none. */
async function typesIn(bytes: Buffer): Promise<{ types: number[]; damaged: number }> {
  const files = new MemoryFiles(1);
  files.plant('/f', bytes);
  const file = await files.open('/f', 'read');
  const types: number[] = [];
  const kinds = [1, 5] as const;
  const span = { from: 0, to: bytes.length, seed: SEED, minBytes: 5, kinds };
  const damages = await scanRecords(file, span, (piece, start) => {
    types.push(piece[start] as number);
  });
  return { types, damaged: damages.reduce((sum, { from, to }) => sum + to - from, 0) };
}

describe('JournalBuffer', () => {
  it('writes sound records wherever slabs end', async () => {
    const random = new Random(3);
    const buffer = new JournalBuffer();
    buffer.seed = SEED;
    const expected: number[] = [];
    const written: Buffer[] = [];
    for (let n = 0; n < 20_000; n++) {
      const entry = new Entry(n, '.'.repeat(random.below(300)));
      const kind = random.below(5);
      if (kind < 2) {
        buffer.publish(1, entry);
        expected.push(PUBLISH);
        if (kind === 1) {
          buffer.publish(2, entry);
          expected.push(ALSO);
        }
      } else if (kind === 2) {
        buffer.settle(1, [n, n + 1]);
        expected.push(SETTLE);
      } else if (kind === 3) {
        buffer.delivered(1, n);
        expected.push(DELIVERED);
      } else {
        buffer.beginGroup();
        buffer.publish(1, entry);
        buffer.delivered(1, n);
        expect(buffer.endGroup()).to.equal(true);
        expected.push(GROUP);
      }
      if (random.oneIn(50)) {
        const { pieces, retired } = buffer.take();
        written.push(...pieces.map((piece) => Buffer.from(piece)));
        buffer.recycle(retired);
      }
    }
    written.push(...buffer.take().pieces);
    const { types, damaged } = await typesIn(Buffer.concat(written));
    expect(damaged).to.equal(0);
    expect(types).to.deep.equal(expected);
  });

  it('leaves out a group with nothing in it', () => {
    const buffer = new JournalBuffer();
    buffer.beginGroup();
    expect(buffer.endGroup()).to.equal(false);
    expect(buffer.bytes).to.equal(0);
    expect(buffer.take().pieces).to.deep.equal([]);
  });

  it('leaves long ends where they are, in groups, too', async () => {
    const buffer = new JournalBuffer();
    buffer.seed = SEED;
    const long = new Entry(0, 'abc'.repeat(10_000));
    buffer.publish(1, long);
    buffer.publish(2, long);
    buffer.beginGroup();
    buffer.publish(1, new Entry(3, 'def'));
    buffer.delivered(1, 3);
    expect(buffer.endGroup()).to.equal(true);
    buffer.settle(1, [0, 0]);
    const { bytes } = buffer;
    const { pieces } = buffer.take();
    for (const end of long.longEnd) expect(pieces).to.include(end);
    const written = Buffer.concat(pieces);
    expect(written.length).to.equal(bytes);
    expect(written.includes(long.text)).to.equal(true);
    const { types, damaged } = await typesIn(written);
    expect(damaged).to.equal(0);
    expect(types).to.deep.equal([PUBLISH, ALSO, GROUP, SETTLE]);
  });

  it('counts the octets that it hands over', () => {
    const buffer = new JournalBuffer();
    buffer.publish(1, new Entry(0, 'x'.repeat(600_000)));
    const { bytes } = buffer;
    const { pieces } = buffer.take();
    expect(Buffer.concat(pieces).length).to.equal(bytes);
    expect(bytes).to.be.above(600_000 + RECORD_HEAD_BYTES);
  });
});
