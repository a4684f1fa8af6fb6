// Large writes that go past the page cache.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { ALIGNMENT_BYTES, alignedBuffers } from '../../../src/store/aligned.ts';
import { DirectFile, directParts } from '../../../src/store/file/direct-file.ts';
import { fillerRecord, LEAST_FILLER_BYTES } from '../../../src/store/file/format.ts';
import { fillerBytes } from '../../../src/store/file/journal-file.ts';
import { readJournal } from '../../../src/store/file/journal-reader.ts';
import { type Files, type OpenFile, type OpenMode, systemFiles } from '../../../src/store/files.ts';
import { ALL_IN_MEMORY } from '../../../src/store/port.ts';
import { Random } from '../../fuzz/random.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { contentsOf, DIRECT_LIMITS, Entry, openStore, textOf } from '../../support/store-stage.ts';

const MIB = 1024 * 1024;
const PARTS = directParts() as readonly Buffer[];

/** Pieces of any length, `bytes` together. */
function piecesOf(bytes: number, random: Random): Buffer[] {
  const pieces: Buffer[] = [];
  for (let left = bytes; left > 0; ) {
    const length = Math.min(left, random.pick([0, 1, 511, 4096, 65_536, 3 * MIB]));
    pieces.push(Buffer.alloc(length, random.below(256)));
    left -= length;
  }
  return pieces;
}

/** Writes to a new file in two goes, and gives what was written; null where that cannot be done. */
async function writeTwice(files: Files, path: string, seed: number): Promise<Buffer | null> {
  const random = new Random(seed);
  await (await files.open(path, 'create')).close();
  const file = await DirectFile.open(files, path, PARTS);
  if (file === null) return null;
  const all: Buffer[] = [];
  let at = 0;
  for (const bytes of [ALIGNMENT_BYTES * (1 + random.below(1500)), 4 * MIB]) {
    const pieces = piecesOf(bytes, random);
    await file.write(pieces, at);
    all.push(...pieces);
    at += bytes;
  }
  await file.close();
  return Buffer.concat(all);
}

describe('DirectFile', () => {
  it('writes pieces of any length, in parts that lie one behind the other', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const files = new MemoryFiles(seed);
      const expected = (await writeTwice(files, '/file', seed)) as Buffer;
      expect(files.directWrites).to.be.at.least(3);
      expect(files.contentOf('/file').equals(expected)).to.equal(true);
    }
  });

  it('writes to a real file', async function () {
    const folder = mkdtempSync(join(tmpdir(), 'leveret-direct-'));
    try {
      const path = join(folder, 'file');
      const expected = await writeTwice(systemFiles, path, 1);
      // Not every file system takes such writes: some that lie in memory do not.
      if (expected === null) this.skip();
      expect(readFileSync(path).equals(expected)).to.equal(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says where it cannot be', async () => {
    const files = new MemoryFiles(1);
    files.plant('/file', '');
    files.refusesDirect = 'open';
    expect(await DirectFile.open(files, '/file', PARTS)).to.equal(null);
  });

  it('passes failures on, whichever part they hit', async () => {
    for (const at of [1, 2, 3]) {
      const files = new MemoryFiles(at);
      files.plant('/file', '');
      const file = (await DirectFile.open(files, '/file', PARTS)) as DirectFile;
      files.failFrom({ at, code: 'EIO', lasting: false });
      const error = await file.write([Buffer.alloc(6 * MIB)], 0).catch((thrown: Error) => thrown);
      expect((error as Error).message).to.contain('EIO');
    }
  });
});

describe('aligned memory', () => {
  it('is apart, and as long as asked for', () => {
    const [one, two] = alignedBuffers(2, 3 * ALIGNMENT_BYTES) as [Buffer, Buffer];
    one.fill(1);
    two.fill(2);
    for (const [i, buffer] of [one, two].entries()) {
      expect([buffer.length, buffer.byteOffset % ALIGNMENT_BYTES]).to.deep.equal([12_288, 0]);
      expect(buffer.every((each) => each === i + 1)).to.equal(true);
    }
  });
});

describe('fillers', () => {
  it('reach to where a large write may begin, and are long enough to be records', () => {
    fc.assert(
      fc.property(fc.nat(100_000), (end) => {
        const bytes = fillerBytes(end);
        expect((end + bytes) % ALIGNMENT_BYTES).to.equal(0);
        expect(bytes === 0 || bytes >= LEAST_FILLER_BYTES).to.equal(true);
        if (bytes !== 0) expect(fillerRecord(bytes, 7)).to.have.length(bytes);
      }),
    );
  });
});

/** Direct writes take a while, and what they are given is looked at only then. */
class SlowFiles extends MemoryFiles {
  override async open(path: string, mode: OpenMode): Promise<OpenFile> {
    const file = await super.open(path, mode);
    if (mode !== 'direct') return file;
    return {
      write: async (buffers, position) => {
        for (let turns = 0; turns < 5; turns++) await turn();
        return await file.write(buffers, position);
      },
      read: (target, position) => file.read(target, position),
      sync: () => file.sync(),
      truncate: (size) => file.truncate(size),
      size: () => file.size(),
      close: () => file.close(),
    };
  }
}

describe('a store with large writes', () => {
  /** One, five and nine records in turn; a large write behind a small one only ends aligned. */
  async function fill(files: MemoryFiles, batches = 12, name = ''): Promise<string[]> {
    const { store, failures, reports } = await openStore(files, false, DIRECT_LIMITS);
    store.started(new Set());
    const queue = store.queue(1);
    queue.attach(ALL_IN_MEMORY);
    const texts: string[] = [];
    for (let batch = 0; batch < batches; batch++) {
      for (let i = 0; i < (batch % 3) * 4 + 1; i++) {
        const text = `<${name}${batch}/${i}>`.padEnd(90, '.');
        queue.append(new Entry(queue.nextPosition, text), null);
        texts.push(text);
      }
      await new Promise<void>((resolve) => store.whenSafe({ settle: () => resolve() }));
    }
    expect([failures, reports]).to.deep.equal([[], []]);
    return texts;
  }

  async function textsIn(files: MemoryFiles): Promise<string[]> {
    const { store } = await openStore(files, false, DIRECT_LIMITS);
    return (await contentsOf(store.queue(1))).map(textOf);
  }

  it('has all of it after a crash, small writes and large ones', async () => {
    const files = new MemoryFiles(1);
    const texts = await fill(files);
    expect(files.directWrites).to.equal(4);
    expect(await textsIn(files.crash())).to.deep.equal(texts);
  });

  it('has fillers between its records, and nothing that is damaged', async () => {
    const files = new MemoryFiles(1);
    await fill(files, 6);
    const path = '/data/journal/0000000001.journal';
    const none = () => undefined;
    const sink = { publish: none, settle: none, delivered: none, mark: none };
    const { damages, unknown, orphans } = await readJournal(files, path, 1, sink);
    expect([damages, unknown, orphans]).to.deep.equal([[], 0, 0]);
    expect(files.contentOf(path).length % ALIGNMENT_BYTES).to.equal(0);
  });

  it('has its own memory to write from: there may be several in a process', async () => {
    const all = ['a', 'b', 'c'].map((name) => ({ name, files: new SlowFiles(1) }));
    const texts = await Promise.all(all.map(({ name, files }) => fill(files, 12, name)));
    for (const [i, { files }] of all.entries()) {
      expect(files.directWrites).to.equal(4);
      expect(await textsIn(files.crash())).to.deep.equal(texts[i]);
    }
  });

  for (const what of ['open', 'write'] as const) {
    it(`goes through the page cache where the system refuses (${what})`, async () => {
      const files = new MemoryFiles(1);
      files.refusesDirect = what;
      const texts = await fill(files);
      expect(files.directWrites).to.equal(0);
      expect(await textsIn(files.crash())).to.deep.equal(texts);
    });
  }
});
