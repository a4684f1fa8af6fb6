/**
 * Scenarios in which a broker of the scenario's own is killed with SIGKILL under the client, and
 * started again on the same port. The broker keeps nothing over its death here: queues are
 * declared again by the client's own recovery.
 */
import assert from 'node:assert/strict';
import type { Scenarios } from '../harness.ts';
import { Inbox } from '../inbox.ts';

export const recovering: Scenarios = {
  async 'broker-killed-reported'({ ownBroker, client, name, after }) {
    const { broker, url } = await ownBroker();
    const link = await client.connect(url);
    after(() => link.close());
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

  async 'recover-consumer'({ ownBroker, client, name, after }) {
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
    const other = await client.connect(url);
    after(() => other.close());
    const channel = await other.channel('confirm');
    await channel.declareQueue(name);
    await channel.publish('', name, Buffer.from('second'));
    assert.equal(await inbox.next(), 'second');
  },
};
