// x-filter and x-group-key as clients see them: over restarts, and in queues that are longer than
// memory holds.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import amqp, { type ConfirmChannel, type ConsumeMessage } from 'amqplib';
import { expect } from 'chai';
import { type Broker, startBroker } from '../../src/index.ts';

describe('Consumers that choose', () => {
  let folder: string;
  let broker: Broker;
  let channel: ConfirmChannel;

  const connect = async () => {
    const connection = await amqp.connect(broker.url);
    connection.on('error', () => undefined);
    const opened = await connection.createConfirmChannel();
    opened.on('error', () => undefined);
    return opened;
  };
  const start = async () => {
    broker = await startBroker({ port: 0, dataDir: join(folder, 'data') });
    channel = await connect();
  };
  const restart = async () => {
    await broker.stop();
    await start();
  };
  /** Acks what comes, and resolves with the names of the first `count`. */
  const consume = (
    queue: string,
    count: number,
    options: amqp.Options.Consume,
    on: ConfirmChannel = channel,
  ) =>
    new Promise<string[]>((resolve, reject) => {
      const found: string[] = [];
      on.consume(
        queue,
        (message) => {
          const { content } = message as ConsumeMessage;
          found.push(content.toString('utf8', 0, content.indexOf('.')));
          on.ack(message as ConsumeMessage);
          if (found.length === count) resolve(found);
        },
        options,
      ).catch(reject);
    });
  const filtered = (filter: string) => ({ arguments: { 'x-filter': filter } });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'selection-'));
    await start();
  });

  afterEach(async () => {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const put = (queue: string, name: string, headers: object, bytes = 0) =>
    channel.sendToQueue(queue, Buffer.from(`${name}.${'x'.repeat(bytes)}`), {
      persistent: true,
      headers,
    });

  it('find what they want behind 20,000 others on the disk, which stay as they were', async () => {
    await channel.assertQueue('q');
    for (let i = 0; i < 20_000; i++) {
      put('q', `${i}`, { color: i % 5_000 === 4_999 ? 'red' : 'blue' }, 1_000);
    }
    await channel.waitForConfirms();
    await restart();
    const reds = await consume('q', 4, filtered("color = 'red'"));
    expect(reds).to.deep.equal(['4999', '9999', '14999', '19999']);
    // Answered behind the last ack.
    await channel.checkQueue('q');
    await restart();
    expect((await channel.checkQueue('q')).messageCount).to.equal(19_996);
    const rest = await consume('q', 19_996, {});
    const blue = Array.from({ length: 20_000 }, (_, i) => i).filter((i) => i % 5_000 !== 4_999);
    expect(rest).to.deep.equal(blue.map(String));
  });

  it('share a queue: what one does not want comes to the other, and is redelivered', async () => {
    await channel.assertQueue('q', { arguments: { 'x-queue-type': 'quorum' } });
    for (const [i, n] of [5, 15, 25, 35].entries()) put('q', `${i}`, { n });
    const other = await connect();
    const [low, high] = await Promise.all([
      consume('q', 2, filtered('n BETWEEN 0 AND 20')),
      consume('q', 2, filtered('n > 20'), other),
    ]);
    expect([low, high]).to.deep.equal([
      ['0', '1'],
      ['2', '3'],
    ]);
  });

  it('are told what is wrong with a filter', async () => {
    await channel.assertQueue('q');
    for (const [filter, reason] of [
      ["color = 'red", '{invalid_filter,"no end of the quote at 9"}'],
      [7, '{unacceptable_type,byte}'],
    ] as const) {
      const on = await connect();
      const refused = await on
        .consume('q', () => undefined, { arguments: { 'x-filter': filter } })
        .then(
          () => null,
          (error: Error) => error.message,
        );
      expect(refused).to.contain(`invalid arg 'x-filter' for queue 'q' in vhost '/': ${reason}`);
    }
  });

  it('get messages of a key in order, one consumer at a time, over a restart', async () => {
    const args = { 'x-group-key': 'customer' };
    await channel.assertQueue('q', { arguments: args });
    for (let i = 0; i < 300; i++) put('q', `${i % 10}-${i}`, { customer: i % 10 });
    await channel.waitForConfirms();
    await restart();
    const seen = new Map<string, number[]>();
    const holders = new Map<string, number>();
    let done: () => void;
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    let count = 0;
    const consumer = async (id: number) => {
      const on = await connect();
      await on.prefetch(5);
      await on.consume('q', async (message) => {
        const { content } = message as ConsumeMessage;
        const [key, n] = content.toString('utf8', 0, content.indexOf('.')).split('-') as [
          string,
          string,
        ];
        const holder = holders.get(key);
        expect(holder === undefined || holder === id, `${key} is held by ${holder}`).to.equal(true);
        holders.set(key, id);
        seen.set(key, [...(seen.get(key) ?? []), Number(n)]);
        await new Promise((resolve) => setImmediate(resolve));
        holders.delete(key);
        on.ack(message as ConsumeMessage);
        if (++count === 300) done();
      });
    };
    await Promise.all([consumer(1), consumer(2), consumer(3)]);
    await all;
    for (const [key, numbers] of seen) {
      const sorted = [...numbers].sort((a, b) => a - b);
      expect(numbers, key).to.deep.equal(sorted);
      expect(numbers).to.have.length(30);
    }
  });

  it('a queue with a group key has no basic.get', async () => {
    await channel.assertQueue('q', { arguments: { 'x-group-key': 'k' } });
    const refused = await channel.get('q').then(
      () => null,
      (error: Error) => error.message,
    );
    expect(refused).to.contain('RESOURCE_LOCKED - cannot obtain access to locked queue');
  });
});
