// Consumers that choose (x-filter) and messages that belong together (x-group-key).
import { expect } from 'chai';
import { encodeProperties, type Properties } from '../../../protocol/properties.ts';
import { fromObject } from '../../../protocol/table.ts';
import type { QueueEntry } from '../../../src/broker/message.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import { BrokerParts, bodyOf, messageOf, queueOf } from '../support/broker-parts.ts';
import { FakeConsumer } from '../support/fake-consumer.ts';

describe('Selection', () => {
  let parts: BrokerParts;

  beforeEach(() => {
    parts = new BrokerParts();
  });

  const declare = (args: Record<string, unknown> = {}) =>
    parts.vhost.declareQueue(queueOf('q', { arguments: fromObject(args) }), null);
  const put = (
    queue: Queue,
    body: string,
    headers: Record<string, unknown>,
    more: Properties = {},
  ) =>
    queue.publish(
      messageOf(body, encodeProperties({ headers: fromObject(headers), ...more })),
      null,
    );
  const ready = (queue: Queue) =>
    Array.from(queue.entries(), ({ message }) => `${bodyOf(message)}`);
  const requeue = (consumer: FakeConsumer, ...entries: QueueEntry[]) => {
    consumer.queue.settle(entries, 'requeued');
    for (const entry of entries) consumer.forget(entry);
    parts.turns.run();
  };

  describe('x-filter', () => {
    const red = (queue: Queue, limit = Number.POSITIVE_INFINITY) =>
      new FakeConsumer(queue, { tag: 'red', filter: "color = 'red'", limit });

    it('gives a consumer what it asks for, and leaves the rest to others', () => {
      const queue = declare();
      const first = red(queue).start();
      for (const [i, color] of ['red', 'blue', 'red', 'green'].entries()) {
        put(queue, `${i}`, { color });
      }
      expect(first.received).to.deep.equal(['0', '2']);
      expect(ready(queue)).to.deep.equal(['1', '3']);
      expect(queue.readyCount).to.equal(2);
      const other = new FakeConsumer(queue).start();
      expect(other.received).to.deep.equal(['1', '3']);
      expect(queue.readyCount).to.equal(0);
    });

    it('looks behind what is there already', () => {
      const queue = declare();
      for (let i = 0; i < 2_500; i++) put(queue, `${i}`, { color: i % 1000 === 999 ? 'red' : '' });
      const consumer = red(queue).start();
      expect(consumer.received).to.deep.equal(['999']);
      parts.turns.run();
      expect(consumer.received).to.deep.equal(['999', '1999']);
      expect(queue.readyCount).to.equal(2_498);
      expect(queue.get(true)?.position).to.equal(0);
    });

    it('serves a consumer that is ready again in order, without what others want', () => {
      const queue = declare();
      const reds = red(queue, 1).start();
      const blues = new FakeConsumer(queue, { filter: "color = 'blue'", limit: 1 }).start();
      for (let i = 0; i < 6; i++) put(queue, `${i}`, { color: i % 2 === 0 ? 'red' : 'blue' });
      for (let i = 0; i < 2; i++) {
        reds.ackOldest();
        blues.ackOldest();
      }
      expect(reds.received).to.deep.equal(['0', '2', '4']);
      expect(blues.received).to.deep.equal(['1', '3', '5']);
    });

    it('gives back what was requeued before what came later', () => {
      const queue = declare();
      const reds = red(queue, 2).start();
      for (const body of ['0', '1', '2']) put(queue, body, { color: 'red' });
      requeue(reds, ...reds.outstanding);
      expect(reds.received).to.deep.equal(['0', '1', '0!', '1!']);
    });

    it('goes by priorities of consumers, and of messages', () => {
      const queue = declare({ 'x-max-priority': 5 });
      const low = new FakeConsumer(queue, { tag: 'low', filter: 'n > 0', limit: 1 }).start();
      put(queue, 'a', { n: 1 });
      for (const [body, priority] of [
        ['b', 0],
        ['c', 3],
        ['d', 5],
      ] as const) {
        put(queue, body, { n: 1 }, { priority });
      }
      put(queue, 'e', { n: 0 }, { priority: 5 });
      const high = new FakeConsumer(queue, { priority: 9, filter: 'n > 0', limit: 1 }).start();
      expect([low.received, high.received]).to.deep.equal([['a'], ['d']]);
      high.ackOldest();
      low.ackOldest();
      expect([low.received, high.received]).to.deep.equal([
        ['a', 'b'],
        ['d', 'c'],
      ]);
    });

    it('does not hand out what has expired behind others', () => {
      const queue = declare();
      const reds = red(queue, 1).start();
      const greens = new FakeConsumer(queue, { filter: "color = 'green'" }).start();
      put(queue, 'out', { color: 'red' });
      put(queue, 'stays', { color: 'blue' });
      put(queue, 'late', { color: 'red' }, { expiration: '10' });
      put(queue, 'good', { color: 'red' });
      put(queue, 'seen', { color: 'green' });
      expect(greens.received).to.deep.equal(['seen']);
      parts.clock.advance(10);
      reds.ackOldest();
      expect(reds.received).to.deep.equal(['out', 'good']);
      expect(ready(queue)).to.deep.equal(['stays']);
    });

    it('counts what is passed over for limits of length, the oldest goes first', () => {
      const queue = declare({ 'x-max-length': 2 });
      red(queue).start();
      for (const body of ['0', '1', '2', '3']) put(queue, body, { color: 'blue' });
      expect(ready(queue)).to.deep.equal(['2', '3']);
      expect(queue.purge()).to.equal(2);
      expect(parts.broker.memory.usedBytes).to.equal(0);
    });

    it('works for the one that is active (x-single-active-consumer)', () => {
      const queue = declare({ 'x-single-active-consumer': true });
      const active = red(queue).start();
      const next = new FakeConsumer(queue).start();
      put(queue, '0', { color: 'blue' });
      put(queue, '1', { color: 'red' });
      expect([active.received, next.received]).to.deep.equal([['1'], []]);
      queue.cancel(active);
      parts.turns.run();
      expect(next.received).to.deep.equal(['0']);
    });

    it('looks no further than the queue passes over, and says so', () => {
      const queue = declare();
      const consumer = red(queue).start();
      const told: string[] = [];
      parts.broker.events.on('queue.lookahead.full', ({ name }) => told.push(name));
      for (let i = 0; i < 100_000; i++) put(queue, '', { color: 'blue' });
      put(queue, 'far', { color: 'red' });
      expect(consumer.received).to.deep.equal([]);
      expect(told).to.deep.equal(['q']);
      queue.get(true);
      queue.dispatch();
      expect(consumer.received).to.deep.equal(['far']);
    });
  });

  describe('x-group-key', () => {
    it('gives messages of a key to one consumer at a time', () => {
      const queue = declare({ 'x-group-key': 'k' });
      const a = new FakeConsumer(queue, { limit: 2 }).start();
      const b = new FakeConsumer(queue, { limit: 2 }).start();
      for (const [i, k] of ['x', 'x', 'x', 'y', 'x', 'y'].entries()) put(queue, `${i}`, { k });
      expect([a.received, b.received]).to.deep.equal([
        ['0', '1'],
        ['3', '5'],
      ]);
      b.ackOldest();
      b.ackOldest();
      expect(b.received).to.deep.equal(['3', '5']);
      a.ackOldest();
      expect(a.received).to.deep.equal(['0', '1', '2']);
      a.ackOldest();
      a.ackOldest();
      expect(a.received).to.deep.equal(['0', '1', '2', '4']);
    });

    it('frees a key once all of it is settled', () => {
      const queue = declare({ 'x-group-key': 'k' });
      const a = new FakeConsumer(queue, { limit: 1 }).start();
      for (const body of ['0', '1']) put(queue, body, { k: 1 });
      const b = new FakeConsumer(queue, { limit: 1 }).start();
      put(queue, '2', { k: 2 });
      expect([a.received, b.received]).to.deep.equal([['0'], ['2']]);
      b.ackOldest();
      a.open = false;
      a.ackOldest();
      parts.turns.run();
      expect(b.received).to.deep.equal(['2', '1']);
    });

    it('keeps the order of a key when its consumer goes', () => {
      const queue = declare({ 'x-group-key': 'k' });
      const a = new FakeConsumer(queue, { limit: 2 }).start();
      const b = new FakeConsumer(queue, { limit: 1 }).start();
      for (const [i, k] of ['x', 'x', 'x', 'y'].entries()) put(queue, `${i}`, { k });
      queue.cancel(a);
      expect(b.received).to.deep.equal(['3']);
      b.ackOldest();
      expect(b.received).to.deep.equal(['3']);
      queue.settle(a.outstanding, 'requeued');
      parts.turns.run();
      for (let i = 0; i < 3; i++) {
        b.ackOldest();
        parts.turns.run();
      }
      expect(b.received).to.deep.equal(['3', '0!', '1!', '2']);
    });

    it('goes by the routing key when told so; what has no key belongs to nothing', () => {
      const byKey = declare({ 'x-group-key': 'routing-key' });
      const a = new FakeConsumer(byKey, { limit: 1 }).start();
      const b = new FakeConsumer(byKey, { limit: 1 }).start();
      put(byKey, '0', {});
      put(byKey, '1', {});
      expect([a.received, b.received]).to.deep.equal([['0'], []]);
      parts.vhost.deleteQueue('q', { ifUnused: false, ifEmpty: false }, null);
      const byHeader = declare({ 'x-group-key': 'k' });
      const c = new FakeConsumer(byHeader, { limit: 1 }).start();
      const d = new FakeConsumer(byHeader, { limit: 1 }).start();
      put(byHeader, '0', {});
      put(byHeader, '1', {});
      expect([c.received, d.received]).to.deep.equal([['0'], ['1']]);
    });

    it('is no matter for consumers without acks', () => {
      const queue = declare({ 'x-group-key': 'k' });
      const a = new FakeConsumer(queue, { noAck: true }).start();
      for (const body of ['0', '1', '2']) put(queue, body, { k: 1 });
      expect(a.received).to.deep.equal(['0', '1', '2']);
      expect(queue.readyCount).to.equal(0);
    });

    it('goes on behind a message that expired while it waited', () => {
      const queue = declare({ 'x-group-key': 'k' });
      const a = new FakeConsumer(queue, { limit: 1 }).start();
      const b = new FakeConsumer(queue, { limit: 1 }).start();
      put(queue, '0', { k: 1 });
      put(queue, 'gone', { k: 1 }, { expiration: '10' });
      put(queue, '2', { k: 1 });
      parts.clock.advance(10);
      parts.turns.run();
      expect(ready(queue)).to.deep.equal(['2']);
      a.ackOldest();
      expect(b.received).to.deep.equal(['2']);
    });

    it('refuses what is no name', () => {
      for (const [value, reason] of [
        ['', 'empty_name'],
        [5, '{unacceptable_type,signedint}'],
      ] as const) {
        expect(() => declare({ 'x-group-key': value })).to.throw(
          `invalid arg 'x-group-key' for queue 'q' in vhost '/': ${reason}`,
        );
      }
    });
  });
});
