// Direct reply-to: requests whose answers need no queue. Reference: compatibility A9.7.
import { expect } from 'chai';
import type { FieldTable } from '../../protocol/table.ts';
import type { Peer } from '../support/peer.ts';
import { useTarget } from '../support/target.ts';
import { consume, expectNoQueue, queue } from '../support/topology.ts';

const REPLY_TO = 'amq.rabbitmq.reply-to';
const ADDRESS = /^amq\.rabbitmq\.reply-to\.[^.]+\.[^.]+==$/;

/** Sends a request from channel 1; the address that the server makes of the client's wish. */
async function request(client: Peer, server: Peer, name: string): Promise<string> {
  client.publish(1, { routingKey: name }, { replyTo: REPLY_TO, correlationId: 'c1' }, 'ping');
  const got = await server.nextDelivery(1);
  expect(got).to.include({ text: 'ping', routingKey: name });
  expect(got.properties.correlationId).to.equal('c1');
  expect(got.properties.replyTo).to.match(ADDRESS);
  return got.properties.replyTo ?? '';
}

describe('direct reply-to', () => {
  const target = useTarget();

  /** A client that waits for replies and a server that waits for requests. */
  async function pair(): Promise<{ client: Peer; server: Peer; name: string; tag: string }> {
    const [client, server] = [await target.channel(), await target.channel()];
    const name = await queue(target, server);
    await consume(server, name, { noAck: true });
    const tag = await consume(client, REPLY_TO, { noAck: true });
    return { client, server, name, tag };
  }

  it('brings the answer to the channel that asked', async () => {
    const { client, server, name, tag } = await pair();
    const address = await request(client, server, name);
    server.publish(1, { routingKey: address }, { correlationId: 'c1' }, 'pong');
    const answer = await client.nextDelivery(1);
    expect(answer).to.include({
      consumerTag: tag,
      deliveryTag: 1,
      redelivered: false,
      exchange: '',
      routingKey: address,
      text: 'pong',
    });
    expect(answer.properties).to.deep.equal({ correlationId: 'c1' });
    // Nothing is held of an answer, and it uses up no delivery tag.
    server.publish(1, { routingKey: address }, {}, 'pong again');
    expect(await client.nextDelivery(1)).to.include({ deliveryTag: 1, text: 'pong again' });
    await server.fence(1);
  });

  it('returns a mandatory answer although it arrives, as RabbitMQ does before 4.2', async () => {
    const { client, server, name } = await pair();
    const routingKey = await request(client, server, name);
    server.publish(1, { routingKey, mandatory: true }, {}, 'pong');
    expect(await server.expectContent(1, 'basic.return')).to.include({ routingKey, text: 'pong' });
    expect(await client.nextDelivery(1)).to.include({ routingKey, text: 'pong' });
  });

  it('does not wait for the commit of a transaction, but a return does', async () => {
    const { client, server, name } = await pair();
    const routingKey = await request(client, server, name);
    await server.call(1, 'tx.select');
    server.publish(1, { routingKey, mandatory: true }, {}, 'pong');
    expect(await client.nextDelivery(1)).to.include({ text: 'pong' });
    server.send(1, 'tx.commit');
    expect(await server.expectContent(1, 'basic.return')).to.include({ routingKey, text: 'pong' });
    await server.expect(1, 'tx.commit-ok');
    server.publish(1, { routingKey }, {}, 'again');
    expect(await client.nextDelivery(1)).to.include({ text: 'again' });
    await server.call(1, 'tx.rollback');
  });

  it('reaches an address in CC, which counts as nobody for a mandatory message', async () => {
    const { client, server, name } = await pair();
    const address = await request(client, server, name);
    const headers: FieldTable = new Map([
      ['CC', { type: 'A', value: [{ type: 'S', value: address }] }],
    ]);
    server.publish(1, { routingKey: 'wt.nowhere', mandatory: true }, { headers }, 'copy');
    expect(await client.nextDelivery(1)).to.include({ routingKey: 'wt.nowhere', text: 'copy' });
    expect(await server.expectContent(1, 'basic.return')).to.include({ text: 'copy' });
  });

  it('uses one address for all requests of a consumer', async () => {
    const { client, server, name } = await pair();
    const first = await request(client, server, name);
    expect(await request(client, server, name)).to.equal(first);
  });

  it('confirms an answer to whoever sent it', async () => {
    const { client, server, name } = await pair();
    const address = await request(client, server, name);
    await server.open(2);
    await server.call(2, 'confirm.select');
    server.publish(2, { routingKey: address }, {}, 'pong');
    await server.expect(2, 'basic.ack');
    expect((await client.nextDelivery(1)).text).to.equal('pong');
  });

  it('has an address that can be looked up while it is in use', async () => {
    const { client, server, name } = await pair();
    const address = await request(client, server, name);
    const found = await server.call(1, 'queue.declare', { queue: address, passive: true });
    expect(found.queue).to.equal(address);
    await client.call(1, 'channel.close');
    await expectNoQueue(server, address);
  });

  it('drops an answer that nobody waits for, or returns it', async () => {
    const { client, server, name, tag } = await pair();
    const address = await request(client, server, name);
    await client.call(1, 'basic.cancel', { consumerTag: tag });
    await client.call(1, 'channel.close');
    server.publish(1, { routingKey: address }, {}, 'late');
    server.publish(1, { routingKey: `${REPLY_TO}.nobody`, mandatory: true }, {}, 'back');
    const back = await server.expectContent(1, 'basic.return');
    expect(back).to.include({ replyText: 'NO_ROUTE', text: 'back' });
  });

  it('can be begun again after its consumer was cancelled', async () => {
    const { client, server, name, tag } = await pair();
    await client.call(1, 'basic.cancel', { consumerTag: tag });
    await consume(client, REPLY_TO, { noAck: true, consumerTag: 'again' });
    const address = await request(client, server, name);
    server.publish(1, { routingKey: address }, {}, 'pong');
    expect((await client.nextDelivery(1)).consumerTag).to.equal('again');
  });

  it('needs its consumer on the very channel', async () => {
    const { client, name } = await pair();
    await client.open(2);
    client.publish(2, { routingKey: name }, { replyTo: REPLY_TO });
    await client.expectClose(2, {
      code: 406,
      text: 'PRECONDITION_FAILED - fast reply consumer does not exist',
      method: 'basic.publish',
    });
  });

  it('leaves other reply addresses alone', async () => {
    const { client, server, name } = await pair();
    for (const replyTo of ['my.queue', `${REPLY_TO}.mine`, 'amq.rabbitmq.reply']) {
      client.publish(1, { routingKey: name }, { replyTo });
      expect((await server.nextDelivery(1)).properties.replyTo).to.equal(replyTo);
    }
  });

  it('is declared by name without becoming a queue', async () => {
    const { client } = await pair();
    const { queue: same } = await client.call(1, 'queue.declare', {
      queue: REPLY_TO,
      passive: true,
    });
    expect(same).to.equal(REPLY_TO);
  });
});
