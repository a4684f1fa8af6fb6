// What survives the end of a broker, as its clients see it: one data folder, started again and
// again. How it survives a kill at any moment is what test/crash is for.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Peer } from '../support/peer.ts';
import { needsLeveret, openSocket, startLeveret } from '../support/target.ts';
import {
  bind,
  consume,
  counts,
  expectMessages,
  expectNoExchange,
  expectNoQueue,
  put,
  take,
} from '../support/topology.ts';

const PERSISTENT = { deliveryMode: 2 } as const;

describe('a broker with a data folder', () => {
  needsLeveret();

  let dataDir: string;
  let broker: Awaited<ReturnType<typeof startLeveret>>;
  let peer: Peer;

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'leveret-'));
    await start();
  });

  afterEach(async () => {
    peer.drop();
    await broker.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    broker = await startLeveret({ dataDir });
    peer = await connect();
  }

  async function connect(): Promise<Peer> {
    const other = await Peer.connect(await openSocket(broker.url));
    await other.open(1);
    return other;
  }

  async function restart(): Promise<void> {
    peer.drop();
    await broker.stop();
    await start();
  }

  const declare = (queue: string, durable = true) =>
    peer.call(1, 'queue.declare', { queue, durable });

  it('has durable queues again with persistent messages, in order, and nothing else', async () => {
    await declare('kept');
    await declare('gone', false);
    for (const text of ['1', '2', '3']) await put(peer, { routingKey: 'kept' }, PERSISTENT, text);
    await put(peer, { routingKey: 'kept' }, { deliveryMode: 1 }, 'transient');
    await put(peer, { routingKey: 'gone' }, PERSISTENT, 'x');
    await restart();
    await expectNoQueue(peer, 'gone');
    expect(await counts(peer, 'kept')).to.deep.equal([3]);
    await expectMessages(peer, 'kept', ['1', '2', '3']);
  });

  it('gives back properties, headers and large bodies as they were', async () => {
    await declare('q');
    const headers = new Map([['k', { type: 'S', value: 'häschen' }]]) as never;
    const body = Buffer.alloc(700_000, 'abc');
    await put(peer, { routingKey: 'q' }, { ...PERSISTENT, headers, messageId: 'id' }, body);
    await restart();
    const back = await take(peer, 'q');
    expect(back.body.equals(body)).to.equal(true);
    expect(back.properties).to.deep.equal({ ...PERSISTENT, headers, messageId: 'id' });
    expect(back).to.include({ exchange: '', routingKey: 'q' });
  });

  it('has durable exchanges and bindings again', async () => {
    await declare('q');
    for (const [exchange, durable] of [
      ['kept', true],
      ['gone', false],
    ] as const) {
      await peer.call(1, 'exchange.declare', { exchange, type: 'topic', durable });
      await bind(peer, 'q', exchange, 'a.*');
    }
    await bind(peer, 'q', 'kept', 'b');
    await peer.call(1, 'queue.unbind', { queue: 'q', exchange: 'kept', routingKey: 'b' });
    await restart();
    await expectNoExchange(peer, 'gone');
    await put(peer, { exchange: 'kept', routingKey: 'a.1' }, {}, 'bound');
    await put(peer, { exchange: 'kept', routingKey: 'b' }, {}, 'unbound');
    await expectMessages(peer, 'q', ['bound']);
  });

  it('does not bring back what was acknowledged, and marks what was handed out', async () => {
    await declare('q');
    for (const text of ['1', '2', '3']) await put(peer, { routingKey: 'q' }, PERSISTENT, text);
    await peer.call(1, 'basic.qos', { prefetchCount: 2 });
    await consume(peer, 'q');
    await peer.nextDelivery(1);
    await peer.nextDelivery(1);
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    await peer.nextDelivery(1);
    await restart();
    await put(peer, { routingKey: 'q' }, PERSISTENT, '4');
    expect(await take(peer, 'q')).to.include({ text: '2', redelivered: true });
    expect(await take(peer, 'q')).to.include({ text: '3', redelivered: true });
    expect(await take(peer, 'q')).to.include({ text: '4', redelivered: false });
  });

  it('forgets deleted and purged queues for good, also one that is declared again', async () => {
    for (const queue of ['deleted', 'again', 'purged']) {
      await declare(queue);
      await put(peer, { routingKey: queue }, PERSISTENT, 'old');
    }
    await peer.call(1, 'queue.delete', { queue: 'deleted' });
    await peer.call(1, 'queue.delete', { queue: 'again' });
    await declare('again');
    await peer.call(1, 'queue.purge', { queue: 'purged' });
    await restart();
    await expectNoQueue(peer, 'deleted');
    expect(await counts(peer, 'again', 'purged')).to.deep.equal([0, 0]);
  });

  it('keeps what a transaction committed, over several queues', async () => {
    for (const queue of ['a', 'b', 'from']) await declare(queue);
    await put(peer, { routingKey: 'from' }, PERSISTENT, 'taken');
    await peer.open(2);
    await peer.call(2, 'tx.select');
    peer.send(2, 'basic.get', { queue: 'from' });
    await peer.expectContent(2, 'basic.get-ok');
    for (const routingKey of ['a', 'b']) peer.publish(2, { routingKey }, PERSISTENT, 'moved');
    peer.send(2, 'basic.ack', { deliveryTag: 1 });
    await peer.call(2, 'tx.commit');
    peer.publish(2, { routingKey: 'a' }, PERSISTENT, 'not committed');
    await restart();
    expect(await counts(peer, 'a', 'b', 'from')).to.deep.equal([1, 1, 0]);
  });

  it('deletes exclusive and auto-delete queues with their connections, as ever', async () => {
    await peer.call(1, 'queue.declare', { queue: 'mine', durable: true, exclusive: true });
    await peer.call(1, 'queue.declare', { queue: 'auto', durable: true, autoDelete: true });
    await put(peer, { routingKey: 'auto' }, PERSISTENT, 'x');
    await consume(peer, 'auto');
    await peer.nextDelivery(1);
    await restart();
    await expectNoQueue(peer, 'mine');
    await expectNoQueue(peer, 'auto');
  });

  it('is refused to a second broker, and leaves nothing behind when reset', async () => {
    const refusal = await startLeveret({ dataDir }).then(
      () => null,
      (error: Error) => error,
    );
    expect(refusal?.message).to.match(/it is in use by this process, pid \d+$/);
    await declare('q');
    await put(peer, { routingKey: 'q' }, PERSISTENT, 'x');
    peer.drop();
    await broker.reset();
    await restart();
    await expectNoQueue(peer, 'q');
  });
});
