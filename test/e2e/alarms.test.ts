// Several alarms at a time, and limits that are set while the broker runs, as clients see them.
// What is sent and what is not was compared with RabbitMQ 3.10. The disk is the test's own: what is
// free on it is a number. Reference: compatibility A10.1, A10.2.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type HandshakeOptions, Peer } from '../support/peer.ts';
import { needsLeveret, openPipe, startLeveret } from '../support/target.ts';
import { consume } from '../support/topology.ts';

const FREE_BYTES = 1_000_000_000;

describe('alarms', () => {
  needsLeveret();
  let broker: Awaited<ReturnType<typeof startLeveret>>;
  let folder: string;
  let free: number;
  let events: string[];
  const peers: Peer[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'leveret-alarms-'));
    free = FREE_BYTES;
    broker = await startLeveret({ dataDir: folder }, { freeBytes: () => Promise.resolve(free) });
    events = [];
    broker.on('alarm.set', ({ resource }) => events.push(`${resource} set`));
    broker.on('alarm.cleared', ({ resource }) => events.push(`${resource} cleared`));
  });
  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.drop();
    await broker.stop();
    rmSync(folder, { recursive: true });
  });

  async function client(options: HandshakeOptions = {}): Promise<Peer> {
    const peer = await Peer.connect(openPipe(broker), options);
    peers.push(peer);
    await peer.open(1);
    return peer;
  }

  async function publisher(): Promise<Peer> {
    const peer = await client();
    await peer.call(1, 'queue.declare', { queue: 'q' });
    return peer;
  }

  const publish = (peer: Peer) => peer.publish(1, { routingKey: 'q' }, {}, 'm');
  const diskUp = () => broker.setDiskFreeLimit({ bytes: FREE_BYTES + 1 });
  const diskDown = () => broker.setDiskFreeLimit({ bytes: FREE_BYTES });
  const memoryUp = () => broker.setMemoryHighWatermark(0);
  const memoryDown = () => broker.setMemoryHighWatermark(0.4);

  async function blocked(peer: Peer): Promise<string> {
    publish(peer);
    return (await peer.expect(0, 'connection.blocked')).reason;
  }

  /** Shows that a blocked client was told nothing more, by way of one that is not. */
  async function isLeftAlone(peer: Peer): Promise<void> {
    await (await client()).fence(1);
    expect(peer.wire.inbox(0).map(({ method }) => method.name)).to.deep.equal([]);
  }

  it('of the disk block who publishes; consumers go on', async () => {
    const [peer, consumer] = [await publisher(), await client()];
    await consume(consumer, 'q', { noAck: true });
    await diskUp();
    expect(await blocked(peer)).to.equal('low on disk');
    expect((await consumer.nextDelivery(1)).text).to.equal('m');
    peer.send(1, 'basic.qos');
    await isLeftAlone(peer);
    expect(peer.wire.inbox(1)).to.deep.equal([]);
    await diskDown();
    await peer.expect(0, 'connection.unblocked');
    await peer.expect(1, 'basic.qos-ok');
    expect(events).to.deep.equal(['disk set', 'disk cleared']);
  });

  it('both at once are named together, and end with the last', async () => {
    for (const order of [
      [memoryUp, diskUp, memoryDown, diskDown],
      [diskUp, memoryUp, diskDown, memoryDown],
    ]) {
      const peer = await publisher();
      const [first, second, firstEnds, secondEnds] = order;
      await first?.();
      await second?.();
      expect(await blocked(peer)).to.equal('low on disk & memory');
      await firstEnds?.();
      await isLeftAlone(peer);
      await secondEnds?.();
      await peer.expect(0, 'connection.unblocked');
    }
  });

  it('that come or go while a client is blocked are not told', async () => {
    const peer = await publisher();
    memoryUp();
    expect(await blocked(peer)).to.equal('low on memory');
    await diskUp();
    await isLeftAlone(peer);
    memoryDown();
    await isLeftAlone(peer);
    const late = await client();
    expect(await blocked(late)).to.equal('low on disk');
    await diskDown();
    await peer.expect(0, 'connection.unblocked');
    await late.expect(0, 'connection.unblocked');
    await Promise.all([peer.fence(1), late.fence(1)]);
    expect(events).to.deep.equal(['memory set', 'disk set', 'memory cleared', 'disk cleared']);
  });

  it('are not raised again by a limit that is passed already', async () => {
    const peer = await publisher();
    await diskUp();
    expect(await blocked(peer)).to.equal('low on disk');
    await broker.setDiskFreeLimit({ bytes: 2 * FREE_BYTES });
    await isLeftAlone(peer);
    await diskDown();
    await peer.expect(0, 'connection.unblocked');
    expect(events).to.deep.equal(['disk set', 'disk cleared']);
  });

  it('follow the limits that are set, in either form', async () => {
    broker.setMemoryHighWatermark({ bytes: 0 });
    broker.setMemoryHighWatermark({ bytes: 1e9 });
    await broker.setDiskFreeLimit({ relative: 1000 });
    await broker.setDiskFreeLimit({ relative: 0 });
    expect(events).to.deep.equal(['memory set', 'memory cleared', 'disk set', 'disk cleared']);
  });

  it('are not touched by limits that cannot be', async () => {
    for (const wrong of [1.1, { bytes: -1 }]) {
      expect(() => broker.setMemoryHighWatermark(wrong))
        .to.throw('expected a')
        .with.property('name', 'ConfigError');
    }
    for (const wrong of [{ bytes: 0.5 }, { relative: -1 }]) {
      const error = await broker.setDiskFreeLimit(wrong).catch((reason: unknown) => reason);
      expect(error).to.include({ name: 'ConfigError' });
    }
    expect(events).to.deep.equal([]);
  });

  it('of a disk are none of a broker that keeps everything in memory', async () => {
    await using embedded = await startLeveret({}, { freeBytes: () => Promise.resolve(0) });
    embedded.on('alarm.set', () => expect.fail('raised'));
    await embedded.setDiskFreeLimit({ bytes: 1 });
  });

  it('are up before the first client comes, where there is no room from the start', async () => {
    const options = { dataDir: join(folder, 'other'), diskFreeLimitBytes: 1 };
    await using full = await startLeveret(options, { freeBytes: () => Promise.resolve(0) });
    const peer = await Peer.connect(openPipe(full));
    await peer.open(1);
    await peer.fence(1);
    peer.publish(1, { routingKey: 'nowhere' });
    expect(await peer.expect(0, 'connection.blocked')).to.include({ reason: 'low on disk' });
    peer.drop();
  });
});
