import { expect } from 'chai';
import { EMPTY_TABLE } from '../../../protocol/table.ts';
import { Memory } from '../../../src/broker/memory.ts';
import type { Message, QueueEntry } from '../../../src/broker/message.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import { ClassicQueue } from '../../../src/broker/queues/classic.ts';
import { bodyOf, FakeToken, messageOf } from '../support/broker-parts.ts';
import { FakeConsumer } from '../support/fake-consumer.ts';
import { queueContext } from '../support/queue-context.ts';

const texts = (entries: Iterable<QueueEntry>) =>
  Array.from(entries, ({ message }) => bodyOf(message).toString());

describe('ClassicQueue', () => {
  let memory: Memory;
  let unused: Queue[];
  let queue: ClassicQueue;

  beforeEach(() => {
    memory = new Memory(1e9, () => undefined);
    unused = [];
    queue = new ClassicQueue(
      'q',
      { durable: true, autoDelete: true, owner: null, number: null, arguments: EMPTY_TABLE },
      queueContext({ memory, onUnused: (each) => unused.push(each) }),
    );
  });

  const publish = (...bodies: string[]) => {
    for (const body of bodies) queue.publish(messageOf(body), null);
  };
  const get = (): QueueEntry => {
    const entry = queue.get(false);
    if (entry === null) throw new Error('the queue is empty');
    return entry;
  };
  /** Takes everything there is, as no-ack, with `!` behind what is redelivered. */
  const drain = () => {
    const found: string[] = [];
    for (let entry = queue.get(true); entry !== null; entry = queue.get(true)) {
      found.push(bodyOf(entry.message).toString() + (entry.redelivered ? '!' : ''));
    }
    return found;
  };
  const counts = () => [queue.readyCount, queue.unackedCount, queue.consumerCount];

  it('is what it was declared as', () => {
    expect(queue).to.include({
      kind: 'queue',
      name: 'q',
      vhost: '/',
      durable: true,
      autoDelete: true,
      owner: null,
      number: null,
      arguments: EMPTY_TABLE,
    });
    expect(counts()).to.deep.equal([0, 0, 0]);
  });

  describe('without consumers', () => {
    it('gives messages back in the order of their publishing', () => {
      publish('a', 'b', 'c');
      expect(counts()).to.deep.equal([3, 0, 0]);
      expect(drain()).to.deep.equal(['a', 'b', 'c']);
      expect(queue.get(false)).to.equal(null);
      expect(queue.get(true)).to.equal(null);
    });

    it('counts what was taken until it is settled, and holds its memory as long', () => {
      publish('a', 'b');
      const [a, b] = [get(), get()];
      expect(counts()).to.deep.equal([0, 2, 0]);
      queue.acknowledge(a);
      expect(counts()).to.deep.equal([0, 1, 0]);
      queue.settle([b], 'rejected');
      expect(counts()).to.deep.equal([0, 0, 0]);
      expect(memory.usedBytes).to.equal(0);
    });

    it('holds nothing of what was taken as no-ack', () => {
      publish('a');
      expect(memory.usedBytes).to.be.above(0);
      queue.get(true);
      expect(counts()).to.deep.equal([0, 0, 0]);
      expect(memory.usedBytes).to.equal(0);
    });

    it('confirms each publish at once', () => {
      const token = new FakeToken();
      queue.publish(messageOf('a'), token);
      expect(token.outcomes).to.deep.equal(['confirmed']);
    });

    it('drops what is ready at a purge, and only that', () => {
      publish('a', 'b', 'c');
      const a = get();
      expect(queue.purge()).to.equal(2);
      expect(counts()).to.deep.equal([0, 1, 0]);
      queue.settle([a], 'requeued');
      expect(queue.purge()).to.equal(1);
      expect(queue.purge()).to.equal(0);
      expect(memory.usedBytes).to.equal(0);
    });

    it('shows what is ready, requeued or not', () => {
      publish('a', 'b', 'c');
      queue.settle([get()], 'requeued');
      expect(texts(queue.entries())).to.deep.equal(['a', 'b', 'c']);
    });
  });

  // Spec 1.8.3.13.3 and A7.7.
  describe('requeuing', () => {
    it('puts a message back to its place and marks it', () => {
      publish('a', 'b', 'c');
      const [a, b] = [get(), get()];
      queue.settle([b], 'requeued');
      queue.settle([a], 'requeued');
      expect(counts()).to.deep.equal([3, 0, 0]);
      expect(drain()).to.deep.equal(['a!', 'b!', 'c']);
    });

    it('puts several back to their places, in whatever order they are named', () => {
      publish('a', 'b', 'c', 'd', 'e');
      const [a, b, c, d] = [get(), get(), get(), get()];
      queue.settle([b], 'requeued');
      queue.settle([c, d, a], 'requeued');
      expect(drain()).to.deep.equal(['a!', 'b!', 'c!', 'd!', 'e']);
    });

    it('leaves the place of a message that is still out open', () => {
      publish('a', 'b', 'c');
      const [a, b, c] = [get(), get(), get()];
      queue.settle([c, a], 'requeued');
      expect(drain()).to.deep.equal(['a!', 'c!']);
      queue.settle([b], 'requeued');
      expect(drain()).to.deep.equal(['b!']);
    });

    it('marks a message for good', () => {
      publish('a');
      queue.settle([get()], 'requeued');
      queue.settle([get()], 'requeued');
      expect(get().redelivered).to.equal(true);
    });

    it('takes an empty batch', () => {
      publish('a');
      queue.settle([], 'requeued');
      expect(drain()).to.deep.equal(['a']);
    });

    it('hands what came back to a consumer that is ready', () => {
      publish('a', 'b');
      const [a, b] = [get(), get()];
      const consumer = new FakeConsumer(queue).start();
      queue.settle([b, a], 'requeued');
      expect(consumer.received).to.deep.equal(['a!', 'b!']);
      expect(counts()).to.deep.equal([0, 2, 1]);
    });
  });

  describe('deleted', () => {
    it('says how many ready messages went, and lets their memory go', () => {
      publish('a', 'b', 'c');
      const a = get();
      expect(queue.delete()).to.equal(2);
      expect(counts()).to.deep.equal([0, 1, 0]);
      queue.settle([a], 'requeued');
      expect(counts()).to.deep.equal([0, 0, 0]);
      expect(memory.usedBytes).to.equal(0);
    });

    it('tells each consumer once and gives it nothing more', () => {
      const consumers = [new FakeConsumer(queue).start(), new FakeConsumer(queue).start()];
      queue.delete();
      publish('a');
      for (const consumer of consumers) queue.cancel(consumer);
      for (const { cancels, received } of consumers) {
        expect([cancels, received]).to.deep.equal([1, []]);
      }
      expect(queue.consumerCount).to.equal(0);
      expect(unused).to.deep.equal([]);
    });

    it('confirms what is still published to it and keeps nothing (A9.1)', () => {
      queue.delete();
      const token = new FakeToken();
      queue.publish(messageOf('a'), token);
      expect(token.outcomes).to.deep.equal(['confirmed']);
      expect(counts()).to.deep.equal([0, 0, 0]);
      expect(memory.usedBytes).to.equal(0);
    });

    it('lets settled deliveries go, whatever their outcome', () => {
      publish('a', 'b', 'c');
      const taken = [get(), get(), get()] as const;
      queue.delete();
      queue.acknowledge(taken[0]);
      queue.settle([taken[1]], 'rejected');
      queue.settle([taken[2]], 'requeued');
      expect(memory).to.include({ usedBytes: 0, exactBytes: 0 });
      expect(queue.unackedCount).to.equal(0);
    });
  });

  describe('sharing a message with another queue', () => {
    it('holds it until the last of both has let go', () => {
      const message: Message = messageOf('a');
      const other = new ClassicQueue('r', queue, queueContext({ memory }));
      queue.publish(message, null);
      const used = memory.usedBytes;
      other.publish(message, null);
      expect(memory.usedBytes).to.equal(used);
      queue.purge();
      expect(memory.usedBytes).to.equal(used);
      other.purge();
      expect(memory.usedBytes).to.equal(0);
    });

    it('marks it as redelivered in its own queue only', () => {
      const message = messageOf('a');
      const other = new ClassicQueue('r', queue, queueContext({ memory }));
      for (const each of [queue, other]) each.publish(message, null);
      queue.settle([get()], 'requeued');
      expect(get().redelivered).to.equal(true);
      expect(other.get(false)?.redelivered).to.equal(false);
    });
  });
});
