// Time as an argument: a broker on a manual clock, as an embedding program has it in its tests; and
// what is timed: expiry, acknowledgements, heartbeats. Reference: compatibility A8.8, A9.4, A1.6.
import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { expect } from 'chai';
import { type Broker, type BrokerOptions, ManualClock, startBroker } from '../../src/index.ts';

describe('A broker on a manual clock', () => {
  let broker: Broker;
  let connection: ChannelModel;
  const closed: string[] = [];

  const start = async (options: BrokerOptions = {}, heartbeat = 0): Promise<Channel> => {
    broker = await startBroker({ port: 0, ...options }, { clock: new ManualClock() });
    connection = await amqp.connect(`amqp://127.0.0.1:${broker.port}?heartbeat=${heartbeat}`);
    connection.on('error', (error: Error) => closed.push(error.message));
    const channel = await connection.createChannel();
    channel.on('error', (error: Error) => closed.push(error.message));
    return channel;
  };

  afterEach(async () => {
    closed.length = 0;
    await broker.stop();
  });

  it('lets messages and queues expire when it is told', async () => {
    const channel = await start();
    await channel.assertQueue('q', { messageTtl: 3_600_000, expires: 7_200_000 });
    channel.sendToQueue('q', Buffer.from('a'));
    expect((await channel.checkQueue('q')).messageCount).to.equal(1);
    await broker.clock.advance('59m59s');
    expect((await channel.checkQueue('q')).messageCount).to.equal(1);
    await broker.clock.advance('1s');
    expect((await channel.checkQueue('q')).messageCount).to.equal(0);
    await broker.clock.advance('2h');
    const error: unknown = await channel.checkQueue('q').catch((reason: unknown) => reason);
    expect((error as Error).message).to.match(/no queue 'q'/);
  });

  it('passes what a chain of queues waits for', async () => {
    const channel = await start();
    await channel.assertQueue('end');
    for (const [name, next] of [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'end'],
    ] as const) {
      await channel.assertQueue(name, {
        messageTtl: 60_000,
        deadLetterExchange: '',
        deadLetterRoutingKey: next,
      });
    }
    channel.sendToQueue('a', Buffer.from('x'));
    await channel.checkQueue('a');
    await broker.clock.advance('3m');
    const got = await channel.get('end', { noAck: true });
    expect(got).not.to.equal(false);
  });

  it('closes a channel that does not acknowledge in time (A9.4)', async () => {
    const channel = await start({ consumerTimeoutMs: 60_000 });
    await channel.assertQueue('q');
    channel.sendToQueue('q', Buffer.from('a'));
    await channel.consume('q', () => undefined);
    await channel.checkQueue('q');
    await broker.clock.advance('59s');
    expect(closed).to.deep.equal([]);
    await broker.clock.advance('30s');
    const other = await connection.createChannel();
    expect(closed[0]).to.contain(
      'PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. ' +
        'Timeout value used: 60000 ms.',
    );
    expect((await other.checkQueue('q')).messageCount).to.equal(1);
  });

  it('waits for ever where it is told to', async () => {
    const channel = await start({ consumerTimeoutMs: null });
    await channel.assertQueue('q');
    channel.sendToQueue('q', Buffer.from('a'));
    await channel.consume('q', () => undefined);
    await channel.checkQueue('q');
    await broker.clock.advance('10d');
    await channel.checkQueue('q');
    expect(closed).to.deep.equal([]);
  });

  it('drops a peer that does not send heartbeats (A1.6)', async () => {
    await start({}, 60);
    const gone = new Promise((resolve) => connection.once('close', resolve));
    await broker.clock.advance('3m');
    await gone;
  });

  it('refuses spans that are none, and clocks that go by themselves', async () => {
    await start();
    const refusal = (span: string | number) =>
      broker.clock.advance(span).then(
        () => 'none',
        (error: unknown) => (error as Error).message,
      );
    for (const span of ['1 hour', '', 'h', -1, Number.NaN]) {
      expect(await refusal(span)).to.match(/^not a (span|number)/);
    }
    const other = await startBroker({ port: 0 });
    const error: unknown = await other.clock.advance('1s').catch((reason: unknown) => reason);
    expect((error as Error).message).to.match(/start the broker with a ManualClock/);
    await other.stop();
  });

  describe('with compatibility 4.x', () => {
    const modern = { compatibility: '4.x', consumerTimeoutMs: 60_000 } as const;

    it('says that it is 4.x, and takes messages of 16 MiB', async () => {
      await start(modern);
      expect(connection.connection.serverProperties).to.include({ version: '4.3.5' });
      expect(broker.options.maxMessageBytes).to.equal(16 * 1024 * 1024);
    });

    it('refuses queues that are neither durable nor exclusive', async () => {
      const channel = await start(modern);
      await channel.assertQueue('q', { durable: false }).catch(() => undefined);
      expect(closed.join()).to.contain('Feature `transient_nonexcl_queues` is deprecated.');
    });

    it('takes what is deprecated when that is permitted', async () => {
      const permittedDeprecated = { transient_nonexcl_queues: true, global_qos: true };
      const channel = await start({ ...modern, permittedDeprecated });
      await channel.assertQueue('q', { durable: false });
      await channel.prefetch(1, true);
      for (const tag of ['a', 'b'])
        await channel.consume('q', () => undefined, { consumerTag: tag });
      for (const body of ['1', '2']) channel.sendToQueue('q', Buffer.from(body));
      expect((await channel.checkQueue('q')).messageCount).to.equal(1);
      expect(closed).to.deep.equal([]);
    });

    it('lets in who has no name as the user for that', async () => {
      await start({ ...modern, anonymousUser: 'guest' });
      const credentials = { mechanism: 'ANONYMOUS', response: () => Buffer.from('me') };
      const anonymous = await amqp.connect(broker.url.replace('guest:guest@', ''), { credentials });
      await (await anonymous.createChannel()).assertQueue('of nobody', { exclusive: true });
      await anonymous.close();
      await broker.stop();
      await start({ ...modern, anonymousUser: null });
      const refused = await amqp.connect(broker.url, { credentials }).then(
        () => null,
        (error: Error) => error,
      );
      expect(refused).to.be.instanceOf(Error);
    });

    it('begins the history of a message anew that a client wrote deaths on (A8.6)', async () => {
      const channel = await start(modern);
      const retry = { deadLetterExchange: '', deadLetterRoutingKey: 'dead' };
      await channel.assertQueue('dead');
      await channel.assertQueue('q', { messageTtl: 10, ...retry });
      const counts: unknown[] = [];
      let headers: amqp.MessagePropertyHeaders | undefined = {};
      for (let i = 0; i < 2; i++) {
        channel.sendToQueue('q', Buffer.from('a'), { headers });
        await channel.checkQueue('q');
        await broker.clock.advance('10ms');
        const got = await channel.get('dead', { noAck: true });
        headers = got ? got.properties.headers : undefined;
        const [death] = (headers?.['x-death'] ?? []) as unknown as { count: number }[];
        counts.push(death?.count);
      }
      expect(counts).to.deep.equal([1, 1]);
    });

    it('takes a prefetch of the channel for one of its consumers', async () => {
      const channel = await start(modern);
      await channel.assertQueue('q', { arguments: { 'x-queue-type': 'quorum' } });
      await channel.prefetch(1, true);
      await channel.consume('q', () => undefined);
      expect(closed).to.deep.equal([]);
    });

    it('times quorum queues alone, and takes the consumer off', async () => {
      const channel = await start(modern);
      const cancelled: unknown[] = [];
      for (const [name, type] of [
        ['c', 'classic'],
        ['q', 'quorum'],
      ] as const) {
        await channel.assertQueue(name, { arguments: { 'x-queue-type': type } });
        channel.sendToQueue(name, Buffer.from('a'));
        await channel.consume(name, (message) => message ?? cancelled.push(name));
      }
      await channel.checkQueue('q');
      await broker.clock.advance('90s');
      expect((await channel.checkQueue('q')).messageCount).to.equal(1);
      expect((await channel.checkQueue('c')).consumerCount).to.equal(1);
      expect(cancelled).to.deep.equal(['q']);
      expect(closed).to.deep.equal([]);
    });

    it('limits deliveries of quorum queues to 20 more', async () => {
      const channel = await start(modern);
      await channel.assertQueue('q', { arguments: { 'x-queue-type': 'quorum' } });
      channel.sendToQueue('q', Buffer.from('a'));
      let deliveries = 0;
      await channel.consume('q', (message) => {
        deliveries++;
        if (message) channel.nack(message);
      });
      for (let left = 40; left > 0; left--) await channel.checkQueue('q');
      expect(deliveries).to.equal(21);
    });
  });
});
