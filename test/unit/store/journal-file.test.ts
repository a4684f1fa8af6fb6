import { expect } from 'chai';
import { ALIGNMENT_BYTES } from '../../../src/store/aligned.ts';
import { Journal } from '../../../src/store/file/journal.ts';
import { JournalBuffer } from '../../../src/store/file/journal-buffer.ts';
import { JournalFile, type JournalWays } from '../../../src/store/file/journal-file.ts';
import { readJournal } from '../../../src/store/file/journal-reader.ts';
import { endOf } from '../../support/journal-frames.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { Entry } from '../../support/store-stage.ts';

const FOLDER = '/journal';
const AHEAD_BYTES = 10_000;

function pathOf(number: number): string {
  return Journal.path(FOLDER, number);
}

describe('JournalFile', () => {
  let files: MemoryFiles;
  let ways: JournalWays;
  beforeEach(async () => {
    files = new MemoryFiles(1);
    await files.makeFolder(FOLDER);
    const directBytes = Number.POSITIVE_INFINITY;
    const ahead = { startBytes: 16, aheadBytes: AHEAD_BYTES };
    ways = { files, sync: true, directBytes, directParts: null, ...ahead };
  });

  /** Writes a batch with one record of that many octets and more. */
  async function write(file: JournalFile, text: string, bytes = 100): Promise<void> {
    const buffer = new JournalBuffer();
    buffer.seed = file.number;
    buffer.publish(1, new Entry(1, text.padEnd(bytes, '.')));
    const length = buffer.bytes;
    await file.write(buffer.take().pieces, length);
  }

  async function read(on: MemoryFiles, number: number) {
    const texts: string[] = [];
    const none = () => undefined;
    const { damages } = await readJournal(on, pathOf(number), number, {
      publish: (_queue, _position, bytes, start, end) => {
        texts.push(bytes.toString('utf8', start, end).replace(/\.+$/, ''));
      },
      ...{ settle: none, delivered: none, mark: none },
    });
    return { texts, damages };
  }

  it('gives small writes room in advance, and takes it back at its end', async () => {
    const file = await JournalFile.create(FOLDER, pathOf(1), 1, ways, null);
    expect(files.contentOf(pathOf(1))).to.have.length(16);
    for (const text of ['a', 'b', 'c']) await write(file, text);
    const content = files.contentOf(pathOf(1));
    expect(content.length).to.be.above(AHEAD_BYTES);
    expect(content.length % ALIGNMENT_BYTES).to.equal(0);
    expect(endOf(content)).to.equal(file.size);
    expect(await read(files, 1)).to.deep.equal({ texts: ['a', 'b', 'c'], damages: [] });
    await file.end();
    expect(files.contentOf(pathOf(1))).to.have.length(file.size);
  });

  it('gives large writes none', async () => {
    const file = await JournalFile.create(FOLDER, pathOf(1), 1, ways, null);
    await write(file, 'a', AHEAD_BYTES);
    expect(files.contentOf(pathOf(1))).to.have.length(file.size);
  });

  it('does without where the disk has none for it', async () => {
    const file = await JournalFile.create(FOLDER, pathOf(1), 1, ways, null);
    files.capacityBytes = 600;
    for (const text of ['a', 'b']) await write(file, text);
    expect(await read(files, 1)).to.deep.equal({ texts: ['a', 'b'], damages: [] });
    const refused = await write(file, 'c', 500).catch((error: Error) => error.message);
    expect(refused).to.contain('ENOSPC');
    files.capacityBytes = 2_000;
    await write(file, 'c', 500);
    expect(await read(files, 1)).to.deep.equal({ texts: ['a', 'b', 'c'], damages: [] });
  });

  it('is written anew over an older one, and nothing of that comes back', async () => {
    const spare = `${FOLDER}/0000000001.spare`;
    const older = await JournalFile.create(FOLDER, spare, 1, ways, null);
    for (let n = 0; n < 200; n++) await write(older, `old ${n}`);
    await older.end();
    await older.close();
    const file = await JournalFile.create(FOLDER, pathOf(2), 2, ways, spare);
    expect(files.paths()).to.deep.equal([pathOf(2)]);
    expect(await read(files, 2)).to.deep.equal({ texts: [], damages: [] });
    const texts: string[] = [];
    // Ends of writes come everywhere in a block, and go past the end of what there was.
    for (let n = 0; file.size < 40_000; n++) {
      texts.push(`new ${n}`);
      await write(file, `new ${n}`, 90 + ((n * 37) % 150));
      expect(await read(files.kill(), 2), `${n}`).to.deep.equal({ texts, damages: [] });
      files.isGone = false;
    }
  });

  it('has what was written for certain, whatever a crash leaves of the next write', async () => {
    let tornCount = 0;
    for (let seed = 1; seed <= 60; seed++) {
      files = new MemoryFiles(seed);
      await files.makeFolder(FOLDER);
      ways = { ...ways, files };
      const spare = `${FOLDER}/0000000001.spare`;
      const older = await JournalFile.create(FOLDER, spare, 1, ways, null);
      for (let n = 0; n < 80; n++) await write(older, `old ${n}`);
      await older.close();
      const file = await JournalFile.create(FOLDER, pathOf(2), 2, ways, spare);
      await write(file, 'safe', 90 + seed);
      files.failFrom({ at: 1, code: 'EIO', lasting: true });
      await write(file, 'torn', 100 + seed * 40).catch(() => undefined);
      const { texts, damages } = await read(files.crash(), 2);
      expect(texts.slice(0, 1)).to.deep.equal(['safe']);
      for (const { isCut } of damages) expect(isCut, `seed ${seed}`).to.equal(true);
      tornCount += damages.length;
    }
    expect(tornCount).to.be.above(10);
  });
});

describe('Journal', () => {
  it('keeps one file that is not needed any more, and no file that has another name', async () => {
    const files = new MemoryFiles(1);
    await files.makeFolder(FOLDER);
    const nothing = () => undefined;
    const journal = new Journal({
      ...{ files, folder: FOLDER, sync: true, fileBytes: 500, aheadBytes: 0 },
      directBytes: Number.POSITIVE_INFINITY,
      ...{ isCrowded: () => false, onFull: nothing },
    });
    journal.startAt(1);
    for (let n = 0; n < 5; n++) {
      journal.buffer.publish(1, new Entry(n, `${n}`.padEnd(600, '.')));
      await journal.write();
    }
    await files.link(pathOf(1), `${FOLDER}/other`);
    for (const number of [1, 2, 3]) await journal.discard(number);
    const spare = `${FOLDER}/0000000002.spare`;
    const left = [pathOf(4), pathOf(5), `${FOLDER}/other`];
    expect(files.paths()).to.deep.equal([spare, ...left].sort());
    journal.buffer.publish(1, new Entry(6, '6'));
    await journal.write();
    expect(files.paths()).to.deep.equal([...left, pathOf(6)].sort());
    await journal.discard(4);
    await journal.close();
    expect(files.paths()).to.deep.equal([pathOf(5), pathOf(6), `${FOLDER}/other`].sort());
    // What a process that was killed leaves.
    files.plant(spare, 'x');
    await Journal.removeSpares(files, FOLDER);
    expect(files.paths()).not.to.include(spare);
  });
});
