// What once went wrong with memory and slow peers: each a small conversation that showed it.
import { expect } from 'chai';
import { encodeBodyFrames, encodeHeaderFrame, encodeMethod } from '../../protocol/methods.ts';
import { encodeProperties } from '../../protocol/properties.ts';
import { fillIn } from '../support/describe-method.ts';
import { Peer } from '../support/peer.ts';
import { openPipe, startLeveret } from '../support/target.ts';
import { consume, counts, put } from '../support/topology.ts';

const KIB = 1024;
type Leveret = Awaited<ReturnType<typeof startLeveret>>;

async function client(broker: Leveret): Promise<Peer> {
  const peer = await Peer.connect(openPipe(broker));
  await peer.open(1);
  return peer;
}

function frames(routingKey: string, bytes: number): Buffer {
  return Buffer.concat([
    encodeMethod(1, fillIn('basic.publish', { routingKey })),
    encodeHeaderFrame(1, bytes, encodeProperties({})),
    ...encodeBodyFrames(1, Buffer.alloc(bytes), 131072),
  ]);
}

describe('memory, once wrong', () => {
  it('the alarm does not clear when a content that raised it is complete', async () => {
    await using broker = await startLeveret({ memoryLimitBytes: 1000 * KIB });
    const seen: string[] = [];
    broker.on('alarm.set', () => seen.push('set'));
    broker.on('alarm.cleared', () => seen.push('cleared'));
    const publisher = await client(broker);
    await publisher.call(1, 'queue.declare', { queue: 'q' });
    for (let i = 0; i < 6; i++)
      publisher.publish(1, { routingKey: 'q' }, {}, Buffer.alloc(400 * KIB));
    await publisher.expect(0, 'connection.blocked');
    const other = await client(broker);
    const [ready] = await counts(other, 'q');
    publisher.drop();
    other.drop();
    expect(seen).to.deep.equal(['set']);
    expect(ready).to.equal(3);
  });

  it('a consumer whose stream broke is given nothing more', async () => {
    await using broker = await startLeveret();
    const [consumer, publisher] = [await client(broker), await client(broker)];
    await publisher.call(1, 'queue.declare', { queue: 'q' });
    await consume(consumer, 'q', { noAck: true });
    consumer.wire.stream.pause();
    for (let i = 0; i < 160; i++)
      publisher.publish(1, { routingKey: 'q' }, {}, Buffer.alloc(64 * KIB));
    await publisher.fence(1);
    await publisher.fence(1);
    const before = await counts(publisher, 'q');
    const gone = new Promise<void>((resolve) => {
      broker.once('connection.closed', () => resolve());
    });
    consumer.drop();
    await gone;
    const after = await counts(publisher, 'q');
    publisher.drop();
    expect(after).to.deep.equal(before);
  });

  it('compaction comes again although an earlier one ended at a high count', async () => {
    const chunks = 62;
    await using broker = await startLeveret({ memoryLimitBytes: 64 * 64 * KIB });
    let alarms = 0;
    broker.on('alarm.set', () => {
      alarms++;
    });
    const [publisher, gone, keeper] = [
      await client(broker),
      await client(broker),
      await client(broker),
    ];
    await publisher.call(1, 'queue.declare', { queue: 'gone' });
    await publisher.call(1, 'queue.declare', { queue: 'kept' });
    await consume(gone, 'gone', { noAck: true });
    const tag = await consume(keeper, 'kept');
    const chunk = Buffer.concat([frames('kept', 16), frames('gone', 60 * KIB)]);
    for (let i = 0; i < chunks; i++) {
      publisher.wire.write(chunk);
      await publisher.fence(1);
      await gone.nextDelivery(1);
      await keeper.nextDelivery(1);
    }
    expect(alarms, 'unmovable').to.equal(0);
    await keeper.call(1, 'basic.cancel', { consumerTag: tag });
    keeper.send(1, 'basic.ack', { deliveryTag: 0, multiple: true });
    await keeper.fence(1);
    expect(broker.memoryUsedBytes).to.equal(0);
    for (let i = 0; i < 2 * chunks; i++) {
      publisher.wire.write(chunk);
      await publisher.fence(1).catch((error: Error) => {
        throw new Error(
          `${alarms} alarms after ${i} chunks, ${broker.memoryUsedBytes} used: ${error.message}`,
        );
      });
      await gone.nextDelivery(1);
    }
    for (const peer of [publisher, gone, keeper]) peer.drop();
    expect(alarms).to.equal(0);
  }).timeout(20_000);

  it('returns that nobody reads stop the publisher that causes them', async () => {
    await using broker = await startLeveret();
    const [publisher, other] = [await client(broker), await client(broker)];
    publisher.wire.stream.pause();
    for (let i = 0; i < 1000; i++)
      publisher.publish(1, { routingKey: 'nowhere', mandatory: true }, {}, Buffer.alloc(64 * KIB));
    for (let i = 0; i < 50; i++) await put(other, { routingKey: 'none' });
    const taken = 1000 * 64 * KIB - publisher.wire.stream.writableLength;
    publisher.drop();
    other.drop();
    expect(taken).to.be.below(8 * 1024 * KIB);
  });
});
