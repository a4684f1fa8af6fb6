// A store that is used at random, and a model of what it owes: who was told that something is safe
// has it after any crash, and who was told that it is gone never sees it again.
import { expect } from 'chai';
import type { StoreLimits } from '../../src/store/file/checkpoint.ts';
import type { FileStore } from '../../src/store/file/file-store.ts';
import { keepPlace, type QueueStore, READABLE, type StoredRecord } from '../../src/store/port.ts';
import type { Random } from '../fuzz/random.ts';
import type { MemoryFiles } from './memory-files.ts';
import { contentsOf, Entry, type Opened, openStore, TINY_LIMITS, textOf } from './store-stage.ts';

/** What was appended is let go of as soon as it is written. */
const OWNER = { unstored: () => [], isLong: true, moved: () => undefined };

interface Owed {
  entry: Entry;
  /** Settled by us, and whether that is safe. */
  isSettled: boolean;
  isGone: boolean;
}

export class StoreWorld {
  files: MemoryFiles;
  readonly random: Random;
  readonly #limits: StoreLimits;
  #opened: Opened | null = null;
  /** By queue and position. */
  readonly #owed = new Map<number, Map<number, Owed>>();
  /** Those that are not deleted. */
  #queues: number[] = [];
  #texts = 0;

  constructor(files: MemoryFiles, random: Random, limits: StoreLimits = TINY_LIMITS) {
    this.#limits = limits;
    this.files = files;
    this.random = random;
    for (let i = 0; i < 3; i++) this.#addQueue();
  }

  get store(): FileStore {
    if (this.#opened === null) throw new Error('the store is not open');
    return this.#opened.store;
  }

  async open(): Promise<void> {
    const opened = await openStore(this.files, false, this.#limits);
    this.#opened = opened;
    for (const number of this.#queues) await this.#claim(opened.store.queue(number), number);
    opened.store.started(new Set());
  }

  /** A random step. */
  async step(): Promise<void> {
    const { random } = this;
    if (random.oneIn(40)) this.#replace(random.pick(this.#queues));
    const number = random.pick(this.#queues);
    const kind = random.below(11);
    if (kind < 5) this.#append(number, 1 + random.below(6));
    else if (kind < 8) this.#settle(number, 1 + random.below(6));
    else if (kind === 8) this.store.queue(number).delivered(random.below(20));
    else if (kind === 9) await this.#readBack(number);
    else {
      this.store.group(() => {
        this.#append(number, 1);
        this.#settle(random.pick(this.#queues), 2);
        this.#append(random.pick(this.#queues), 1);
      });
    }
    for (let turns = random.below(8); turns > 0; turns--) await turn();
  }

  /** Lets all writes finish, as far as they do. */
  async rest(): Promise<void> {
    for (let turns = 0; turns < 40; turns++) await turn();
  }

  /** Stops as `end` has it, starts again without faults, and compares with what is owed. */
  async stopAndCheck(end: 'crash' | 'kill' | 'close'): Promise<void> {
    if (end === 'close') await this.#opened?.store.close();
    this.#opened = null;
    this.files.heal();
    this.files = end === 'crash' ? this.files.crash() : this.files.kill();
    const first = await this.#found();
    this.files = end === 'crash' ? this.files.crash() : this.files.kill();
    expect(await this.#found(), 'a second start').to.deep.equal(first);
    await this.open();
  }

  async #found(): Promise<string[][]> {
    const { store } = await openStore(this.files, false, this.#limits);
    const all: string[][] = [];
    for (const number of this.#owed.keys()) {
      const records = await contentsOf(store.queue(number));
      this.#check(number, new Map(records.map((each) => [each.position, textOf(each)])));
      all.push(records.map((each) => `${each.position} ${textOf(each)}`));
      expect(new Set(all.at(-1)).size, 'twice').to.equal(records.length);
    }
    return all;
  }

  #check(number: number, found: ReadonlyMap<number, string>): void {
    const owed = this.#owed.get(number) as Map<number, Owed>;
    for (const [position, { entry, isSettled, isGone }] of owed) {
      const text = found.get(position);
      if (text !== undefined) expect(text, `position ${position}`).to.equal(entry.text);
      if (isGone) expect(text, `${number}/${position} is gone`).to.equal(undefined);
      if (entry.isSafe && !isSettled) {
        expect(text, `${number}/${position} is safe`).to.equal(entry.text);
      }
    }
    for (const position of found.keys()) {
      expect(owed.has(position), `${number}/${position} is nobody's`).to.equal(true);
    }
  }

  /** Goes on with what is there: what is not, is not owed any more. */
  async #claim(queue: QueueStore, number: number): Promise<void> {
    const before = this.#owed.get(number) as Map<number, Owed>;
    const inMemory = new Set(queue.recovered.map(({ position }) => position));
    const now = new Map<number, Owed>();
    for (const record of await contentsOf(queue)) {
      const entry = new Entry(record.position, textOf(record));
      keepPlace(entry, record);
      // It was read from the disk: that it was not settled is all that can be said of it.
      entry.isSafe = before.get(record.position)?.entry.isSafe ?? false;
      if (inMemory.has(record.position)) queue.adopt(entry);
      now.set(record.position, { entry, isSettled: false, isGone: false });
    }
    for (const [position, owed] of before) {
      if (!now.has(position) && owed.isGone) now.set(position, owed);
    }
    this.#owed.set(number, now);
    queue.attach(OWNER);
  }

  /** What can be read back is read back, whatever moves meanwhile. */
  async #readBack(number: number): Promise<void> {
    const owed = this.#owed.get(number) as Map<number, Owed>;
    const due = [...owed.values()].filter(
      ({ entry, isSettled }) => entry.place === READABLE && !isSettled,
    );
    const found = new Set<number>();
    let records: readonly StoredRecord[] = [];
    let after = -1;
    do {
      try {
        records = await this.store.queue(number).read(after);
      } catch (error) {
        // It would be read again later.
        if (isInjected(error)) return;
        throw error;
      }
      for (const record of records) {
        expect(record.position, 'in order').to.be.above(after);
        after = record.position;
        found.add(after);
        expect(textOf(record)).to.equal(owed.get(after)?.entry.text);
        expect(owed.get(after)?.isSettled, `${number}/${after} is settled`).to.equal(false);
      }
    } while (records.length !== 0);
    const missing = due.filter(({ entry }) => !found.has(entry.position));
    expect(missing.map(({ entry }) => entry.position)).to.deep.equal([]);
  }

  #addQueue(): number {
    const number = this.#owed.size + 1;
    this.#owed.set(number, new Map());
    this.#queues.push(number);
    return number;
  }

  /** Deletes a queue, and has another one. */
  #replace(number: number): void {
    const all = [...(this.#owed.get(number)?.values() ?? [])];
    for (const each of all) each.isSettled = true;
    this.store.queue(number).remove();
    this.#whenSafe(all);
    this.#queues = this.#queues.filter((each) => each !== number);
    this.store.queue(this.#addQueue()).attach(OWNER);
  }

  /** They do not come back once this is safe. */
  #whenSafe(gone: readonly Owed[]): void {
    this.store.whenSafe({
      settle: (outcome) => {
        if (outcome === 'confirmed') for (const owed of gone) owed.isGone = true;
      },
    });
  }

  #append(number: number, count: number): void {
    const queue = this.store.queue(number);
    for (let i = 0; i < count; i++) {
      const text = `${this.#texts++}`.padEnd(1 + this.random.below(120), '-');
      const entry = new Entry(queue.nextPosition, text);
      this.#owed.get(number)?.set(entry.position, { entry, isSettled: false, isGone: false });
      queue.append(entry, entry);
    }
  }

  #settle(number: number, count: number): void {
    const queue = this.store.queue(number);
    const open = [...(this.#owed.get(number)?.values() ?? [])].filter((each) => !each.isSettled);
    const chosen = open.slice(0, count);
    if (this.random.oneIn(3)) chosen.splice(0, chosen.length, ...open.slice(-count));
    for (const owed of chosen) {
      owed.isSettled = true;
      queue.settle(owed.entry);
    }
    this.#whenSafe(chosen);
  }
}

/** Whether a fault that was asked for is the reason. */
function isInjected(error: unknown): boolean {
  return ['EIO', 'ENOSPC'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
