/**
 * Queues: declaring, names, counts, exclusive and auto-delete ones, purge, delete, bindings.
 * Reference: A3.1 to A3.10, A6.3, A6.4.
 */
import type { FieldTable } from '../../../protocol/table.ts';
import { type Subject, scenario } from '../scenario.ts';
import { drain, texts } from './exchanges.ts';

const EMPTY: FieldTable = new Map();

export const queues: Subject = {
  subject: 'queues',
  scenarios: [
    scenario('A3.9', 'a name made by the server', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { exclusive: true });
      await speaker.ask(1, 'queue.declare', { exclusive: true });
      await speaker.put({ routingKey: 'nowhere' });
      await speaker.ask(1, 'queue.delete', {});
    }),
    scenario('A3.2', 'no name means the one declared last', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      await speaker.fill(stage.q, '1', '2', '3');
      await speaker.ask(1, 'basic.get', {});
      await speaker.ask(1, 'queue.bind', { exchange: 'amq.direct' });
      await speaker.put({ exchange: 'amq.direct', routingKey: stage.q }, {}, '4');
      await speaker.ask(1, 'basic.consume', { noAck: true });
      await speaker.takeMany(1, 3);
      await speaker.ask(1, 'queue.unbind', { exchange: 'amq.direct' });
      await speaker.ask(1, 'queue.purge', {});
      await speaker.ask(1, 'queue.delete', {});
    }),
    scenario('A3.2', 'the one declared last is of its channel', async (stage) => {
      const speaker = await stage.connect();
      await speaker.open(1, 2);
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      await speaker.ask(2, 'basic.get', {});
    }),
    scenario('A3.2', 'a passive declare counts as declared last', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      await speaker.ask(1, 'queue.declare', { queue: stage.name('other') });
      await speaker.ask(1, 'queue.declare', { queue: stage.q, passive: true });
      await speaker.fill(stage.q, '1');
      await speaker.ask(1, 'queue.purge', {});
    }),
    scenario('A3.10', 'counts are of ready messages and of consumers', async (stage) => {
      const speaker = await stage.channel();
      const { q } = stage;
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.fill(q, '1', '2', '3');
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.ask(1, 'basic.get', { queue: q });
      await speaker.ask(1, 'queue.declare', { queue: q, passive: true });
      await speaker.open(2);
      await speaker.ask(2, 'basic.qos', { prefetchCount: 1 });
      await speaker.ask(2, 'basic.consume', { queue: q });
      await speaker.take(2);
      await speaker.ask(1, 'queue.declare', { queue: q, passive: true });
      await speaker.ask(2, 'channel.close');
      await speaker.ready(1, q, 2);
      await speaker.ask(1, 'queue.declare', { queue: q, passive: true });
    }),
    scenario('A3.10', 'purge says how many were ready', async (stage) => {
      const speaker = await stage.channel();
      const { q } = stage;
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.fill(q, '1', '2', '3');
      await speaker.ask(1, 'basic.get', { queue: q });
      await speaker.ask(1, 'queue.purge', { queue: q });
      await speaker.ask(1, 'queue.purge', { queue: q });
      speaker.tell(1, 'basic.nack', { deliveryTag: 1, requeue: true });
      await speaker.ready(1, q, 1);
      await drain(speaker, q);
    }),
    scenario('A3.10', 'delete says how many were ready', async (stage) => {
      const speaker = await stage.channel();
      const { q } = stage;
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.fill(q, '1', '2', '3');
      await speaker.ask(1, 'basic.get', { queue: q });
      await speaker.ask(1, 'queue.delete', { queue: q });
      await speaker.ask(1, 'queue.delete', { queue: q });
    }),
    scenario('A3.1', 'delete one that is missing', async (stage) => {
      const speaker = await stage.channel();
      const { q } = stage;
      await speaker.ask(1, 'queue.delete', { queue: q });
      await speaker.ask(1, 'queue.delete', { queue: q, ifUnused: true, ifEmpty: true });
    }),
    scenario('A3.7', 'declare, purge, delete with nowait', async (stage) => {
      const speaker = await stage.channel();
      const { q } = stage;
      speaker.tell(1, 'queue.declare', { queue: q, nowait: true });
      await speaker.fence(1);
      await speaker.fill(q, '1');
      speaker.tell(1, 'queue.purge', { queue: q, nowait: true });
      await speaker.ask(1, 'queue.declare', { queue: q, passive: true });
      speaker.tell(1, 'queue.delete', { queue: q, nowait: true });
      await speaker.ask(1, 'queue.declare', { queue: q, passive: true });
    }),
    scenario('A.5', 'declared again in other words', async (stage) => {
      const speaker = await stage.channel();
      const { q } = stage;
      await speaker.ask(1, 'queue.declare', { queue: q, durable: true });
      await speaker.ask(1, 'queue.declare', {
        queue: q,
        durable: true,
        arguments: texts({ 'x-queue-type': 'classic' }),
      });
      await speaker.ask(1, 'queue.declare', {
        queue: q,
        durable: true,
        arguments: texts({ 'x-anything': 'kept' }),
      });
    }),
    scenario('A6.3', 'exclusive: passive declare, consume, delete by its owner', async (stage) => {
      const speaker = await stage.connect();
      await speaker.open(1, 2);
      const { q } = stage;
      await speaker.ask(1, 'queue.declare', { queue: q, exclusive: true });
      await speaker.ask(2, 'queue.declare', { queue: q, exclusive: true, passive: true });
      await speaker.ask(2, 'basic.consume', { queue: q });
      await speaker.ask(1, 'queue.delete', { queue: q });
      await speaker.take(2);
    }),
    scenario('A6.3', 'exclusive: gone with its connection', async (stage) => {
      const owner = await stage.channel();
      const other = await stage.channel();
      const { q } = stage;
      await owner.ask(1, 'queue.declare', { queue: q, exclusive: true });
      await owner.ask(0, 'connection.close', { replyCode: 200 });
      owner.leave();
      await other.ask(1, 'queue.declare', { queue: q, passive: true });
    }),
    scenario('A.4', 'exclusive: another connection may publish to it', async (stage) => {
      const owner = await stage.channel();
      const other = await stage.channel();
      const { q } = stage;
      await owner.ask(1, 'queue.declare', { queue: q, exclusive: true });
      await other.put({ routingKey: q }, {}, 'from outside');
      await drain(owner, q);
    }),
    scenario('A6.3', 'auto-delete goes with its last consumer', async (stage) => {
      const speaker = await stage.channel();
      const { q } = stage;
      await speaker.ask(1, 'queue.declare', { queue: q, autoDelete: true });
      await speaker.fill(q, '1');
      await speaker.ask(1, 'basic.consume', { queue: q, consumerTag: 'a', noAck: true });
      await speaker.take(1);
      await speaker.ask(1, 'basic.consume', { queue: q, consumerTag: 'b' });
      await speaker.ask(1, 'basic.cancel', { consumerTag: 'a' });
      await speaker.ask(1, 'queue.declare', { queue: q, passive: true });
      await speaker.ask(1, 'basic.cancel', { consumerTag: 'b' });
      await speaker.ask(1, 'queue.declare', { queue: q, passive: true });
    }),
    scenario('A6.3', 'auto-delete goes with the channel of its consumer', async (stage) => {
      const speaker = await stage.connect();
      await speaker.open(1, 2);
      const { q } = stage;
      await speaker.ask(1, 'queue.declare', { queue: q, autoDelete: true });
      await speaker.ask(2, 'basic.consume', { queue: q });
      await speaker.ask(2, 'channel.close');
      await speaker.open(2);
      await speaker.ask(2, 'queue.declare', { queue: q, passive: true });
    }),
    scenario('A6.3', 'auto-delete stays without ever a consumer', async (stage) => {
      const speaker = await stage.channel();
      const { q } = stage;
      await speaker.ask(1, 'queue.declare', { queue: q, autoDelete: true });
      await speaker.fill(q, '1');
      await drain(speaker, q);
      await speaker.ask(1, 'queue.declare', { queue: q, passive: true });
    }),
    scenario('A6.4', 'the same binding twice, undone once', async (stage) => {
      const speaker = await stage.channel();
      const { q, x } = stage;
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'direct' });
      await speaker.ask(1, 'queue.declare', { queue: q });
      for (let round = 0; round < 2; round++) {
        await speaker.ask(1, 'queue.bind', { queue: q, exchange: x, routingKey: 'k' });
      }
      await speaker.put({ exchange: x, routingKey: 'k' });
      await speaker.ask(1, 'queue.unbind', { queue: q, exchange: x, routingKey: 'k' });
      speaker.publish(1, { exchange: x, routingKey: 'k', mandatory: true });
      await speaker.take(1);
      await drain(speaker, q);
    }),
    scenario('A6.4', 'bindings that differ in arguments only', async (stage) => {
      const speaker = await stage.channel();
      const { q, x } = stage;
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'direct' });
      await speaker.ask(1, 'queue.declare', { queue: q });
      const bindings: readonly FieldTable[] = [EMPTY, texts({ a: '1' }), texts({ a: '2' })];
      const key = { queue: q, exchange: x, routingKey: 'k' };
      for (const args of bindings) await speaker.ask(1, 'queue.bind', { ...key, arguments: args });
      await speaker.put({ exchange: x, routingKey: 'k' });
      for (const args of bindings) {
        await speaker.ask(1, 'queue.unbind', { ...key, arguments: args });
        speaker.publish(1, { exchange: x, routingKey: 'k', mandatory: true });
        await speaker.fence(1, q);
      }
      await speaker.fence(1);
      await drain(speaker, q);
    }),
    scenario('A6.4', 'bindings whose arguments differ in type or order', async (stage) => {
      const speaker = await stage.channel();
      const { q, x } = stage;
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'direct' });
      await speaker.ask(1, 'queue.declare', { queue: q });
      const key = { queue: q, exchange: x, routingKey: 'k' };
      const one: FieldTable = new Map([
        ['a', { type: 'I', value: 1 }],
        ['b', { type: 'I', value: 2 }],
      ]);
      const turned: FieldTable = new Map([...one].reverse());
      const long: FieldTable = new Map([...one, ['a', { type: 'l', value: 1 }]]);
      await speaker.ask(1, 'queue.bind', { ...key, arguments: one });
      for (const args of [long, turned]) {
        await speaker.ask(1, 'queue.unbind', { ...key, arguments: args });
        speaker.publish(1, { exchange: x, routingKey: 'k', mandatory: true });
        await speaker.fence(1, q);
      }
      await drain(speaker, q);
    }),
    scenario(
      'A.4',
      'if-empty and if-unused look at ready messages and consumers',
      async (stage) => {
        const speaker = await stage.channel();
        const { q } = stage;
        await speaker.ask(1, 'queue.declare', { queue: q });
        await speaker.fill(q, '1');
        await speaker.ask(1, 'basic.get', { queue: q });
        await speaker.open(2);
        await speaker.ask(2, 'queue.delete', { queue: q, ifEmpty: true });
        await speaker.ask(2, 'queue.declare', { queue: q });
        await speaker.ask(2, 'basic.consume', { queue: q, consumerTag: 't' });
        await speaker.ask(2, 'queue.delete', { queue: q, ifUnused: true });
        await speaker.open(2);
        await speaker.ask(2, 'queue.delete', { queue: q, ifUnused: true });
      },
    ),
    scenario('A3.10', 'purge while a consumer holds some', async (stage) => {
      const speaker = await stage.channel();
      const { q } = stage;
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.fill(q, '1', '2', '3');
      await speaker.ask(1, 'basic.qos', { prefetchCount: 1 });
      await speaker.ask(1, 'basic.consume', { queue: q });
      await speaker.take(1);
      await speaker.ask(1, 'queue.purge', { queue: q });
      speaker.tell(1, 'basic.ack', { deliveryTag: 1 });
      await speaker.fill(q, '4');
      await speaker.take(1);
    }),
    scenario('A.5', 'a passive declare looks at nothing but the name', async (stage) => {
      const speaker = await stage.channel();
      const { q, x } = stage;
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.ask(1, 'queue.declare', {
        queue: q,
        passive: true,
        durable: true,
        autoDelete: true,
        arguments: texts({ 'x-max-length': 'nonsense' }),
      });
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'direct' });
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'nonsense', passive: true });
    }),
    scenario('A3.1 A6.4', 'undoing bindings that are not there', async (stage) => {
      const speaker = await stage.channel();
      const { q, x, y } = stage;
      await speaker.ask(1, 'queue.unbind', { queue: q, exchange: x, routingKey: 'k' });
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.ask(1, 'queue.unbind', { queue: q, exchange: x, routingKey: 'k' });
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'direct' });
      await speaker.ask(1, 'queue.unbind', { queue: q, exchange: x, routingKey: 'k' });
      await speaker.ask(1, 'exchange.unbind', { source: x, destination: y, routingKey: 'k' });
      await speaker.ask(1, 'exchange.unbind', { source: y, destination: x, routingKey: 'k' });
    }),
    scenario('A6.4', 'a queue that is deleted loses its bindings', async (stage) => {
      const speaker = await stage.channel();
      const { q, x } = stage;
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'fanout' });
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.ask(1, 'queue.bind', { queue: q, exchange: x });
      await speaker.ask(1, 'queue.delete', { queue: q });
      await speaker.ask(1, 'queue.declare', { queue: q });
      speaker.publish(1, { exchange: x, mandatory: true });
      await speaker.take(1);
    }),
    scenario('A3.9', 'names beyond ASCII, and of 255 octets', async (stage) => {
      const speaker = await stage.channel();
      const long = stage.name('n'.repeat(255 - stage.q.length + 1));
      for (const queue of [stage.name('häschen ✓ 兎'), stage.name('quote\'"\\'), long]) {
        await speaker.ask(1, 'queue.declare', { queue });
        await speaker.fill(queue, 'm');
        await drain(speaker, queue);
        await speaker.ask(1, 'queue.delete', { queue });
      }
    }),
    scenario('A3.10', 'get-ok counts what is left', async (stage) => {
      const speaker = await stage.channel();
      const { q } = stage;
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.ask(1, 'basic.get', { queue: q });
      await speaker.fill(q, '1', '2', '3');
      await speaker.ask(1, 'basic.get', { queue: q });
      await speaker.ask(1, 'basic.get', { queue: q, noAck: true });
      await speaker.ask(1, 'basic.get', { queue: q });
      await speaker.ask(1, 'basic.get', { queue: q });
    }),
  ],
};
