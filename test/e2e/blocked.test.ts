// The memory alarm as clients see it: publishers are held back and told, if they want to know;
// consumers go on. Leveret alone, with a small limit. Reference: compatibility A10.1.

import { once } from 'node:events';
import { expect } from 'chai';
import { type HandshakeOptions, Peer } from '../support/peer.ts';
import { needsLeveret, openPipe, startLeveret } from '../support/target.ts';
import { consume, counts } from '../support/topology.ts';

const LIMIT_BYTES = 1024 * 1024;
const BODY = Buffer.alloc(100_000);

describe('the memory alarm', () => {
  needsLeveret();
  let broker: Awaited<ReturnType<typeof startLeveret>>;
  const peers: Peer[] = [];

  beforeEach(async () => {
    broker = await startLeveret({ memoryLimitBytes: LIMIT_BYTES });
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

  /** Publishes more than the limit to a new queue `q`. */
  async function flood(peer: Peer): Promise<void> {
    await peer.call(1, 'queue.declare', { queue: 'q' });
    const raised = new Promise<void>((resolve) => {
      broker.once('alarm.set', () => resolve());
    });
    for (let sent = 0; sent < 2 * LIMIT_BYTES; sent += BODY.length) {
      peer.publish(1, { routingKey: 'q' }, {}, BODY);
    }
    await raised;
  }

  /** Takes everything out of `q`, until the alarm is gone. */
  async function relieve(peer: Peer): Promise<void> {
    const cleared = new Promise<void>((resolve) => {
      broker.once('alarm.cleared', () => resolve());
    });
    await consume(peer, 'q', { noAck: true });
    await cleared;
  }

  it('blocks who publishes, says so, and says when it is over', async () => {
    const [publisher, consumer] = [await client(), await client()];
    await flood(publisher);
    expect(await publisher.expect(0, 'connection.blocked')).to.include({ reason: 'low on memory' });
    publisher.send(1, 'queue.declare', { queue: 'q', passive: true });
    await relieve(consumer);
    await publisher.expect(0, 'connection.unblocked');
    await publisher.expect(1, 'queue.declare-ok');
    const order = publisher.wire.history.map((each) => each.method.name);
    expect(order.indexOf('connection.unblocked')).to.be.below(
      order.lastIndexOf('queue.declare-ok'),
    );
  });

  it('leaves those alone who do not publish', async () => {
    const [publisher, consumer] = [await client(), await client()];
    await flood(publisher);
    await publisher.expect(0, 'connection.blocked');
    expect((await counts(consumer, 'q'))[0]).to.be.greaterThan(0);
    const late = await client();
    await late.fence(1);
    await relieve(consumer);
    expect(consumer.wire.inbox(0)).to.deep.equal([]);
    expect(late.wire.inbox(0)).to.deep.equal([]);
  });

  it('blocks who begins to publish while it lasts', async () => {
    const [publisher, consumer, late] = [await client(), await client(), await client()];
    await flood(publisher);
    late.publish(1, { routingKey: 'q' }, {}, 'late');
    expect(await late.expect(0, 'connection.blocked')).to.include({ reason: 'low on memory' });
    await relieve(consumer);
    await late.expect(0, 'connection.unblocked');
    await late.fence(1);
  });

  it('holds back without a word who does not want to be told', async () => {
    const [publisher, consumer] = [await client({ capabilities: {} }), await client()];
    await flood(publisher);
    publisher.send(1, 'basic.qos');
    await relieve(consumer);
    await publisher.expect(1, 'basic.qos-ok');
    const onChannel0 = publisher.wire.inbox(0).map((each) => each.method.name);
    expect(onChannel0).to.deep.equal([]);
  });

  it('ends when the connection that caused it goes and its messages are deleted', async () => {
    const [publisher, other] = [await client(), await client()];
    await flood(publisher);
    publisher.drop();
    await once(publisher.wire.stream, 'close');
    const cleared = new Promise<void>((resolve) => {
      broker.once('alarm.cleared', () => resolve());
    });
    await other.call(1, 'queue.delete', { queue: 'q' });
    await cleared;
  });
});
