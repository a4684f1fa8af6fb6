import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import { Ring } from '../../../src/lib/ring.ts';

const ringOf = (...items: number[]): Ring<number> => {
  const ring = new Ring<number>();
  for (const item of items) ring.push(item);
  return ring;
};

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

describe('Ring', () => {
  it('is first in, first out', () => {
    const ring = ringOf(1, 2, 3);
    expect(ring.length).to.equal(3);
    expect(ring.peek()).to.equal(1);
    expect([ring.shift(), ring.shift(), ring.shift(), ring.shift()]).to.deep.equal([
      1,
      2,
      3,
      undefined,
    ]);
    expect(ring.length).to.equal(0);
    expect(ring.peek()).to.equal(undefined);
    expect(ring.pop()).to.equal(undefined);
  });

  it('takes and gives at both ends', () => {
    const ring = ringOf(2);
    ring.unshift(1);
    ring.push(3);
    expect([...ring]).to.deep.equal([1, 2, 3]);
    expect(ring.pop()).to.equal(3);
    expect(ring.shift()).to.equal(1);
    expect([...ring]).to.deep.equal([2]);
  });

  it('reads and replaces by index', () => {
    const ring = ringOf(1, 2, 3);
    ring.shift();
    ring.push(4);
    expect([ring.at(-1), ring.at(0), ring.at(2), ring.at(3)]).to.deep.equal([
      undefined,
      2,
      4,
      undefined,
    ]);
    ring.set(2, 9);
    expect([...ring]).to.deep.equal([2, 3, 9]);
    expect(() => ring.set(3, 0)).to.throw(RangeError);
    expect(() => ring.set(-1, 0)).to.throw(RangeError);
  });

  it('inserts on either side', () => {
    const ring = ringOf(0, 1, 2, 3, 4, 5);
    ring.insert(1, 10);
    ring.insert(6, 50);
    ring.insert(0, -1);
    ring.insert(9, 99);
    expect([...ring]).to.deep.equal([-1, 0, 10, 1, 2, 3, 4, 50, 5, 99]);
    expect(() => ring.insert(11, 0)).to.throw(RangeError);
    expect(() => ring.insert(-1, 0)).to.throw(RangeError);
  });

  it('grows when wrapped round', () => {
    const ring = new Ring<number>();
    for (let i = 0; i < 16; i++) ring.push(i);
    for (let i = 0; i < 10; i++) ring.shift();
    for (let i = 16; i < 40; i++) ring.push(i);
    expect([...ring]).to.deep.equal(Array.from({ length: 30 }, (_, i) => i + 10));
    expect(ring.capacity).to.equal(32);
  });

  it('gives memory back after having been huge', () => {
    const ring = new Ring<number>();
    for (let i = 0; i < 100_000; i++) ring.push(i);
    expect(ring.capacity).to.equal(131_072);
    for (let i = 0; i < 99_900; i++) expect(ring.shift()).to.equal(i);
    expect(ring.capacity).to.be.at.most(1024);
    expect([...ring]).to.deep.equal(Array.from({ length: 100 }, (_, i) => i + 99_900));
    for (let i = 0; i < 100_000; i++) ring.push(i);
    for (let i = 0; i < 100_090; i++) ring.pop();
    expect(ring.capacity).to.be.at.most(1024);
    expect(ring.length).to.equal(10);
  });

  it('clears and stays usable', () => {
    const ring = ringOf(...Array(100).keys());
    ring.clear();
    expect([ring.length, ring.capacity, ring.peek()]).to.deep.equal([0, 16, undefined]);
    ring.push(1);
    expect([...ring]).to.deep.equal([1]);
  });

  it('keeps nothing alive that was taken out', async () => {
    const ring = new Ring<object>();
    const taken: WeakRef<object>[] = [];
    for (let i = 0; i < 20; i++) ring.push({ i });
    for (let i = 0; i < 9; i++) {
      taken.push(new WeakRef(ring.shift() as object), new WeakRef(ring.pop() as object));
    }
    // What a WeakRef was made of lives until the end of the turn.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(taken.filter((each) => each.deref() !== undefined)).to.deep.equal([]);
    expect(ring.length).to.equal(2);
  });

  it('agrees with an array, whatever happens', () => {
    const operation = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('push' as const), item: fc.nat() }) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('unshift' as const), item: fc.nat() }),
      },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('shift' as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('pop' as const) }) },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('insert' as const),
          item: fc.nat(),
          at: fc.nat(),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('set' as const), item: fc.nat(), at: fc.nat() }),
      },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
        const ring = new Ring<number>();
        const model: number[] = [];
        for (const each of operations) {
          if (each.kind === 'push') {
            ring.push(each.item);
            model.push(each.item);
          } else if (each.kind === 'unshift') {
            ring.unshift(each.item);
            model.unshift(each.item);
          } else if (each.kind === 'shift') expect(ring.shift()).to.equal(model.shift());
          else if (each.kind === 'pop') expect(ring.pop()).to.equal(model.pop());
          else if (each.kind === 'insert') {
            const at = each.at % (model.length + 1);
            ring.insert(at, each.item);
            model.splice(at, 0, each.item);
          } else if (model.length > 0) {
            const at = each.at % model.length;
            ring.set(at, each.item);
            model[at] = each.item;
          }
          expect(ring.length).to.equal(model.length);
          expect(ring.peek()).to.equal(model[0]);
        }
        expect([...ring]).to.deep.equal(model);
      }),
    );
  });
});
