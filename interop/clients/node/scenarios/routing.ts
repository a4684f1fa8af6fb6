/** Scenarios of each exchange type: declare, bind, publish, look which queue got what. */
import assert from 'node:assert/strict';
import type { Context, Scenarios } from '../harness.ts';
import type { Channel, Properties } from '../port.ts';

export const routing: Scenarios = {
  async 'exchange-direct'(context) {
    const { exchange, channel, received, queue } = await setUp(context, 'direct');
    const red = await queue('red');
    const both = await queue('both');
    await channel.bindQueue(red, exchange, 'red');
    await channel.bindQueue(both, exchange, 'red');
    await channel.bindQueue(both, exchange, 'blue');
    await send(channel, exchange, ['red', 'blue', 'redder']);
    assert.deepEqual(await received(red), ['red']);
    assert.deepEqual(await received(both), ['red', 'blue']);
    await channel.unbindQueue(both, exchange, 'red');
    await send(channel, exchange, ['red', 'blue']);
    assert.deepEqual(await received(both), ['blue']);
  },

  async 'exchange-fanout'(context) {
    const { exchange, channel, received, queue } = await setUp(context, 'fanout');
    const queues = [await queue('1'), await queue('2'), await queue('3')];
    for (const name of queues) await channel.bindQueue(name, exchange, 'ignored');
    await send(channel, exchange, ['any', '']);
    for (const name of queues) assert.deepEqual(await received(name), ['any', '']);
  },

  async 'exchange-topic'(context) {
    const { exchange, channel, received, queue } = await setUp(context, 'topic');
    const keys = ['stock.usd.nyse', 'stock', 'stock.usd', 'quick.orange.rabbit', 'a..b', ''];
    const expected = {
      'stock.*.nyse': ['stock.usd.nyse'],
      'stock.#': ['stock.usd.nyse', 'stock', 'stock.usd'],
      '#': keys,
      '*.orange.*': ['quick.orange.rabbit'],
      '*': ['stock'],
      'a.*.b': ['a..b'],
      '#.usd.#': ['stock.usd.nyse', 'stock.usd'],
    };
    const queues = new Map<string, string>();
    for (const pattern of Object.keys(expected)) {
      const name = await queue(pattern);
      queues.set(pattern, name);
      await channel.bindQueue(name, exchange, pattern);
    }
    await send(channel, exchange, keys);
    for (const [pattern, wanted] of Object.entries(expected)) {
      assert.deepEqual(await received(queues.get(pattern) as string), wanted, pattern);
    }
  },

  async 'exchange-headers'(context) {
    const { exchange, channel, received, queue } = await setUp(context, 'headers');
    const all = await queue('all');
    const any = await queue('any');
    const pair = { format: 'pdf', kind: 'report' };
    await channel.bindQueue(all, exchange, '', { 'x-match': 'all', ...pair });
    await channel.bindQueue(any, exchange, '', { 'x-match': 'any', ...pair });
    const tries: [string, Properties][] = [
      ['both', { headers: pair }],
      ['one', { headers: { format: 'pdf', kind: 'log' } }],
      ['other', { headers: { format: 'zip' } }],
      ['bare', {}],
    ];
    for (const [body, properties] of tries) {
      await channel.publish(exchange, '', Buffer.from(body), properties);
    }
    assert.deepEqual(await received(all), ['both']);
    assert.deepEqual(await received(any), ['both', 'one']);
  },

  async 'exchange-to-exchange'(context) {
    const { exchange, channel, received, queue } = await setUp(context, 'topic');
    const fanout = `${context.name}.fanout`;
    const target = await queue('target');
    await channel.declareExchange(fanout, 'fanout');
    await channel.bindExchange(fanout, exchange, 'log.#');
    await channel.bindQueue(target, fanout, '');
    // A second way to the same queue must not give a second copy.
    await channel.bindQueue(target, exchange, 'log.error');
    await send(channel, exchange, ['log.error', 'log.info', 'other']);
    assert.deepEqual(await received(target), ['log.error', 'log.info']);
  },
};

interface Setting {
  readonly exchange: string;
  /** A confirm channel: after a publish the message is in its queues. */
  readonly channel: Channel;
  queue(suffix: string): Promise<string>;
  /** Takes all that is in a queue. */
  received(queue: string): Promise<string[]>;
}

async function setUp({ connect, name }: Context, type: string): Promise<Setting> {
  const channel = await (await connect()).channel('confirm');
  await channel.declareExchange(name, type);
  return {
    exchange: name,
    channel,
    async queue(suffix) {
      return (await channel.declareQueue(`${name}.${suffix}`, { temporary: true })).queue;
    },
    async received(queue) {
      const bodies: string[] = [];
      for (;;) {
        const message = await channel.get(queue, true);
        if (message === undefined) return bodies;
        bodies.push(message.body.toString());
      }
    },
  };
}

/** Publishes each key with itself as the body. */
async function send(channel: Channel, exchange: string, keys: string[]): Promise<void> {
  for (const key of keys) await channel.publish(exchange, key, Buffer.from(key));
}
