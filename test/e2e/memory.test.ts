// The count of what queued and arriving messages hold: whatever way they go, nothing stays behind.
// Leveret alone, with brokers of the test's own. Transactions, direct replies and the alarm:
// memory-more.test.ts.
import { expect } from 'chai';
import { encodeHeaderFrame, encodeMethod } from '../../protocol/methods.ts';
import { encodeProperties } from '../../protocol/properties.ts';
import { fillIn } from '../support/describe-method.ts';
import { BODY, KIB, useMemoryStage } from '../support/memory-stage.ts';
import type { Peer } from '../support/peer.ts';
import { needsLeveret } from '../support/target.ts';
import { bind, consume, counts, put, take } from '../support/topology.ts';

/** The first frames of a publish to queue `q`, with only part of the body. */
function unfinishedPublish(peer: Peer, channel: number): void {
  const publish = fillIn('basic.publish', { routingKey: 'q' });
  peer.wire.write(encodeMethod(channel, publish));
  peer.wire.write(encodeHeaderFrame(channel, 3 * BODY.length, encodeProperties({})));
  peer.sendFrame(3, channel, BODY);
}

describe('memory of queued messages', () => {
  needsLeveret();
  const stage = useMemoryStage();
  let peer: Peer;

  beforeEach(async () => {
    peer = await stage.client();
    await peer.call(1, 'queue.declare', { queue: 'q' });
    expect(stage.used).to.equal(0);
  });

  async function fill(messages = 3): Promise<void> {
    for (let i = 0; i < messages; i++) await put(peer, { routingKey: 'q' }, {}, BODY);
    expect(stage.used).to.be.within(messages * BODY.length, messages * (BODY.length + KIB));
  }

  it('ends with automatic acknowledgement', async () => {
    await fill();
    await consume(peer, 'q', { noAck: true });
    for (let i = 0; i < 3; i++) await peer.nextDelivery(1);
    expect(stage.used).to.equal(0);
  });

  it('lasts until the acknowledgement', async () => {
    await fill();
    await consume(peer, 'q');
    for (let i = 0; i < 3; i++) await peer.nextDelivery(1);
    expect(stage.used).to.be.above(3 * BODY.length);
    peer.send(1, 'basic.ack', { deliveryTag: 2 });
    await peer.fence(1);
    expect(stage.used).to.be.within(2 * BODY.length, 2 * (BODY.length + KIB));
    peer.send(1, 'basic.ack', { deliveryTag: 0, multiple: true });
    await peer.fence(1);
    expect(stage.used).to.equal(0);
  });

  it('ends with a rejection, not with a requeue', async () => {
    await fill(2);
    await consume(peer, 'q');
    for (let i = 0; i < 2; i++) await peer.nextDelivery(1);
    peer.send(1, 'basic.reject', { deliveryTag: 1, requeue: true });
    await peer.nextDelivery(1);
    expect(stage.used).to.be.above(2 * BODY.length);
    peer.send(1, 'basic.nack', { deliveryTag: 3, multiple: true, requeue: false });
    await peer.fence(1);
    expect(stage.used).to.equal(0);
  });

  it('ends with basic.get without acknowledgement, and with the ack of one with it', async () => {
    await fill(2);
    await take(peer, 'q');
    peer.send(1, 'basic.get', { queue: 'q' });
    await peer.expectContent(1, 'basic.get-ok');
    expect(stage.used).to.be.within(BODY.length, BODY.length + KIB);
    peer.send(1, 'basic.ack', { deliveryTag: 2 });
    await peer.fence(1);
    expect(stage.used).to.equal(0);
  });

  it('ends with a purge', async () => {
    await fill();
    await peer.call(1, 'queue.purge', { queue: 'q' });
    expect(stage.used).to.equal(0);
  });

  it('ends with the queue, for unacknowledged messages once they are given back', async () => {
    await fill();
    peer.send(1, 'basic.get', { queue: 'q' });
    await peer.expectContent(1, 'basic.get-ok');
    await peer.call(1, 'queue.delete', { queue: 'q' });
    expect(stage.used).to.be.within(BODY.length, BODY.length + KIB);
    await peer.call(1, 'channel.close');
    expect(stage.used).to.equal(0);
  });

  it('ends with an acknowledgement whose queue is gone', async () => {
    await fill(1);
    await consume(peer, 'q');
    await peer.nextDelivery(1);
    await peer.call(1, 'queue.delete', { queue: 'q' });
    await peer.expect(1, 'basic.cancel');
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    await peer.fence(1);
    expect(stage.used).to.equal(0);
  });

  it('ends with an exclusive queue, when its connection is lost', async () => {
    const owner = await stage.client();
    await owner.call(1, 'queue.declare', { queue: 'own', exclusive: true });
    await put(owner, { routingKey: 'own' }, {}, BODY);
    await put(owner, { routingKey: 'own' }, {}, BODY);
    owner.send(1, 'basic.get', { queue: 'own' });
    await owner.expectContent(1, 'basic.get-ok');
    expect(stage.used).to.be.above(2 * BODY.length);
    await stage.lose(owner);
    expect(stage.used).to.equal(0);
  });

  it('ends with an auto-delete queue, when its last consumer goes', async () => {
    await peer.call(1, 'queue.declare', { queue: 'auto', autoDelete: true });
    await peer.call(1, 'basic.qos', { prefetchCount: 1 });
    const tag = await consume(peer, 'auto');
    await put(peer, { routingKey: 'auto' }, {}, BODY);
    await put(peer, { routingKey: 'auto' }, {}, BODY);
    await peer.nextDelivery(1);
    await peer.call(1, 'basic.cancel', { consumerTag: tag });
    expect(stage.used).to.be.within(BODY.length, BODY.length + KIB);
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    await peer.fence(1);
    expect(stage.used).to.equal(0);
  });

  it('stays when a consumer is lost: its messages return', async () => {
    await fill();
    const consumer = await stage.client();
    await consume(consumer, 'q');
    for (let i = 0; i < 3; i++) await consumer.nextDelivery(1);
    const before = stage.used;
    await stage.lose(consumer);
    expect(stage.used).to.equal(before);
    expect(await counts(peer, 'q')).to.deep.equal([3]);
    await peer.call(1, 'queue.purge', { queue: 'q' });
    expect(stage.used).to.equal(0);
  });

  it('is counted once for all queues that share a message', async () => {
    for (const queue of ['a', 'b', 'c']) {
      await peer.call(1, 'queue.declare', { queue });
      await bind(peer, queue, 'amq.fanout');
    }
    await put(peer, { exchange: 'amq.fanout' }, {}, BODY);
    const one = stage.used;
    expect(one).to.be.within(BODY.length, BODY.length + KIB);
    await peer.call(1, 'queue.purge', { queue: 'a' });
    await peer.call(1, 'queue.delete', { queue: 'b' });
    expect(stage.used).to.equal(one);
    await take(peer, 'c');
    expect(stage.used).to.equal(0);
  });

  it('is none for a message that no queue takes, returned or not', async () => {
    await put(peer, { exchange: 'amq.fanout' }, {}, BODY);
    peer.publish(1, { exchange: 'amq.fanout', mandatory: true }, {}, BODY);
    await peer.expectContent(1, 'basic.return');
    expect(stage.used).to.equal(0);
  });

  it('ends with a reset of the broker', async () => {
    await fill();
    const closed = stage.broker.reset();
    await peer.expect(0, 'connection.close');
    peer.send(0, 'connection.close-ok');
    await closed;
    expect(stage.used).to.equal(0);
  });
});

describe('memory of messages on their way in', () => {
  needsLeveret();
  const stage = useMemoryStage();
  let peer: Peer;

  beforeEach(async () => {
    peer = await stage.client();
    await peer.open(2);
    await peer.call(1, 'queue.declare', { queue: 'q' });
  });

  it('is counted before the message is complete', async () => {
    unfinishedPublish(peer, 2);
    await peer.fence(1);
    expect(stage.used).to.be.within(BODY.length, BODY.length + KIB);
    peer.sendFrame(3, 2, BODY);
    peer.sendFrame(3, 2, BODY);
    await peer.fence(2);
    expect(stage.used).to.be.within(3 * BODY.length, 3 * (BODY.length + KIB));
    await peer.call(1, 'queue.purge', { queue: 'q' });
    expect(stage.used).to.equal(0);
  });

  it('ends with a connection that is lost', async () => {
    unfinishedPublish(peer, 2);
    await peer.fence(1);
    expect(stage.used).to.be.above(0);
    await stage.lose(peer);
    expect(stage.used).to.equal(0);
  });

  it('ends with a connection that is closed', async () => {
    unfinishedPublish(peer, 2);
    await peer.call(0, 'connection.close', { replyCode: 200 });
    expect(stage.used).to.equal(0);
  });

  it('ends with an error in the middle of the content', async () => {
    unfinishedPublish(peer, 2);
    peer.send(2, 'basic.qos');
    const { replyCode } = await peer.expect(0, 'connection.close');
    expect(replyCode).to.equal(505);
    expect(stage.used).to.equal(0);
  });

  it('ends with an error that the complete message causes', async () => {
    peer.publish(2, { exchange: 'none' }, {}, Buffer.alloc(5 * BODY.length));
    const { replyCode } = await peer.expect(2, 'channel.close');
    expect(replyCode).to.equal(404);
    expect(stage.used).to.equal(0);
  });
});
