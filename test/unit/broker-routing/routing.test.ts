import { expect } from 'chai';
import fc from 'fast-check';
import { EMPTY_TABLE, type FieldTable, fromObject } from '../../../protocol/table.ts';
import { Exchange } from '../../../src/broker/exchange.ts';
import { dependsOnKeyOnly, type QueueTarget, route } from '../../../src/broker/routing.ts';
import { exchangeServices } from '../support/exchange-services.ts';

/** A little world of exchanges and queues by name. */
class World {
  readonly exchanges = new Map<string, Exchange>();
  readonly queues = new Map<string, QueueTarget>();
  readonly lookup = (name: string): Exchange | undefined => this.exchanges.get(name);

  exchange(name: string, type = 'direct', alternate?: string): Exchange {
    const exchange = new Exchange(
      {
        name,
        type,
        durable: false,
        autoDelete: false,
        internal: false,
        arguments:
          alternate === undefined ? EMPTY_TABLE : fromObject({ 'alternate-exchange': alternate }),
      },
      exchangeServices(),
    );
    this.exchanges.set(name, exchange);
    return exchange;
  }

  queue(name: string): QueueTarget {
    const queue = this.queues.get(name) ?? ({ kind: 'queue', name } as const);
    this.queues.set(name, queue);
    return queue;
  }

  routed(from: string, keys: string | readonly string[], headers?: FieldTable): string[] {
    const found = new Set<QueueTarget>();
    const routingKeys = typeof keys === 'string' ? [keys] : keys;
    const routed = { routingKeys, headers, message: undefined };
    route(this.exchanges.get(from) as Exchange, routed, this.lookup, found);
    return Array.from(found, ({ name }) => name).sort();
  }
}

describe('route', () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  it('finds each queue once, whatever number of bindings and keys lead there', () => {
    const x = world.exchange('x', 'topic');
    for (const key of ['a', '*', '#']) x.bind(world.queue('q'), key, EMPTY_TABLE);
    x.bind(world.queue('r'), 'b', EMPTY_TABLE);
    expect(world.routed('x', 'a')).to.deep.equal(['q']);
    expect(world.routed('x', ['a', 'b', 'b'])).to.deep.equal(['q', 'r']);
    expect(world.routed('x', 'a.b')).to.deep.equal(['q']);
    expect(world.routed('x', [])).to.deep.equal([]);
  });

  it('keeps what was found before', () => {
    world.exchange('x', 'fanout').bind(world.queue('q'), '', EMPTY_TABLE);
    const found = new Set([world.queue('r')]);
    const routed = { routingKeys: ['k'], headers: undefined, message: undefined };
    route(world.exchanges.get('x') as Exchange, routed, world.lookup, found);
    expect([...found]).to.deep.equal([world.queue('r'), world.queue('q')]);
  });

  it('follows bindings from exchange to exchange, with the same key', () => {
    world.exchange('x', 'fanout').bind(world.exchange('y'), '', EMPTY_TABLE);
    world.exchanges.get('y')?.bind(world.queue('q'), 'k', EMPTY_TABLE);
    expect(world.routed('x', 'k')).to.deep.equal(['q']);
    expect(world.routed('x', 'other')).to.deep.equal([]);
  });

  it('gives headers to every exchange on the way', () => {
    world.exchange('x', 'fanout').bind(world.exchange('y', 'headers'), '', EMPTY_TABLE);
    world.exchanges.get('y')?.bind(world.queue('q'), '', fromObject({ a: 'b' }));
    expect(world.routed('x', 'k', fromObject({ a: 'b' }))).to.deep.equal(['q']);
    expect(world.routed('x', 'k')).to.deep.equal([]);
  });

  it('goes round a circle once', () => {
    const [x, y] = [world.exchange('x', 'fanout'), world.exchange('y', 'fanout')];
    x.bind(y, '', EMPTY_TABLE);
    y.bind(x, '', EMPTY_TABLE);
    y.bind(y, '', EMPTY_TABLE);
    x.bind(world.queue('q'), '', EMPTY_TABLE);
    y.bind(world.queue('r'), '', EMPTY_TABLE);
    expect(world.routed('x', 'k')).to.deep.equal(['q', 'r']);
    expect(world.routed('y', 'k')).to.deep.equal(['q', 'r']);
  });

  // The following as a RabbitMQ 3.10 answered them.
  describe('alternate exchanges', () => {
    beforeEach(() => {
      world.exchange('ae', 'fanout').bind(world.queue('lost'), '', EMPTY_TABLE);
    });

    it('get what matches nothing', () => {
      world.exchange('x', 'direct', 'ae').bind(world.queue('q'), 'k', EMPTY_TABLE);
      expect(world.routed('x', 'k')).to.deep.equal(['q']);
      expect(world.routed('x', 'other')).to.deep.equal(['lost']);
      expect(world.routed('x', ['other', 'k'])).to.deep.equal(['q']);
    });

    it('do not get what an exchange matched, even when that leads nowhere', () => {
      const x = world.exchange('x', 'direct', 'ae');
      x.bind(world.exchange('y'), 'k', EMPTY_TABLE);
      x.bind(x, 'self', EMPTY_TABLE);
      expect(world.routed('x', 'k')).to.deep.equal([]);
      expect(world.routed('x', 'self')).to.deep.equal([]);
      expect(world.routed('x', 'other')).to.deep.equal(['lost']);
    });

    it('are those of the exchange that did not match, not of the one published to', () => {
      world.exchange('x', 'fanout').bind(world.exchange('y', 'direct', 'ae'), '', EMPTY_TABLE);
      expect(world.routed('x', 'k')).to.deep.equal(['lost']);
    });

    it('need not exist', () => {
      world.exchange('x', 'direct', 'missing');
      expect(world.routed('x', 'k')).to.deep.equal([]);
    });

    it('may be chained, in circles too', () => {
      world.exchange('a', 'direct', 'b');
      world.exchange('b', 'direct', 'c').bind(world.queue('q'), 'k', EMPTY_TABLE);
      world.exchange('c', 'direct', 'a').bind(world.queue('r'), 'l', EMPTY_TABLE);
      world.exchange('self', 'direct', 'self');
      expect(world.routed('a', 'k')).to.deep.equal(['q']);
      expect(world.routed('a', 'l')).to.deep.equal(['r']);
      expect(world.routed('a', 'other')).to.deep.equal([]);
      expect(world.routed('self', 'k')).to.deep.equal([]);
    });
  });

  it('agrees with plain reachability on random graphs', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const queueNames = ['p', 'q', 'r'];
    const keys = ['1', '2'];
    const binding = fc.record({
      source: fc.constantFrom(...names),
      destination: fc.constantFrom(...names, ...queueNames),
      key: fc.constantFrom(...keys),
    });
    const graph = fc.record({
      alternates: fc.array(fc.option(fc.constantFrom(...names, 'missing'), { nil: undefined }), {
        minLength: names.length,
        maxLength: names.length,
      }),
      bindings: fc.array(binding, { maxLength: 25 }),
      routingKeys: fc.subarray([...keys, '3'], { minLength: 1 }),
      from: fc.constantFrom(...names),
    });
    fc.assert(
      fc.property(graph, ({ alternates, bindings, routingKeys, from }) => {
        const random = new World();
        for (const [i, name] of names.entries()) random.exchange(name, 'direct', alternates[i]);
        for (const { source, destination, key } of bindings) {
          const target = random.exchanges.get(destination) ?? random.queue(destination);
          random.exchanges.get(source)?.bind(target, key, EMPTY_TABLE);
        }
        const next = (name: string): (string | undefined)[] => {
          const matched = bindings
            .filter(({ source, key }) => source === name && routingKeys.includes(key))
            .map(({ destination }) => destination);
          return matched.length > 0 ? matched : [alternates[names.indexOf(name)]];
        };
        const reached = new Set<string>([from]);
        for (let grown = true; grown; ) {
          const before = reached.size;
          for (const name of reached) {
            if (!names.includes(name)) continue;
            for (const each of next(name)) {
              if (each !== undefined && each !== 'missing') reached.add(each);
            }
          }
          grown = reached.size > before;
        }
        const expected = queueNames.filter((name) => reached.has(name));
        expect(random.routed(from, routingKeys)).to.deep.equal(expected);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('dependsOnKeyOnly', () => {
  it('looks at every exchange that a message may come to', () => {
    const world = new World();
    const x = world.exchange('x', 'topic', 'ae');
    const only = () => dependsOnKeyOnly(x, world.lookup);
    expect(only(), 'the alternate exchange is missing').to.equal(true);
    const y = world.exchange('y', 'fanout');
    x.bind(y, 'k', EMPTY_TABLE);
    y.bind(x, '', EMPTY_TABLE);
    y.bind(world.queue('q'), '', EMPTY_TABLE);
    expect(only()).to.equal(true);
    const h = world.exchange('h', 'headers');
    expect(dependsOnKeyOnly(h, world.lookup)).to.equal(false);
    y.bind(h, '', EMPTY_TABLE);
    expect(only(), 'bound from y').to.equal(false);
    y.unbindTarget(h);
    expect(only()).to.equal(true);
    world.exchange('ae', 'headers');
    expect(only(), 'the alternate exchange').to.equal(false);
  });
});
