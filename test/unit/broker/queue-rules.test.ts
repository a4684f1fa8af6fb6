// Queues with rules: expiry, bounds, priorities, single active consumers, counted deliveries and
// dead letters, by the arguments of a declare. Reference: compatibility A.5, A.8.
import { expect } from 'chai';
import { encodeProperties, type Properties } from '../../../protocol/properties.ts';
import { fromObject } from '../../../protocol/table.ts';
import type { QueueEntry } from '../../../src/broker/message.ts';
import { headersIn as headersOf } from '../../../src/broker/message-properties.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import {
  BrokerParts,
  bindingOf,
  bodyOf,
  exchangeOf,
  FakeToken,
  messageOf,
} from '../support/broker-parts.ts';
import { FakeConsumer } from '../support/fake-consumer.ts';

describe('Queues with rules', () => {
  let parts: BrokerParts;

  beforeEach(() => {
    parts = new BrokerParts();
  });

  const declare = (name: string, args: Record<string, unknown> = {}, durable = false) =>
    parts.declareQueue(name, args, durable);
  /** A queue whose dead letters come to the queue `dead`. */
  const mortal = (args: Record<string, unknown>) => {
    declare('dead');
    const more = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' };
    return declare('q', { ...more, ...args });
  };
  const put = (queue: Queue, body: string, properties: Properties = {}) => {
    const token = new FakeToken();
    queue.publish(messageOf(body, encodeProperties(properties)), token);
    return token.outcomes[0];
  };
  const ready = (queue: Queue) =>
    Array.from(queue.entries(), ({ message }) => `${bodyOf(message)}`);
  const advance = (ms: number) => parts.advance(ms);
  const take = (queue: Queue) => queue.get(false) as QueueEntry;
  const headersIn = (name: string) => parts.headersIn(name);
  const bodies = (name: string) => parts.bodiesIn(name);

  describe('x-message-ttl and expiration (A8.8)', () => {
    it('expire what is not delivered in time, the lower one first', () => {
      const queue = declare('q', { 'x-message-ttl': 1000 });
      put(queue, 'soon', { expiration: '100' });
      put(queue, 'late', { expiration: '5000' });
      advance(99);
      expect(ready(queue)).to.deep.equal(['soon', 'late']);
      advance(1);
      expect(ready(queue)).to.deep.equal(['late']);
      advance(900);
      expect(queue.readyCount).to.equal(0);
    });

    it('expire at the head only', () => {
      const queue = declare('q');
      put(queue, 'first');
      put(queue, 'second', { expiration: '10' });
      advance(50);
      expect(ready(queue)).to.deep.equal(['first', 'second']);
      take(queue);
      expect(queue.readyCount).to.equal(0);
    });

    it('of 0 are for consumers that are ready', () => {
      const queue = declare('q', { 'x-message-ttl': 0 });
      put(queue, 'lost');
      const consumer = new FakeConsumer(queue).start();
      put(queue, 'got');
      expect(consumer.received).to.deep.equal(['got']);
      expect(queue.readyCount).to.equal(0);
    });

    it('keep the deadline over a requeue', () => {
      const queue = declare('q', { 'x-message-ttl': 100 });
      put(queue, 'a');
      const entry = take(queue);
      advance(150);
      queue.settle([entry], 'requeued');
      expect([queue.readyCount, queue.unackedCount]).to.deep.equal([0, 0]);
      expect(parts.broker.memory.usedBytes).to.equal(0);
    });

    it('let go of many at once a step at a time', () => {
      const queue = declare('q', { 'x-message-ttl': 10 });
      for (let i = 0; i < 2_500; i++) put(queue, `${i}`);
      parts.clock.advance(10);
      expect(queue.readyCount).to.equal(1_500);
      expect(queue.get(false)).to.equal(null);
      parts.turns.run();
      expect(queue.readyCount).to.equal(500);
      parts.turns.run();
      expect(queue.readyCount).to.equal(0);
    });
  });

  describe('x-expires', () => {
    it('deletes a queue that nobody uses', () => {
      declare('q', { 'x-expires': 100 });
      advance(99);
      parts.vhost.queue('q', null);
      advance(1);
      expect(() => parts.vhost.queue('q', null)).to.throw("no queue 'q'");
    });

    it('waits while there are consumers, and begins anew with each get and declare', () => {
      const queue = declare('q', { 'x-expires': 100 });
      const consumer = new FakeConsumer(queue).start();
      advance(500);
      queue.cancel(consumer);
      advance(90);
      queue.get(false);
      advance(90);
      declare('q', { 'x-expires': 100 }).touch();
      advance(90);
      expect(parts.vhost.queue('q', null)).to.equal(queue);
      advance(10);
      expect(() => parts.vhost.queue('q', null)).to.throw();
    });

    it('dead-letters nothing (A8.1)', () => {
      const queue = mortal({ 'x-expires': 100 });
      put(queue, 'a');
      advance(100);
      expect(bodies('dead')).to.deep.equal([]);
    });
  });

  describe('x-max-length and x-max-length-bytes', () => {
    it('drop the head', () => {
      const queue = declare('q', { 'x-max-length': 2 });
      expect(['a', 'b', 'c'].map((body) => put(queue, body))).to.deep.equal(
        new Array(3).fill('confirmed'),
      );
      expect(ready(queue)).to.deep.equal(['b', 'c']);
    });

    it('count bodies', () => {
      const queue = declare('q', { 'x-max-length-bytes': 5 });
      for (const body of ['aaa', 'bb', 'c']) put(queue, body);
      expect(ready(queue)).to.deep.equal(['bb', 'c']);
      put(queue, 'too much');
      expect(ready(queue)).to.deep.equal([]);
    });

    it('do not count what is delivered, but what comes back', () => {
      const queue = declare('q', { 'x-max-length': 1 });
      put(queue, 'a');
      const entry = take(queue);
      put(queue, 'b');
      queue.settle([entry], 'requeued');
      expect(ready(queue)).to.deep.equal(['b']);
    });

    it('refuse with reject-publish', () => {
      const queue = mortal({ 'x-max-length': 1, 'x-overflow': 'reject-publish' });
      expect([put(queue, 'a'), put(queue, 'b')]).to.deep.equal(['confirmed', 'rejected']);
      expect(ready(queue)).to.deep.equal(['a']);
      expect(bodies('dead')).to.deep.equal([]);
    });

    it('dead-letter what is refused with reject-publish-dlx', () => {
      const queue = mortal({ 'x-max-length-bytes': 3, 'x-overflow': 'reject-publish-dlx' });
      expect([put(queue, 'aa'), put(queue, 'bb')]).to.deep.equal(['confirmed', 'rejected']);
      expect(bodies('dead')).to.deep.equal(['bb']);
      expect(headersIn('dead')).to.include({ 'x-first-death-reason': 'maxlen' });
    });
  });

  describe('x-max-priority', () => {
    it('serves the highest first, and the oldest of these', () => {
      const queue = declare('q', { 'x-max-priority': 5 });
      put(queue, 'none');
      put(queue, 'low', { priority: 1 });
      put(queue, 'high', { priority: 5 });
      put(queue, 'over', { priority: 200 });
      const got = [1, 2, 3, 4].map(() => bodyOf(take(queue).message).toString());
      expect(got).to.deep.equal(['high', 'over', 'low', 'none']);
      expect(queue.get(false)).to.equal(null);
    });

    it('puts back among those of the same priority', () => {
      const queue = declare('q', { 'x-max-priority': 2 });
      for (const body of ['1', '2', '3']) put(queue, body, { priority: 1 });
      const entries = [take(queue), take(queue)];
      put(queue, 'urgent', { priority: 2 });
      queue.settle(entries, 'requeued');
      expect(ready(queue)).to.deep.equal(['urgent', '1', '2', '3']);
    });

    it('drops the head that is over the limit, whatever its priority', () => {
      const queue = declare('q', { 'x-max-priority': 2, 'x-max-length': 2 });
      put(queue, 'high', { priority: 2 });
      put(queue, 'low');
      put(queue, 'low too');
      expect(ready(queue)).to.deep.equal(['low', 'low too']);
    });
  });

  describe('x-single-active-consumer (A7.4)', () => {
    it('serves one until it goes, then the next in line', () => {
      const queue = declare('q', { 'x-single-active-consumer': true });
      const [a, b, c] = [1, 2, 3].map(() => new FakeConsumer(queue).start());
      for (const body of ['1', '2']) put(queue, body);
      expect(a?.received).to.deep.equal(['1', '2']);
      queue.cancel(b as FakeConsumer);
      queue.cancel(a as FakeConsumer);
      put(queue, '3');
      expect(c?.received).to.deep.equal(['3']);
      expect(queue.consumerCount).to.equal(1);
    });

    it('refuses an exclusive one', () => {
      const queue = declare('q', { 'x-single-active-consumer': true });
      const consume = () => new FakeConsumer(queue, { exclusive: true }).start();
      expect(consume).to.throw("queue 'q' in vhost '/' in exclusive use");
    });
  });

  describe('dead letters', () => {
    it('are what is rejected, has expired or was too much (A8.1)', () => {
      const queue = mortal({ 'x-max-length': 1 });
      put(queue, 'too much');
      put(queue, 'rejected');
      queue.settle([take(queue)], 'rejected');
      put(queue, 'expired', { expiration: '5' });
      advance(5);
      expect(bodies('dead')).to.deep.equal(['too much', 'rejected', 'expired']);
      expect([queue.readyCount, queue.unackedCount]).to.deep.equal([0, 0]);
    });

    it('say what happened to them (A8.2, A8.3)', () => {
      const queue = mortal({});
      put(queue, 'a', { expiration: '5', headers: fromObject({ own: 'x' }) });
      advance(5);
      const time = Math.floor(parts.clock.now() / 1000);
      const [death] = headersIn('dead')['x-death'] as [Record<string, unknown>];
      expect(death).to.deep.include({
        count: 1,
        reason: 'expired',
        queue: 'q',
        exchange: 'some exchange',
        'routing-keys': ['some.key'],
        'original-expiration': '5',
      });
      expect(death?.['time']).to.equal(time);
      expect(headersIn('dead')).to.include({
        own: 'x',
        'x-first-death-queue': 'q',
        'x-last-death-queue': 'q',
      });
    });

    it('are dropped where there is no such exchange', () => {
      const queue = declare('q', { 'x-dead-letter-exchange': 'missing' });
      put(queue, 'a');
      queue.settle([take(queue)], 'rejected');
      expect(parts.broker.memory.usedBytes).to.equal(0);
    });

    it('do not go round in circles unless somebody rejected them (A8.4)', () => {
      const queue = declare('q', {
        'x-message-ttl': 10,
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': 'q',
      });
      put(queue, 'a');
      advance(10);
      expect(queue.readyCount).to.equal(0);
      put(queue, 'b');
      queue.settle([take(queue)], 'rejected');
      expect(ready(queue)).to.deep.equal(['b']);
      // The death that was not a rejection is the newer one.
      advance(10);
      expect(queue.readyCount).to.equal(0);
    });

    it('keep their order through a chain of queues', () => {
      declare('last');
      parts.vhost.declareExchange(exchangeOf('x', { type: 'fanout' }));
      const chain = { 'x-message-ttl': 10, 'x-dead-letter-exchange': '' };
      const first = declare('a', { ...chain, 'x-dead-letter-routing-key': 'b' });
      declare('b', { 'x-message-ttl': 10, 'x-dead-letter-exchange': 'x' });
      parts.vhost.bind(bindingOf('x', 'last'), null);
      const sent = Array.from({ length: 50 }, (_, i) => `${i}`);
      for (const body of sent) put(first, body);
      advance(10);
      advance(10);
      expect(bodies('last')).to.deep.equal(sent);
    });

    it('are not what is purged or deleted', () => {
      const queue = mortal({});
      put(queue, 'a');
      queue.purge();
      put(queue, 'b');
      parts.vhost.deleteQueue('q', { ifUnused: false, ifEmpty: false }, null);
      expect(bodies('dead')).to.deep.equal([]);
    });
  });

  describe('counted deliveries (A8.7)', () => {
    const back = (queue: Queue) => queue.settle([take(queue)], 'requeued');
    const count = (queue: Queue) => {
      const entry = take(queue);
      const message = queue.shown(entry, false);
      queue.settle([entry], 'acknowledged');
      return headersOf(message)?.get('x-delivery-count');
    };

    it('are limited, then the message is dead-lettered', () => {
      const queue = mortal({ 'x-delivery-limit': 2 });
      put(queue, 'a');
      for (let i = 0; i < 2; i++) back(queue);
      expect(ready(queue)).to.deep.equal(['a']);
      back(queue);
      expect(queue.readyCount).to.equal(0);
      expect(headersIn('dead')).to.include({ 'x-first-death-reason': 'delivery_limit' });
    });

    it('show in a header of a quorum queue, from the second on', () => {
      const queue = declare('q', { 'x-queue-type': 'quorum' }, true);
      put(queue, 'a');
      put(queue, 'b');
      const entries = [take(queue), take(queue)];
      queue.settle(entries.slice(0, 1), 'requeued');
      expect(count(queue)).to.deep.equal({ type: 'l', value: 1 });
      put(queue, 'c');
      expect(count(queue)).to.equal(undefined);
    });
  });
});
