// Messages that wait for their time: x-delayed-message exchanges and the policy key `delayed`, in
// memory and over restarts. Reference: compatibility A.13.
import { expect } from 'chai';
import { encodeProperties, type Properties } from '../../../protocol/properties.ts';
import { type FieldValue, fromObject } from '../../../protocol/table.ts';
import { DueHeap } from '../../../src/broker/delays/due-heap.ts';
import { dueAtMs, withDelayOver } from '../../../src/broker/delays/headers.ts';
import type { Message } from '../../../src/broker/message.ts';
import { headersIn } from '../../../src/broker/message-properties.ts';
import type { Destination } from '../../../src/broker/routes.ts';
import {
  BrokerParts,
  bindingOf,
  bodyOf,
  exchangeOf,
  FakeToken,
  messageOf,
  queueOf,
} from '../support/broker-parts.ts';

describe('Delayed messages', () => {
  let parts: BrokerParts;

  beforeEach(() => {
    parts = new BrokerParts();
    parts.vhost.declareQueue(queueOf('q'), null);
  });

  const declare = (args: Record<string, unknown> = { 'x-delayed-type': 'direct' }) => {
    const type = 'x-delayed-message';
    parts.vhost.declareExchange(exchangeOf('x', { type, arguments: fromObject(args) }));
    parts.vhost.bind(bindingOf('x', 'q', { routingKey: 'k' }), null);
  };
  const publish = (
    body: string,
    headers: Record<string, unknown>,
    { exchange = 'x', key = 'k', ...more }: { exchange?: string; key?: string } & Properties = {},
  ) => {
    const table = fromObject(headers);
    const token = new FakeToken();
    const published = messageOf(body, encodeProperties({ ...more, headers: table }));
    const route = parts.vhost.route(exchange, key);
    const message = published.with(
      route,
      published.properties.bytes.subarray(published.propertiesStart, published.propertiesEnd),
    );
    const found = route.byKeyOnly
      ? route.destinations
      : parts.vhost.resolve(exchange, [key], table, message);
    for (const each of found as Destination[]) each.publish(message, token);
    return token;
  };
  const bodies = () =>
    Array.from(parts.vhost.queue('q', null).entries(), ({ message }) => `${bodyOf(message)}`);

  it('wait, too, that were published in a transaction', () => {
    declare();
    const headers = fromObject({ 'x-delay': 100 });
    const message = messageOf('a', encodeProperties({ headers }));
    parts.vhost.bind(bindingOf('x', 'q', { routingKey: message.address.routingKey }), null);
    const found = parts.vhost.resolve('x', ['k'], headers, message);
    // A queue of the exchange's name is another thing.
    parts.vhost.declareQueue(queueOf('x'), null);
    for (const each of parts.vhost.present(found)) each.publish(message, null);
    expect([parts.vhost.delays.size, parts.vhost.queue('x', null).readyCount]).to.deep.equal([
      1, 0,
    ]);
    parts.advance(100);
    expect(bodies()).to.deep.equal(['a']);
  });

  it('come when their delay is over, in the order of their times', () => {
    declare();
    publish('late', { 'x-delay': 200 });
    publish('soon', { 'x-delay': 100 });
    publish('soon too', { 'x-delay': 100 });
    publish('now', {});
    publish('at once', { 'x-delay': -5 });
    expect(bodies()).to.deep.equal(['now', 'at once']);
    expect(
      parts.vhost.delays.list().map(({ dueAtMs: at }) => at - parts.clock.now()),
    ).to.deep.equal([100, 100, 200]);
    parts.clock.advance(99);
    expect(bodies()).to.have.length(2);
    parts.clock.advance(1);
    expect(bodies().slice(2)).to.deep.equal(['soon', 'soon too']);
    parts.clock.advance(100);
    expect(bodies().slice(4)).to.deep.equal(['late']);
    expect(parts.vhost.delays.size).to.equal(0);
  });

  it('have a negative delay then, of the type that they came with', () => {
    declare();
    publish('a', { 'x-delay': 100, own: 'x' });
    parts.clock.advance(100);
    const [entry] = parts.vhost.queue('q', null).entries();
    const headers = headersIn(entry?.message as Message);
    expect(headers?.get('x-delay')).to.deep.equal({ type: 'I', value: -100 });
    expect(headers?.get('own')?.value).to.equal('x');
  });

  it('are routed when they are due, by the type behind', () => {
    declare({ 'x-delayed-type': 'topic' });
    publish('a', { 'x-delay': 10 }, { key: 'k' });
    publish('nowhere', { 'x-delay': 10 }, { key: 'other' });
    parts.vhost.unbind(bindingOf('x', 'q', { routingKey: 'k' }), null);
    parts.vhost.declareQueue(queueOf('r'), null);
    parts.vhost.bind(bindingOf('x', 'r', { routingKey: '#' }), null);
    parts.clock.advance(10);
    expect(bodies()).to.deep.equal([]);
    expect(parts.vhost.queue('r', null).readyCount).to.equal(2);
  });

  it('may wait for more than 49 days', () => {
    declare();
    publish('a', { 'x-delay': 2 ** 33 });
    parts.clock.advance(2 ** 33 - 1);
    expect(bodies()).to.deep.equal([]);
    parts.clock.advance(1);
    expect(bodies()).to.deep.equal(['a']);
  });

  it('can be cancelled, and go with their exchange', () => {
    declare();
    for (const body of ['a', 'b', 'c']) publish(body, { 'x-delay': 100 });
    const [, second] = parts.vhost.delays.list();
    expect(parts.vhost.delays.cancel(second?.id as number)).to.equal(true);
    expect(parts.vhost.delays.cancel(second?.id as number)).to.equal(false);
    parts.clock.advance(100);
    expect(bodies()).to.deep.equal(['a', 'c']);
    publish('d', { 'x-delay': 100 });
    parts.vhost.deleteExchange('x', false);
    expect(parts.vhost.delays.size).to.equal(0);
    parts.vhost.queue('q', null).purge();
    expect(parts.broker.memory.usedBytes).to.equal(0);
  });

  it('wait at any exchange whose policy says so, also until a time', () => {
    parts.vhost.declareExchange(exchangeOf('y', { type: 'fanout' }));
    parts.vhost.bind(bindingOf('y', 'q'), null);
    publish('undelayed', { 'x-delay': 100 }, { exchange: 'y' });
    expect(bodies()).to.deep.equal(['undelayed']);
    parts.vhost.policies.set('policy', {
      name: 'p',
      pattern: '^y$',
      definition: { delayed: true },
    });
    publish('delayed', { 'x-delay': 100 }, { exchange: 'y' });
    publish('timed', { 'x-deliver-at': parts.clock.now() + 50 }, { exchange: 'y' });
    publish('past', { 'x-deliver-at': 5 }, { exchange: 'y' });
    expect(bodies()).to.deep.equal(['undelayed', 'past']);
    parts.clock.advance(100);
    expect(bodies().slice(2)).to.deep.equal(['timed', 'delayed']);
    parts.vhost.policies.clear('policy', 'p');
    publish('again', { 'x-delay': 100 }, { exchange: 'y' });
    expect(bodies()).to.have.length(5);
  });

  it('wait where an exchange leads to one that delays', () => {
    declare({ 'x-delayed-type': 'fanout' });
    parts.vhost.declareExchange(exchangeOf('first', { type: 'fanout' }));
    parts.vhost.bind(bindingOf('first', 'x', { kind: 'exchange' }), null);
    expect(publish('a', { 'x-delay': 10 }, { exchange: 'first' }).outcomes).to.deep.equal([
      'confirmed',
    ]);
    expect(bodies()).to.deep.equal([]);
    parts.clock.advance(10);
    expect(bodies()).to.deep.equal(['a']);
  });

  it('of many are handed on a step at a time', () => {
    declare();
    for (let i = 0; i < 2_500; i++) publish(`${i}`, { 'x-delay': 5 });
    parts.clock.advance(5);
    expect(bodies()).to.have.length(1_000);
    parts.turns.run();
    parts.turns.run();
    expect(bodies()).to.deep.equal(Array.from({ length: 2_500 }, (_, i) => `${i}`));
  });

  it('need a type that there is', () => {
    for (const type of [undefined, 'none', 'x-delayed-message', 5]) {
      const args = type === undefined ? {} : { 'x-delayed-type': type };
      expect(() => declare(args)).to.throw("'x-delayed-type' must be an existing exchange type");
    }
  });
});

describe('When a message is due', () => {
  const at = (headers: Record<string, FieldValue>) =>
    dueAtMs(new Map(Object.entries(headers)), 1_000);

  it('is said by an integer of any width', () => {
    for (const type of 'bBsuIilL') {
      expect(at({ 'x-delay': { type, value: 7 } as FieldValue }), type).to.equal(1_007);
    }
    expect(at({ 'x-delay': { type: 'l', value: 2n ** 40n } })).to.equal(1_000 + 2 ** 40);
    expect(at({ 'x-delay': { type: 'S', value: '7' } })).to.equal(null);
    expect(at({ 'x-delay': { type: 'I', value: 0 } })).to.equal(null);
    expect(at({ 'x-deliver-at': { type: 'T', value: 2 } })).to.equal(2_000);
    expect(at({ 'x-deliver-at': { type: 'l', value: 900 } })).to.equal(null);
    expect(dueAtMs(undefined, 1_000)).to.equal(null);
  });

  it('is told in a type that has negative numbers', () => {
    const headers = new Map([['x-delay', { type: 'i', value: 3_000_000_000 } as FieldValue]]);
    const message = withDelayOver(messageOf('', encodeProperties({ headers })));
    expect(headersIn(message)?.get('x-delay')).to.deep.equal({ type: 'l', value: -3_000_000_000 });
  });
});

describe('DueHeap', () => {
  it('gives the next by time, then by arrival', () => {
    const heap = new DueHeap<{ dueAtMs: number; id: number }>();
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const all = Array.from({ length: 500 }, (_, id) => ({
      dueAtMs: Math.floor(random() * 50),
      id,
    }));
    for (const each of all) heap.push(each);
    heap.filter(({ id }) => id % 3 !== 0);
    const expected = all
      .filter(({ id }) => id % 3 !== 0)
      .sort((a, b) => a.dueAtMs - b.dueAtMs || a.id - b.id);
    const got = [];
    for (let next = heap.pop(); next !== undefined; next = heap.pop()) got.push(next);
    expect(got).to.deep.equal(expected);
  });
});
