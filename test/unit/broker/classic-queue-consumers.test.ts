import { expect } from 'chai';
import { EMPTY_TABLE } from '../../../protocol/table.ts';
import { BrokerError } from '../../../src/broker/errors.ts';
import {
  BEHIND_BYTES,
  BEHIND_MESSAGES,
  CAUGHT_UP_BYTES,
  CAUGHT_UP_MESSAGES,
  Flow,
} from '../../../src/broker/flow.ts';
import { Memory } from '../../../src/broker/memory.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import { ClassicQueue } from '../../../src/broker/queues/classic.ts';
import { messageOf } from '../support/broker-parts.ts';
import { FakeConsumer } from '../support/fake-consumer.ts';
import { queueContext } from '../support/queue-context.ts';

describe('ClassicQueue and its consumers', () => {
  let memory: Memory;
  let flow: Flow;
  let unused: Queue[];
  let queue: ClassicQueue;

  beforeEach(() => {
    memory = new Memory(1e9, () => undefined);
    flow = new Flow();
    unused = [];
    queue = new ClassicQueue(
      'q',
      { durable: false, autoDelete: true, owner: null, number: null, arguments: EMPTY_TABLE },
      queueContext({ vhost: 'v', memory, flow, onUnused: (each) => unused.push(each) }),
    );
  });

  const publish = (count: number, from = 0) => {
    for (let i = from; i < from + count; i++) queue.publish(messageOf(`${i}`), null);
  };
  const counts = () => [queue.readyCount, queue.unackedCount, queue.consumerCount];

  it('hands what is published straight to a consumer that is ready', () => {
    const consumer = new FakeConsumer(queue).start();
    publish(2);
    expect(consumer.received).to.deep.equal(['0', '1']);
    expect(counts()).to.deep.equal([0, 2, 1]);
    consumer.ackOldest();
    consumer.ackOldest();
    expect(counts()).to.deep.equal([0, 0, 1]);
    expect(memory.usedBytes).to.equal(0);
  });

  it('gives nothing to a new consumer before it is told to dispatch', () => {
    publish(2);
    const consumer = new FakeConsumer(queue);
    queue.consume(consumer);
    expect(consumer.received).to.deep.equal([]);
    queue.dispatch();
    expect(consumer.received).to.deep.equal(['0', '1']);
  });

  it('lets no message overtake others while a consumer is about to start', () => {
    publish(1);
    const consumer = new FakeConsumer(queue);
    queue.consume(consumer);
    publish(1, 1);
    queue.dispatch();
    expect(consumer.received).to.deep.equal(['0', '1']);
  });

  it('holds nothing for a no-ack consumer', () => {
    publish(1);
    const consumer = new FakeConsumer(queue, { noAck: true }).start();
    publish(1, 1);
    expect(consumer.received).to.deep.equal(['0', '1']);
    expect(counts()).to.deep.equal([0, 0, 1]);
    expect(memory).to.include({ usedBytes: 0, exactBytes: 0 });
  });

  it('tells a no-ack consumer what is redelivered', () => {
    publish(1);
    const entry = queue.get(false);
    const consumer = new FakeConsumer(queue, { noAck: true }).start();
    if (entry !== null) queue.settle([entry], 'requeued');
    expect(consumer.received).to.deep.equal(['0!']);
    expect(memory.usedBytes).to.equal(0);
  });

  it('keeps to a consumer’s limit, and goes on when it can', () => {
    publish(3);
    const consumer = new FakeConsumer(queue, { limit: 2 }).start();
    expect(consumer.received).to.deep.equal(['0', '1']);
    expect(counts()).to.deep.equal([1, 2, 1]);
    consumer.ackOldest();
    expect(consumer.received).to.deep.equal(['0', '1', '2']);
  });

  it('shares messages among consumers in turn', () => {
    const consumers = [0, 1, 2].map(() => new FakeConsumer(queue).start());
    publish(7);
    expect(consumers.map(({ received }) => received)).to.deep.equal([
      ['0', '3', '6'],
      ['1', '4'],
      ['2', '5'],
    ]);
  });

  it('serves a higher priority first, while it is ready (A7.3)', () => {
    const low = new FakeConsumer(queue, { priority: -1 }).start();
    const high = new FakeConsumer(queue, { priority: 10, limit: 1 }).start();
    publish(3);
    expect([high.received, low.received]).to.deep.equal([['0'], ['1', '2']]);
    high.ackOldest();
    publish(2, 3);
    expect([high.received, low.received]).to.deep.equal([
      ['0', '3'],
      ['1', '2', '4'],
    ]);
  });

  describe('exclusive (A7.4)', () => {
    const refused = (consumer: FakeConsumer) => {
      expect(() => queue.consume(consumer))
        .to.throw(BrokerError, "queue 'q' in vhost 'v' in exclusive use")
        .that.has.property('kind', 'access-refused');
    };

    it('lets nobody in beside it, until it is gone', () => {
      const first = new FakeConsumer(queue, { exclusive: true }).start();
      refused(new FakeConsumer(queue));
      refused(new FakeConsumer(queue, { exclusive: true }));
      queue.cancel(first);
      new FakeConsumer(queue).start();
      expect(queue.consumerCount).to.equal(1);
    });

    it('is refused when somebody is there, who stays', () => {
      const first = new FakeConsumer(queue).start();
      refused(new FakeConsumer(queue, { exclusive: true }));
      new FakeConsumer(queue).start();
      publish(2);
      expect(first.received).to.deep.equal(['0']);
      expect(queue.consumerCount).to.equal(2);
    });
  });

  describe('cancelled', () => {
    it('get nothing more, and keep what is outstanding', () => {
      const consumer = new FakeConsumer(queue).start();
      publish(1);
      queue.cancel(consumer);
      publish(1, 1);
      expect(consumer.received).to.deep.equal(['0']);
      expect(counts()).to.deep.equal([1, 1, 0]);
    });

    it('cannot be activated again', () => {
      publish(2);
      const consumer = new FakeConsumer(queue, { limit: 1 }).start();
      queue.cancel(consumer);
      consumer.ackOldest();
      expect(consumer.received).to.deep.equal(['0']);
      expect(counts()).to.deep.equal([1, 0, 0]);
    });

    it('leave the queue unused with the last of them, told once', () => {
      const consumers = [new FakeConsumer(queue).start(), new FakeConsumer(queue).start()] as const;
      queue.cancel(consumers[0]);
      queue.cancel(consumers[0]);
      expect(unused).to.deep.equal([]);
      queue.cancel(consumers[1]);
      queue.cancel(consumers[1]);
      expect(unused).to.deep.equal([queue]);
    });
  });

  describe('that fall behind', () => {
    it('are reported to flow control from the limit on', () => {
      new FakeConsumer(queue, { limit: 1 }).start();
      publish(BEHIND_MESSAGES);
      expect(queue.readyCount).to.equal(BEHIND_MESSAGES - 1);
      expect(flow.takeLagging()).to.equal(null);
      publish(1);
      expect(flow.takeLagging()).to.equal(queue);
      expect(flow.takeLagging()).to.equal(null);
      publish(1);
      expect(flow.takeLagging()).to.equal(queue);
    });

    it('are reported for large messages sooner', () => {
      new FakeConsumer(queue, { limit: 0 }).start();
      queue.publish(messageOf(Buffer.alloc(BEHIND_BYTES - 1)), null);
      expect(flow.takeLagging()).to.equal(null);
      queue.publish(messageOf('x'), null);
      expect(flow.takeLagging()).to.equal(queue);
      queue.get(true);
      queue.publish(messageOf('x'), null);
      expect(flow.takeLagging()).to.equal(null);
    });

    it('are not reported where there are none', () => {
      publish(BEHIND_MESSAGES + 1);
      expect(flow.takeLagging()).to.equal(null);
    });

    /** Who waits for the queue to catch up: `calls` counts how often that was said. */
    const waiting = () => {
      const waiter = { calls: 0, resume: () => void waiter.calls++ };
      queue.whenCaughtUp(waiter.resume);
      return waiter;
    };

    it('let publishers go on when they have caught up, once', () => {
      const consumer = new FakeConsumer(queue, { limit: 1 }).start();
      publish(CAUGHT_UP_MESSAGES + 3);
      const waiter = waiting();
      queue.whenCaughtUp(waiter.resume);
      consumer.ackOldest();
      expect([queue.readyCount, waiter.calls]).to.deep.equal([CAUGHT_UP_MESSAGES + 1, 0]);
      consumer.ackOldest();
      expect([queue.readyCount, waiter.calls]).to.deep.equal([CAUGHT_UP_MESSAGES, 1]);
      consumer.ackOldest();
      expect(waiter.calls).to.equal(1);
    });

    it('have caught up when few octets are left, too', () => {
      const half = Buffer.alloc(CAUGHT_UP_BYTES / 2);
      for (let i = 0; i < 4; i++) queue.publish(messageOf(half), null);
      const waiter = waiting();
      queue.get(true);
      expect(waiter.calls).to.equal(0);
      queue.get(true);
      expect(waiter.calls).to.equal(1);
    });

    it('let them go at once where the queue is not behind', () => {
      publish(CAUGHT_UP_MESSAGES);
      expect(waiting().calls).to.equal(1);
      queue.purge();
      expect(waiting().calls).to.equal(1);
      queue.delete();
      expect(waiting().calls).to.equal(1);
    });

    for (const [what, act] of [
      ['a get', () => void queue.get(true)],
      ['a purge', () => void queue.purge()],
      ['its deletion', () => void queue.delete()],
    ] as const) {
      it(`let them go after ${what}, too`, () => {
        publish(CAUGHT_UP_MESSAGES + 1);
        const waiters = [waiting(), waiting()];
        expect(waiters.map(({ calls }) => calls)).to.deep.equal([0, 0]);
        act();
        expect(waiters.map(({ calls }) => calls)).to.deep.equal([1, 1]);
      });
    }

    it('do not call one that waits no more', () => {
      publish(CAUGHT_UP_MESSAGES + 1);
      const waiter = waiting();
      queue.stopWaiting(waiter.resume);
      queue.stopWaiting(waiter.resume);
      queue.purge();
      expect(waiter.calls).to.equal(0);
    });

    it('let them go when the last of them is cancelled', () => {
      const consumers = [0, 1].map(() => new FakeConsumer(queue, { limit: 1 }).start());
      publish(CAUGHT_UP_MESSAGES + 3);
      const waiter = waiting();
      queue.cancel(consumers[0] as FakeConsumer);
      expect(waiter.calls).to.equal(0);
      queue.cancel(consumers[1] as FakeConsumer);
      expect(waiter.calls).to.equal(1);
    });

    it('take a publisher that waits again while it is told', () => {
      publish(CAUGHT_UP_MESSAGES + 1);
      let calls = 0;
      const resume = () => {
        if (++calls === 1) queue.whenCaughtUp(resume);
      };
      queue.whenCaughtUp(resume);
      queue.get(true);
      expect(calls).to.equal(2);
    });
  });
});
