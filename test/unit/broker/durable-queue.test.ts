// A classic queue on a file store whose files are in memory, against a list: order, counts, marks
// and what a restart keeps, with limits so small that everything moves all the time.
import { expect } from 'chai';
import { EMPTY_TABLE, type FieldTable, fromObject } from '../../../protocol/table.ts';
import { Memory } from '../../../src/broker/memory.ts';
import type { QueueEntry } from '../../../src/broker/message.ts';
import { ClassicQueue } from '../../../src/broker/queues/classic.ts';
import type { StoreLimits } from '../../../src/store/file/checkpoint.ts';
import type { FileStore } from '../../../src/store/file/file-store.ts';
import { Random } from '../../fuzz/random.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { openStore, TINY_LIMITS } from '../../support/store-stage.ts';
import { bodyOf, FakeToken, messageOf } from '../support/broker-parts.ts';
import { queueContext } from '../support/queue-context.ts';

const LIMIT = 'x-max-length-bytes';
const PERSISTENT = Buffer.from([0x10, 0x00, 2]);
const TRANSIENT = Buffer.from([0x10, 0x00, 1]);

interface Modelled {
  readonly text: string;
  readonly isPersistent: boolean;
  wasHandedOut: boolean;
}

class World {
  readonly random: Random;
  #files: MemoryFiles;
  #store: FileStore | null = null;
  #queue: ClassicQueue | null = null;
  #memory = new Memory(1e9, () => undefined);
  /** Ready and handed out, in order. */
  #all: Modelled[] = [];
  readonly #taken = new Map<QueueEntry, Modelled>();
  #texts = 0;

  readonly #isDurable: boolean;
  /** What no store has is let go of with what is around it alone, and so later. */
  readonly #isMixed: boolean;
  readonly #limits: StoreLimits;
  readonly #arguments: FieldTable;

  constructor(seed: number, isDurable: boolean, args: FieldTable) {
    this.#isDurable = isDurable;
    this.#arguments = args;
    this.random = new Random(seed);
    this.#isMixed = this.random.oneIn(2);
    const journalFileBytes = this.random.pick([2_000, 6_000, 20_000]);
    this.#limits = { ...TINY_LIMITS, journalFileBytes, grownBytes: 1_500 };
    this.#files = new MemoryFiles(seed);
  }

  get queue(): ClassicQueue {
    return this.#queue as ClassicQueue;
  }

  async start(): Promise<void> {
    const { store, reports } = await openStore(this.#files, false, this.#limits);
    expect(reports).to.deep.equal([]);
    this.#memory = new Memory(1e9, () => undefined);
    this.#store = store;
    this.#queue = new ClassicQueue(
      'q',
      {
        durable: this.#isDurable,
        autoDelete: false,
        owner: null,
        number: this.#isDurable ? 1 : null,
        arguments: this.#arguments,
      },
      queueContext({
        memory: this.#memory,
        storeFor: () => (this.#isDurable ? store.queue(1) : null),
        temporaryStore: () => store.temporary(),
        window: { messages: 4, bytes: 300 },
      }),
    );
    store.started(new Set());
    this.check();
  }

  publish(): void {
    for (let count = this.random.below(12); count > 0; count--) {
      const isPersistent = !this.#isMixed || !this.random.oneIn(5);
      const text = `${this.#texts++}`.padEnd(1 + this.random.below(150), '.');
      this.#all.push({ text, isPersistent, wasHandedOut: false });
      const properties = isPersistent ? PERSISTENT : TRANSIENT;
      this.queue.publish(messageOf(text, properties), new FakeToken());
    }
  }

  async get(): Promise<void> {
    for (let count = this.random.below(12); count > 0; count--) {
      const entry = await this.#next();
      const held = new Set(this.#taken.values());
      const expected = this.#all.find((each) => !held.has(each));
      expect(entry === null ? undefined : bodyOf(entry.message).toString()).to.equal(
        expected?.text,
      );
      if (entry === null || expected === undefined) return;
      expect(entry.redelivered, expected.text).to.equal(expected.wasHandedOut);
      expected.wasHandedOut = true;
      this.#taken.set(entry, expected);
    }
  }

  settle(): void {
    for (const [entry, modelled] of [...this.#taken]) {
      if (this.random.oneIn(3)) continue;
      this.#taken.delete(entry);
      if (this.random.oneIn(4)) {
        this.queue.settle([entry], 'requeued');
        continue;
      }
      this.#all.splice(this.#all.indexOf(modelled), 1);
      this.queue.acknowledge(entry);
    }
  }

  purge(): void {
    const held = new Set(this.#taken.values());
    expect(this.queue.purge()).to.equal(this.#all.length - held.size);
    this.#all = this.#all.filter((each) => held.has(each));
  }

  pageOut(): void {
    // As if memory were tight, or no longer so.
    this.#memory.setLimit(this.random.oneIn(2) ? 1 : 1e9);
    this.queue.pageOut();
    if (this.random.oneIn(3)) void this.#store?.relieve();
  }

  async restart(): Promise<void> {
    if (!this.#isDurable) return;
    const store = this.#store as FileStore;
    await new Promise<void>((resolve) => store.whenSafe({ settle: () => resolve() }));
    if (this.random.oneIn(2)) await store.close();
    this.#files = this.#files.crash();
    this.#all = this.#all.filter((each) => each.isPersistent);
    this.#taken.clear();
    await this.start();
  }

  check(): void {
    expect([this.queue.readyCount, this.queue.unackedCount]).to.deep.equal([
      this.#all.length - this.#taken.size,
      this.#taken.size,
    ]);
  }

  /** Octets are known a while after a restart, if somebody has to know them. */
  async checkBytes(): Promise<void> {
    if (!this.#arguments.has(LIMIT)) return;
    const held = new Set(this.#taken.values());
    const ready = this.#all.filter((each) => !held.has(each));
    const expected = ready.reduce((sum, { text }) => sum + text.length, 0);
    for (let left = 100; left > 0 && this.queue.readyBytes !== expected; left--) await turns(1);
    expect(this.queue.readyBytes).to.equal(expected);
  }

  async finish(): Promise<void> {
    for (const entry of this.#taken.keys()) this.queue.acknowledge(entry);
    for (let entry = await this.#next(); entry !== null; entry = await this.#next()) {
      this.queue.acknowledge(entry);
    }
    expect(this.#memory).to.include({ usedBytes: 0, exactBytes: 0 });
    const store = this.#store as FileStore;
    await new Promise<void>((resolve) => store.whenSafe({ settle: () => resolve() }));
    await store.close();
    expect(this.#files.paths().filter((path) => path.endsWith('.segment'))).to.deep.equal([]);
  }

  async #next(): Promise<QueueEntry | null> {
    for (;;) {
      const entry = this.queue.get(false);
      if (entry !== null) return entry;
      if (!this.queue.mustRead) return null;
      await new Promise<void>((resolve) => this.queue.whenRead(resolve));
    }
  }
}

const STEPS = [
  ...(['publish', 'publish', 'publish', 'get', 'get', 'settle', 'settle'] as const),
  'pageOut',
] as const;

/** A queue with a small window on a store whose files are in memory. */
async function smallQueue(): Promise<{ queue: ClassicQueue; store: FileStore }> {
  const { store } = await openStore(new MemoryFiles(1));
  const properties = { durable: true, autoDelete: false, owner: null, arguments: EMPTY_TABLE };
  const queue = new ClassicQueue(
    'q',
    { ...properties, number: 1 },
    queueContext({ storeFor: () => store.queue(1), window: { messages: 4, bytes: 300 } }),
  );
  store.started(new Set());
  return { queue, store };
}

async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
}

describe('ClassicQueue on a store', () => {
  it('moves what is in the journal although transient messages lie behind it', async () => {
    const { queue, store } = await smallQueue();
    const text = '.'.repeat(100);
    // Less than a journal file.
    for (let n = 0; n < 12; n++) queue.publish(messageOf(text, PERSISTENT), new FakeToken());
    for (let n = 0; n < 5; n++) queue.publish(messageOf(text, TRANSIENT), new FakeToken());
    await turns(50);
    queue.pageOut();
    await turns(50);
    void store.relieve();
    await turns(200);
    queue.pageOut();
    await turns(200);
    expect(queue.readyCount).to.equal(17);
    expect([...queue.entries()].length, 'in memory').to.be.at.most(4);
    await store.close();
  });

  for (const [title, isDurable, args] of [
    ['a durable queue, with restarts', true, {}],
    ['a queue that is not kept', false, {}],
    ['a durable queue whose octets are limited', true, { [LIMIT]: 1e9 }],
  ] as const) {
    it(`keeps order, counts and marks through random histories: ${title}`, () =>
      histories(isDurable, fromObject(args)));
  }

  async function histories(isDurable: boolean, args: FieldTable): Promise<void> {
    for (let seed = 1; seed <= 120; seed++) {
      const world = new World(seed, isDurable, args);
      await world.start();
      for (let n = 0; n < 60; n++) {
        const name = world.random.oneIn(25) ? 'purge' : world.random.pick(STEPS);
        await world[world.random.oneIn(20) ? 'restart' : name]();
        for (let turns = world.random.below(4); turns > 0; turns--) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        world.check();
        if (world.random.oneIn(3)) await world.checkBytes();
      }
      await world.finish();
    }
  }
});
