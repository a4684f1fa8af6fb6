// Leveret inside another program: several brokers at once, reset, stop, events, pipes in place of
// ports. Leveret alone; the shape of the API is in src/index.ts.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Peer } from '../support/peer.ts';
import { UNMEASURED } from '../support/program.ts';
import { needsLeveret, openPipe, openSocket, startLeveret } from '../support/target.ts';
import { consume, expectNoQueue, fill } from '../support/topology.ts';

type Leveret = Awaited<ReturnType<typeof startLeveret>>;

const SHUTDOWN = {
  code: 320,
  text: "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'",
};

async function connect(broker: Leveret): Promise<Peer> {
  const peer = await Peer.connect(await openSocket(broker.url));
  await peer.open(1);
  return peer;
}

/** Whether something accepts connections at the broker's former address. */
async function accepts(url: string): Promise<boolean> {
  try {
    (await openSocket(url)).destroy();
    return true;
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).to.equal('ECONNREFUSED');
    return false;
  }
}

describe('brokers in one process', () => {
  needsLeveret();

  it('have ports, URLs and worlds of their own', async () => {
    await using one = await startLeveret();
    await using two = await startLeveret();
    expect(one.port).to.be.greaterThan(0);
    expect(one.port).to.not.equal(two.port);
    expect(one.url).to.equal(`amqp://guest:guest@127.0.0.1:${one.port}`);
    const [first, second] = [await connect(one), await connect(two)];
    await first.call(1, 'queue.declare', { queue: 'q' });
    await fill(first, 'q', 'm');
    await expectNoQueue(second, 'q');
    first.drop();
    second.drop();
  });

  it('cannot share a port', async () => {
    await using one = await startLeveret();
    const error = await startLeveret({ port: one.port }).then(
      () => undefined,
      (reason: NodeJS.ErrnoException) => reason,
    );
    expect(error?.code).to.equal('EADDRINUSE');
  });

  it('take clients over pipes, as many as come', async () => {
    await using broker = await startLeveret();
    const peers = await Promise.all([1, 2, 3].map(() => Peer.connect(openPipe(broker))));
    for (const peer of peers) await peer.open(1);
    const [first, second, third] = peers as [Peer, Peer, Peer];
    await first.call(1, 'queue.declare', { queue: 'q' });
    await consume(second, 'q', { noAck: true });
    await fill(third, 'q', 'through');
    expect((await second.nextDelivery(1)).text).to.equal('through');
    for (const peer of peers) await peer.close();
  });

  it('tell what happens', async () => {
    await using broker = await startLeveret();
    const seen: string[] = [];
    broker.on('connection.created', ({ user, vhost }) => seen.push(`connected ${user} ${vhost}`));
    broker.on('queue.created', ({ name }) => seen.push(`queue ${name}`));
    broker.on('consumer.created', ({ queue, tag }) => seen.push(`consumer ${tag} of ${queue}`));
    const off = broker.on('queue.deleted', ({ name }) => seen.push(`deleted ${name}`));
    const closed = new Promise<void>((resolve) => {
      broker.once('connection.closed', () => resolve());
    });
    const peer = await Peer.connect(openPipe(broker));
    await peer.open(1);
    await peer.call(1, 'queue.declare', { queue: 'q' });
    await consume(peer, 'q', { consumerTag: 'c' });
    await peer.call(1, 'basic.cancel', { consumerTag: 'c' });
    await peer.call(1, 'queue.delete', { queue: 'q' });
    off();
    await peer.call(1, 'queue.declare', { queue: 'r' });
    await peer.call(1, 'queue.delete', { queue: 'r' });
    await peer.close();
    await closed;
    expect(seen).to.deep.equal([
      'connected guest /',
      'queue q',
      'consumer c of q',
      'deleted q',
      'queue r',
    ]);
  });

  it('use the options that they were given', async () => {
    await using broker = await startLeveret({
      product: 'Something',
      version: '1.2.3',
      heartbeatSeconds: 7,
      frameMaxBytes: 65_536,
      channelMax: 99,
      users: [{ name: 'me', password: 'secret' }],
      vhosts: ['mine'],
    });
    const { peer, start } = await Peer.begin(openPipe(broker));
    expect(start.serverProperties.get('product')).to.deep.equal({ type: 'S', value: 'Something' });
    expect(start.serverProperties.get('version')).to.deep.equal({ type: 'S', value: '1.2.3' });
    peer.startOk({ user: 'me', password: 'secret' });
    const offer = await peer.tune();
    expect(offer).to.include({ heartbeat: 7, frameMax: 65_536, channelMax: 99 });
    await peer.call(0, 'connection.open', { virtualHost: 'mine' });
    await peer.close();
  });

  it('refuse options that they do not know', async () => {
    const wrong: object = { prot: 5672 };
    const error = await startLeveret(wrong).then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error?.name).to.equal('ConfigError');
  });
});

describe('resetting a broker', () => {
  needsLeveret();

  it('empties it and keeps its port', async () => {
    await using broker = await startLeveret();
    const { port } = broker;
    const before = await connect(broker);
    await before.call(1, 'exchange.declare', { exchange: 'x', type: 'fanout' });
    await before.call(1, 'queue.declare', { queue: 'q', durable: true });
    await before.call(1, 'queue.bind', { queue: 'q', exchange: 'amq.fanout' });
    await fill(before, 'q', 'm');
    const reset = broker.reset();
    await before.expect(0, 'connection.close');
    before.send(0, 'connection.close-ok');
    await reset;
    expect(broker.port).to.equal(port);
    const after = await connect(broker);
    await expectNoQueue(after, 'q');
    await after.fence(1);
    await after.call(1, 'exchange.declare', { exchange: 'x', type: 'direct' });
    await after.close();
  });
});

describe('stopping a broker', () => {
  needsLeveret();

  it('says goodbye, ends the connections and frees the port', async () => {
    const broker = await startLeveret();
    const { url } = broker;
    const [one, two] = [await connect(broker), await Peer.connect(openPipe(broker))];
    const stopped = broker.stop();
    await Promise.all([one.expectConnectionClose(SHUTDOWN), two.expectConnectionClose(SHUTDOWN)]);
    await stopped;
    expect(await accepts(url)).to.equal(false);
    await broker.stop();
  });

  it('comes at the end of a block that uses it', async () => {
    let url = '';
    {
      await using broker = await startLeveret();
      url = broker.url;
      expect(await accepts(url)).to.equal(true);
    }
    expect(await accepts(url)).to.equal(false);
  });

  it('does not wait for ever for clients that do not answer', async function () {
    this.timeout(15_000);
    const broker = await startLeveret();
    const [silent, unfinished] = [await connect(broker), await openSocket(broker.url)];
    unfinished.on('error', () => undefined);
    await broker.stop();
    await silent.expect(0, 'connection.close');
    silent.drop();
    unfinished.destroy();
  });

  it('lets the process end by itself', async () => {
    const script = `
      import { startBroker } from './src/index.ts';
      const broker = await startBroker({ port: 0, heartbeatSeconds: 1 });
      await broker.stop();
    `;
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', script],
      {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        env: { ...process.env, ...UNMEASURED },
        stdio: 'inherit',
      },
    );
    const [code] = await once(child, 'exit');
    expect(code).to.equal(0);
  });
});
