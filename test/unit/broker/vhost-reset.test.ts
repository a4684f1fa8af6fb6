import { expect } from 'chai';
import fc from 'fast-check';
import { BrokerParts, bindingOf, exchangeOf, messageOf, queueOf } from '../support/broker-parts.ts';
import { FakeConsumer } from '../support/fake-consumer.ts';

const PREDECLARED = 7;

describe('VirtualHost: reset', () => {
  it('deletes what was declared and keeps what was there', () => {
    const parts = new BrokerParts();
    const { vhost } = parts;
    const owner = {};
    const queue = vhost.declareQueue(queueOf('q'), null);
    vhost.declareQueue(queueOf('mine', { exclusive: true }), owner);
    vhost.declareExchange(exchangeOf('x'));
    vhost.bind(bindingOf('x', 'q'), null);
    vhost.bind(bindingOf('amq.topic', 'q'), null);
    vhost.bind(bindingOf('amq.topic', 'x', { kind: 'exchange' }), null);
    queue.publish(messageOf('a'), null);
    const consumer = new FakeConsumer(queue, { limit: 0 }).start();
    parts.takeEvents();
    vhost.reset();
    expect([...vhost.queues()]).to.deep.equal([]);
    const left = [...vhost.exchanges()];
    expect(left).to.have.length(PREDECLARED);
    for (const exchange of left) expect(exchange.isEmpty, exchange.name).to.equal(true);
    expect(consumer.cancels).to.equal(1);
    expect(parts.broker.memory.usedBytes).to.equal(0);
    expect(parts.takeOtherEvents()).to.deep.equal([
      ['queue.deleted', { vhost: '/', name: 'q', messages: 1 }],
      ['queue.deleted', { vhost: '/', name: 'mine', messages: 0 }],
      ['exchange.deleted', { vhost: '/', name: 'x' }],
    ]);
  });

  it('lets everything be declared anew, differently', () => {
    const { vhost } = new BrokerParts();
    const old = vhost.declareQueue(queueOf('q'), null);
    vhost.declareExchange(exchangeOf('x'));
    vhost.reset();
    const queue = vhost.declareQueue(queueOf('q', { durable: true }), null);
    expect(queue).not.to.equal(old);
    vhost.declareExchange(exchangeOf('x', { type: 'topic' }));
    vhost.bind(bindingOf('x', 'q', { routingKey: '#' }), null);
    expect(vhost.resolve('x', ['k'], undefined)).to.deep.equal([queue]);
  });

  it('forgets every remembered route', () => {
    const { vhost } = new BrokerParts();
    vhost.declareQueue(queueOf('q'), null);
    vhost.bind(bindingOf('amq.direct', 'q', { routingKey: 'k' }), null);
    const routes = [vhost.route('', 'q'), vhost.route('amq.direct', 'k')];
    for (const { destinations } of routes) expect(destinations).to.have.length(1);
    vhost.reset();
    for (const route of routes) {
      expect(vhost.isCurrent(route)).to.equal(false);
      expect(vhost.route(route.exchange, route.routingKey).destinations).to.deep.equal([]);
    }
  });

  it('leaves only what is predeclared, whatever led where', () => {
    const edge = fc.tuple(fc.nat(3), fc.nat(3));
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        fc.array(edge),
        (auto, edges) => {
          const parts = new BrokerParts();
          const { vhost } = parts;
          auto.forEach((autoDelete, i) => {
            vhost.declareExchange(exchangeOf(`x${i}`, { autoDelete }));
          });
          for (const [from, to] of edges) {
            vhost.bind(bindingOf(`x${from}`, `x${to}`, { kind: 'exchange' }), null);
          }
          parts.takeEvents();
          vhost.reset();
          const deleted = parts.takeOtherEvents().map((event) => `${(event as [string])[0]}`);
          expect(deleted).to.deep.equal(auto.map(() => 'exchange.deleted'));
          expect([...vhost.exchanges()]).to.have.length(PREDECLARED);
          for (const exchange of vhost.exchanges()) expect(exchange.isEmpty).to.equal(true);
        },
      ),
    );
  });
});
