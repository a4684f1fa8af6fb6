import { expect } from 'chai';
import fc from 'fast-check';
import { QueueEntry } from '../../../src/broker/message.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import { Unacked, UnackedDeliveries } from '../../../src/session/unacked.ts';
import { messageOf } from '../support/broker-parts.ts';

const QUEUE = {} as Queue;
const ENTRY = new QueueEntry(messageOf('x'), 0);

const delivery = (tag: number) => new Unacked(tag, ENTRY, QUEUE, null);
const tags = (deliveries: readonly Unacked[] | null) => deliveries?.map(({ tag }) => tag) ?? null;

describe('UnackedDeliveries', () => {
  let unacked: UnackedDeliveries;

  beforeEach(() => {
    unacked = new UnackedDeliveries();
  });

  const add = (...wanted: number[]) => {
    for (const tag of wanted) unacked.add(delivery(tag));
  };

  it('is empty at first', () => {
    expect(unacked.size).to.equal(0);
    expect(unacked.take(1)).to.equal(null);
    expect(unacked.takeThrough(1)).to.equal(null);
    expect(unacked.takeAll()).to.deep.equal([]);
  });

  it('gives each delivery out once', () => {
    const one = delivery(1);
    unacked.add(one);
    expect(unacked.size).to.equal(1);
    expect(unacked.take(1)).to.equal(one);
    expect(one.settled).to.equal(true);
    expect([unacked.take(1), unacked.size]).to.deep.equal([null, 0]);
  });

  it('finds those in the middle and at the end', () => {
    add(1, 2, 3, 4, 5);
    expect(unacked.take(3)?.tag).to.equal(3);
    expect(unacked.take(5)?.tag).to.equal(5);
    expect([unacked.take(3), unacked.take(5), unacked.size]).to.deep.equal([null, null, 3]);
    expect(unacked.take(1)?.tag).to.equal(1);
    expect(unacked.take(2)?.tag).to.equal(2);
    expect(unacked.take(4)?.tag).to.equal(4);
    expect(unacked.size).to.equal(0);
    add(6);
    expect(unacked.take(6)?.tag).to.equal(6);
  });

  it('knows only tags that were given out: gaps, 0 and odd numbers are not', () => {
    add(2, 5, 9);
    for (const tag of [0, -1, 1, 3, 6, 10, 2.5, Number.NaN, 2 ** 64]) {
      expect(unacked.take(tag), `${tag}`).to.equal(null);
      expect(unacked.takeThrough(tag), `${tag}`).to.equal(null);
    }
    expect(unacked.size).to.equal(3);
  });

  it('takes out all up to a tag, oldest first', () => {
    add(1, 2, 3, 4, 5, 6);
    unacked.take(2);
    unacked.take(5);
    expect(tags(unacked.takeThrough(4))).to.deep.equal([1, 3, 4]);
    expect(unacked.size).to.equal(1);
    expect(unacked.takeThrough(5), 'which was settled by itself').to.equal(null);
    expect(tags(unacked.takeThrough(6))).to.deep.equal([6]);
  });

  it('takes nothing where the tag itself is not outstanding', () => {
    add(1, 2, 3);
    unacked.take(2);
    expect(unacked.takeThrough(2)).to.equal(null);
    expect(unacked.takeThrough(4)).to.equal(null);
    expect(tags(unacked.takeAll())).to.deep.equal([1, 3]);
  });

  it('takes everything, and begins anew', () => {
    add(1, 2, 3);
    unacked.take(1);
    expect(tags(unacked.takeAll())).to.deep.equal([2, 3]);
    expect(unacked.takeAll()).to.deep.equal([]);
    add(4);
    expect(tags(unacked.takeAll())).to.deep.equal([4]);
  });

  it('puts deliveries back to their places', () => {
    add(1, 2, 3, 4, 5);
    const two = unacked.take(2) as Unacked;
    const rest = unacked.takeThrough(3) as Unacked[];
    unacked.restore([...rest, two]);
    expect(two.settled).to.equal(false);
    expect(unacked.size).to.equal(5);
    expect(unacked.take(2)).to.equal(two);
    expect(tags(unacked.takeAll())).to.deep.equal([1, 3, 4, 5]);
  });

  it('stays right when hundreds are settled out of order', () => {
    const count = 1000;
    add(...Array.from({ length: count }, (_, i) => i));
    for (let tag = count - 1; tag >= 1; tag--) {
      expect(unacked.take(tag)?.tag).to.equal(tag);
      expect(unacked.size).to.equal(tag);
      expect(unacked.take(tag)).to.equal(null);
    }
    add(count);
    expect(tags(unacked.takeAll())).to.deep.equal([0, count]);
  });

  it('agrees with a map of what is outstanding', () => {
    const step = fc.oneof(
      fc.record({ act: fc.constant('add' as const), pick: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ act: fc.constant('take' as const), pick: fc.nat(1000) }),
      fc.record({ act: fc.constant('take some' as const), pick: fc.nat(1000) }),
      fc.record({ act: fc.constant('take through' as const), pick: fc.nat(400) }),
      fc.record({ act: fc.constant('restore' as const), pick: fc.nat(5) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        unacked = new UnackedDeliveries();
        const model = new Map<number, Unacked>();
        let last = 0;
        let taken: Unacked[] = [];
        const take = (tag: number) => {
          const wanted = model.get(tag) ?? null;
          expect(unacked.take(tag)).to.equal(wanted);
          if (wanted === null) return;
          model.delete(tag);
          taken.push(wanted);
        };
        for (const { act, pick } of steps) {
          if (act === 'add') {
            for (let i = 0; i < pick; i++) {
              const added = delivery(++last);
              model.set(last, added);
              unacked.add(added);
            }
          } else if (act === 'take') take(pick % (last + 2));
          else if (act === 'take some') {
            for (let tag = last - (pick % 7); tag > 0; tag -= 1 + (pick % 3)) take(tag);
          } else if (act === 'take through') {
            const through = unacked.takeThrough(pick);
            const wanted = [...model.values()].filter(({ tag }) => tag <= pick);
            expect(through).to.deep.equal(model.has(pick) ? wanted : null);
            for (const { tag } of through ?? []) model.delete(tag);
            taken.push(...(through ?? []));
          } else {
            unacked.restore(taken);
            for (const each of taken) model.set(each.tag, each);
            const sorted = [...model].sort(([a], [b]) => a - b);
            model.clear();
            for (const [tag, each] of sorted) model.set(tag, each);
            taken = [];
          }
          expect(unacked.size).to.equal(model.size);
          for (const each of model.values()) if (each.settled) throw new Error(`${each.tag}`);
        }
        expect(tags(unacked.takeAll())).to.deep.equal([...model.keys()]);
      }),
      { numRuns: 200 },
    );
  });
});
