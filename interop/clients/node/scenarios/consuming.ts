/**
 * Scenarios of receiving: get, consume, each form of settling. What a settle left behind is read
 * from the queue after the channel is closed, when all that was not settled has come back.
 */
import assert from 'node:assert/strict';
import { type Context, type Scenarios, Skip } from '../harness.ts';
import { Inbox } from '../inbox.ts';
import type { Channel, Message } from '../port.ts';

export const consuming: Scenarios = {
  async get(context) {
    const { channel, left } = await filled(context, 3);
    const first = await channel.get(context.name, false);
    assert.ok(first);
    assert.equal(first.body.toString(), '1');
    assert.equal(first.left, 2);
    assert.equal(first.exchange, '');
    assert.equal(first.routingKey, context.name);
    assert.equal(first.redelivered, false);
    channel.ack(first);
    const second = await channel.get(context.name, true);
    assert.equal(second?.body.toString(), '2');
    assert.equal(second?.left, 1);
    assert.deepEqual(await left(), ['3']);
  },

  async 'get-empty'(context) {
    const { channel } = await filled(context, 0);
    assert.equal(await channel.get(context.name, false), undefined);
    assert.equal(await channel.get(context.name, true), undefined);
  },

  async 'consume-prefetch'(context) {
    const { channel, left } = await filled(context, 10);
    const inbox = new Inbox<Message>();
    const { tag } = await channel.consume(context.name, inbox.push, { prefetch: 3 });
    const three = await inbox.take(3);
    assert.deepEqual(bodies(three), ['1', '2', '3']);
    const { messageCount } = await channel.declareQueue(context.name, { passive: true });
    assert.equal(messageCount, 7, 'ready while three are outstanding');
    assert.equal(inbox.length, 0);
    channel.ack(three[0]!);
    assert.deepEqual(bodies(await inbox.take(1)), ['4']);
    await channel.cancel(tag);
    assert.deepEqual(await left(), ['2', '3', '4', '5', '6', '7', '8', '9', '10']);
  },

  async 'ack-each'(context) {
    const { channel, left, take } = await filled(context, 5);
    for (const message of await take(5)) channel.ack(message);
    assert.deepEqual(await left(), []);
  },

  async 'ack-multiple'(context) {
    const { channel, left, take } = await filled(context, 6);
    const messages = await take(6);
    channel.ack(messages[3]!, true);
    assert.deepEqual(await left(), ['5', '6']);
  },

  async 'auto-ack'(context) {
    const { channel, left } = await filled(context, 5);
    const inbox = new Inbox<Message>();
    await channel.consume(context.name, inbox.push, { noAck: true });
    assert.deepEqual(bodies(await inbox.take(5)), ['1', '2', '3', '4', '5']);
    assert.deepEqual(await left(), []);
  },

  async 'reject-drop'(context) {
    const { channel, left, take } = await filled(context, 3);
    if (channel.reject === undefined) throw new Skip('the client has no basic.reject');
    const messages = await take(3);
    channel.reject(messages[0]!, false);
    channel.reject(messages[2]!, false);
    assert.deepEqual(await left(), ['2']);
  },

  async 'nack-multiple'(context) {
    const { channel, inbox, take } = await filled(context, 4);
    const messages = await take(4);
    channel.nack(messages[2]!, true, true);
    const again = await inbox.take(3);
    assert.deepEqual(bodies(again), ['1', '2', '3']);
    assert.deepEqual(
      again.map((message) => message.redelivered),
      [true, true, true],
    );
  },

  async 'nack-requeue'(context) {
    const { channel, inbox, left, take } = await filled(context, 1);
    const [message] = await take(1);
    assert.equal(message!.redelivered, false);
    channel.nack(message!, false, true);
    const again = await inbox.next();
    assert.equal(again.body.toString(), '1');
    assert.equal(again.redelivered, true);
    channel.nack(again, false, false);
    assert.deepEqual(await left(), []);
  },
};

interface Filled {
  readonly channel: Channel;
  /** Where `take`'s consumer puts what it gets. */
  readonly inbox: Inbox<Message>;
  /** Starts a consumer and waits for its first `count` messages. */
  take(count: number): Promise<Message[]>;
  /** Closes the channel and takes, on another, what the queue holds then. */
  left(): Promise<string[]>;
}

/** A queue of its own with the messages '1' to `count`. */
async function filled({ connect, name }: Context, count: number): Promise<Filled> {
  const link = await connect();
  const publisher = await link.channel('confirm');
  await publisher.declareQueue(name, { temporary: true });
  for (let number = 1; number <= count; number++) {
    await publisher.publish('', name, Buffer.from(String(number)));
  }
  const channel = await link.channel();
  const inbox = new Inbox<Message>();
  return {
    channel,
    inbox,
    async take(wanted) {
      await channel.consume(name, inbox.push);
      return inbox.take(wanted);
    },
    async left() {
      await channel.close();
      const rest: string[] = [];
      for (;;) {
        const message = await publisher.get(name, true);
        if (message === undefined) return rest;
        rest.push(message.body.toString());
      }
    },
  };
}

function bodies(messages: Message[]): string[] {
  return messages.map((message) => message.body.toString());
}
