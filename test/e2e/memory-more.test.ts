// The count of what transactions and direct replies hold, and the alarm that a count raises, which
// loses nothing. Leveret alone. What clients are told of an alarm is in blocked.test.ts.
import { expect } from 'chai';
import { BODY, KIB, useMemoryStage } from '../support/memory-stage.ts';
import type { Peer } from '../support/peer.ts';
import { needsLeveret } from '../support/target.ts';
import { consume, counts, take } from '../support/topology.ts';

const LIMIT_BYTES = 200 * KIB;

describe('memory of a transaction', () => {
  needsLeveret();
  const stage = useMemoryStage();
  let peer: Peer;

  beforeEach(async () => {
    peer = await stage.client();
    await peer.call(1, 'queue.declare', { queue: 'q' });
    await peer.call(1, 'tx.select');
    for (let i = 0; i < 3; i++) peer.publish(1, { routingKey: 'q' }, {}, BODY);
    await peer.fence(1);
    expect(stage.used).to.be.above(3 * BODY.length);
  });

  it('ends with a rollback', async () => {
    await peer.call(1, 'tx.rollback');
    expect(stage.used).to.equal(0);
  });

  it('ends with its channel', async () => {
    await peer.call(1, 'channel.close');
    expect(stage.used).to.equal(0);
  });

  it('ends with its connection', async () => {
    await stage.lose(peer);
    expect(stage.used).to.equal(0);
  });

  it('becomes that of queued messages with a commit', async () => {
    const before = stage.used;
    await peer.call(1, 'tx.commit');
    expect(stage.used).to.equal(before);
    peer.send(1, 'basic.get', { queue: 'q' });
    await peer.expectContent(1, 'basic.get-ok');
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    await peer.fence(1);
    expect(stage.used, 'before the ack is committed').to.equal(before);
    await peer.call(1, 'tx.commit');
    expect(stage.used).to.be.below(before - BODY.length);
    await peer.call(1, 'queue.purge', { queue: 'q' });
    expect(stage.used).to.equal(0);
  });

  it('stays with an ack that is rolled back, and ends when the message is purged', async () => {
    await peer.call(1, 'tx.commit');
    const before = stage.used;
    peer.send(1, 'basic.get', { queue: 'q' });
    await peer.expectContent(1, 'basic.get-ok');
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    await peer.call(1, 'tx.rollback');
    await peer.call(1, 'channel.close');
    expect(stage.used).to.equal(before);
    await peer.open(1);
    expect(await counts(peer, 'q')).to.deep.equal([3]);
    await peer.call(1, 'queue.purge', { queue: 'q' });
    expect(stage.used).to.equal(0);
  });

  it('goes back to the queue with an ack that was never committed', async () => {
    await peer.call(1, 'tx.commit');
    peer.send(1, 'basic.get', { queue: 'q' });
    await peer.expectContent(1, 'basic.get-ok');
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    await stage.lose(peer);
    const other = await stage.client();
    expect(await counts(other, 'q')).to.deep.equal([3]);
    await other.call(1, 'queue.delete', { queue: 'q' });
    expect(stage.used).to.equal(0);
  });
});

describe('memory of direct replies', () => {
  needsLeveret();
  const stage = useMemoryStage();

  /** A requester that waits for replies, and their address. */
  async function requester(): Promise<{ peer: Peer; address: string }> {
    const peer = await stage.client();
    await peer.call(1, 'queue.declare', { queue: 'requests' });
    await consume(peer, 'amq.rabbitmq.reply-to', { noAck: true });
    const replyTo = 'amq.rabbitmq.reply-to';
    peer.publish(1, { routingKey: 'requests' }, { replyTo }, BODY);
    await peer.fence(1);
    const { properties } = await take(peer, 'requests');
    expect(stage.used).to.equal(0);
    return { peer, address: properties.replyTo ?? '' };
  }

  it('ends with their delivery', async () => {
    const [{ peer, address }, server] = [await requester(), await stage.client()];
    server.publish(1, { routingKey: address }, {}, BODY);
    await peer.nextDelivery(1);
    expect(stage.used).to.equal(0);
  });

  it('ends with a requester that does not read them', async () => {
    const [{ peer, address }, server] = [await requester(), await stage.client()];
    peer.wire.stream.pause();
    // More than may wait in the output of a connection, so that the reply queue has the rest.
    for (let i = 0; i < 1000; i++) server.publish(1, { routingKey: address }, {}, BODY);
    await server.fence(1);
    expect(stage.used).to.be.above(0);
    await stage.lose(peer);
    expect(stage.used).to.equal(0);
    server.publish(1, { routingKey: address }, {}, BODY);
    await server.fence(1);
    expect(stage.used).to.equal(0);
  });
});

describe('the memory alarm, from inside', () => {
  needsLeveret();
  const stage = useMemoryStage({ memoryLimitBytes: LIMIT_BYTES });

  it('is raised above the limit and cleared well below it, once each', async () => {
    const seen: string[] = [];
    stage.broker.on('alarm.set', (event) => {
      expect(event).to.include({ resource: 'memory', limitBytes: LIMIT_BYTES });
      expect(event).to.have.property('usedBytes').above(LIMIT_BYTES);
      seen.push('set');
    });
    stage.broker.on('alarm.cleared', (event) => {
      expect(event).to.have.property('usedBytes').below(LIMIT_BYTES);
      seen.push('cleared');
    });
    const [publisher, consumer] = [await stage.client(), await stage.client()];
    await publisher.call(1, 'queue.declare', { queue: 'q' });
    const raised = stage.next('alarm.set');
    for (let i = 0; i < 30; i++) publisher.publish(1, { routingKey: 'q' }, {}, BODY);
    await raised;
    await publisher.expect(0, 'connection.blocked');
    expect(seen).to.deep.equal(['set']);
    let taken = 0;
    for (; !seen.includes('cleared'); taken++) {
      expect(taken).to.be.below(3);
      await take(consumer, 'q');
    }
    await publisher.expect(0, 'connection.unblocked');
    await publisher.expect(0, 'connection.blocked');
    await consume(consumer, 'q', { noAck: true });
    for (; taken < 30; taken++) await consumer.nextDelivery(1);
    await publisher.fence(1);
    expect(stage.used).to.equal(0);
    expect(seen.at(-1)).to.equal('cleared');
  });

  it('loses nothing, whoever publishes', async () => {
    const messages = 40;
    const publishers = [
      await stage.client(),
      await stage.client({ capabilities: {} }),
      await stage.client(),
    ];
    const consumer = await stage.client();
    await consumer.call(1, 'queue.declare', { queue: 'q' });
    const raised = stage.next('alarm.set');
    const body = Buffer.alloc(BODY.length);
    for (const [index, publisher] of publishers.entries()) {
      await publisher.call(1, 'confirm.select');
      for (let i = 0; i < messages; i++) {
        body.writeUInt32BE(index * messages + i);
        publisher.publish(1, { routingKey: 'q' }, {}, body);
      }
    }
    await raised;
    await consume(consumer, 'q');
    const got: number[][] = publishers.map(() => []);
    for (let i = 0; i < publishers.length * messages; i++) {
      const { body: bytes, deliveryTag, redelivered } = await consumer.nextDelivery(1);
      expect(redelivered).to.equal(false);
      const number = bytes.readUInt32BE();
      got[Math.floor(number / messages)]?.push(number % messages);
      consumer.send(1, 'basic.ack', { deliveryTag });
    }
    const inOrder = Array.from({ length: messages }, (_, i) => i);
    expect(got).to.deep.equal(publishers.map(() => inOrder));
    for (const publisher of publishers) {
      for (let confirmed = 0; confirmed < messages; ) {
        const { deliveryTag } = await publisher.expect(1, 'basic.ack');
        confirmed = Number(deliveryTag);
      }
    }
    await consumer.fence(1);
    expect(stage.used).to.equal(0);
  });

  it('does not hold back consumers: acks, gets and purges are what ends it', async () => {
    const [publisher, consumer] = [await stage.client(), await stage.client()];
    await publisher.call(1, 'queue.declare', { queue: 'q' });
    await consume(consumer, 'q');
    const raised = stage.next('alarm.set');
    for (let i = 0; i < 30; i++) publisher.publish(1, { routingKey: 'q' }, {}, BODY);
    await raised;
    const cleared = stage.next('alarm.cleared');
    for (let i = 0; i < 30; i++) {
      const { deliveryTag } = await consumer.nextDelivery(1);
      consumer.send(1, 'basic.ack', { deliveryTag });
    }
    await cleared;
    await publisher.fence(1);
    await consumer.fence(1);
    expect(stage.used).to.equal(0);
  });

  it('lets a blocked publisher be lost: that shows when it is over', async () => {
    const [publisher, consumer] = [await stage.client(), await stage.client()];
    await consumer.call(1, 'queue.declare', { queue: 'q' });
    const raised = stage.next('alarm.set');
    for (let i = 0; i < 30; i++) publisher.publish(1, { routingKey: 'q' }, {}, BODY);
    await raised;
    await publisher.expect(0, 'connection.blocked');
    const gone = stage.next('connection.closed');
    publisher.drop();
    await consumer.call(1, 'queue.purge', { queue: 'q' });
    await gone;
    await consumer.call(1, 'queue.purge', { queue: 'q' });
    expect(stage.used).to.equal(0);
  });
});
