/**
 * Scenarios in which a broker of the scenario's own blocks its publishers, or is killed with
 * SIGKILL under the client and started again on the same port. The broker keeps nothing over its
 * death here: queues are declared again by the client's own recovery.
 */
import assert from 'node:assert/strict';
import type { Scenarios } from '../harness.ts';
import { Inbox } from '../inbox.ts';
import type { Message } from '../port.ts';

export const recovering: Scenarios = {
  async 'blocked-unblocked'({ ownBroker, client, connect, name, note }) {
    const { broker, url } = await ownBroker();
    const link = await connect({}, url);
    const told = new Inbox<string | null>();
    link.onBlocked(told.push);
    const channel = await link.channel('confirm');
    await channel.declareQueue(name);
    await broker.block();
    // A connection is blocked by its first publish under the alarm.
    const first = channel.publish('', name, Buffer.from('first'));
    assert.equal(await told.next(), 'low on memory');
    let second: Promise<void> | undefined;
    if (client.refusesWhileBlocked) {
      note('the client refuses to publish while it is blocked');
      const refused = channel.publish('', name, Buffer.from('second'));
      await assert.rejects(refused, /blocked.*low on memory/);
    } else {
      second = channel.publish('', name, Buffer.from('second'));
    }
    await broker.unblock();
    assert.equal(await told.next(), null);
    await first;
    await second;
    const inbox = new Inbox<Message>();
    const reader = await (await connect({}, url)).channel();
    await reader.consume(name, inbox.push, { noAck: true });
    const expected = second === undefined ? ['first'] : ['first', 'second'];
    const bodies = (await inbox.take(expected.length)).map((message) => message.body.toString());
    assert.deepEqual(bodies.sort(), expected);
  },

  async 'broker-killed-reported'({ ownBroker, connect, name }) {
    const { broker, url } = await ownBroker();
    const link = await connect({}, url);
    const channel = await link.channel();
    await channel.declareQueue(name);
    await channel.consume(name, () => undefined);
    await broker.kill();
    assert.ok((await link.lost) instanceof Error);
  },

  async 'recover-publisher'({ ownBroker, client, name, after }) {
    const { broker, url } = await ownBroker();
    const inbox = new Inbox<string>();
    const connection = await client.recovering(url, name, inbox.push);
    after(() => connection.close());
    await connection.publish('before');
    assert.equal(await inbox.next(), 'before');
    await broker.kill();
    await connection.lost;
    const bodies = ['down 1', 'down 2', 'down 3'];
    let confirmed = 0;
    const publishes = bodies.map(async (body) => {
      await connection.publish(body);
      confirmed++;
    });
    assert.equal(confirmed, 0, 'nothing can be confirmed while the broker is down');
    await broker.start();
    await Promise.all(publishes);
    const arrived = await inbox.take(bodies.length);
    assert.deepEqual(arrived.sort(), bodies);
  },

  async 'recover-consumer'({ ownBroker, client, connect, name, after }) {
    const { broker, url } = await ownBroker();
    const inbox = new Inbox<string>();
    const connection = await client.recovering(url, name, inbox.push);
    after(() => connection.close());
    await connection.publish('first');
    assert.equal(await inbox.next(), 'first');
    await broker.kill();
    await connection.lost;
    await broker.start();
    // Another client's message: only the recovered consumer can take it.
    const channel = await (await connect({}, url)).channel('confirm');
    await channel.declareQueue(name);
    await channel.publish('', name, Buffer.from('second'));
    assert.equal(await inbox.next(), 'second');
  },
};
