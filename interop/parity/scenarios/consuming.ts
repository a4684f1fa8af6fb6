/**
 * Consumers: delivery, tags, prefetch in both modes, priorities, exclusive ones, cancelling from
 * either side. Reference: A3.9, A7.1 to A7.6.
 */
import type { MethodFields } from '../../../protocol/spec.ts';
import type { FieldTable } from '../../../protocol/table.ts';
import { type Subject, scenario } from '../scenario.ts';
import type { Speaker } from '../speaker.ts';
import type { Stage } from '../stage.ts';
import { drain } from './exchanges.ts';

/** A queue with the messages '1' to `count`. */
async function filled(stage: Stage, count: number): Promise<Speaker> {
  const speaker = await stage.channel();
  await speaker.ask(1, 'queue.declare', { queue: stage.q });
  await speaker.fill(stage.q, ...Array.from({ length: count }, (_, index) => String(index + 1)));
  return speaker;
}

function priority(value: number): FieldTable {
  return new Map([['x-priority', { type: 'I', value }]]);
}

/** Takes and acks that many deliveries; how many the queue got that got fewest. */
async function leastServed(speaker: Speaker, deliveries: number): Promise<number> {
  const served = new Map<string, number>();
  for (let n = 0; n < deliveries; n++) {
    const arrival = await speaker.take(1);
    if (arrival?.method.name !== 'basic.deliver') throw new Error(`${arrival?.method.name} came`);
    speaker.hidden.add(arrival);
    const { routingKey, deliveryTag } = arrival.method;
    served.set(routingKey, (served.get(routingKey) ?? 0) + 1);
    speaker.tell(1, 'basic.ack', { deliveryTag });
  }
  const last = await speaker.take(1);
  if (last !== undefined) speaker.hidden.add(last);
  return served.size < 3 ? 0 : Math.min(...served.values());
}

const consumers: Subject['scenarios'] = [
  scenario('A7.6', 'what is ready and what comes later', async (stage) => {
    const speaker = await filled(stage, 3);
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 'mine' });
    await speaker.takeMany(1, 3);
    await speaker.fill(stage.q, '4');
    await speaker.take(1);
  }),
  scenario('A3.9', 'a tag made by the server', async (stage) => {
    const speaker = await filled(stage, 1);
    await speaker.ask(1, 'basic.consume', { queue: stage.q });
    await speaker.take(1);
    await speaker.ask(1, 'basic.consume', { queue: stage.q });
  }),
  scenario('A3.9', 'the same tag on two channels', async (stage) => {
    const speaker = await filled(stage, 0);
    await speaker.open(2);
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 't' });
    await speaker.ask(2, 'basic.consume', { queue: stage.q, consumerTag: 't' });
  }),
  scenario('A3.9', 'a tag again after cancel', async (stage) => {
    const speaker = await filled(stage, 0);
    for (let round = 0; round < 2; round++) {
      await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 't' });
      await speaker.ask(1, 'basic.cancel', { consumerTag: 't' });
    }
    await speaker.ask(1, 'basic.cancel', { consumerTag: 't' });
    await speaker.ask(1, 'basic.cancel', { consumerTag: 'never' });
  }),
  scenario('A3.7', 'consume and cancel with nowait', async (stage) => {
    const speaker = await filled(stage, 1);
    speaker.tell(1, 'basic.consume', { queue: stage.q, consumerTag: 't', nowait: true });
    await speaker.take(1);
    speaker.tell(1, 'basic.cancel', { consumerTag: 't', nowait: true });
    await speaker.fence(1);
    await speaker.fill(stage.q, '2');
    await speaker.ask(1, 'queue.declare', { queue: stage.q, passive: true });
  }),
  scenario('A3.8', 'no-local changes nothing', async (stage) => {
    const speaker = await filled(stage, 0);
    await speaker.ask(1, 'basic.consume', { queue: stage.q, noLocal: true, noAck: true });
    speaker.publish(1, { routingKey: stage.q }, {}, 'own');
    await speaker.take(1);
  }),
  scenario('A7.3', 'equals take turns', async (stage) => {
    const speaker = await filled(stage, 0);
    for (const consumerTag of ['a', 'b', 'c']) {
      await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag, noAck: true });
    }
    for (const body of ['1', '2', '3', '4', '5', '6']) {
      await speaker.fill(stage.q, body);
      await speaker.take(1);
    }
  }),
  scenario('A7.3', 'the higher priority first, until it is full', async (stage) => {
    const speaker = await filled(stage, 0);
    await speaker.ask(1, 'basic.qos', { prefetchCount: 2 });
    for (const [consumerTag, value] of [
      ['low', -1],
      ['high', 10],
      ['middle', 0],
    ] as const) {
      const args = priority(value);
      await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag, arguments: args });
    }
    for (const body of ['1', '2', '3', '4', '5', '6']) {
      await speaker.fill(stage.q, body);
      await speaker.take(1);
    }
    await speaker.fill(stage.q, '7');
    speaker.tell(1, 'basic.ack', { deliveryTag: 1 });
    await speaker.take(1);
  }),
  scenario('A7.4', 'an exclusive consumer keeps others out', async (stage) => {
    const speaker = await filled(stage, 0);
    await speaker.open(2);
    const exclusive = { queue: stage.q, consumerTag: 't', exclusive: true };
    await speaker.ask(1, 'basic.consume', exclusive);
    await speaker.ask(2, 'basic.consume', { queue: stage.q });
    await speaker.open(2);
    await speaker.ask(1, 'basic.cancel', { consumerTag: 't' });
    await speaker.ask(2, 'basic.consume', { queue: stage.q });
    await speaker.ask(1, 'basic.consume', exclusive);
  }),
  scenario('A7.5', 'the server cancels when the queue goes', async (stage) => {
    const speaker = await filled(stage, 0);
    await speaker.open(2);
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 'a' });
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 'b' });
    await speaker.ask(2, 'queue.delete', { queue: stage.q });
    const tags: string[] = [];
    for (const arrival of await speaker.takeMany(1, 2)) {
      speaker.hidden.add(arrival);
      if (arrival.method.name === 'basic.cancel') tags.push(arrival.method.consumerTag);
    }
    stage.note(`cancelled ${tags.sort()}`);
  }),
  scenario('A7.5', 'no notice for a client that does not want it', async (stage) => {
    const speaker = await stage.channel({ capabilities: {} });
    await speaker.ask(1, 'queue.declare', { queue: stage.q });
    await speaker.ask(1, 'basic.consume', { queue: stage.q });
    await speaker.ask(1, 'queue.delete', { queue: stage.q });
    await speaker.fence(1);
  }),
  scenario('A7.6', 'tags go on counting over consumers and gets', async (stage) => {
    const speaker = await filled(stage, 4);
    await speaker.ask(1, 'basic.get', { queue: stage.q });
    await speaker.ask(1, 'basic.get', { queue: stage.q, noAck: true });
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 'a' });
    await speaker.takeMany(1, 2);
    await speaker.ask(1, 'basic.cancel', { consumerTag: 'a' });
    await speaker.open(2);
    await speaker.fill(stage.q, '5');
    await speaker.ask(2, 'basic.get', { queue: stage.q });
  }),
  scenario('A7.9', 'a cancelled consumer keeps what it has', async (stage) => {
    const speaker = await filled(stage, 2);
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 'a' });
    await speaker.takeMany(1, 2);
    await speaker.ask(1, 'basic.cancel', { consumerTag: 'a' });
    await speaker.ask(1, 'queue.declare', { queue: stage.q, passive: true });
    speaker.tell(1, 'basic.nack', { deliveryTag: 2, multiple: true, requeue: true });
    await speaker.ready(1, stage.q, 2);
    await drain(speaker, stage.q);
  }),
  scenario('A.5', 'arguments that a consumer may have', async (stage) => {
    const speaker = await filled(stage, 0);
    const args: FieldTable = new Map([
      ['x-priority', { type: 'l', value: 5 }],
      ['x-cancel-on-ha-failover', { type: 't', value: true }],
      ['x-unknown', { type: 'S', value: 'kept' }],
    ]);
    await speaker.ask(1, 'basic.consume', { queue: stage.q, arguments: args });
  }),
];

async function qos(speaker: Speaker, fields: Partial<MethodFields<'basic.qos'>>): Promise<void> {
  await speaker.ask(1, 'basic.qos', fields);
}

const prefetch: Subject['scenarios'] = [
  scenario('A7.1', 'for each new consumer', async (stage) => {
    const speaker = await filled(stage, 6);
    await qos(speaker, { prefetchCount: 2 });
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 'a' });
    await speaker.takeMany(1, 2);
    await speaker.fence(1, stage.q);
    await qos(speaker, { prefetchCount: 1 });
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 'b' });
    await speaker.take(1);
    await speaker.fence(1, stage.q);
    speaker.tell(1, 'basic.ack', { deliveryTag: 1 });
    await speaker.take(1);
    await speaker.fence(1, stage.q);
  }),
  scenario('A7.1', 'for the whole channel', async (stage) => {
    const speaker = await filled(stage, 6);
    await qos(speaker, { prefetchCount: 2, global: true });
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 'a' });
    await speaker.takeMany(1, 2);
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 'b' });
    await speaker.fence(1, stage.q);
    await speaker.ask(1, 'queue.declare', { queue: stage.q, passive: true });
    speaker.tell(1, 'basic.ack', { deliveryTag: 2, multiple: true });
    await speaker.takeMany(1, 2);
    await speaker.fence(1, stage.q);
  }),
  ...[true, false].map((global) =>
    scenario('A7.1 A7.3', `one ack makes room for two, global=${global}`, async (stage) => {
      const speaker = await filled(stage, 0);
      await qos(speaker, { prefetchCount: global ? 4 : 2, global });
      await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 'a' });
      await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 'b' });
      await speaker.fill(stage.q, '1', '2', '3', '4', '5', '6', '7', '8', '9');
      await speaker.takeMany(1, 4);
      await speaker.fence(1, stage.q);
      speaker.tell(1, 'basic.ack', { deliveryTag: 4, multiple: true });
      await speaker.takeMany(1, 4);
      speaker.tell(1, 'basic.ack', { deliveryTag: 6 });
      await speaker.take(1);
    }),
  ),
  scenario('A7.1', 'both at once', async (stage) => {
    const speaker = await filled(stage, 8);
    await qos(speaker, { prefetchCount: 2 });
    await qos(speaker, { prefetchCount: 3, global: true });
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 'a' });
    await speaker.takeMany(1, 2);
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 'b' });
    await speaker.take(1);
    await speaker.fence(1, stage.q);
    await speaker.ask(1, 'queue.declare', { queue: stage.q, passive: true });
  }),
  scenario('A7.1', '0 is no limit', async (stage) => {
    const speaker = await filled(stage, 5);
    await qos(speaker, { prefetchCount: 1 });
    await qos(speaker, { prefetchCount: 0 });
    await speaker.ask(1, 'basic.consume', { queue: stage.q });
    await speaker.takeMany(1, 5);
  }),
  scenario('A7.1', 'lifted for the channel lets more come', async (stage) => {
    const speaker = await filled(stage, 4);
    await qos(speaker, { prefetchCount: 1, global: true });
    await speaker.ask(1, 'basic.consume', { queue: stage.q });
    await speaker.take(1);
    await speaker.fence(1, stage.q);
    await qos(speaker, { prefetchCount: 3, global: true });
    await speaker.takeMany(1, 2);
    await qos(speaker, { prefetchCount: 0, global: true });
    await speaker.take(1);
  }),
  scenario('A7.1', 'auto-ack knows no prefetch', async (stage) => {
    const speaker = await filled(stage, 4);
    await qos(speaker, { prefetchCount: 1 });
    await speaker.ask(1, 'basic.consume', { queue: stage.q, noAck: true });
    await speaker.takeMany(1, 4);
  }),
  scenario('A7.1', 'auto-ack waits while the channel-wide limit is used up', async (stage) => {
    const speaker = await filled(stage, 4);
    await qos(speaker, { prefetchCount: 1, global: true });
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 'acks' });
    await speaker.take(1);
    await speaker.ask(1, 'basic.cancel', { consumerTag: 'acks' });
    await speaker.ask(1, 'basic.consume', { queue: stage.q, noAck: true, consumerTag: 'auto' });
    await speaker.fence(1, stage.q);
    await speaker.ask(1, 'queue.declare', { queue: stage.q, passive: true });
    speaker.tell(1, 'basic.ack', { deliveryTag: 1 });
    await speaker.takeMany(1, 3);
  }),
  scenario('A7.1', 'three queues share a channel-wide limit', async (stage) => {
    const speaker = await stage.channel();
    const names = ['a', 'b', 'c'].map((label) => stage.name(label));
    const texts = Array.from({ length: 40 }, (_, index) => String(index));
    await qos(speaker, { prefetchCount: 1, global: true });
    for (const queue of names) {
      await speaker.ask(1, 'queue.declare', { queue });
      await speaker.fill(queue, ...texts);
    }
    // Which queue is next is random in RabbitMQ: what counts is that none starves.
    const elsewhere = await stage.connect({ frameMax: 4096 });
    await elsewhere.open(1);
    await qos(elsewhere, { prefetchCount: 1, global: true });
    for (const queue of names) elsewhere.peer.send(1, 'basic.consume', { queue, nowait: true });
    stage.note(`none starves: ${(await leastServed(elsewhere, 60)) >= 5}`);
  }),
  scenario('A7.1', 'get is not limited', async (stage) => {
    const speaker = await filled(stage, 3);
    await qos(speaker, { prefetchCount: 1 });
    for (let n = 0; n < 3; n++) await speaker.ask(1, 'basic.get', { queue: stage.q });
  }),
  scenario('A7.1', 'a get before the channel-wide limit', async (stage) => {
    const speaker = await filled(stage, 4);
    await speaker.ask(1, 'basic.get', { queue: stage.q });
    await qos(speaker, { prefetchCount: 2, global: true });
    await speaker.ask(1, 'basic.consume', { queue: stage.q });
    await speaker.take(1);
    await speaker.fence(1, stage.q);
    await speaker.ask(1, 'queue.declare', { queue: stage.q, passive: true });
  }),
  scenario('A7.1', 'reject and nack make room as ack does', async (stage) => {
    const speaker = await filled(stage, 4);
    await qos(speaker, { prefetchCount: 1 });
    await speaker.ask(1, 'basic.consume', { queue: stage.q });
    await speaker.take(1);
    speaker.tell(1, 'basic.reject', { deliveryTag: 1 });
    await speaker.take(1);
    speaker.tell(1, 'basic.nack', { deliveryTag: 2 });
    await speaker.take(1);
    speaker.tell(1, 'basic.nack', { deliveryTag: 3, requeue: true });
    await speaker.take(1);
  }),
];

export const consuming: readonly Subject[] = [
  { subject: 'consumers', scenarios: consumers },
  { subject: 'prefetch', scenarios: prefetch },
];
