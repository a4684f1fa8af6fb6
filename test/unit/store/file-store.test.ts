// The file engine on files in memory: what is safe comes back after a restart, in order.
import { expect } from 'chai';
import type { FileStore } from '../../../src/store/file/file-store.ts';
import { ALL_IN_MEMORY, NOWHERE, type QueueStore } from '../../../src/store/port.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { rest } from '../../support/store-damage.ts';
import { contentsOf, Entry, openStore, textOf } from '../../support/store-stage.ts';

async function safe(store: FileStore): Promise<void> {
  await new Promise<void>((resolve) => store.whenSafe({ settle: () => resolve() }));
}

async function texts(queue: QueueStore): Promise<string[]> {
  return (await contentsOf(queue)).map(textOf);
}

describe('the file store', () => {
  let files: MemoryFiles;

  beforeEach(() => {
    files = new MemoryFiles(1);
  });

  /** Appends entries with these texts and waits until they are safe. */
  async function fill(store: FileStore, number: number, ...all: string[]): Promise<Entry[]> {
    const queue = store.queue(number);
    const entries = all.map((text, index) => new Entry(queue.nextPosition + index, text));
    for (const entry of entries) queue.append(entry, entry);
    await safe(store);
    expect(entries.every(({ isSafe }) => isSafe)).to.equal(true);
    return entries;
  }

  async function reopen() {
    files = files.crash();
    return await openStore(files);
  }

  it('keeps what was safe over a crash, by queue and in order', async () => {
    const { store } = await openStore(files);
    await fill(store, 1, 'a', 'b', 'c');
    await fill(store, 2, 'x');
    const again = await reopen();
    expect(await texts(again.store.queue(1))).to.deep.equal(['a', 'b', 'c']);
    expect(await texts(again.store.queue(2))).to.deep.equal(['x']);
    expect(again.store.queue(1).nextPosition).to.equal(3);
    expect(again.reports).to.deep.equal([]);
  });

  it('takes nothing any more once it is closed, and loses nothing by being asked', async () => {
    const { store } = await openStore(files);
    const [a, b] = await fill(store, 1, 'a', 'b');
    expect(await store.close()).to.equal(true);
    const late = new Entry(2, 'late');
    const queue = store.queue(1);
    store.group(() => {
      queue.append(late, late);
      queue.settle(a as Entry);
    });
    queue.mark(b as Entry, 1);
    queue.delivered(1);
    store.metadata.put('late', 'definition');
    const outcome = await new Promise((resolve) => store.whenSafe({ settle: resolve }));
    expect(outcome).to.equal('rejected');
    expect(late.isSafe).to.equal(false);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const again = await openStore(files);
    expect(await texts(again.store.queue(1))).to.deep.equal(['a', 'b']);
    expect([...again.store.metadata.entries()].map(([key]) => key)).not.to.include('late');
    expect(again.reports).to.deep.equal([]);
  });

  it('does not bring back what was settled', async () => {
    const { store } = await openStore(files);
    const [a, , c] = await fill(store, 1, 'a', 'b', 'c', 'd');
    store.queue(1).settle(a as Entry);
    store.queue(1).settle(c as Entry);
    await safe(store);
    const again = await reopen();
    expect(await texts(again.store.queue(1))).to.deep.equal(['b', 'd']);
  });

  it('writes a record once that goes to several queues', async () => {
    const { store } = await openStore(files);
    const shared = new Entry(0, 'only once in the journal');
    const others = [1, 2, 3].map((number) => ({
      number,
      position: 0,
      record: shared,
      place: 0,
      frameAt: 0,
      frameBytes: 0,
    }));
    for (const entry of others) store.queue(entry.number).append(entry, null);
    await safe(store);
    const written = files.contentOf('/data/journal/0000000001.journal').toString('latin1');
    expect(written.split('only once in the journal')).to.have.length(2);
    const again = await reopen();
    for (const { number } of others) {
      expect(await texts(again.store.queue(number))).to.deep.equal(['only once in the journal']);
    }
  });

  it('knows what had been handed out', async () => {
    const { store } = await openStore(files);
    await fill(store, 1, 'a', 'b', 'c');
    store.queue(1).delivered(1);
    await fill(store, 2, 'x');
    const again = await reopen();
    const flags = again.store.queue(1).recovered.map(({ redelivered }) => redelivered);
    expect(flags).to.deep.equal([true, true, false]);
  });

  it('takes everything for handed out when it was not closed', async () => {
    const { store } = await openStore(files);
    store.started(new Set());
    for (let n = 0; n < 40; n++) await fill(store, 1, '.'.repeat(100));
    files = files.crash();
    const again = await openStore(files, true);
    expect(again.store.queue(1).readableCount).to.be.above(0);
    const all = await contentsOf(again.store.queue(1));
    expect(all.map(({ redelivered }) => redelivered)).to.deep.equal(all.map(() => true));
    await again.store.close();
    // And does not forget it.
    const third = await reopen();
    for (const { redelivered } of await contentsOf(third.store.queue(1))) {
      expect(redelivered).to.equal(true);
    }
  });

  it('keeps a group whole or not at all', async () => {
    const { store } = await openStore(files);
    const [old] = await fill(store, 1, 'old');
    const entry = new Entry(1, 'new');
    const journal = '/data/journal/0000000001.journal';
    const before = files.contentOf(journal).length;
    store.group(() => {
      store.queue(1).append(entry, entry);
      store.queue(1).settle(old as Entry);
    });
    await safe(store);
    const whole = files.contentOf(journal);
    for (let cut = 1; cut <= whole.length - before; cut++) {
      const torn = new MemoryFiles(1);
      torn.plant(journal, whole.subarray(0, whole.length - cut));
      const { store: found } = await openStore(torn);
      expect(await texts(found.queue(1)), `${cut}`).to.deep.equal(['old']);
    }
    const again = await reopen();
    expect(await texts(again.store.queue(1))).to.deep.equal(['new']);
  });

  it('finds again in a segment what a group settled that was not safe', async () => {
    const { store } = await openStore(files);
    store.started(new Set());
    const entries: Entry[] = [];
    for (let n = 0; n < 40; n++) entries.push(...(await fill(store, 1, '.'.repeat(100))));
    expect(entries[0]?.place).to.be.below(0);
    store.group(() => {
      for (const entry of entries) store.queue(1).settle(entry);
    });
    // What was done to names is on the disk, the group is not.
    for (let turns = 0; turns < 3; turns++) await Promise.resolve();
    await files.syncFolder('/data/queues/1');
    const again = await reopen();
    expect(await texts(again.store.queue(1))).to.have.length(40);
  });

  it('moves what stays to segments and empties the journal', async () => {
    const { store } = await openStore(files);
    store.started(new Set());
    const moved: number[] = [];
    store.queue(1).attach({ unstored: () => [], isLong: false, moved: () => moved.push(1) });
    const long = Array.from({ length: 40 }, (_, n) => `${n}`.padStart(100, '.'));
    const entries: Entry[] = [];
    for (const text of long) entries.push(...(await fill(store, 1, text)));
    await store.close();
    expect(moved.length).to.be.above(0);
    expect(entries[0]?.place).to.be.below(0);
    const paths = files.paths().map((path) => path.replace(/\d{10}/, 'N'));
    expect(paths.filter((path) => path.includes('journal')).length).to.be.at.most(2);
    expect(paths).to.include('/data/queues/1/N.segment');
    const again = await reopen();
    expect(await texts(again.store.queue(1))).to.deep.equal(long);
  });

  const names = (kind: string) => files.paths().filter((path) => path.endsWith(`.${kind}`));

  it('copies nothing of a journal file that a few queues have most of', async () => {
    const { store } = await openStore(files);
    store.started(new Set());
    const all: Entry[] = [];
    for (const number of [1, 2]) {
      store.queue(number).attach(ALL_IN_MEMORY);
    }
    for (let n = 0; n < 40; n++) {
      const text = `${n}`.padStart(100, '.');
      const shared = new Entry(n, text);
      const second = { position: n, place: NOWHERE, frameAt: 0, frameBytes: 0, record: shared };
      store.queue(1).append(shared, shared);
      store.queue(2).append(second, null);
      all.push(shared);
      await safe(store);
      await rest();
    }
    expect(names('records')).to.have.length(names('segment').length).and.not.to.have.length(0);
    const octets = names('segment').map((path) => files.contentOf(path).toString());
    expect(octets.join('')).not.to.contain('.....');
    const again = await reopen();
    const expected = all.map(({ text }) => text);
    for (const number of [1, 2]) {
      expect(await texts(again.store.queue(number))).to.deep.equal(expected);
    }
    for (const number of [1, 2]) {
      const queue = again.store.queue(number);
      queue.attach(ALL_IN_MEMORY);
      queue.settleReadable(-1);
      await safe(again.store);
      await rest();
      const folder = `/data/queues/${number}/`;
      expect(files.paths().filter((path) => path.startsWith(folder))).to.deep.equal([]);
    }
    expect(again.reports).to.deep.equal([]);
  });

  it('copies where a file cannot have a second name', async () => {
    const refuse = Object.assign(new Error('no links here'), { code: 'EPERM' });
    files.link = async () => {
      throw refuse;
    };
    const { store, failures } = await openStore(files);
    store.started(new Set());
    store.queue(1).attach(ALL_IN_MEMORY);
    const long = Array.from({ length: 40 }, (_, n) => `${n}`.padStart(100, '.'));
    for (const text of long) await fill(store, 1, text);
    await rest();
    expect([names('records').length, failures.length]).to.deep.equal([0, 0]);
    expect(names('segment')).not.to.have.length(0);
    const again = await reopen();
    expect(await texts(again.store.queue(1))).to.deep.equal(long);
  });

  it('lets go of a second name that no segment points to', async () => {
    files.plant('/data/queues/1/0000000007.records', 'of a start that was cut short');
    const { reports } = await openStore(files);
    expect([names('records'), reports]).to.deep.equal([[], []]);
  });

  it('is not disturbed by queues that are deleted while their records move', async () => {
    const { store, failures, reports } = await openStore(files);
    store.started(new Set());
    const open = files.open.bind(files);
    const deleted = new Set<number>();
    files.open = async (path, mode) => {
      const number = Number(/\/queues\/(\d+)\/.*\.tmp$/.exec(path)?.[1] ?? 0);
      if (number !== 0 && number !== 9) {
        store.queue(number).remove();
        deleted.add(number);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return await open(path, mode);
    };
    for (let number = 1; number <= 9; number++) {
      for (let n = 0; n < 20; n++) store.queue(number).append(new Entry(n, '.'.repeat(100)), null);
      await safe(store);
      for (let turns = 0; turns < 30; turns++)
        await new Promise((resolve) => setImmediate(resolve));
    }
    await store.close();
    expect(deleted.size).to.be.above(3);
    expect(failures).to.deep.equal([]);
    expect(reports).to.deep.equal([]);
    const folders = new Set(files.paths().map((path) => path.split('/')[3]));
    for (const number of deleted) expect(folders.has(`${number}`)).to.equal(false);
  });

  it('removes segments when nothing in them counts any more', async () => {
    const { store } = await openStore(files);
    store.started(new Set());
    const entries: Entry[] = [];
    for (let n = 0; n < 60; n++) entries.push(...(await fill(store, 1, '.'.repeat(100))));
    for (const entry of entries.slice(0, 55)) store.queue(1).settle(entry);
    await safe(store);
    await store.close();
    const segments = files.paths().filter((path) => path.endsWith('.segment'));
    expect(segments.length).to.be.at.most(1);
    const again = await reopen();
    expect(await texts(again.store.queue(1))).to.have.length(5);
  });

  it('drops queues that nobody claims', async () => {
    const { store } = await openStore(files);
    store.started(new Set());
    for (let n = 0; n < 40; n++) await fill(store, 1, '.'.repeat(100));
    await fill(store, 2, 'b');
    await store.close();
    expect(files.paths().some((path) => path.startsWith('/data/queues/1/'))).to.equal(true);
    const again = await reopen();
    again.store.queue(2);
    again.store.started(new Set());
    await again.store.close();
    expect(files.paths().some((path) => path.startsWith('/data/queues/1/'))).to.equal(false);
    const third = await reopen();
    expect(await texts(third.store.queue(2))).to.deep.equal(['b']);
  });
});
