// Damage that is not found by trying every octet: long records, forged ones, transient ones, a
// crash in the middle of a repair, definitions that are gone while the messages are not.
import { expect } from 'chai';
import { Broker } from '../../../src/broker/broker.ts';
import { resolveOptions } from '../../../src/config/options.ts';
import { ManualClock } from '../../../src/lib/manual-clock.ts';
import { journalHeader } from '../../../src/store/file/format.ts';
import { JournalBuffer } from '../../../src/store/file/journal-buffer.ts';
import { writePack } from '../../../src/store/file/pack-writer.ts';
import {
  type SegmentPart,
  wholePart,
  writeSegment,
} from '../../../src/store/file/segment-writer.ts';
import { NO_LONG_END } from '../../../src/store/port.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { filesOf, makeFolder, rest, startOn } from '../../support/store-damage.ts';
import { contentsOf, Entry, openStore, textOf } from '../../support/store-stage.ts';

const JOURNAL = '/data/journal/0000000001.journal';
const PACK = '/data/packs/0000000001.pack';
const SEGMENT = '/data/queues/1/0000000001.segment';

/** A journal file of what `write` puts into it. */
function journalOf(number: number, write: (buffer: JournalBuffer) => void): Buffer {
  const buffer = new JournalBuffer();
  buffer.seed = number;
  write(buffer);
  return Buffer.concat([journalHeader(number), ...buffer.take().pieces]);
}

function journalWith(texts: readonly string[], number = 1): Buffer {
  return journalOf(number, (buffer) => {
    for (const [index, text] of texts.entries()) buffer.publish(1, new Entry(index, text));
  });
}

async function found(files: MemoryFiles): Promise<{ texts: string[]; reports: string[] }> {
  const { texts, reports } = await startOn(files);
  return { texts: texts.get(1) ?? [], reports: [...reports] };
}

async function plantSegment(files: MemoryFiles, part: SegmentPart): Promise<void> {
  await files.makeFolder('/data/queues/1');
  await writeSegment(files, '/data/queues/1', 1, 1, part, true);
  await files.syncFolder('/data/queues/1');
}

async function plantPack(files: MemoryFiles, part: SegmentPart): Promise<void> {
  await files.makeFolder('/data/packs');
  await writePack(files, '/data/packs', 1, [{ queue: 1, part }], { sync: true });
  await files.syncFolder('/data/packs');
}

describe('damage of a data folder', () => {
  let files: MemoryFiles;
  beforeEach(() => newFolder(1));

  /** One that has definitions. */
  async function newFolder(seed: number): Promise<void> {
    files = new MemoryFiles(seed);
    const { store } = await openStore(files);
    await store.close();
  }

  it('does not hide a long record behind it, though the length before it is gone', async () => {
    const long = 'l'.repeat(3 * 1024 * 1024);
    const journal = journalWith(['first', 'second', long, 'last']);
    journal.fill(0xff, journal.indexOf('first') - 19, journal.indexOf('second') + 3);
    files.plant(JOURNAL, journal);
    expect((await found(files)).texts).to.deep.equal([long, 'last']);
  });

  it('does not make a record of what the body of a damaged message holds', async () => {
    const forged = journalWith(['forged']).subarray(16).toString('latin1');
    const body = {
      recordBytes: forged.length,
      longEnd: NO_LONG_END,
      writeRecord: (target: Buffer, at: number) => at + target.write(forged, at, 'latin1'),
    };
    const journal = journalOf(1, (buffer) => {
      buffer.publish(1, { position: 5, record: body, place: 0, frameAt: 0, frameBytes: 0 });
      buffer.publish(1, new Entry(6, 'next'));
    });
    journal[16 + 8 + 9] = 0xff;
    files.plant(JOURNAL, journal);
    const { texts, reports } = await found(files);
    expect(texts).to.deep.equal(['next']);
    expect(reports).to.have.length(1);
  });

  it('says in one line how many copies in other queues went with a message', async () => {
    const shared = new Entry(0, 'shared');
    const journal = journalOf(1, (buffer) => {
      for (const queue of [1, 2, 3])
        buffer.publish(queue, { position: 0, record: shared, place: 0, frameAt: 0, frameBytes: 0 });
      buffer.publish(1, new Entry(1, 'next'));
    });
    journal.write('X', journal.indexOf('shared'));
    files.plant(JOURNAL, journal);
    const { texts, reports } = await found(files);
    expect(texts).to.deep.equal(['next']);
    expect(reports).to.have.length(1);
    expect(reports[0]).to.match(/octets 16 to 41 of \d+ are damaged, 2 records repeat one that is/);
  });

  it('is told of when a journal file between others is gone', async () => {
    files.plant(JOURNAL, journalWith(['a']));
    const path = '/data/journal/0000000004.journal';
    files.plant(
      path,
      journalOf(4, (buffer) => buffer.publish(1, new Entry(9, 'b'))),
    );
    const { texts, reports } = await found(files);
    expect(texts).to.deep.equal(['a', 'b']);
    expect(reports).to.deep.equal([
      'journal files 2 to 3 are missing: what only stood there is lost, the rest was kept',
    ]);
  });

  for (const [what, path, copy, write] of [
    ['segment', SEGMENT, '1-0000000001.segment', plantSegment],
    ['pack', PACK, 'packs-0000000001.pack', plantPack],
  ] as const) {
    describe(`of a ${what}, at its end`, () => {
      /** One with transient records whose end is gone. */
      async function plantBroken(): Promise<Buffer> {
        const entries = ['a', 'b', 'c', 'd'].map((text, position) => ({
          position,
          record: new Entry(position, text.repeat(30)),
          isTransient: position % 2 === 1,
        }));
        await write(files, wholePart(entries));
        const broken = files.contentOf(path).subarray(0, -10);
        files.plant(path, broken);
        return broken;
      }

      it('does not bring back what was transient', async () => {
        const broken = await plantBroken();
        const { texts, reports } = await found(files);
        expect(texts).to.deep.equal(['a'.repeat(30), 'c'.repeat(30)]);
        const aside = `/data/damaged/${copy}`;
        expect(reports).to.deep.equal([
          `${path}: it has no sound end; 2 messages were found in it; a copy is ${aside}`,
        ]);
        expect(files.contentOf(aside)).to.deep.equal(broken);
      });

      it('costs nothing more when the start that repairs it is cut short', async () => {
        for (let at = 1; ; at++) {
          await newFolder(at);
          const broken = await plantBroken();
          files.failFrom({ at, code: 'EIO', lasting: true });
          await openStore(files).catch(() => undefined);
          await rest();
          const { faultsHit } = files;
          files = files.crash();
          const { texts } = await found(files);
          expect(texts, `${at}`).to.deep.equal(['a'.repeat(30), 'c'.repeat(30)]);
          const copies = files.paths().filter((each) => each.startsWith('/data/damaged/'));
          const isKept = copies.some((each) => files.contentOf(each).equals(broken));
          expect(isKept, `${at}`).to.equal(true);
          if (faultsHit === 0) break;
        }
      });

      it('leaves it as it is while there is no room for a copy', async () => {
        const broken = await plantBroken();
        files.capacityBytes = files.usedBytes;
        const { texts, reports } = await found(files);
        expect(texts).to.have.length(2);
        expect(reports[0]).to.match(/no copy could be kept: Error: ENOSPC/);
        expect(files.contentOf(path)).to.deep.equal(broken);
      });
    });
  }

  describe('of the definitions', () => {
    async function withoutDefinitions(): Promise<MemoryFiles> {
      const { contents } = await makeFolder();
      return filesOf(new Map([...contents].filter(([path]) => !path.includes('metadata'))));
    }

    /** A start that knows no queue, and runs for a while. */
    async function start(on: MemoryFiles): Promise<{ reports: string[]; highest: number }> {
      const { store, reports } = await openStore(on);
      const highest = store.started(new Set());
      await rest();
      await store.close();
      return { reports, highest };
    }

    it('takes no messages along: they are kept until somebody has looked', async () => {
      files = await withoutDefinitions();
      const { texts } = await makeFolder();
      for (let round = 0; round < 3; round++) {
        const { reports, highest } = await start(files);
        expect(reports.at(-1)).to.match(/without a definition are kept, .*: 1, 2, 3$/);
        expect(highest).to.equal(3);
        files = files.crash();
      }
      const { store } = await openStore(files);
      for (const [number, expected] of texts) {
        expect((await contentsOf(store.queue(number))).map(textOf)).to.deep.equal(expected);
      }
      await files.removeFolder('/data/damaged');
      files = files.kill();
      expect((await start(files)).reports).to.deep.equal([]);
      const last = await startOn(files.crash());
      expect([...last.texts.values()]).to.deep.equal([[], [], []]);
    });

    it('does not give their numbers to other queues', async () => {
      files = await withoutDefinitions();
      const { store } = await openStore(files);
      const broker = new Broker({
        clock: new ManualClock(),
        memoryLimitBytes: 1e9,
        vhosts: resolveOptions({}).vhosts,
        store,
        onReadError: (_queue, error) => expect.fail(String(error)),
        randomBytes: () => Buffer.alloc(16),
        defer: (fn) => void setImmediate(fn),
        onListenerError: (error) => expect.fail(String(error)),
      });
      broker.recover(() => undefined);
      const wanted = { name: 'q', durable: true, exclusive: false, autoDelete: false };
      const queue = broker.vhost('/')?.declareQueue({ ...wanted, arguments: new Map() }, null);
      expect(queue?.number).to.equal(4);
      expect(queue?.readyCount).to.equal(0);
    });

    it('does not bring back queues that were deleted', async () => {
      const { contents } = await makeFolder();
      files = filesOf(contents);
      const { store } = await openStore(files);
      store.queue(2);
      store.started(new Set([1, 2, 3]));
      store.metadata.delete('queue 2');
      store.queue(2).remove();
      await rest();
      const after = files.kill();
      for (const path of after.paths()) if (path.includes('metadata')) await after.remove(path);
      const { reports } = await start(after);
      expect(reports.at(-1)).to.match(/: 1, 3$/);
    });
  });
});
