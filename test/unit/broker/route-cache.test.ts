import { expect } from 'chai';
import { fromObject } from '../../../protocol/table.ts';
import { BrokerError } from '../../../src/broker/errors.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import { Route, RouteCache } from '../../../src/broker/routes.ts';
import { REPLY_TO_PREFIX, type VirtualHost } from '../../../src/broker/vhost.ts';
import { BrokerParts, bindingOf, exchangeOf, queueOf } from '../support/broker-parts.ts';

const ALWAYS = { ifUnused: false, ifEmpty: false };

describe('RouteCache', () => {
  it('gives the same route for the same target', () => {
    const cache = new RouteCache();
    const route = cache.get('x', 'k');
    expect(cache.get('x', 'k')).to.equal(route);
    expect(cache.get('x', 'l')).not.to.equal(route);
    expect(cache.get('y', 'k')).not.to.equal(route);
    cache.forget('x');
    expect(cache.get('x', 'k')).not.to.equal(route);
  });

  it('makes routes that know nothing yet, with their names as octets', () => {
    const route = new RouteCache().get('ex', 'ké');
    expect(route).to.include({ exchange: 'ex', routingKey: 'ké', version: -1, byKeyOnly: true });
    expect(route.destinations).to.deep.equal([]);
    expect(route.names.toString('latin1')).to.equal('\x02ex\x03kÃ©');
  });

  it('forgets an exchange’s keys when there are 10,000 and one more comes', () => {
    const cache = new RouteCache();
    const other = cache.get('other', 'k');
    const first = cache.get('x', 'k0');
    for (let i = 1; i < 10_000; i++) cache.get('x', `k${i}`);
    expect(cache.get('x', 'k0')).to.equal(first);
    const next = cache.get('x', 'one more');
    expect(cache.get('x', 'k0')).not.to.equal(first);
    expect(cache.get('x', 'one more')).to.equal(next);
    expect(cache.get('other', 'k')).to.equal(other);
  });

  it('refuses names that no short string can hold', () => {
    expect(() => new Route('', 'k'.repeat(256))).to.throw(RangeError);
    expect(new Route('e'.repeat(255), 'k'.repeat(255)).names).to.have.length(512);
  });
});

describe('VirtualHost: routes', () => {
  let parts: BrokerParts;
  let vhost: VirtualHost;

  beforeEach(() => {
    parts = new BrokerParts();
    ({ vhost } = parts);
  });

  const declare = (name: string): Queue => vhost.declareQueue(queueOf(name), null);

  it('lead to the queue of that name from the default exchange', () => {
    const queue = declare('q');
    const route = vhost.route('', 'q');
    expect(route.destinations).to.deep.equal([queue]);
    expect(vhost.route('', 'other').destinations).to.deep.equal([]);
    expect(vhost.resolve('', ['q', 'other', 'q'], undefined)).to.deep.equal([queue]);
    expect(vhost.isCurrent(route)).to.equal(true);
    expect(vhost.route('', 'q')).to.equal(route);
  });

  it('hold until something that may route changes', () => {
    const queue = declare('q');
    const changes: readonly (() => void)[] = [
      () => declare('r'),
      () => vhost.deleteQueue('r', ALWAYS, null),
      () => vhost.declareExchange(exchangeOf('x')),
      () => vhost.bind(bindingOf('x', 'q'), null),
      () => vhost.unbind(bindingOf('x', 'q'), null),
      () => vhost.deleteExchange('x', false),
      () => vhost.reset(),
    ];
    for (const change of changes) {
      const route = vhost.route('amq.direct', 'k');
      expect(vhost.isCurrent(route)).to.equal(true);
      change();
      expect(vhost.isCurrent(route), `${change}`).to.equal(false);
    }
    expect(queue.readyCount).to.equal(0);
  });

  it('hold while nothing changes', () => {
    const queue = declare('q');
    vhost.bind(bindingOf('amq.direct', 'q', { routingKey: 'k' }), null);
    const route = vhost.route('amq.direct', 'k');
    vhost.declareQueue(queueOf('q'), null);
    vhost.bind(bindingOf('amq.direct', 'q', { routingKey: 'k' }), null);
    vhost.unbind(bindingOf('amq.direct', 'q', { routingKey: 'other' }), null);
    vhost.deleteQueue('none', ALWAYS, null);
    vhost.deleteExchange('none', false);
    vhost.route('', 'some other');
    expect(vhost.isCurrent(route)).to.equal(true);
    expect(route.destinations).to.deep.equal([queue]);
  });

  it('are refused for exchanges that are missing or internal', () => {
    vhost.declareExchange(exchangeOf('inner', { internal: true }));
    expect(() => vhost.route('none', 'k'))
      .to.throw(BrokerError, "no exchange 'none' in vhost '/'")
      .with.property('kind', 'not-found');
    expect(() => vhost.route('inner', 'k'))
      .to.throw(BrokerError, "cannot publish to internal exchange 'inner' in vhost '/'")
      .with.property('kind', 'access-refused');
  });

  it('of a deleted exchange are not taken up by its successor', () => {
    const queue = declare('q');
    vhost.declareExchange(exchangeOf('x', { type: 'fanout' }));
    vhost.bind(bindingOf('x', 'q'), null);
    const route = vhost.route('x', 'k');
    vhost.deleteExchange('x', false);
    expect(() => vhost.route('x', 'k')).to.throw(BrokerError);
    vhost.declareExchange(exchangeOf('x'));
    expect(vhost.isCurrent(route)).to.equal(false);
    expect(vhost.route('x', 'k').destinations).to.deep.equal([]);
    expect(route.destinations, 'what was in use stays as it was').to.deep.equal([queue]);
  });

  it('cannot be known beforehand where headers matter on the way', () => {
    const queue = declare('q');
    vhost.bind(bindingOf('amq.headers', 'q', { arguments: fromObject({ a: 1 }) }), null);
    expect(vhost.route('amq.headers', '').byKeyOnly).to.equal(false);
    expect(vhost.resolve('amq.headers', [''], fromObject({ a: 1 }))).to.deep.equal([queue]);
    expect(vhost.resolve('amq.headers', [''], undefined)).to.deep.equal([]);
    expect(vhost.route('amq.fanout', '').byKeyOnly).to.equal(true);
    vhost.bind(bindingOf('amq.fanout', 'amq.headers', { kind: 'exchange' }), null);
    expect(vhost.route('amq.fanout', '').byKeyOnly).to.equal(false);
    vhost.unbind(bindingOf('amq.fanout', 'amq.headers', { kind: 'exchange' }), null);
    expect(vhost.route('amq.fanout', '').byKeyOnly).to.equal(true);
  });

  it('notice an alternate exchange that is declared later', () => {
    const queue = declare('q');
    const more = { arguments: fromObject({ 'alternate-exchange': 'later' }) };
    vhost.declareExchange(exchangeOf('x', more));
    expect(vhost.route('x', 'k').destinations).to.deep.equal([]);
    vhost.declareExchange(exchangeOf('later', { type: 'fanout' }));
    vhost.bind(bindingOf('later', 'q'), null);
    expect(vhost.route('x', 'k').destinations).to.deep.equal([queue]);
    vhost.deleteExchange('later', false);
    expect(vhost.route('x', 'k').destinations).to.deep.equal([]);
  });

  it('to reply queues are looked up each time (A9.7)', () => {
    const name = `${REPLY_TO_PREFIX}someone`;
    const route = vhost.route('', name);
    expect(route.byKeyOnly).to.equal(false);
    expect(vhost.resolve('', [name], undefined)).to.deep.equal([]);
    const queue = {} as Queue;
    parts.broker.replyQueues.set(name, queue);
    expect(vhost.isCurrent(route)).to.equal(true);
    expect(vhost.resolve('', [name], undefined)).to.deep.equal([queue]);
  });
});
