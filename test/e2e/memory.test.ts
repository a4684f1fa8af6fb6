// The count of what messages hold: it rises with them, and whatever way they go, nothing stays behind. The
// alarm that it raises loses nothing. Leveret alone, with brokers of the test's own. What clients are told
// of an alarm is in blocked.test.ts.
import { expect } from 'chai';
import { encodeHeaderFrame, encodeMethod } from '../../protocol/methods.ts';
import { encodeProperties } from '../../protocol/properties.ts';
import { fillIn } from '../support/describe-method.ts';
import { type HandshakeOptions, Peer } from '../support/peer.ts';
import { needsLeveret, openPipe, startLeveret } from '../support/target.ts';
import { bind, consume, counts, put, take } from '../support/topology.ts';

type Leveret = Awaited<ReturnType<typeof startLeveret>>;

const KIB = 1024;
const BODY = Buffer.alloc(10 * KIB, 'x');
const LIMIT_BYTES = 200 * KIB;

/** A broker for one test, and its clients. */
class Stage {
  broker!: Leveret;
  readonly #peers: Peer[] = [];

  async client(options: HandshakeOptions = {}): Promise<Peer> {
    const peer = await Peer.connect(openPipe(this.broker), options);
    this.#peers.push(peer);
    await peer.open(1);
    return peer;
  }

  get used(): number {
    return this.broker.memoryUsedBytes;
  }

  /** Drops a client and waits until the broker has noticed. */
  async lose(peer: Peer): Promise<void> {
    const gone = this.next('connection.closed');
    peer.drop();
    await gone;
  }

  next(event: 'connection.closed' | 'alarm.set' | 'alarm.cleared'): Promise<void> {
    return new Promise((resolve) => {
      this.broker.once(event, () => resolve());
    });
  }

  async end(): Promise<void> {
    for (const peer of this.#peers.splice(0)) peer.drop();
    await this.broker.stop();
  }
}

function useStage(options: Parameters<typeof startLeveret>[0] = {}): Stage {
  const stage = new Stage();
  beforeEach(async () => {
    stage.broker = await startLeveret(options);
  });
  afterEach(() => stage.end());
  return stage;
}

/** The first frames of a publish to queue `q`, with only part of the body. */
function unfinishedPublish(peer: Peer, channel: number): void {
  const publish = fillIn('basic.publish', { routingKey: 'q' });
  peer.wire.write(encodeMethod(channel, publish));
  peer.wire.write(encodeHeaderFrame(channel, 3 * BODY.length, encodeProperties({})));
  peer.sendFrame(3, channel, BODY);
}

describe('memory of queued messages', () => {
  needsLeveret();
  const stage = useStage();
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
  const stage = useStage();
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

describe('memory of a transaction', () => {
  needsLeveret();
  const stage = useStage();
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
  const stage = useStage();

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
  const stage = useStage({ memoryLimitBytes: LIMIT_BYTES });

  it('is raised above the limit and cleared well below it, once each', async () => {
    const seen: string[] = [];
    stage.broker.on('alarm.set', ({ usedBytes, limitBytes }) => {
      expect(limitBytes).to.equal(LIMIT_BYTES);
      expect(usedBytes).to.be.above(LIMIT_BYTES);
      seen.push('set');
    });
    stage.broker.on('alarm.cleared', ({ usedBytes }) => {
      expect(usedBytes).to.be.below(LIMIT_BYTES);
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
