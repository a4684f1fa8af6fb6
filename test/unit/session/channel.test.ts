import { expect } from 'chai';
import { BrokerError } from '../../../src/broker/errors.ts';
import type { PublishToken, Queue } from '../../../src/broker/queue.ts';
import { messageOf } from '../support/broker-parts.ts';
import { ChannelParts } from '../support/channel-parts.ts';

describe('Channel', () => {
  /** The event of a consumer that is taken off. */
  const goneWith = (prefetch: number) => ({
    ...{ vhost: '/', queue: 'q', tag: 'ctag', user: 'guest', channelId: '<0.1.7>' },
    ...{ noAck: false, exclusive: false, prefetch, arguments: new Map() },
  });

  let parts: ChannelParts;
  let queue: Queue;

  beforeEach(() => {
    parts = new ChannelParts();
    queue = parts.declare('q');
  });

  const publish = (...bodies: string[]) => {
    for (const body of bodies) queue.publish(messageOf(body), null);
  };
  const counts = () => [queue.readyCount, queue.unackedCount, parts.channel.outstanding];
  const unknown = (act: () => void, tag: string) => {
    expect(act)
      .to.throw(BrokerError, `unknown delivery tag ${tag}`)
      .with.property('kind', 'precondition-failed');
  };

  describe('settling (A7.6)', () => {
    beforeEach(() => {
      publish('a', 'b', 'c', 'd', 'e');
      parts.consume(queue);
      parts.deliveries();
    });

    it('takes one delivery', () => {
      parts.channel.settle(3, false, 'acknowledged');
      expect(counts()).to.deep.equal([0, 4, 4]);
    });

    it('takes all up to a tag, or with tag 0 all there are', () => {
      parts.channel.settle(2, false, 'rejected');
      parts.channel.settle(3, true, 'acknowledged');
      expect(counts()).to.deep.equal([0, 2, 2]);
      parts.channel.settle(0, true, 'acknowledged');
      expect(counts()).to.deep.equal([0, 0, 0]);
      parts.channel.settle(0, true, 'acknowledged');
      expect(parts.broker.memory.usedBytes).to.equal(0);
    });

    it('refuses tags that are not outstanding, and changes nothing', () => {
      parts.channel.settle(2, false, 'acknowledged');
      unknown(() => parts.channel.settle(2, false, 'acknowledged'), '2');
      unknown(() => parts.channel.settle(2, true, 'acknowledged'), '2');
      unknown(() => parts.channel.settle(6, true, 'requeued'), '6');
      unknown(() => parts.channel.settle(0, false, 'requeued'), '0');
      unknown(() => parts.channel.settle(2n ** 63n + 1n, false, 'requeued'), '9223372036854775809');
      expect(counts()).to.deep.equal([0, 4, 4]);
    });

    it('requeues to the places where the messages were, in one go', () => {
      parts.channel.settle(4, true, 'requeued');
      expect(parts.deliveries()).to.deep.equal(['6 a!', '7 b!', '8 c!', '9 d!']);
      expect(counts()).to.deep.equal([0, 5, 5]);
    });

    it('gives each queue its own', () => {
      const other = parts.declare('r');
      other.publish(messageOf('other'), null);
      parts.consume(other, { tag: 'other' });
      parts.deliveries();
      parts.channel.consumers.get('ctag')?.queue.purge();
      parts.canDeliver = false;
      parts.channel.settle(0, true, 'requeued');
      expect([queue.readyCount, other.readyCount, parts.channel.outstanding]).to.deep.equal([
        ...[5, 1, 0],
      ]);
    });
  });

  describe('prefetch of the channel (A7.1)', () => {
    it('is shared by its consumers', () => {
      const other = parts.declare('r');
      parts.channel.channelPrefetch = 2;
      publish('a', 'b', 'c');
      other.publish(messageOf('r'), null);
      parts.consume(queue, { tag: '1' });
      parts.consume(other, { tag: '2' });
      expect(parts.deliveries()).to.deep.equal(['1 a', '2 b']);
      parts.channel.settle(0, true, 'acknowledged');
      expect(parts.deliveries().sort()).to.deep.equal(['3 c', '4 r']);
    });

    it('goes together with that of a consumer', () => {
      parts.channel.channelPrefetch = 3;
      publish('a', 'b', 'c', 'd', 'e');
      parts.consume(queue, { tag: '1', prefetch: 1 });
      parts.consume(queue, { tag: '2' });
      expect(parts.deliveries()).to.have.length(3);
      expect(counts()).to.deep.equal([2, 3, 3]);
    });

    it('costs no more with each acknowledgement', () => {
      parts.channel.channelPrefetch = 1;
      const consumer = parts.consume(queue);
      let questions = 0;
      const isReady = consumer.isReady.bind(consumer);
      consumer.isReady = () => {
        questions++;
        return isReady();
      };
      publish(...Array.from({ length: 1000 }, () => 'x'));
      for (let tag = 1; tag < 1000; tag++) parts.channel.settle(tag, false, 'acknowledged');
      expect(questions).to.be.below(5000);
    });

    it('does not hold no-ack consumers', () => {
      parts.channel.channelPrefetch = 1;
      parts.consume(queue, { noAck: true });
      publish('a', 'b', 'c');
      expect(parts.deliveries()).to.have.length(3);
    });

    it('may be raised and lowered', () => {
      publish('a', 'b', 'c', 'd', 'e', 'f');
      parts.channel.channelPrefetch = 4;
      parts.consume(queue);
      expect(parts.deliveries()).to.have.length(4);
      parts.channel.channelPrefetch = 2;
      parts.channel.wakeWaiting();
      parts.channel.settle(2, true, 'acknowledged');
      expect(parts.deliveries()).to.deep.equal([]);
      parts.channel.settle(3, false, 'acknowledged');
      expect(parts.deliveries()).to.deep.equal(['5 e']);
      parts.channel.channelPrefetch = 0;
      parts.channel.wakeWaiting();
      expect(parts.deliveries()).to.deep.equal(['6 f']);
    });
  });

  describe('confirms', () => {
    it('are written as frames at the end of the turn', () => {
      parts.channel.selectConfirms();
      const { confirms } = parts.channel;
      parts.channel.selectConfirms();
      expect(parts.channel.confirms).to.equal(confirms);
      const tokens = Array.from({ length: 4 }, () => confirms?.next(1) as PublishToken);
      const [a, b, c, d] = tokens;
      for (const token of [a, b]) token?.settle('confirmed');
      expect(parts.workDue).to.be.above(0);
      expect(parts.written()).to.deep.equal([]);
      c?.settle('rejected');
      d?.settle('confirmed');
      parts.channel.finishTurn();
      const written = parts.written().map(({ method }) => method);
      expect(written).to.deep.equal([
        { name: 'basic.ack', deliveryTag: 2, multiple: true },
        { name: 'basic.nack', deliveryTag: 3, multiple: true, requeue: true },
        { name: 'basic.ack', deliveryTag: 4, multiple: false },
      ]);
    });
  });

  describe('consumers whose queue goes (A7.5)', () => {
    const cancelled = () => {
      const at = parts.sent.length;
      parts.channel.finishTurn();
      return parts.sent.slice(at);
    };

    it('are told of at the end of the turn, where the client wants to know', () => {
      parts.capabilities.add('consumer_cancel_notify');
      parts.consume(queue);
      parts.takeEvents();
      queue.delete();
      expect(parts.channel.consumers.size).to.equal(0);
      expect([parts.sent.length, parts.workDue]).to.deep.equal([0, 1]);
      const method = { name: 'basic.cancel', consumerTag: 'ctag', nowait: true };
      expect(cancelled()).to.deep.equal([[7, 'basic.cancel', method]]);
      expect(cancelled()).to.deep.equal([]);
      expect(parts.takeEvents()).to.deep.equal([['consumer.deleted', goneWith(0)]]);
    });

    it('go without a word else', () => {
      parts.consume(queue);
      queue.delete();
      expect(cancelled()).to.deep.equal([]);
    });

    it('go without a word on a channel that is closing', () => {
      parts.capabilities.add('consumer_cancel_notify');
      parts.consume(queue);
      parts.channel.closing = true;
      queue.delete();
      parts.channel.closing = false;
      expect(cancelled()).to.deep.equal([]);
    });
  });

  describe('its end (A7.9)', () => {
    it('takes its consumers off and gives back what is outstanding', () => {
      publish('a', 'b', 'c');
      parts.consume(queue, { prefetch: 2 });
      parts.deliveries();
      parts.takeEvents();
      parts.channel.end();
      expect(counts()).to.deep.equal([3, 0, 0]);
      expect(queue.consumerCount).to.equal(0);
      expect(parts.deliveries()).to.deep.equal([]);
      expect(queue.get(true)?.redelivered).to.equal(true);
      expect(parts.takeEvents()).to.deep.equal([['consumer.deleted', goneWith(2)]]);
    });

    it('comes once', () => {
      publish('a');
      parts.consume(queue);
      parts.channel.end();
      const entry = queue.get(false);
      parts.channel.end();
      expect(counts()).to.deep.equal([0, 1, 0]);
      expect(entry?.redelivered).to.equal(true);
    });

    it('writes nothing more', () => {
      parts.channel.selectConfirms();
      parts.channel.confirms?.next(0);
      parts.channel.end();
      parts.channel.finishTurn();
      expect(parts.written()).to.deep.equal([]);
    });
  });
});
