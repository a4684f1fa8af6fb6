import { expect } from 'chai';
import type { Queue } from '../../../src/broker/queue.ts';
import { Transaction } from '../../../src/session/transaction.ts';
import { bodyOf, messageOf } from '../support/broker-parts.ts';
import { ChannelParts } from '../support/channel-parts.ts';

describe('Transaction (A9.3)', () => {
  let parts: ChannelParts;
  let queue: Queue;
  let transaction: Transaction;

  beforeEach(() => {
    parts = new ChannelParts();
    queue = parts.declare('q');
    transaction = new Transaction(parts.broker.memory);
    parts.channel.transaction = transaction;
  });

  const publish = (body: string, destinations = [queue]) =>
    transaction.publish({ message: messageOf(body), destinations, mandatory: false });
  const commit = () => {
    transaction.enqueue(parts.channel);
    transaction.applySettlements(parts.channel);
  };
  const used = () => parts.broker.memory.usedBytes;

  describe('publishes', () => {
    it('wait for the commit, in their order, and count as memory', () => {
      publish('a');
      publish('b');
      expect(queue.readyCount).to.equal(0);
      expect(used()).to.be.above(0);
      const before = used();
      commit();
      expect(queue.readyCount).to.equal(2);
      expect(used()).to.equal(before);
      parts.consume(queue, { noAck: true });
      expect(parts.deliveries()).to.deep.equal(['1 a', '2 b']);
      expect(used()).to.equal(0);
    });

    it('go to all their queues', () => {
      const other = parts.declare('r');
      publish('a', [queue, other]);
      commit();
      expect([queue.readyCount, other.readyCount]).to.deep.equal([1, 1]);
    });

    it('are enqueued once', () => {
      publish('a');
      commit();
      commit();
      expect(queue.readyCount).to.equal(1);
    });

    it('are forgotten at a rollback', () => {
      publish('a');
      transaction.rollback(parts.channel);
      commit();
      expect([queue.readyCount, used()]).to.deep.equal([0, 0]);
    });

    it('leave nothing behind where they go nowhere', () => {
      publish('a', []);
      const gone = parts.declare('gone');
      publish('b', [gone]);
      gone.delete();
      commit();
      expect(used()).to.equal(0);
    });
  });

  describe('settlements', () => {
    beforeEach(() => {
      for (const body of ['a', 'b', 'c', 'd']) queue.publish(messageOf(body), null);
      parts.consume(queue, { prefetch: 4 });
      parts.deliveries();
    });

    it('wait for the commit', () => {
      parts.channel.settle(2, true, 'acknowledged');
      expect([queue.unackedCount, parts.channel.outstanding]).to.deep.equal([4, 4]);
      commit();
      expect([queue.unackedCount, parts.channel.outstanding]).to.deep.equal([2, 2]);
      commit();
      expect(queue.unackedCount).to.equal(2);
    });

    it('are applied in their order, each with its outcome', () => {
      parts.channel.settle(1, false, 'acknowledged');
      parts.channel.settle(3, true, 'requeued');
      parts.channel.settle(4, false, 'rejected');
      parts.canDeliver = false;
      commit();
      expect([queue.readyCount, queue.unackedCount]).to.deep.equal([2, 0]);
      expect(queue.get(true)).to.include({ redelivered: true });
    });

    it('come after the publishes: what is requeued is nearer the head', () => {
      parts.channel.settle(4, false, 'requeued');
      publish('e');
      commit();
      expect(parts.deliveries()).to.deep.equal(['5 d!']);
      parts.channel.settle(0, true, 'acknowledged');
      commit();
      expect(parts.deliveries()).to.deep.equal(['6 e']);
    });

    it('are undone at a rollback: outstanding again, and not sent again', () => {
      parts.channel.settle(2, true, 'acknowledged');
      parts.channel.settle(3, false, 'requeued');
      transaction.rollback(parts.channel);
      expect(parts.deliveries()).to.deep.equal([]);
      expect(parts.channel.unacked.size).to.equal(4);
      parts.channel.settle(3, true, 'acknowledged');
      commit();
      expect([queue.unackedCount, parts.channel.unacked.size]).to.deep.equal([1, 1]);
    });

    it('take a tag for settled until then', () => {
      parts.channel.settle(2, false, 'acknowledged');
      expect(() => parts.channel.settle(2, false, 'acknowledged')).to.throw('unknown delivery tag');
    });

    it('come to nothing when the channel ends: all goes back', () => {
      parts.channel.settle(2, true, 'acknowledged');
      publish('e');
      parts.channel.end();
      expect([queue.readyCount, queue.unackedCount]).to.deep.equal([4, 0]);
      queue.purge();
      expect(used()).to.equal(0);
    });

    it('stay when the channel ends while a commit waits for the disk', () => {
      parts.channel.settle(1, false, 'acknowledged');
      parts.channel.settle(2, false, 'rejected');
      parts.channel.settle(3, false, 'requeued');
      publish('e');
      transaction.enqueue(parts.channel);
      transaction.recordSettlements();
      parts.channel.end();
      expect(parts.deliveries()).to.deep.equal([]);
      expect(queue.unackedCount).to.equal(0);
      expect(
        Array.from(queue.entries(), ({ message }) => bodyOf(message).toString()),
      ).to.deep.equal(['c', 'd', 'e']);
      queue.purge();
      expect(used()).to.equal(0);
    });

    it('come to nothing behind a commit that is over', () => {
      parts.channel.settle(1, false, 'acknowledged');
      transaction.recordSettlements();
      transaction.applySettlements(parts.channel);
      parts.channel.settle(2, false, 'acknowledged');
      parts.channel.end();
      expect([queue.readyCount, queue.unackedCount]).to.deep.equal([3, 0]);
    });
  });
});
