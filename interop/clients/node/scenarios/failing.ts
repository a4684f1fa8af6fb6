/**
 * Scenarios of what goes wrong and what must go on: cancelled consumers, closed channels, a closed
 * connection, locks; and of many channels, request and reply, and silence.
 */
import assert from 'node:assert/strict';
import type { Scenarios } from '../harness.ts';
import { Inbox } from '../inbox.ts';
import type { Channel, Message } from '../port.ts';

const REPLY_TO = 'amq.rabbitmq.reply-to';
const SILENCE_MS = 5_000;

export const failing: Scenarios = {
  async 'consumer-cancel'({ connect, name }) {
    const link = await connect();
    const consumer = await link.channel();
    const other = await link.channel();
    await consumer.declareQueue(name, { temporary: true });
    const { cancelled } = await consumer.consume(name, () => undefined);
    await other.deleteQueue(name);
    await cancelled;
    await exchangesOneMessage(await link.channel('confirm'), `${name}.after`);
  },

  async 'two-channels-one-error'({ connect, name }) {
    const link = await connect();
    const [good, bad] = [await link.channel('confirm'), await link.channel()];
    const inbox = new Inbox<Message>();
    await good.declareQueue(name, { temporary: true });
    await good.consume(name, inbox.push, { noAck: true });
    await assert.rejects(
      bad.declareQueue(`${name}.missing`, { passive: true }),
      new RegExp(`no queue '${name}\\.missing' in vhost '/'`),
    );
    await good.publish('', name, Buffer.from('still here'));
    assert.equal((await inbox.next()).body.toString(), 'still here');
  },

  async 'channel-error-survived'({ connect, name, client }) {
    const link = await connect();
    const first = await link.channel();
    await first.publish(`${name}.missing`, 'key', Buffer.from('x'));
    const { message } = await first.closed;
    const why = new RegExp(`no exchange '${name}\\.missing' in vhost '/'`);
    assert.match(message, client.missingExchange ?? why);
    await exchangesOneMessage(await link.channel('confirm'), name);
  },

  async 'connection-error-reported'({ connect, name }) {
    const link = await connect();
    const channel = await link.channel();
    await channel.declareQueue(name, { temporary: true });
    await channel.consume(name, () => undefined, { tag: 'twice' });
    await assert.rejects(channel.consume(name, () => undefined, { tag: 'twice' }));
    const { message } = await link.lost;
    assert.match(message, /NOT_ALLOWED - attempt to reuse consumer tag 'twice'/);
  },

  async 'exclusive-queue-locked'({ connect, name }) {
    const [owner, other] = [await connect(), await connect()];
    const owned = await owner.channel('confirm');
    await owned.declareQueue(name, { exclusive: true });
    const locked = new RegExp(`cannot obtain exclusive access to locked queue '${name}'`);
    await assert.rejects((await other.channel()).declareQueue(name, { exclusive: true }), locked);
    await assert.rejects((await other.channel()).get(name, true), locked);
    await assert.rejects(
      (await other.channel()).consume(name, () => undefined),
      locked,
    );
    const inbox = new Inbox<Message>();
    await owned.consume(name, inbox.push, { noAck: true });
    await owned.publish('', name, Buffer.from('mine'));
    assert.equal((await inbox.next()).body.toString(), 'mine');
  },

  async 'rpc-direct-reply-to'({ connect, name }) {
    const [asking, answering] = [await connect(), await connect()];
    const server = await answering.channel();
    await server.declareQueue(name, { autoDelete: true });
    await server.consume(
      name,
      (request) => {
        const { replyTo = '', correlationId = '' } = request.properties;
        assert.ok(replyTo.startsWith(`${REPLY_TO}.`), replyTo);
        const body = Buffer.from(request.body.toString().toUpperCase());
        void server.publish('', replyTo, body, { correlationId });
      },
      { noAck: true },
    );
    const client = await asking.channel();
    const replies = new Inbox<Message>();
    await client.consume(REPLY_TO, replies.push, { noAck: true });
    for (const question of ['one', 'two', 'three']) {
      const properties = { replyTo: REPLY_TO, correlationId: question };
      await client.publish('', name, Buffer.from(question), properties);
      const reply = await replies.next();
      assert.equal(reply.properties.correlationId, question);
      assert.equal(reply.body.toString(), question.toUpperCase());
    }
  },

  async 'channels-1000'({ connect, name }) {
    const link = await connect();
    const channels: Channel[] = [];
    while (channels.length < 1_000) channels.push(await link.channel());
    const inbox = new Inbox<Message>();
    await channels[0]!.declareQueue(name, { temporary: true });
    await channels[0]!.consume(name, inbox.push, { noAck: true });
    for (const [index, channel] of channels.entries()) {
      await channel.publish('', name, Buffer.from(String(index)));
    }
    const numbers = (await inbox.take(1_000)).map((message) => Number(message.body));
    assert.equal(new Set(numbers).size, 1_000);
  },

  async 'heartbeat-silence'({ connect, name }) {
    const link = await connect({ heartbeatSeconds: 1 });
    const channel = await link.channel('confirm');
    // The silence is what is under test: only heartbeats may keep the connection.
    const silence = new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
    const lost = await Promise.race([silence, link.lost]);
    assert.ok(lost === undefined, `lost in silence: ${String(lost)}`);
    await exchangesOneMessage(channel, name);
  },
};

/** Declares, publishes, gets: shows that a confirm channel works. */
async function exchangesOneMessage(channel: Channel, queue: string): Promise<void> {
  await channel.declareQueue(queue, { temporary: true });
  await channel.publish('', queue, Buffer.from('alive'));
  assert.equal((await channel.get(queue, true))?.body.toString(), 'alive');
}
