import { expect } from 'chai';
import { Message } from '../../../src/broker/message.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import { Route } from '../../../src/broker/routes.ts';
import { messageOf } from '../support/broker-parts.ts';
import { ChannelParts } from '../support/channel-parts.ts';

describe('ChannelConsumer', () => {
  let parts: ChannelParts;
  let queue: Queue;

  beforeEach(() => {
    parts = new ChannelParts();
    queue = parts.declare('q');
  });

  const publish = (...bodies: string[]) => {
    for (const body of bodies) queue.publish(messageOf(body), null);
  };
  const ack = (tag: number) => parts.channel.settle(tag, false, 'acknowledged');
  const counts = () => [queue.readyCount, queue.unackedCount, parts.channel.outstanding];

  describe('delivers', () => {
    it('with its tag, the next delivery tag, and where the message was published', () => {
      parts.consume(queue, { tag: 'häschen' });
      publish('one', 'two');
      const common = {
        name: 'basic.deliver',
        consumerTag: 'häschen',
        redelivered: false,
        exchange: 'some exchange',
        routingKey: 'some.key',
      };
      expect(parts.written()).to.deep.equal([
        { method: { ...common, deliveryTag: 1 }, body: 'one' },
        { method: { ...common, deliveryTag: 2 }, body: 'two' },
      ]);
      expect([parts.channel.lastDeliveryTag, parts.channel.unacked.size]).to.deep.equal([2, 2]);
    });

    it('bodies of any size, and none', () => {
      parts.consume(queue);
      const bodies = ['', 'x'.repeat(4088), 'y'.repeat(4089), 'z'.repeat(100_000)];
      publish(...bodies);
      expect(parts.written().map(({ body }) => body)).to.deep.equal(bodies);
    });

    it('each message with its own address', () => {
      parts.consume(queue);
      const [a, b] = [new Route('x', 'a'), new Route('', 'b'.repeat(255))];
      const body = messageOf('m');
      for (const address of [a, a, b, a]) {
        const { body: chunk, bodyStart, bodySize } = body;
        queue.publish(new Message(address, chunk, 0, 2, chunk, bodyStart, bodySize, null), null);
      }
      const keys = parts
        .written()
        .map(({ method }) => (method.name === 'basic.deliver' ? method.routingKey : ''));
      expect(keys).to.deep.equal(['a', 'a', b.routingKey, 'a']);
    });

    it('and says what is redelivered', () => {
      publish('a');
      const entry = queue.get(false);
      if (entry !== null) queue.settle([entry], 'requeued');
      publish('b');
      parts.consume(queue);
      expect(parts.deliveries()).to.deep.equal(['1 a!', '2 b']);
    });

    it('as no-ack without anything outstanding', () => {
      parts.consume(queue, { noAck: true, prefetch: 1 });
      publish('a', 'b');
      expect(parts.deliveries()).to.deep.equal(['1 a', '2 b']);
      expect(counts()).to.deep.equal([0, 0, 0]);
      expect(parts.channel.unacked.size).to.equal(0);
    });

    it('direct replies with the tag that comes next, using none up (A9.7)', () => {
      parts.consume(queue, { noAck: true, isReply: true });
      publish('a', 'b');
      expect(parts.deliveries()).to.deep.equal(['1 a', '1 b']);
      expect(parts.channel.lastDeliveryTag).to.equal(0);
    });
  });

  describe('keeps to its prefetch (A7.1)', () => {
    it('and goes on with each settled delivery', () => {
      publish('a', 'b', 'c', 'd');
      const consumer = parts.consume(queue, { prefetch: 2 });
      expect(parts.deliveries()).to.deep.equal(['1 a', '2 b']);
      expect([consumer.parked, ...counts()]).to.deep.equal([true, 2, 2, 2]);
      ack(2);
      expect(parts.deliveries()).to.deep.equal(['3 c']);
      ack(1);
      expect(parts.deliveries()).to.deep.equal(['4 d']);
      expect(counts()).to.deep.equal([0, 2, 2]);
    });

    it('counting its own deliveries only', () => {
      const other = parts.declare('r');
      for (const each of [queue, other]) {
        for (const body of ['1', '2']) each.publish(messageOf(each.name + body), null);
      }
      parts.consume(queue, { prefetch: 1, tag: 'a' });
      parts.consume(other, { prefetch: 1, tag: 'b' });
      expect(parts.deliveries()).to.deep.equal(['1 q1', '2 r1']);
      ack(2);
      expect(parts.deliveries()).to.deep.equal(['3 r2']);
    });

    it('with a requeued message as well', () => {
      publish('a', 'b');
      parts.consume(queue, { prefetch: 1 });
      parts.channel.settle(1, false, 'requeued');
      expect(parts.deliveries()).to.deep.equal(['1 a', '2 a!']);
      expect(counts()).to.deep.equal([1, 1, 1]);
    });
  });

  describe('waits', () => {
    it('for room on its connection, and goes on when it is woken', () => {
      const consumer = parts.consume(queue);
      parts.canDeliver = false;
      publish('a', 'b');
      expect(parts.waitingForRoom).to.deep.equal([consumer]);
      consumer.wake();
      expect(parts.waitingForRoom).to.deep.equal([consumer, consumer]);
      expect(parts.deliveries()).to.deep.equal([]);
      parts.canDeliver = true;
      consumer.wake();
      expect(parts.deliveries()).to.deep.equal(['1 a', '2 b']);
      expect(consumer.parked).to.equal(false);
    });

    it('for room as a no-ack consumer, too', () => {
      const consumer = parts.consume(queue, { noAck: true });
      parts.canDeliver = false;
      publish('a');
      expect(parts.waitingForRoom).to.deep.equal([consumer]);
      expect(queue.readyCount).to.equal(1);
    });

    it('for room first, then for its prefetch', () => {
      const consumer = parts.consume(queue, { prefetch: 1 });
      publish('a', 'b');
      parts.canDeliver = false;
      ack(1);
      expect(parts.waitingForRoom).to.deep.equal([consumer]);
      parts.canDeliver = true;
      consumer.wake();
      expect(parts.deliveries()).to.deep.equal(['1 a', '2 b']);
    });

    it('for nothing else: to be woken without having waited changes nothing', () => {
      const consumer = parts.consume(queue);
      consumer.wake();
      expect(parts.waitingForRoom).to.deep.equal([]);
      publish('a');
      expect(parts.deliveries()).to.deep.equal(['1 a']);
    });
  });
});
