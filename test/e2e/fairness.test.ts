// Those who do not read, or flood, hold back nobody but themselves: how much a connection that is
// not read is given, who gets the rest, and who is held and let go. Leveret alone, over pipes,
// whose ends can stop reading. How long anything takes is the business of bench/limits.ts.
import { expect } from 'chai';
import type { HandshakeOptions } from '../support/peer.ts';
import { Peer } from '../support/peer.ts';
import { needsLeveret, openPipe, startLeveret } from '../support/target.ts';
import { bind, consume, counts, put } from '../support/topology.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const BODY = Buffer.alloc(64 * KIB, 'x');
/** 10 MiB: far more than a connection that is not read is given. */
const MESSAGES = 160;
/** What one is given at most: what may be pending, the turn that went past it, the pipe's own. */
const MOST_GIVEN_BYTES = 4 * MIB;

describe('a consumer that does not read', () => {
  needsLeveret();
  let broker: Awaited<ReturnType<typeof startLeveret>>;
  const peers: Peer[] = [];

  beforeEach(async () => {
    broker = await startLeveret();
  });
  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.drop();
    await broker.stop();
  });

  async function client(options: HandshakeOptions = {}): Promise<Peer> {
    const peer = await Peer.connect(openPipe(broker), options);
    peers.push(peer);
    await peer.open(1);
    return peer;
  }

  /** A consumer of `queue` that has stopped reading. */
  async function deaf(queue: string, rest: { noAck?: boolean } = {}): Promise<Peer> {
    const peer = await client();
    await consume(peer, queue, rest);
    peer.wire.stream.pause();
    return peer;
  }

  function flood(peer: Peer, fields: { exchange?: string; routingKey?: string }): void {
    const body = Buffer.from(BODY);
    for (let i = 0; i < MESSAGES; i++) {
      body.writeUInt32BE(i);
      peer.publish(1, fields, {}, Buffer.from(body));
    }
  }

  /** Takes `messages` deliveries, which must be numbered from `first` on. */
  async function takeInOrder(peer: Peer, first: number, messages: number): Promise<void> {
    for (let i = first; i < first + messages; i++) {
      const { body } = await peer.nextDelivery(1);
      expect(body.readUInt32BE()).to.equal(i);
    }
  }

  for (const noAck of [true, false]) {
    const acks = noAck ? 'without acknowledgements' : 'without a prefetch limit';

    it(`and is ${acks} is given a bounded share, and in the end all`, async () => {
      const publisher = await client();
      await publisher.call(1, 'queue.declare', { queue: 'q' });
      const consumer = await deaf('q', { noAck });
      flood(publisher, { routingKey: 'q' });
      const [ready] = await counts(publisher, 'q');
      expect((MESSAGES - (ready ?? 0)) * BODY.length).to.be.below(MOST_GIVEN_BYTES);
      consumer.wire.stream.resume();
      await takeInOrder(consumer, 0, MESSAGES);
      expect(await counts(publisher, 'q')).to.deep.equal([0]);
    });
  }

  it('leaves the rest to another consumer of the same queue', async () => {
    const publisher = await client();
    await publisher.call(1, 'queue.declare', { queue: 'q' });
    const stuck = await deaf('q');
    const other = await client();
    await consume(other, 'q', { noAck: true });
    flood(publisher, { routingKey: 'q' });
    await publisher.fence(1);
    const numbers: number[] = [];
    const taken = new Promise<void>((resolve) => {
      // What the stuck one was given comes back when it goes.
      broker.once('connection.closed', () => resolve());
    });
    stuck.drop();
    await taken;
    for (let i = 0; i < MESSAGES; i++) {
      numbers.push((await other.nextDelivery(1)).body.readUInt32BE());
    }
    numbers.sort((a, b) => a - b);
    expect(numbers).to.deep.equal(Array.from({ length: MESSAGES }, (_, i) => i));
  });

  it('does not keep messages from the other queues of a fan-out', async () => {
    const publisher = await client();
    for (const queue of ['stuck', 'free']) {
      await publisher.call(1, 'queue.declare', { queue });
      await bind(publisher, queue, 'amq.fanout');
    }
    await deaf('stuck', { noAck: true });
    const consumer = await client();
    await consume(consumer, 'free', { noAck: true });
    flood(publisher, { exchange: 'amq.fanout' });
    await takeInOrder(consumer, 0, MESSAGES);
  });

  it('does not keep anything from other connections while one floods its queue', async () => {
    const [publisher, bystander] = [await client(), await client()];
    await publisher.call(1, 'queue.declare', { queue: 'q' });
    await bystander.call(1, 'queue.declare', { queue: 'b' });
    await deaf('q', { noAck: true });
    await consume(bystander, 'b', { noAck: true });
    flood(publisher, { routingKey: 'q' });
    for (let i = 0; i < 20; i++) {
      await put(bystander, { routingKey: 'b' }, {}, String(i));
      expect((await bystander.nextDelivery(1)).text).to.equal(String(i));
    }
    await publisher.fence(1);
  });

  it('is still answered what it asks for, once it reads', async () => {
    const publisher = await client();
    await publisher.call(1, 'queue.declare', { queue: 'q' });
    const consumer = await deaf('q', { noAck: true });
    flood(publisher, { routingKey: 'q' });
    await publisher.fence(1);
    consumer.send(1, 'queue.purge', { queue: 'q' });
    consumer.send(1, 'basic.cancel', { consumerTag: 'none' });
    consumer.wire.stream.resume();
    let delivered = 0;
    let purged = 0;
    for (;;) {
      const { method } = await consumer.next(1);
      if (method.name === 'basic.deliver') delivered++;
      else if (method.name === 'queue.purge-ok') purged = method.messageCount;
      else if (method.name === 'basic.cancel-ok') break;
    }
    expect(delivered + purged).to.equal(MESSAGES);
    expect(await counts(publisher, 'q')).to.deep.equal([0]);
  });

  it('loses what it was given without acknowledgement when it goes, not the rest', async () => {
    const publisher = await client();
    await publisher.call(1, 'queue.declare', { queue: 'q' });
    const stuck = await deaf('q', { noAck: true });
    flood(publisher, { routingKey: 'q' });
    await publisher.fence(1);
    const gone = new Promise<void>((resolve) => {
      broker.once('connection.closed', () => resolve());
    });
    stuck.drop();
    await gone;
    const [left = 0] = await counts(publisher, 'q');
    expect(left).to.be.above(0);
    const consumer = await client();
    await consume(consumer, 'q', { noAck: true });
    await takeInOrder(consumer, MESSAGES - left, left);
    await consumer.fence(1);
    expect(broker.memoryUsedBytes).to.equal(0);
  });
});

describe('a publisher that floods', () => {
  needsLeveret();
  let broker: Awaited<ReturnType<typeof startLeveret>>;
  const peers: Peer[] = [];
  /** More than a queue with consumers may be behind before its publishers are held. */
  const many = 700;

  beforeEach(async () => {
    broker = await startLeveret();
  });
  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.drop();
    await broker.stop();
  });

  async function client(): Promise<Peer> {
    const peer = await Peer.connect(openPipe(broker));
    peers.push(peer);
    await peer.open(1);
    return peer;
  }

  /** A publisher, and a consumer with a prefetch of 1 that has got the first message and waits. */
  async function flooded(): Promise<{ publisher: Peer; consumer: Peer }> {
    const [publisher, consumer] = [await client(), await client()];
    await publisher.call(1, 'queue.declare', { queue: 'q' });
    await consumer.call(1, 'basic.qos', { prefetchCount: 1 });
    await consume(consumer, 'q', { consumerTag: 'c' });
    for (let i = 0; i < many; i++) publisher.publish(1, { routingKey: 'q' }, {}, String(i));
    expect((await consumer.nextDelivery(1)).text).to.equal('0');
    return { publisher, consumer };
  }

  it('gets on although the consumer does not', async () => {
    const { publisher } = await flooded();
    await publisher.fence(1);
    expect(await counts(publisher, 'q')).to.deep.equal([many - 1]);
  });

  it('gets on when the consumer is cancelled', async () => {
    const { publisher, consumer } = await flooded();
    await consumer.call(1, 'basic.cancel', { consumerTag: 'c' });
    await publisher.fence(1);
    expect(await counts(publisher, 'q')).to.deep.equal([many - 1]);
  });

  it('gets on when the queue is deleted', async () => {
    const { publisher, consumer } = await flooded();
    await consumer.call(1, 'queue.delete', { queue: 'q' });
    await consumer.expect(1, 'basic.cancel');
    await publisher.fence(1);
    await consumer.call(1, 'channel.close');
    expect(broker.memoryUsedBytes).to.equal(0);
  });

  it('is not waited for when it goes', async () => {
    const { publisher, consumer } = await flooded();
    const gone = new Promise<void>((resolve) => {
      broker.once('connection.closed', () => resolve());
    });
    publisher.drop();
    await gone;
    consumer.send(1, 'basic.ack', { deliveryTag: 1 });
    expect((await consumer.nextDelivery(1)).text).to.equal('1');
  });

  it('does not keep the acknowledgements of a consumer from being read', async () => {
    const { publisher, consumer } = await flooded();
    for (let i = 1; i < many; i++) {
      consumer.send(1, 'basic.ack', { deliveryTag: i });
      expect((await consumer.nextDelivery(1)).text).to.equal(String(i));
    }
    await publisher.fence(1);
  });

  it('waits for the slowest of the queues that it feeds, and for no queue of others', async () => {
    const { publisher, consumer } = await flooded();
    const other = await client();
    await other.call(1, 'queue.declare', { queue: 'r' });
    await consume(other, 'r', { noAck: true });
    for (let i = 0; i < many; i++) other.publish(1, { routingKey: 'r' }, {}, String(i));
    for (let i = 0; i < many; i++) {
      expect((await other.nextDelivery(1)).text).to.equal(String(i));
    }
    await consumer.call(1, 'queue.purge', { queue: 'q' });
    await publisher.fence(1);
  });
});

describe('consumers of one queue', () => {
  needsLeveret();
  let broker: Awaited<ReturnType<typeof startLeveret>>;
  const peers: Peer[] = [];

  beforeEach(async () => {
    broker = await startLeveret();
  });
  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.drop();
    await broker.stop();
  });

  it('get the same number each, on however many connections', async () => {
    const each = 50;
    const consumers: Peer[] = [];
    for (let i = 0; i < 8; i++) {
      const peer = await Peer.connect(openPipe(broker));
      peers.push(peer);
      consumers.push(peer);
      await peer.open(1, 2);
      await peer.call(1, 'queue.declare', { queue: 'q' });
      for (const channel of [1, 2]) await consume(peer, 'q', {}, channel);
    }
    const [publisher] = consumers as [Peer];
    await publisher.open(3);
    await publisher.call(3, 'confirm.select');
    for (let i = 0; i < 16 * each; i++) publisher.publish(3, { routingKey: 'q' }, {}, 'm');
    for (const consumer of consumers) {
      for (const channel of [1, 2]) {
        for (let i = 0; i < each; i++) await consumer.nextDelivery(channel);
        await consumer.fence(channel);
      }
    }
  });

  it('are passed over while they are not read, and are in turn again when they are', async () => {
    const [one, other] = [
      await Peer.connect(openPipe(broker)),
      await Peer.connect(openPipe(broker)),
    ];
    peers.push(one, other);
    await one.open(1, 2);
    await other.open(1);
    await one.call(1, 'queue.declare', { queue: 'q' });
    await consume(one, 'q', { noAck: true });
    await consume(other, 'q', { noAck: true });
    one.wire.stream.pause();
    for (let i = 0; i < MESSAGES; i++) other.publish(1, { routingKey: 'q' }, {}, BODY);
    const deliveries = (peer: Peer): number =>
      peer.wire.history.filter(({ method }) => method.name === 'basic.deliver').length;
    await other.open(2);
    for (let ready = MESSAGES; ready !== 0; ) {
      ready = (await other.call(2, 'queue.declare', { queue: 'q', passive: true })).messageCount;
    }
    const taken = deliveries(other);
    one.wire.stream.resume();
    await one.fence(2);
    expect(deliveries(one) + taken).to.equal(MESSAGES);
    expect(deliveries(one) * BODY.length).to.be.below(MOST_GIVEN_BYTES);
    for (const body of ['a', 'b']) other.publish(1, { routingKey: 'q' }, {}, body);
    await other.fence(2);
    await one.fence(2);
    expect(deliveries(one) + deliveries(other)).to.equal(MESSAGES + 2);
    expect(deliveries(other)).to.equal(taken + 1);
  });
});
