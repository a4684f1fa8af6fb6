import { expect } from 'chai';
import { EMPTY_TABLE, type FieldTable, fromObject } from '../../../protocol/table.ts';
import { BrokerError } from '../../../src/broker/errors.ts';
import { Exchange, type RoutingTarget } from '../../../src/broker/exchange.ts';
import { exchangeServices } from '../support/exchange-services.ts';

const queue = (name: string): RoutingTarget => ({ kind: 'queue', name });

function makeExchange(type = 'direct', args: FieldTable = EMPTY_TABLE, name = 'x'): Exchange {
  return new Exchange(
    {
      name,
      type,
      durable: true,
      autoDelete: false,
      internal: false,
      arguments: args,
    },
    exchangeServices(),
  );
}

function found(exchange: Exchange, key: string, headers?: FieldTable): string[] {
  const targets: RoutingTarget[] = [];
  exchange.match({ routingKeys: [key], headers, message: undefined }, targets);
  return targets.map(({ name }) => name);
}

describe('Exchange', () => {
  it('is what it was declared as', () => {
    const args = fromObject({ 'alternate-exchange': 'ae', other: 1 });
    const exchange = new Exchange(
      {
        name: 'x',
        type: 'topic',
        durable: false,
        autoDelete: true,
        internal: true,
        arguments: args,
      },
      exchangeServices(),
    );
    expect(exchange).to.include({
      kind: 'exchange',
      name: 'x',
      durable: false,
      autoDelete: true,
      internal: true,
      alternate: 'ae',
    });
    expect(exchange.type.name).to.equal('topic');
    expect(exchange.arguments).to.equal(args);
    expect(exchange.isEmpty).to.equal(true);
    expect(makeExchange().alternate).to.equal(undefined);
    expect(makeExchange('direct', fromObject({ 'alternate-exchange': 5 })).alternate).to.equal(
      undefined,
    );
  });

  it('refuses a type that there is not', () => {
    expect(() => makeExchange('x-odd'))
      .to.throw(BrokerError)
      .with.property('message', "unknown exchange type 'x-odd'");
  });

  it('binds once however often it is asked', () => {
    const exchange = makeExchange();
    const target = queue('q');
    expect(exchange.bind(target, 'k', EMPTY_TABLE)).to.equal(true);
    expect(exchange.bind(target, 'k', EMPTY_TABLE)).to.equal(false);
    expect(exchange.bind(target, 'k', fromObject({ a: 1 }))).to.equal(true);
    expect(exchange.bind(target, 'k', fromObject({ a: 1 }))).to.equal(false);
    expect([...exchange.bindings()].map((each) => each.arguments.size)).to.deep.equal([0, 1]);
    expect(found(exchange, 'k')).to.deep.equal(['q']);
  });

  it('unbinds exactly the binding that is named', () => {
    const exchange = makeExchange();
    const target = queue('q');
    exchange.bind(target, 'k', EMPTY_TABLE);
    exchange.bind(target, 'k', fromObject({ a: 1 }));
    exchange.bind(target, 'l', EMPTY_TABLE);
    expect(exchange.unbind(target, 'k', fromObject({ a: 2 }))).to.equal(false);
    expect(exchange.unbind(queue('other'), 'k', EMPTY_TABLE)).to.equal(false);
    expect(exchange.unbind(target, 'k', fromObject({ a: 1 }))).to.equal(true);
    expect(exchange.unbind(target, 'k', fromObject({ a: 1 }))).to.equal(false);
    expect(found(exchange, 'k')).to.deep.equal(['q']);
    expect(exchange.unbind(target, 'k', EMPTY_TABLE)).to.equal(true);
    expect(found(exchange, 'k')).to.deep.equal([]);
    expect(exchange.isEmpty).to.equal(false);
    expect(exchange.unbind(target, 'l', EMPTY_TABLE)).to.equal(true);
    expect(exchange.isEmpty).to.equal(true);
    expect(exchange.unbindTarget(target)).to.equal(0);
  });

  it('unbinds a target altogether, and nobody else', () => {
    for (const type of ['direct', 'fanout', 'topic', 'headers']) {
      const exchange = makeExchange(type);
      const [gone, stays] = [queue('gone'), queue('stays')];
      for (const key of ['a', 'b', 'c']) {
        exchange.bind(gone, key, EMPTY_TABLE);
        exchange.bind(stays, key, EMPTY_TABLE);
      }
      expect(exchange.unbindTarget(gone)).to.equal(3);
      expect(exchange.unbindTarget(gone)).to.equal(0);
      expect([...exchange.bindings()].map(({ destination }) => destination.name)).to.deep.equal([
        'stays',
        'stays',
        'stays',
      ]);
      expect(new Set(found(exchange, 'a'))).to.deep.equal(new Set(['stays']));
    }
  });

  it('knows the exchanges that it leads to', () => {
    const exchange = makeExchange();
    const [one, other] = [makeExchange('direct', EMPTY_TABLE, 'one'), makeExchange()];
    exchange.bind(one, 'a', EMPTY_TABLE);
    exchange.bind(one, 'b', EMPTY_TABLE);
    exchange.bind(other, 'a', EMPTY_TABLE);
    exchange.bind(queue('q'), 'a', EMPTY_TABLE);
    expect([...exchange.exchangeTargets()]).to.deep.equal([one, other]);
    exchange.unbind(one, 'a', EMPTY_TABLE);
    exchange.unbindTarget(other);
    expect([...exchange.exchangeTargets()]).to.deep.equal([one]);
    exchange.unbind(one, 'b', EMPTY_TABLE);
    expect([...exchange.exchangeTargets()]).to.deep.equal([]);
  });

  it('refuses arguments that its type refuses, and changes nothing', () => {
    const exchange = makeExchange('headers');
    expect(() => exchange.bind(queue('q'), '', fromObject({ 'x-match': 'most' }))).to.throw(
      BrokerError,
      'Invalid x-match',
    );
    expect(exchange.isEmpty).to.equal(true);
    expect(makeExchange('topic').bind(queue('q'), '', fromObject({ 'x-match': 'most' }))).to.equal(
      true,
    );
  });

  it('copes with ten thousand queues on one key', () => {
    for (const type of ['direct', 'fanout', 'topic']) {
      const exchange = makeExchange(type);
      const queues = Array.from({ length: 10_000 }, (_, i) => queue(`q${i}`));
      for (const each of queues) exchange.bind(each, 'k', EMPTY_TABLE);
      expect(found(exchange, 'k')).to.have.length(10_000);
      for (const each of queues) expect(exchange.unbindTarget(each)).to.equal(1);
      expect(exchange.isEmpty).to.equal(true);
      expect(found(exchange, 'k')).to.deep.equal([]);
    }
  });
});
