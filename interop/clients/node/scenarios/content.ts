/** Scenarios of what a message carries: sizes, Unicode, headers of every type, properties. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Context, Scenarios } from '../harness.ts';
import type { Channel, Message, Properties } from '../port.ts';

const TEN_MIB = 10 * 1024 * 1024;

export const content: Scenarios = {
  async 'body-empty'(context) {
    const { channel, name } = await confirmed(context);
    await channel.publish('', name, Buffer.alloc(0), { type: 'empty' });
    const message = await received(channel, name);
    assert.equal(message.body.length, 0);
    assert.equal(message.properties.type, 'empty');
  },

  async 'body-10mib'(context) {
    const { channel, name } = await confirmed(context);
    const body = randomBytes(TEN_MIB);
    await channel.publish('', name, body);
    const message = await new Promise<Message>((resolve, reject) => {
      channel.consume(name, resolve, { noAck: true }).catch(reject);
    });
    assert.equal(message.body.length, TEN_MIB);
    assert.ok(message.body.equals(body), 'the bytes differ');
  },

  async unicode(context) {
    const { channel } = await confirmed(context);
    const exchange = `${context.name}.交換機.обмен`;
    const queue = `${context.name}.очередь.队列.🐇`;
    const key = 'ключ.🐇.größe';
    const text = 'Grüße, 兎 and 🐇, e\u0301';
    await channel.declareExchange(exchange, 'topic');
    const declared = await channel.declareQueue(queue, { temporary: true });
    assert.equal(declared.queue, queue);
    await channel.bindQueue(queue, exchange, 'ключ.*.größe');
    await channel.publish(exchange, key, Buffer.from(text), { headers: { ключ: text } });
    const message = await received(channel, queue);
    assert.equal(message.exchange, exchange);
    assert.equal(message.routingKey, key);
    assert.equal(message.body.toString(), text);
    assert.equal(message.properties.headers?.['ключ'], text);
  },

  async 'header-table'(context) {
    const { channel, name } = await confirmed(context);
    const { headerSamples, unsendableTypes } = context.client;
    if (unsendableTypes !== '') {
      context.note(`the client cannot send headers of type ${[...unsendableTypes].join(' ')}`);
    }
    const headers = Object.fromEntries(headerSamples.map(({ type, sent }) => [type, sent]));
    await channel.publish('', name, Buffer.from('x'), { headers });
    const message = await received(channel, name);
    const expected = headerSamples.map((sample) => [
      sample.type,
      'received' in sample ? sample.received : sample.sent,
    ]);
    assert.deepEqual({ ...message.properties.headers }, Object.fromEntries(expected));
  },

  async 'properties-all'(context) {
    const { channel, name } = await confirmed(context);
    const all: Required<Properties> = {
      contentType: 'application/octet-stream',
      contentEncoding: 'identity',
      headers: { key: 'value' },
      deliveryMode: 2,
      priority: 9,
      correlationId: 'correlation-1',
      replyTo: 'reply.queue',
      expiration: '3600000',
      messageId: 'message-1',
      timestamp: 1_700_000_000,
      type: 'type-1',
      userId: decodeURIComponent(new URL(context.url).username),
      appId: 'app-1',
      clusterId: 'cluster-1',
    };
    const sent: Properties = { ...all };
    for (const property of context.client.unsendableProperties) {
      context.note(`the client cannot send ${property}`);
      delete sent[property];
    }
    await channel.publish('', name, Buffer.from('x'), sent);
    const { properties } = await received(channel, name);
    for (const [property, value] of Object.entries(sent)) {
      assert.deepEqual(properties[property as keyof Properties], value, property);
    }
  },

  async 'priorities-timestamps'(context) {
    await comeBack(context, 'priority', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255]);
    // 1970, and beyond what fits into 31 bits and into 32.
    await comeBack(context, 'timestamp', [0, 1, 1e9, 2_147_483_648, 4_102_444_800, 2 ** 32]);
  },
};

/** Sends a message for each value of a property. */
async function comeBack(
  { client, connect, name, note }: Context,
  property: 'priority' | 'timestamp',
  values: readonly number[],
): Promise<void> {
  const queue = `${name}.${property}`;
  const channel = await (await connect()).channel('confirm');
  await channel.declareQueue(queue, { temporary: true });
  const unsendable = client.unsendableValues?.[property] ?? [];
  for (const value of unsendable) note(`the client cannot send ${property} ${value}`);
  for (const value of values.filter((candidate) => !unsendable.includes(candidate))) {
    await channel.publish('', queue, Buffer.from('x'), { [property]: value });
    assert.equal((await received(channel, queue)).properties[property], value);
  }
}

/** A confirm channel and an exclusive queue. */
async function confirmed({ connect, name }: Context): Promise<{ channel: Channel; name: string }> {
  const channel = await (await connect()).channel('confirm');
  await channel.declareQueue(name, { temporary: true });
  return { channel, name };
}

async function received(channel: Channel, queue: string): Promise<Message> {
  const message = await channel.get(queue, true);
  assert.ok(message, 'nothing in the queue');
  return message;
}
