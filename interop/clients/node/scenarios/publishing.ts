/** Scenarios of publishing: confirms, returns, transactions. */
import assert from 'node:assert/strict';
import { type Scenarios, Skip } from '../harness.ts';
import { Inbox } from '../inbox.ts';
import type { Channel, Link, Returned } from '../port.ts';

export const publishing: Scenarios = {
  async 'confirm-single'({ connect, name, after }) {
    const channel = await (await connect()).channel('confirm');
    await channel.declareQueue(name, { durable: true });
    after(() => channel.deleteQueue(name));
    await channel.publish('', name, Buffer.from('kept'), { deliveryMode: 2 });
    const message = await channel.get(name, true);
    assert.equal(message?.body.toString(), 'kept');
    assert.equal(message?.properties.deliveryMode, 2);
  },

  async 'confirm-batch-1000'({ connect, name, client, note }) {
    const channel = await (await connect()).channel('confirm');
    await channel.declareQueue(name, { temporary: true });
    const numbers = Array.from({ length: 1_000 }, (_, index) => String(index));
    await Promise.all(numbers.map((number) => channel.publish('', name, Buffer.from(number))));
    const { messageCount } = await channel.declareQueue(name, { passive: true });
    assert.equal(messageCount, 1_000);
    const inbox = new Inbox<string>();
    await channel.consume(name, (message) => inbox.push(message.body.toString()), { noAck: true });
    const arrived = await inbox.take(1_000);
    if (client.overtaking !== undefined) {
      note(client.overtaking);
      arrived.sort((a, b) => Number(a) - Number(b));
    }
    assert.deepEqual(arrived, numbers);
  },

  async 'confirm-batches'({ connect, name }) {
    const channel = await (await connect()).channel('confirm');
    await channel.declareQueue(name, { temporary: true });
    for (let batch = 1; batch <= 10; batch++) {
      const bodies = Array.from({ length: 100 }, (_, index) => Buffer.from(`${batch}.${index}`));
      const publishes = bodies.map((body) => channel.publish('', name, body));
      await channel.waitForConfirms?.();
      await Promise.all(publishes);
      const { messageCount } = await channel.declareQueue(name, { passive: true });
      assert.equal(messageCount, batch * 100);
    }
  },

  async 'mandatory-return'({ connect, name, client, note }) {
    const channel = await (await connect()).channel('confirm');
    const events = new Inbox<Returned | 'confirmed'>();
    channel.onReturn(events.push);
    const properties = { mandatory: true, messageId: 'm-1', contentType: 'application/x-test' };
    const confirmed = channel.publish('amq.direct', name, Buffer.from('lost'), properties);
    await confirmed.then(() => events.push('confirmed'));
    const both = await events.take(2);
    if (!client.returnsInOrder) {
      note('the client hands returns over after confirms, so their order cannot be seen');
      both.sort((a) => (a === 'confirmed' ? 1 : -1));
    }
    const [returned, second] = both;
    assert.equal(second, 'confirmed');
    assert.ok(returned !== undefined && returned !== 'confirmed');
    assert.equal(returned.replyCode, 312);
    assert.equal(returned.replyText, 'NO_ROUTE');
    assert.equal(returned.exchange, 'amq.direct');
    assert.equal(returned.routingKey, name);
    assert.equal(returned.body.toString(), 'lost');
    assert.equal(returned.properties.messageId, 'm-1');
    assert.equal(returned.properties.contentType, 'application/x-test');
  },

  async 'tx-commit'({ connect, name }) {
    const { channel, tx, ready } = await transactional(await connect(), name);
    await channel.publish('', name, Buffer.from('one'));
    await channel.publish('', name, Buffer.from('two'));
    assert.equal(await ready(), 0);
    await tx.commit();
    assert.equal(await ready(), 2);
    const first = await channel.get(name, false);
    assert.ok(first);
    channel.ack(first);
    await tx.commit();
    await channel.close();
    assert.equal(await ready(), 1, 'an acked message does not come back');
  },

  async 'tx-rollback'({ connect, name }) {
    const { channel, tx, ready } = await transactional(await connect(), name);
    await channel.publish('', name, Buffer.from('kept'));
    await tx.commit();
    await channel.publish('', name, Buffer.from('dropped'));
    const first = await channel.get(name, false);
    assert.equal(first?.body.toString(), 'kept');
    channel.ack(first);
    await tx.rollback();
    assert.equal(await ready(), 0, 'rollback does not redeliver');
    await channel.close();
    assert.equal(await ready(), 1, 'the ack was forgotten, the publish too');
  },
};

interface Transaction {
  readonly channel: Channel;
  readonly tx: NonNullable<Channel['tx']>;
  /** Messages ready in the queue, asked on another channel. */
  ready(): Promise<number>;
}

async function transactional(link: Link, name: string): Promise<Transaction> {
  const channel = await link.channel();
  const { tx } = channel;
  if (tx === undefined) throw new Skip('the client has no tx');
  const observer = await link.channel();
  await observer.declareQueue(name, { temporary: true });
  await tx.select();
  return {
    channel,
    tx,
    ready: async () => (await observer.declareQueue(name, { passive: true })).messageCount,
  };
}
