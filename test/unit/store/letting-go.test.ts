// Long queues on the file engine: what was written is let go of at once, and read from the journal
// file that it is in until that is emptied.
import { expect } from 'chai';
import { READABLE, type StoredRecord } from '../../../src/store/port.ts';
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

/** A journal file that is not full before it is told to be. */
const LIMITS = { ...TINY_LIMITS, journalFileBytes: 100_000, grownBytes: 4_000 };
const PATH = '/data/journal/0000000001.journal';

describe('a long queue on the file store', () => {
  let files: MemoryFiles;
  let opened: Opened;
  let moved: number;

  beforeEach(async () => {
    files = new MemoryFiles(1);
    await open();
  });

  async function open(): Promise<void> {
    opened = await openStore(files, false, LIMITS);
    moved = 0;
    for (const number of [1, 2]) attach(number, true);
    opened.store.started(new Set());
  }

  function attach(number: number, isLong: boolean): void {
    opened.store.queue(number).attach({ unstored: () => [], isLong, moved: () => moved++ });
  }

  const queueOf = (number = 1) => opened.store.queue(number);
  const long = (n: number) => `${n}`.padStart(100, '.');
  const numbered = (count: number, first = 0) =>
    Array.from({ length: count }, (_, n) => long(first + n));

  /** Appends so many, each written by itself. */
  async function fill(count: number, number = 1): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (let n = 0; n < count; n++) {
      const { nextPosition } = queueOf(number);
      const entry = new Entry(nextPosition, long(nextPosition));
      queueOf(number).append(entry, entry);
      entries.push(entry);
      await new Promise<void>((resolve) => opened.store.whenSafe({ settle: () => resolve() }));
    }
    await rest();
    return entries;
  }

  const goneOf = (entries: readonly Entry[]) => entries.filter(({ place }) => place === READABLE);

  async function readAll(number = 1, from = -1): Promise<string[]> {
    const found: StoredRecord[] = [];
    for (let after = from; ; after = found.at(-1)?.position ?? -1) {
      const records = await queueOf(number).read(after);
      if (records.length === 0) return found.map(textOf);
      found.push(...records);
    }
  }

  /** The journal file ends, and is emptied. */
  async function empty(): Promise<void> {
    void opened.store.relieve();
    await rest();
    await rest();
  }

  const names = (kind: string) => files.paths().filter((path) => path.endsWith(`.${kind}`));

  it('has it read from the journal', async () => {
    const entries = await fill(20);
    const gone = goneOf(entries);
    expect(gone.length).to.be.above(10);
    expect(moved).to.be.above(1);
    expect(await readAll()).to.deep.equal(numbered(gone.length));
    expect(await readAll(1, 4)).to.deep.equal(numbered(gone.length - 5, 5));
    expect(queueOf()).to.include({ readableCount: gone.length, isInJournal: true });
    expect(names('segment')).to.deep.equal([]);
  });

  it('forgets what is settled there, and finds the rest again after a crash', async () => {
    const entries = await fill(20);
    for (const position of [0, 3, 4, 19]) queueOf().settle(entries[position] as Entry);
    const left = numbered(20).filter((_, n) => ![0, 3, 4, 19].includes(n));
    expect(await readAll()).to.deep.equal(left.slice(0, queueOf().readableCount));
    await fill(1);
    files = files.crash();
    const again = await openStore(files, false, LIMITS);
    const { recovered } = again.store.queue(1);
    expect(recovered.map(textOf)).to.deep.equal([...left, long(20)]);
    expect(again.reports).to.deep.equal([]);
  });

  it('copies nothing of it when the file is emptied, and goes on reading', async () => {
    await fill(20);
    const [first, second] = await queueOf().read(-1);
    await empty();
    expect(names('records')).to.have.length(names('segment').length).and.not.to.have.length(0);
    expect(names('segment').some((path) => files.contentOf(path).includes('....'))).to.equal(false);
    expect([textOf(first as StoredRecord), textOf(second as StoredRecord)]).to.deep.equal(
      numbered(2),
    );
    expect(await readAll(1, 1)).to.deep.equal(numbered(18, 2));
    expect(queueOf()).to.include({ readableCount: 20, isInJournal: false });
    expect(opened.reports).to.deep.equal([]);
  });

  it('reads and copies it where a file cannot have a second name', async () => {
    files.link = async () => {
      throw Object.assign(new Error('no links here'), { code: 'EPERM' });
    };
    const entries = await fill(20);
    queueOf().settle(entries[2] as Entry);
    await empty();
    expect(names('records')).to.deep.equal([]);
    const left = numbered(20).filter((_, n) => n !== 2);
    expect(await readAll()).to.deep.equal(left);
    expect(files.paths()).not.to.include(PATH);
    expect(opened.failures).to.deep.equal([]);
    expect(goneOf(await fill(20)), 'from now on').to.deep.equal([]);
  });

  it('goes on with others when a queue is deleted while its file is emptied', async () => {
    const { link } = files;
    let tried = 0;
    files.link = async () => {
      tried++;
      queueOf(1).remove();
      throw Object.assign(new Error('its folder is gone'), { code: 'ENOENT' });
    };
    await fill(20);
    await empty();
    files.link = link;
    expect(tried).to.equal(1);
    expect(names('segment')).to.deep.equal([]);
    expect(files.paths()).not.to.include(PATH);
    expect(goneOf(await fill(20, 2)).length).to.be.above(10);
    expect([opened.failures, opened.reports]).to.deep.equal([[], []]);
  });

  it('moves what little is left of it', async () => {
    const entries = await fill(30);
    for (const entry of entries.slice(0, -12)) queueOf().settle(entry);
    expect(queueOf().readableCount).to.be.within(1, 11);
    await empty();
    expect(files.paths()).not.to.include(PATH);
    const { readableCount } = queueOf();
    expect(await readAll()).to.deep.equal(numbered(readableCount, 18));
    files = files.crash();
    const again = await openStore(files, false, LIMITS);
    const found = await contentsOf(again.store.queue(1));
    expect(found.map(textOf)).to.deep.equal(numbered(12, 18));
  });

  for (const [when, ends] of [
    ['it is read', false],
    ['its file is emptied', true],
  ] as const) {
    it(`loses what is damaged alone, when ${when}`, async () => {
      if (ends) files.link = () => Promise.reject(new Error('no links here'));
      await fill(20);
      const { readableCount } = queueOf();
      const octets = files.contentOf(PATH);
      octets.write('damage', octets.indexOf(long(5)));
      files.plant(PATH, octets);
      if (ends) await empty();
      const texts = await readAll();
      expect(texts).not.to.include(long(5));
      expect(texts).to.deep.equal(
        numbered(20).filter((text, n) => n !== 5 && texts.includes(text)),
      );
      expect(queueOf().readableCount).to.equal(texts.length);
      if (!ends) expect(texts.length).to.equal(readableCount - 1);
      expect(opened.reports.join()).to.contain('no sound record at octet');
      expect(opened.reports.join()).to.contain('1 messages are lost');
      expect(files.paths().some((path) => path.startsWith('/data/damaged/'))).to.equal(true);
    });
  }

  it('is done with all of it by a purge, and by a deletion', async () => {
    for (const number of [1, 2]) await fill(20, number);
    expect(queueOf(2).readableCount).to.be.above(0);
    queueOf(1).settleReadable(-1);
    queueOf(2).remove();
    expect(queueOf(1).readableCount).to.equal(0);
    expect(await readAll(1)).to.deep.equal([]);
    await fill(1);
    files = files.crash();
    const again = await openStore(files, false, LIMITS);
    expect(again.store.queue(2).recovered).to.deep.equal([]);
  });

  it('is kept in memory where the queue is short, or has little of the file', async () => {
    attach(2, false);
    expect(goneOf(await fill(20, 2))).to.deep.equal([]);
    for (let turns = 0; turns < 5; turns++) await fill(20, 2);
    expect(goneOf(await fill(10, 1))).to.deep.equal([]);
  });
});
