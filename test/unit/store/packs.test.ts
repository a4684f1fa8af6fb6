// Many queues with little each on the file engine: what they have in a full journal file goes to
// one file, a pack, and packs of which little counts are written anew.
import { expect } from 'chai';
import type { StoreLimits } from '../../../src/store/file/checkpoint.ts';
import { ALL_IN_MEMORY, type StoredRecord } from '../../../src/store/port.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { rest } from '../../support/store-damage.ts';
import {
  contentsOf,
  Entry,
  type Opened,
  openStore,
  TINY_LIMITS,
  textOf,
} from '../../support/store-stage.ts';

/** A journal file is not full before it is told to be. */
const LIMITS = {
  ...{ ...TINY_LIMITS, journalFileBytes: 1_000_000, segmentMinBytes: 10_000, copiedBytes: 1_000 },
  ...{ segmentBytes: 5_000, packBytes: 1_000_000, wasteBytes: 5_000 },
};
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const QUEUES = Array.from({ length: 20 }, (_, n) => n + 1);

describe('many queues on the file store', () => {
  let files: MemoryFiles;
  let opened: Opened;
  const entries = new Map<number, Entry[]>();

  beforeEach(async () => {
    files = new MemoryFiles(1);
    entries.clear();
    await open();
    await fill(10);
    await empty();
  });

  async function open(limits: StoreLimits = LIMITS, wasLeftOpen = false): Promise<void> {
    opened = await openStore(files, wasLeftOpen, limits);
    for (const number of QUEUES) opened.store.queue(number).attach(ALL_IN_MEMORY);
    opened.store.started(new Set(QUEUES));
    await rest();
  }

  const queueOf = (number: number) => opened.store.queue(number);

  /** Appends so many to each queue, in turn. */
  async function fill(count: number, queues: readonly number[] = QUEUES): Promise<void> {
    for (let n = 0; n < count; n++) {
      for (const number of queues) {
        const { nextPosition } = queueOf(number);
        const entry = new Entry(nextPosition, `${number}/${nextPosition}`.padEnd(60, '.'));
        queueOf(number).append(entry, entry);
        entries.set(number, [...(entries.get(number) ?? []), entry]);
      }
    }
    await safe();
  }

  async function safe(): Promise<void> {
    await new Promise<void>((resolve) => opened.store.whenSafe({ settle: () => resolve() }));
    await rest();
  }

  /** The journal file ends, and is emptied. */
  async function empty(): Promise<void> {
    void opened.store.relieve();
    for (let i = 0; i < 5; i++) await rest();
  }

  /** Settles those of a queue that `isChosen`. */
  function settle(number: number, isChosen = (_: number) => true): void {
    const all = entries.get(number) ?? [];
    for (const entry of all.filter(({ position }) => isChosen(position))) {
      queueOf(number).settle(entry);
    }
    const left = all.filter(({ position }) => !isChosen(position));
    entries.set(number, left);
  }

  /** What each queue owes, and what it has. */
  async function check(): Promise<void> {
    for (const number of QUEUES) {
      const owed = (entries.get(number) ?? []).map(({ text }) => text);
      const found = (await contentsOf(queueOf(number))).map(textOf);
      expect(found, `queue ${number}`).to.deep.equal(owed);
    }
    expect([opened.failures, opened.reports]).to.deep.equal([[], []]);
  }

  async function crashed(): Promise<void> {
    files = files.crash();
    await open();
  }

  const packs = () => files.paths().filter((path) => path.endsWith('.pack'));
  const segments = () => files.paths().filter((path) => path.endsWith('.segment'));
  const packBytes = () => packs().reduce((sum, path) => sum + files.contentOf(path).length, 0);

  it('have one file for all, which is read as segments are, and survives', async () => {
    expect(packs()).to.have.length(1);
    expect(segments()).to.deep.equal([]);
    for (const number of QUEUES) expect(queueOf(number)).to.include({ readableCount: 10 });
    await check();
    await crashed();
    await check();
  });

  it('are cut into packs of a size', async () => {
    files = new MemoryFiles(2);
    entries.clear();
    await open({ ...LIMITS, packBytes: 3_000 });
    await fill(10);
    await empty();
    expect(packs()).to.have.length(5);
    await check();
  });

  it('have what is little copied along, unless memory is short', async () => {
    files = new MemoryFiles(2);
    entries.clear();
    await open({ ...LIMITS, copiedBytes: 1_000_000, journalFileBytes: 3_000 });
    await fill(10);
    expect(files.paths()).not.to.include('/data/journal/0000000001.journal');
    expect(packs()).to.deep.equal([]);
    await empty();
    expect(packs()).not.to.deep.equal([]);
    for (const number of QUEUES) expect(queueOf(number)).to.include({ readableCount: 10 });
    await check();
  });

  it('have what was copied move with what is newer: it is not copied for good', async () => {
    files = new MemoryFiles(3);
    entries.clear();
    await open({ ...LIMITS, copiedBytes: 4_000, journalFileBytes: 6_000 });
    // Something else moves until two files wait: of the first little is left, of the second all.
    const { open: openFile } = files;
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    files.open = async (path, mode) => {
      if (path.includes('/temporary/')) await held;
      return openFile.call(files, path, mode);
    };
    const other = opened.store.temporary();
    const moved = other.page([new Entry(0, 'transient')]);
    await fill(5);
    for (const number of QUEUES) settle(number, (position) => position !== 2);
    await fill(10);
    await fill(1);
    goOn();
    await moved;
    for (let i = 0; i < 10; i++) await rest();
    expect(packs()).to.have.length(1);
    const inJournal = QUEUES.map((number) => queueOf(number).journaled.count);
    expect(inJournal).to.deep.equal(QUEUES.map(() => 1));
    await empty();
    await check();
    await crashed();
    await check();
  });

  it('have the redelivered flag after a kill, and if they were handed out', async () => {
    const flags = async (number: number) =>
      (await contentsOf(queueOf(number))).map(({ redelivered }) => redelivered);
    queueOf(1).delivered(3);
    await opened.store.close();
    files = files.kill();
    await open();
    expect(await flags(1)).to.deep.equal(numbers(10).map((position) => position <= 3));
    expect(await flags(2)).to.deep.equal(numbers(10).map(() => false));
    files = files.kill();
    await open(LIMITS, true);
    for (const number of QUEUES) expect(await flags(number)).not.to.include(false);
  });

  it('lose what is settled, and the file with the last of it', async () => {
    for (const number of QUEUES.slice(0, 10)) settle(number, (position) => position % 2 === 0);
    await safe();
    await crashed();
    await check();
    for (const number of QUEUES) settle(number);
    await safe();
    expect(packs()).to.deep.equal([]);
    await crashed();
    await check();
  });

  it('do not get back what is settled when the journal files that say so are gone', async () => {
    for (const number of [1, 2, 3]) settle(number);
    settle(4, (position) => position < 5);
    for (let round = 0; round < 3; round++) {
      await fill(1);
      await empty();
    }
    expect(packs()[0]).to.contain('0000000001.pack');
    expect(files.paths()).not.to.include('/data/journal/0000000001.journal');
    await crashed();
    await check();
  });

  it('do not get back what a deleted queue had, though the definitions are lost', async () => {
    queueOf(1).remove();
    await safe();
    for (let round = 0; round < 3; round++) {
      await fill(1, QUEUES.slice(1));
      await empty();
    }
    files = files.crash();
    for (const path of files.paths()) if (path.includes('metadata')) await files.remove(path);
    opened = await openStore(files, false, LIMITS);
    opened.store.started(new Set());
    const kept = opened.reports.filter((line) => line.includes('without a definition are kept'));
    expect(kept).to.have.length(1);
    expect(kept[0]).to.match(/: 2, 3, 4,/);
  });

  it('are settled by a purge, and by a deletion while the pack is written', async () => {
    queueOf(1).settleReadable(-1);
    entries.delete(1);
    await fill(10);
    const { rename } = files;
    files.rename = (from, to) => {
      if (to.endsWith('.pack')) queueOf(2).remove();
      return rename.call(files, from, to);
    };
    await empty();
    files.rename = rename;
    entries.delete(2);
    expect(packs()).to.have.length(2);
    await safe();
    await crashed();
    await check();
  });

  it('have small packs become one, and what each has in them one segment', async () => {
    settle(7, (position) => position === 3);
    for (let round = 2; round <= 15; round++) {
      await fill(1);
      await empty();
      expect(packs()).to.have.length(round);
    }
    expect(queueOf(9).segments).to.have.length(15);
    await fill(1);
    await empty();
    expect(packs()).to.have.length(1);
    for (const number of QUEUES) expect(queueOf(number).segments).to.have.length(1);
    await check();
    await crashed();
    await check();
  });

  describe('of whose packs little counts', () => {
    /** Of three packs half of the queues have nothing left, one has something in all. */
    async function waste(): Promise<void> {
      await fill(10);
      await empty();
      await fill(10);
      await empty();
      expect(packs()).to.have.length(3);
      for (const number of QUEUES.slice(0, 12)) settle(number);
      settle(13, (position) => position % 10 !== 0);
      await safe();
    }

    it('have them written anew, without what does not count', async () => {
      const before = packBytes();
      await waste();
      for (let i = 0; i < 5; i++) await rest();
      expect(packBytes()).to.be.below(before * 1.9);
      expect(packs().some((path) => path.endsWith('0000000001.pack'))).to.equal(false);
      await check();
      await crashed();
      await check();
    });

    it('go on reading, whatever they have read', async () => {
      await fill(10);
      await empty();
      const { open: openFile } = files;
      const found: StoredRecord[] = [...(await queueOf(20).read(-1))];
      files.open = async (path, mode) => {
        // The file is gone when it comes to be opened.
        if (mode === 'read' && path.endsWith('0000000002.pack')) {
          files.open = openFile;
          for (const number of QUEUES.slice(0, 15)) settle(number);
          await safe();
          for (let i = 0; i < 5; i++) await rest();
          expect(packs()).not.to.include(path);
        }
        return openFile.call(files, path, mode);
      };
      for (;;) {
        const records = await queueOf(20).read(found.at(-1)?.position ?? -1);
        if (records.length === 0) break;
        found.push(...records);
      }
      expect(files.open).to.equal(openFile);
      expect(found.map(textOf)).to.deep.equal(entries.get(20)?.map(({ text }) => text));
      await check();
    });

    it('lose what is damaged alone, and are told', async () => {
      const [path = ''] = packs();
      const octets = files.contentOf(path);
      octets.write('damage', octets.indexOf('20/5'));
      files.plant(path, octets);
      await waste();
      for (let i = 0; i < 5; i++) await rest();
      expect(opened.reports).to.have.length(1);
      expect(opened.reports[0]).to.match(/no sound record at octet \d+; 1 messages are lost/);
      opened.reports.length = 0;
      entries.set(20, entries.get(20)?.filter(({ position }) => position !== 5) ?? []);
      await check();
      await crashed();
      await check();
    });

    it('stay as they are while one cannot be read, and the store goes on', async () => {
      const { open: openFile } = files;
      files.open = async (path, mode) => {
        if (mode === 'read' && path.endsWith('.pack')) throw new Error('a bad sector');
        return openFile.call(files, path, mode);
      };
      await waste();
      const before = packs();
      files.open = openFile;
      expect(before).to.have.length(3);
      expect(opened.reports).to.deep.equal([
        'packs stay as they are until later: Error: a bad sector',
      ]);
      opened.reports.length = 0;
      await check();
      await fill(1);
      await empty();
      expect(packs().some((path) => before.includes(path))).to.equal(false);
      await check();
    });

    it('stay as they are when the store closes meanwhile', async () => {
      const { open: openFile } = files;
      let closed: Promise<boolean> | undefined;
      files.open = async (path, mode) => {
        if (mode === 'read' && path.endsWith('.pack')) closed ??= opened.store.close();
        return openFile.call(files, path, mode);
      };
      await waste();
      files.open = openFile;
      expect(await closed).to.equal(true);
      expect(packs()).to.have.length(3);
      expect(files.paths().filter((path) => path.endsWith('.tmp'))).to.deep.equal([]);
      expect(opened.reports).to.deep.equal([]);
      files = files.kill();
      await open();
      await check();
    });

    it('go by the new one when a crash leaves both', async () => {
      const [path = ''] = packs();
      const old = files.contentOf(path);
      await waste();
      for (let i = 0; i < 5; i++) await rest();
      expect(packs()).not.to.include(path);
      files = files.crash();
      files.plant(path, old);
      await open();
      expect(packs()).not.to.include(path);
      await check();
    });
  });
});
