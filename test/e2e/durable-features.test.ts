// What queues add to messages survives a restart: deadlines, priorities, dead letters on their way,
// delays, retries, deliveries counted. Reference: compatibility A.5, A.8, A.13.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import amqp, { type ConfirmChannel } from 'amqplib';
import { expect } from 'chai';
import { type Broker, ManualClock, startBroker } from '../../src/index.ts';

describe('After a restart', () => {
  let folder: string;
  let clock: ManualClock;
  let broker: Broker;
  let channel: ConfirmChannel;

  const start = async () => {
    broker = await startBroker({ port: 0, dataDir: join(folder, 'data') }, { clock });
    const connection = await amqp.connect(`amqp://127.0.0.1:${broker.port}?heartbeat=0`);
    connection.on('error', () => undefined);
    channel = await connection.createConfirmChannel();
  };
  const restart = async () => {
    await broker.stop();
    await start();
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'features-'));
    clock = new ManualClock();
    await start();
  });

  afterEach(async () => {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const put = async (
    queue: string,
    body: string,
    more: amqp.Options.Publish = {},
    exchange = '',
  ) => {
    channel.publish(exchange, queue, Buffer.from(body), { persistent: true, ...more });
    await channel.waitForConfirms();
  };
  const bodies = async (queue: string) => {
    const found: string[] = [];
    for (;;) {
      const got = await channel.get(queue, { noAck: true });
      if (got === false) return found;
      found.push(got.content.toString());
    }
  };

  it('messages have the deadlines that they had', async () => {
    await channel.assertQueue('q', { messageTtl: 60_000 });
    await put('q', 'short', { expiration: '10000' });
    await put('q', 'long');
    await restart();
    await broker.clock.advance('10s');
    expect((await channel.checkQueue('q')).messageCount).to.equal(1);
    await broker.clock.advance('49s');
    expect((await channel.checkQueue('q')).messageCount).to.equal(1);
    await broker.clock.advance('1s');
    expect((await channel.checkQueue('q')).messageCount).to.equal(0);
  });

  it('messages that expired meanwhile are dead-lettered', async () => {
    await channel.assertQueue('dead');
    const more = { messageTtl: 1_000, deadLetterExchange: '', deadLetterRoutingKey: 'dead' };
    await channel.assertQueue('q', more);
    for (const body of '123') await put('q', body);
    await broker.stop();
    clock.advance(5_000);
    await start();
    await broker.clock.advance(0);
    expect(await bodies('dead')).to.deep.equal(['1', '2', '3']);
    expect(await bodies('q')).to.deep.equal([]);
  });

  it('dead letters stay where they went', async () => {
    await channel.assertQueue('dead');
    await channel.assertQueue('q', { deadLetterExchange: '', deadLetterRoutingKey: 'dead' });
    await put('q', 'a');
    const got = await channel.get('q');
    if (got) channel.reject(got, false);
    await channel.checkQueue('q');
    await restart();
    expect(await bodies('q')).to.deep.equal([]);
    expect(await bodies('dead')).to.deep.equal(['a']);
  });

  it('dead letters are known as such: their history goes on, with 4.x, too', async () => {
    await broker.stop();
    const modern = { port: 0, compatibility: '4.x', dataDir: join(folder, 'data') } as const;
    const connect = async () => {
      broker = await startBroker(modern, { clock });
      channel = await (await amqp.connect(broker.url)).createConfirmChannel();
    };
    await connect();
    for (const [name, next] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      const more = { deadLetterExchange: '', deadLetterRoutingKey: next };
      await channel.assertQueue(name, name === 'b' ? { messageTtl: 60_000, ...more } : more);
    }
    await put('a', 'x');
    for (const queue of ['a', 'b', 'a']) {
      const got = await channel.get(queue);
      if (got) channel.reject(got, false);
      await channel.checkQueue(queue);
      await broker.stop();
      await connect();
    }
    const got = await channel.get('b');
    const deaths = got ? got.properties.headers?.['x-death'] : [];
    expect(deaths).to.have.length(2);
    expect((deaths as unknown as { count: number }[])[0]).to.include({ count: 2, queue: 'a' });
  });

  it('dead letters that found no place are tried again', async () => {
    await channel.assertQueue('q', {
      deadLetterExchange: '',
      deadLetterRoutingKey: 'dead',
      arguments: {
        'x-queue-type': 'quorum',
        'x-overflow': 'reject-publish',
        'x-dead-letter-strategy': 'at-least-once',
      },
    });
    for (const body of '123') await put('q', body);
    for (let i = 0; i < 2; i++) {
      const got = await channel.get('q');
      if (got) channel.reject(got, false);
    }
    expect((await channel.checkQueue('q')).messageCount).to.equal(1);
    await restart();
    await channel.assertQueue('dead');
    await broker.clock.advance('1s');
    expect(await bodies('dead')).to.deep.equal(['1', '2']);
    expect(await bodies('q')).to.deep.equal(['3']);
    await restart();
    expect(await bodies('q')).to.deep.equal([]);
  });

  it('nothing is lost when the broker is stopped while messages expire', async () => {
    await broker.stop();
    const real = () => startBroker({ port: 0, dataDir: join(folder, 'data') });
    broker = await real();
    const connection = await amqp.connect(broker.url);
    channel = await connection.createConfirmChannel();
    await channel.assertQueue('end');
    const end = { deadLetterExchange: '', deadLetterRoutingKey: 'end' };
    for (let i = 0; i < 40; i++) await channel.assertQueue(`q${i}`, { messageTtl: i, ...end });
    for (let i = 0; i < 400; i++) await put(`q${i % 40}`, `${i}`);
    await broker.stop();
    broker = await real();
    const again = await (await amqp.connect(broker.url)).createConfirmChannel();
    let count = 0;
    for (let left = 100; left > 0 && count < 400; left--) {
      count = (await again.checkQueue('end')).messageCount;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(count).to.equal(400);
  });

  it('priorities count as before', async () => {
    await channel.assertQueue('q', { maxPriority: 9 });
    for (const [body, priority] of [
      ['low', 1],
      ['high', 9],
      ['mid', 5],
      ['mid too', 5],
    ] as const) {
      await put('q', body, { priority });
    }
    await channel.assertQueue('other');
    await put('other', 'x');
    await restart();
    expect(await bodies('q')).to.deep.equal(['high', 'mid', 'mid too', 'low']);
    expect(await bodies('other')).to.deep.equal(['x']);
    await restart();
    expect(await bodies('q')).to.deep.equal([]);
  });

  it('delayed messages still wait', async () => {
    const args = { 'x-delayed-type': 'fanout' };
    await channel.assertExchange('x', 'x-delayed-message', { arguments: args });
    await channel.assertQueue('q');
    await channel.bindQueue('q', 'x', '');
    await put('', 'late', { headers: { 'x-delay': 20_000 } }, 'x');
    await put('', 'soon', { headers: { 'x-delay': 10_000 } }, 'x');
    await restart();
    await broker.clock.advance('10s');
    expect(await bodies('q')).to.deep.equal(['soon']);
    await restart();
    await broker.clock.advance('10s');
    expect(await bodies('q')).to.deep.equal(['late']);
    await restart();
    await broker.clock.advance('1h');
    expect(await bodies('q')).to.deep.equal([]);
  });

  it('what is to be tried again is, as often as it was to be (x-retry)', async () => {
    await channel.assertQueue('dead');
    await channel.assertQueue('q', {
      deadLetterExchange: '',
      deadLetterRoutingKey: 'dead',
      arguments: { 'x-retry': { max: 2, delay: 1_000, factor: 3 } },
    });
    const reject = async () => {
      const got = await channel.get('q');
      if (got) channel.reject(got, false);
      await channel.checkQueue('q');
      return (got || null)?.properties.headers?.['x-retry-count'];
    };
    await put('q', 'a');
    expect(await reject()).to.equal(undefined);
    await restart();
    await broker.clock.advance(999);
    expect((await channel.checkQueue('q')).messageCount).to.equal(0);
    await broker.clock.advance(1);
    expect(await reject()).to.equal(1);
    await broker.clock.advance(2_999);
    expect((await channel.checkQueue('q')).messageCount).to.equal(0);
    await broker.clock.advance(1);
    expect(await reject()).to.equal(2);
    expect(await bodies('dead')).to.deep.equal(['a']);
  });

  it('deliveries count on (x-delivery-limit)', async () => {
    await channel.assertQueue('dead');
    await channel.assertQueue('q', {
      deadLetterExchange: '',
      deadLetterRoutingKey: 'dead',
      arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 2 },
    });
    await put('q', 'a');
    await put('q', 'b');
    const giveBack = async () => {
      const got = await channel.get('q');
      if (got) channel.nack(got);
      await channel.checkQueue('q');
      return (got || null)?.properties.headers?.['x-delivery-count'];
    };
    expect([await giveBack(), await giveBack()]).to.deep.equal([0, 1]);
    await restart();
    expect(await giveBack()).to.equal(2);
    expect(await bodies('dead')).to.deep.equal(['a']);
    await restart();
    expect(await bodies('q')).to.deep.equal(['b']);
  });

  it('a quorum queue has kept transient messages, too', async () => {
    await channel.assertQueue('q', { arguments: { 'x-queue-type': 'quorum' } });
    await put('q', 'transient', { persistent: false });
    await restart();
    expect(await bodies('q')).to.deep.equal(['transient']);
  });

  it('dead letters go by BCC keys, too', async () => {
    await channel.assertQueue('dead');
    await channel.assertExchange('x', 'direct');
    await channel.bindQueue('dead', 'x', 'blind');
    await channel.assertQueue('q', { deadLetterExchange: 'x', messageTtl: 60_000 });
    await put('q', 'a', { BCC: ['blind'] });
    await restart();
    await broker.clock.advance('1m');
    const got = await channel.get('dead');
    expect((got || null)?.properties.headers).not.to.have.property('BCC');
    expect((got || null)?.content.toString()).to.equal('a');
  });

  it('an exchange knows what it has seen, if it is to (x-message-deduplication)', async () => {
    await channel.assertQueue('q');
    for (const [name, more] of Object.entries({
      disk: { 'x-cache-persistence': 'disk', 'x-cache-ttl': 60_000 },
      memory: {},
    })) {
      const own = { arguments: { 'x-cache-size': 10, ...more } };
      await channel.assertExchange(name, 'x-message-deduplication', own);
      await channel.bindQueue('q', name, '');
    }
    const same = { headers: { 'x-deduplication-header': 'a' } };
    for (const exchange of ['disk', 'memory']) await put('', exchange, same, exchange);
    await restart();
    for (const exchange of ['disk', 'memory']) await put('', `${exchange} 2`, same, exchange);
    expect(await bodies('q')).to.deep.equal(['disk', 'memory', 'memory 2']);
    await broker.clock.advance('1m');
    await put('', 'disk 3', same, 'disk');
    await restart();
    await put('', 'disk 4', same, 'disk');
    expect(await bodies('q')).to.deep.equal(['disk 3']);
  });

  it('a queue knows what it has already (x-message-deduplication)', async () => {
    await channel.assertQueue('q', { arguments: { 'x-message-deduplication': true } });
    const same = { headers: { 'x-deduplication-header': 'a' } };
    await put('q', '1', same);
    await put('q', '2', same);
    await restart();
    await put('q', '3', same);
    expect(await bodies('q')).to.deep.equal(['1']);
    await put('q', '4', same);
    expect(await bodies('q')).to.deep.equal(['4']);
  });
});
