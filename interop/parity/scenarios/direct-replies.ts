/**
 * Direct reply-to: requests, replies and what goes wrong with them. Reference: A9.7.
 */
import type { FieldTable } from '../../../protocol/table.ts';
import type { Arrival } from '../../../test/support/wire.ts';
import { type Subject, scenario } from '../scenario.ts';
import type { Speaker } from '../speaker.ts';
import type { Stage } from '../stage.ts';

const REPLY_TO = 'amq.rabbitmq.reply-to';

/** The address that a requester's messages carry, from one of its requests. */
function addressIn(request: Arrival | undefined): string {
  const address = request?.content?.properties.replyTo;
  if (address === undefined) throw new Error('the request has no reply-to');
  return address;
}

/** A client that has asked, and a server that has taken the question. */
async function asked(stage: Stage): Promise<{ client: Speaker; server: Speaker; replyTo: string }> {
  const client = await stage.channel();
  const server = await stage.channel();
  await server.ask(1, 'queue.declare', { queue: stage.q });
  await client.ask(1, 'basic.consume', { queue: REPLY_TO, noAck: true });
  client.publish(1, { routingKey: stage.q }, { replyTo: REPLY_TO }, 'ask');
  await server.ask(1, 'basic.consume', { queue: stage.q, noAck: true });
  return { client, server, replyTo: addressIn(await server.take(1)) };
}

export const directReplies: Subject = {
  subject: 'direct reply-to',
  scenarios: [
    scenario('A9.7', 'a request and its reply', async (stage) => {
      const client = await stage.channel();
      const server = await stage.channel();
      await server.ask(1, 'queue.declare', { queue: stage.q });
      await client.ask(1, 'basic.consume', {
        queue: REPLY_TO,
        noAck: true,
        consumerTag: 'replies',
      });
      client.publish(1, { routingKey: stage.q }, { replyTo: REPLY_TO, correlationId: 'a' }, 'ask');
      await server.ask(1, 'basic.consume', { queue: stage.q, noAck: true });
      const replyTo = addressIn(await server.take(1));
      server.publish(1, { routingKey: replyTo }, { correlationId: 'a' }, 'answer');
      await client.take(1);
      server.publish(1, { routingKey: replyTo }, {}, 'again');
      await client.take(1);
    }),
    scenario('A9.7', 'a reply to a client that has gone', async (stage) => {
      const { client, server, replyTo } = await asked(stage);
      await server.ask(1, 'queue.declare', { queue: replyTo, passive: true });
      await client.ask(1, 'channel.close');
      server.publish(1, { routingKey: replyTo, mandatory: true }, {}, 'late');
      await server.take(1);
      await server.ask(1, 'queue.declare', { queue: replyTo, passive: true });
    }),
    scenario('A9.7', 'the pseudo queue is always there', async (stage) => {
      const client = await stage.channel();
      await client.ask(1, 'queue.declare', { queue: REPLY_TO, passive: true });
      await client.ask(1, 'queue.declare', { queue: REPLY_TO });
      await client.open(1);
      await client.ask(1, 'basic.consume', { queue: REPLY_TO, noAck: true, consumerTag: 't' });
      await client.ask(1, 'basic.cancel', { consumerTag: 't' });
      await client.ask(1, 'basic.consume', { queue: REPLY_TO, noAck: true, consumerTag: 't' });
    }),
    scenario('A9.7', 'an address that nobody gave out', async (stage) => {
      const client = await stage.channel();
      client.publish(1, { routingKey: `${REPLY_TO}.made.up`, mandatory: true }, {}, 'x');
      await client.take(1);
      await client.ask(1, 'queue.declare', { queue: `${REPLY_TO}.made.up`, passive: true });
    }),
    scenario('A9.7', 'a request on a channel without a reply consumer', async (stage) => {
      const client = await stage.channel();
      await client.ask(1, 'queue.declare', { queue: stage.q });
      client.publish(1, { routingKey: stage.q }, { replyTo: REPLY_TO }, 'ask');
      await client.take(1);
    }),
    scenario('A9.3 A9.7', 'a reply in a transaction goes at once', async (stage) => {
      const { client, server, replyTo } = await asked(stage);
      await server.ask(1, 'tx.select');
      server.publish(1, { routingKey: replyTo }, {}, 'answer');
      await client.take(1);
      await server.ask(1, 'tx.rollback');
      server.publish(1, { routingKey: replyTo, mandatory: true }, {}, 'another');
      await client.take(1);
      server.tell(1, 'tx.commit');
      await server.takeMany(1, 2);
    }),
    scenario('A9.6 A9.7', 'a copy to a reply address', async (stage) => {
      const { client, server, replyTo } = await asked(stage);
      const headers: FieldTable = new Map([
        ['CC', { type: 'A', value: [{ type: 'S', value: replyTo }] }],
      ]);
      server.publish(1, { routingKey: 'parity.none', mandatory: true }, { headers }, 'copy');
      await server.take(1);
      server.publish(1, { routingKey: replyTo }, {}, 'after it');
      await client.take(1);
    }),
    scenario('A9.7', 'a reply by way of other exchanges', async (stage) => {
      const { client, server, replyTo } = await asked(stage);
      for (const exchange of ['amq.direct', 'amq.topic', 'amq.fanout', 'amq.headers']) {
        server.publish(1, { exchange, routingKey: replyTo, mandatory: true }, {}, exchange);
        await server.take(1);
      }
      server.publish(1, { routingKey: replyTo }, {}, 'last');
      await client.take(1);
    }),
  ],
};
