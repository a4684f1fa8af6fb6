// Notes with single records: they last until the record is settled, over restarts and over the end
// of the journal files that they were written to.
import { expect } from 'chai';
import type { FileStore } from '../../../src/store/file/file-store.ts';
import { ALL_IN_MEMORY, keepPlace, type QueueStore } from '../../../src/store/port.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { Entry, openStore } from '../../support/store-stage.ts';

describe('Marks of records', () => {
  let files: MemoryFiles;
  let store: FileStore;
  let queue: QueueStore;
  /** What this process has of the queue, by position. */
  let entries: Map<number, Entry>;

  const open = async () => {
    ({ store } = await openStore(files));
    queue = store.queue(1) as QueueStore;
  };
  const safe = () => new Promise<void>((resolve) => store.whenSafe({ settle: () => resolve() }));
  const attach = () => queue.attach(ALL_IN_MEMORY);
  const append = (position: number, text = `record ${position}`) => {
    const entry = new Entry(position, text);
    entries.set(position, entry);
    queue.append(entry, null);
  };
  const mark = (position: number, value: number) =>
    queue.mark(entries.get(position) as Entry, value);
  /** Marks by position, wherever the records are. */
  const marks = async () => {
    const found = queue.recovered.map(({ position, mark: value }) => [position, value]);
    for (const record of queue.recovered) {
      const entry = new Entry(record.position, 'x');
      keepPlace(entry, record);
      queue.adopt(entry);
    }
    attach();
    store.started(new Set([1]));
    for (let after = -1; ; ) {
      const records = await queue.read(after);
      if (records.length === 0) break;
      found.push(...records.map(({ position, mark: value }) => [position, value]));
      after = records.at(-1)?.position ?? after;
    }
    return Object.fromEntries(found);
  };

  beforeEach(async () => {
    files = new MemoryFiles(1);
    entries = new Map();
    await open();
    attach();
    store.started(new Set([1]));
  });

  const restart = async () => {
    await safe();
    await store.close();
    await open();
  };

  it('come back with the records that are in the journal', async () => {
    for (let position = 0; position < 4; position++) append(position);
    mark(1, 7);
    mark(2, 1);
    mark(2, 2 ** 32 - 1);
    await restart();
    expect(await marks()).to.deep.equal({ 0: 0, 1: 7, 2: 2 ** 32 - 1, 3: 0 });
  });

  it('go with the record', async () => {
    append(0);
    append(1);
    mark(0, 5);
    queue.settle(entries.get(0) as Entry);
    mark(0, 6);
    await restart();
    expect(await marks()).to.deep.equal({ 1: 0 });
  });

  it('outlast the journal files that they were written to', async () => {
    for (let position = 0; position < 40; position++) append(position, 'x'.repeat(100));
    mark(3, 3);
    mark(30, 9);
    await safe();
    for (let turn = 0; turn < 5; turn++) {
      void store.relieve();
      append(100 + turn, 'y'.repeat(1_500));
      await safe();
      for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    }
    await restart();
    expect(queue.readableCount).to.be.above(0);
    expect(await marks()).to.include({ 3: 3, 30: 9, 4: 0, 104: 0 });
    await restart();
    expect(await marks()).to.include({ 3: 3, 30: 9 });
  });
});
