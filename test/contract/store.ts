/**
 * What every store engine owes the broker, whether it keeps anything or not: whoever waits is told,
 * in order, and nobody is told too early.
 */
import { expect } from 'chai';
import type { DurabilityToken, Store } from '../../src/store/port.ts';
import { Entry } from '../support/store-stage.ts';

function outcome(ask: (token: DurabilityToken) => void): Promise<string> {
  return new Promise((resolve) => ask({ settle: resolve }));
}

export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`the store contract: ${name}`, () => {
    let store: Store;

    beforeEach(async () => {
      store = await open();
      store.started(new Set());
    });

    afterEach(async () => {
      await store.close();
    });

    waiting(() => store);
    groups(() => store);
    queues(() => store);

    it('is whole when it closes', async () => {
      store.queue(1)?.append(new Entry(0, 'x'), null);
      expect(await store.close()).to.equal(true);
      store = await open();
    });
  });
}

function waiting(storeOf: () => Store): void {
  it('tells whoever waits for names and values, in the order of asking', async () => {
    const told: string[] = [];
    storeOf().metadata.put('a', '1');
    storeOf().metadata.whenDurable(() => told.push('first'));
    storeOf().metadata.delete('a');
    await new Promise<void>((resolve) => {
      storeOf().metadata.whenDurable(() => {
        told.push('second');
        resolve();
      });
    });
    expect(told).to.deep.equal(['first', 'second']);
    expect(storeOf().metadata.isPending).to.equal(false);
    expect([...storeOf().metadata.entries()].some(([key]) => key === 'a')).to.equal(false);
  });

  it('says that all is safe once it is', async () => {
    expect(await outcome((token) => storeOf().whenSafe(token))).to.equal('confirmed');
    const queue = storeOf().queue(1);
    const entry = new Entry(0, 'x');
    queue?.append(entry, entry);
    expect(await outcome((token) => storeOf().whenSafe(token))).to.equal('confirmed');
    expect(entry.isSafe).to.equal(queue !== null);
  });
}

function groups(storeOf: () => Store): void {
  it('runs the work of a group once, before it returns', () => {
    let runs = 0;
    const isKept = storeOf().group(() => {
      runs++;
    });
    expect(runs).to.equal(1);
    expect(isKept, 'nothing was added').to.equal(false);
  });

  it('says of a group whether there is anything to wait for', async () => {
    const queue = storeOf().queue(1);
    const isKept = storeOf().group(() => queue?.append(new Entry(0, 'x'), null));
    expect(isKept).to.equal(queue !== null);
    expect(await outcome((token) => storeOf().whenSafe(token))).to.equal('confirmed');
  });
}

function queues(storeOf: () => Store): void {
  it('gives the same queue for the same number', () => {
    expect(storeOf().queue(7)).to.equal(storeOf().queue(7));
  });

  it('has room when it has nothing to do, and takes relief as it comes', () => {
    expect(storeOf().isFull).to.equal(false);
    void storeOf().relieve();
    expect(storeOf().isFull).to.equal(false);
  });

  it('reads back what a queue had to put away, in order', async () => {
    const queue = storeOf().temporary();
    if (queue === null) return;
    const entries = ['a', 'b', 'c'].map((text, position) => new Entry(position, text));
    let moved = 0;
    queue.attach({ unstored: () => [], isLong: false, moved: () => moved++ });
    await queue.page(entries);
    expect(moved).to.be.above(0);
    expect(entries.every(({ place }) => place < 0)).to.equal(true);
    queue.settle(entries[1] as Entry);
    const records = await queue.read(-1);
    expect(records.map(({ position }) => position)).to.deep.equal([0, 2]);
    expect(await queue.read(2)).to.deep.equal([]);
    queue.remove();
  });
}
