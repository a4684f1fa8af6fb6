import { expect } from 'chai';
import fc from 'fast-check';
import { EMPTY_TABLE } from '../../../protocol/table.ts';
import { Dispatcher } from '../../../src/broker/dispatcher.ts';
import { ClassicQueue } from '../../../src/broker/queues/classic.ts';
import { FakeConsumer } from '../support/fake-consumer.ts';
import { queueContext } from '../support/queue-context.ts';

const QUEUE = new ClassicQueue(
  'q',
  { durable: false, autoDelete: false, owner: null, number: null, arguments: EMPTY_TABLE },
  queueContext(),
);

describe('Dispatcher', () => {
  let dispatcher: Dispatcher;

  beforeEach(() => {
    dispatcher = new Dispatcher();
  });

  const add = (tag: string, priority = 0): FakeConsumer => {
    const consumer = new FakeConsumer(QUEUE, { tag, priority });
    dispatcher.add(consumer);
    return consumer;
  };
  /** Whose turns the next ones are. */
  const turns = (count: number) =>
    Array.from({ length: count }, () => dispatcher.next()?.tag ?? '-').join('');
  const unpark = (consumer: FakeConsumer) => {
    consumer.open = true;
    dispatcher.activate(consumer);
  };

  it('has nobody at first', () => {
    expect(dispatcher.next()).to.equal(null);
    expect(dispatcher.size).to.equal(0);
    expect([...dispatcher.all()]).to.deep.equal([]);
  });

  it('goes round among equals, a newcomer last', () => {
    const consumers = [add('a'), add('b'), add('c')];
    expect(turns(7)).to.equal('abcabca');
    consumers.push(add('d'));
    expect(turns(5)).to.equal('bcadb');
    expect([...dispatcher.all()]).to.deep.equal(consumers);
    expect(dispatcher.size).to.equal(4);
  });

  it('asks one that is alone each time, and no more often', () => {
    const a = add('a');
    expect(turns(3)).to.equal('aaa');
    expect(a.questions).to.equal(3);
  });

  it('serves only the highest priority that has anybody ready', () => {
    const low = add('l', -5);
    const [a, b] = [add('a', 3), add('b', 3)];
    add('m', 0);
    expect(turns(4)).to.equal('abab');
    a.open = false;
    expect(turns(2)).to.equal('bb');
    b.open = false;
    expect(turns(2)).to.equal('mm');
    unpark(b);
    expect(turns(2)).to.equal('bb');
    expect(low.questions).to.equal(0);
  });

  it('parks those that are not ready, telling each once', () => {
    const [a, b] = [add('a'), add('b')];
    a.open = false;
    expect(turns(3)).to.equal('bbb');
    expect([a.parked, a.parks, a.questions]).to.deep.equal([true, 1, 1]);
    expect([b.parked, b.parks]).to.deep.equal([false, 0]);
    b.open = false;
    expect(turns(2)).to.equal('--');
    expect([b.parked, b.parks, b.questions]).to.deep.equal([true, 1, 4]);
  });

  it('queues one that was activated up behind its equals', () => {
    const a = add('a');
    add('b');
    add('c');
    a.open = false;
    expect(turns(1)).to.equal('b');
    unpark(a);
    expect(a.parked).to.equal(false);
    expect(turns(3)).to.equal('cba');
  });

  it('does not activate what is not parked, twice, or not there', () => {
    const [a, b] = [add('a'), add('b')];
    dispatcher.activate(a);
    expect(turns(4)).to.equal('abab');
    a.open = false;
    turns(2);
    unpark(a);
    dispatcher.activate(a);
    expect(turns(4)).to.equal('baba');
    b.open = false;
    turns(1);
    dispatcher.remove(b);
    unpark(b);
    expect(turns(2)).to.equal('aa');
  });

  it('keeps the turns of the others when one is removed', () => {
    const consumers = new Map(Array.from('abcde', (tag) => [tag, add(tag)]));
    const remove = (tag: string) => dispatcher.remove(consumers.get(tag) as FakeConsumer);
    expect(turns(2)).to.equal('ab');
    expect(remove('d')).to.equal(true);
    expect(turns(1)).to.equal('c');
    expect(remove('e')).to.equal(true);
    expect(remove('e')).to.equal(false);
    expect(turns(4)).to.equal('abca');
    expect(remove('a')).to.equal(true);
    expect(turns(3)).to.equal('bcb');
    expect(dispatcher.size).to.equal(2);
  });

  it('removes one that is parked', () => {
    const [a] = [add('a'), add('b')];
    a.open = false;
    turns(1);
    expect(dispatcher.remove(a)).to.equal(true);
    expect(turns(2)).to.equal('bb');
    expect(dispatcher.size).to.equal(1);
  });

  it('forgets a priority with its last consumer and takes it up again', () => {
    const high = add('h', 1);
    add('a');
    dispatcher.remove(high);
    expect(turns(1)).to.equal('a');
    add('i', 1);
    expect(turns(2)).to.equal('ii');
  });

  it('lets one be removed by its own park, or by that of another', () => {
    const [a, b] = [add('a'), add('b')];
    add('c');
    a.open = false;
    a.park = () => {
      dispatcher.remove(a);
      dispatcher.remove(b);
    };
    expect(turns(2)).to.equal('cc');
    expect(dispatcher.size).to.equal(1);
  });

  it('is not slowed down by a thousand that are parked', () => {
    const parked = Array.from({ length: 1000 }, () => add('p'));
    const high = Array.from({ length: 1000 }, () => add('h', 1));
    for (const each of [...parked, ...high]) each.open = false;
    const ready = add('r');
    expect(turns(1000)).to.equal('r'.repeat(1000));
    for (const each of [...parked, ...high]) {
      expect([each.questions, each.parks]).to.deep.equal([1, 1]);
    }
    expect(ready.questions).to.equal(1000);
  });

  it('gives everybody that stays ready as many turns as its equals', () => {
    const plan = fc.array(fc.tuple(fc.nat(5), fc.boolean()), { maxLength: 60 });
    fc.assert(
      fc.property(plan, (steps) => {
        dispatcher = new Dispatcher();
        const steady = [add('x'), add('y')];
        const others = Array.from('abcdef', (tag) => add(tag));
        const count = { x: 0, y: 0 };
        for (const [at, open] of steps) {
          const other = others[at] as FakeConsumer;
          other.open = open;
          if (open) dispatcher.activate(other);
          const next = dispatcher.next();
          expect((next as FakeConsumer | null)?.open).to.equal(true);
          if (next === steady[0]) count.x++;
          else if (next === steady[1]) count.y++;
        }
        expect(Math.abs(count.x - count.y)).to.be.at.most(1);
      }),
    );
  });
});
