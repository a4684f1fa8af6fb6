/**
 * RabbitMQ's extensions of queues: expiry, dead-lettering, length limits, priorities, single active
 * consumers, the other queue types. Reference: A.4, A.5, A.8, A9.1.
 */
import type { MethodFields } from '../../../protocol/spec.ts';
import { type FieldTable, fromObject } from '../../../protocol/table.ts';
import { type Subject, scenario } from '../scenario.ts';
import type { Speaker } from '../speaker.ts';
import type { Stage } from '../stage.ts';
import { drain } from './exchanges.ts';

type QueueFields = Partial<MethodFields<'queue.declare'>>;

/** A channel with a queue of these arguments. */
async function queueWith(
  stage: Stage,
  args: Readonly<Record<string, unknown>>,
  fields: QueueFields = {},
): Promise<Speaker> {
  const speaker = await stage.channel();
  const declared = { queue: stage.q, arguments: fromObject(args), ...fields };
  await speaker.ask(1, 'queue.declare', declared);
  return speaker;
}

/** As queueWith(), dead-lettered by a fanout exchange to the queue that it returns. */
async function deadLettered(
  stage: Stage,
  args: Readonly<Record<string, unknown>>,
): Promise<{ speaker: Speaker; dead: string }> {
  const dead = stage.name('dead');
  const speaker = await stage.channel();
  await speaker.ask(1, 'exchange.declare', { exchange: stage.x, type: 'fanout' });
  await speaker.ask(1, 'queue.declare', { queue: dead });
  await speaker.ask(1, 'queue.bind', { queue: dead, exchange: stage.x });
  const table = fromObject({ 'x-dead-letter-exchange': stage.x, ...args });
  await speaker.ask(1, 'queue.declare', { queue: stage.q, arguments: table });
  return { speaker, dead };
}

async function gone(speaker: Speaker, queue: string): Promise<void> {
  await speaker.vanishes(1, queue);
  await speaker.ask(1, 'queue.declare', { queue, passive: true });
}

const expiry: Subject['scenarios'] = [
  scenario('A.5', 'x-message-ttl empties a queue', async (stage) => {
    const speaker = await queueWith(stage, { 'x-message-ttl': 50 });
    await speaker.fill(stage.q, '1', '2');
    await speaker.ready(1, stage.q, 0);
    await speaker.ask(1, 'basic.get', { queue: stage.q });
  }),
  scenario('A.5', 'x-message-ttl 0 without a consumer', async (stage) => {
    const speaker = await queueWith(stage, { 'x-message-ttl': 0 });
    await speaker.fill(stage.q, '1');
    await speaker.ready(1, stage.q, 0);
    await speaker.ask(1, 'basic.get', { queue: stage.q });
  }),
  scenario('A8.8', 'an expiration at the head', async (stage) => {
    const speaker = await queueWith(stage, {});
    await speaker.put({ routingKey: stage.q }, { expiration: '50' }, '1');
    await speaker.put({ routingKey: stage.q }, {}, '2');
    await speaker.ready(1, stage.q, 1);
    await drain(speaker, stage.q);
  }),
  scenario('A.5', 'x-expires deletes a queue', async (stage) => {
    const speaker = await queueWith(stage, { 'x-expires': 100 });
    await gone(speaker, stage.q);
  }),
];

const deadLetters: Subject['scenarios'] = [
  scenario('A8.1 A8.2 A8.3', 'rejected', async (stage) => {
    const { speaker, dead } = await deadLettered(stage, {});
    await speaker.put({ routingKey: stage.q }, { headers: fromObject({ own: 1 }) }, '1');
    await speaker.ask(1, 'basic.get', { queue: stage.q });
    await speaker.ask(1, 'queue.declare', { queue: dead, passive: true });
    speaker.tell(1, 'basic.reject', { deliveryTag: 1 });
    await speaker.ready(1, dead, 1);
    await drain(speaker, dead);
  }),
  scenario('A8.1 A8.5', 'expired, with a key of its own and CC', async (stage) => {
    const args = { 'x-message-ttl': 30, 'x-dead-letter-routing-key': 'dead' };
    const { speaker, dead } = await deadLettered(stage, args);
    const headers = fromObject({ CC: ['other'] });
    await speaker.put({ routingKey: stage.q }, { headers, expiration: '20' }, '1');
    await speaker.ready(1, dead, 1);
    await drain(speaker, dead);
  }),
  scenario('A8.5', 'BCC keys count for dead letters, and for those of these', async (stage) => {
    const speaker = await stage.channel();
    const [first, second] = [stage.name('first'), stage.name('second')];
    await speaker.ask(1, 'exchange.declare', { exchange: stage.x, type: 'direct' });
    const args = fromObject({ 'x-message-ttl': 20, 'x-dead-letter-exchange': stage.x });
    await speaker.ask(1, 'queue.declare', { queue: stage.q, arguments: args });
    await speaker.ask(1, 'queue.declare', { queue: first, arguments: args });
    await speaker.ask(1, 'queue.bind', { queue: first, exchange: stage.x, routingKey: 'b' });
    await speaker.ask(1, 'queue.declare', { queue: second });
    await speaker.ask(1, 'queue.bind', { queue: second, exchange: stage.x, routingKey: 'c' });
    const headers = fromObject({ CC: ['a'], BCC: ['b', 'c'] });
    await speaker.put({ routingKey: stage.q }, { headers }, '1');
    // It comes here from the first queue, and from the other one on the way.
    await speaker.ready(1, second, 2);
    await drain(speaker, second);
  }),
  scenario('A8.5', 'BCC keys go with a key of the queue', async (stage) => {
    const args = { 'x-dead-letter-routing-key': 'dead', 'x-message-ttl': 20 };
    const { speaker, dead } = await deadLettered(stage, args);
    const headers = fromObject({ CC: ['a'], BCC: ['b'] });
    await speaker.put({ routingKey: stage.q }, { headers }, '1');
    await speaker.ready(1, dead, 1);
    await drain(speaker, dead);
  }),
  scenario('A8.1', 'over the length limit', async (stage) => {
    const { speaker, dead } = await deadLettered(stage, { 'x-max-length': 1 });
    await speaker.fill(stage.q, '1', '2');
    await speaker.ready(1, dead, 1);
    await drain(speaker, dead);
    await drain(speaker, stage.q);
  }),
  scenario('A8.2', 'rejected twice: the counts of x-death', async (stage) => {
    const { speaker } = await deadLettered(stage, {});
    await speaker.ask(1, 'queue.bind', { queue: stage.q, exchange: stage.x });
    await speaker.fill(stage.q, '1');
    for (const deliveryTag of [1, 2]) {
      await speaker.ready(1, stage.q, 1);
      await speaker.ask(1, 'basic.get', { queue: stage.q });
      speaker.tell(1, 'basic.reject', { deliveryTag });
    }
    await speaker.ready(1, stage.q, 1);
    await drain(speaker, stage.q);
  }),
  scenario('A8.4', 'a cycle of expiry without a reject drops', async (stage) => {
    const args = { 'x-message-ttl': 20, 'x-dead-letter-exchange': '' };
    const speaker = await queueWith(stage, args);
    await speaker.fill(stage.q, '1');
    await speaker.ready(1, stage.q, 0);
    await speaker.ask(1, 'basic.get', { queue: stage.q });
  }),
];

const limits: Subject['scenarios'] = [
  scenario('A.5', 'x-max-length drops the head', async (stage) => {
    const speaker = await queueWith(stage, { 'x-max-length': 2 });
    await speaker.fill(stage.q, '1', '2', '3');
    await drain(speaker, stage.q);
  }),
  scenario('A.5', 'x-max-length-bytes drops the head', async (stage) => {
    const speaker = await queueWith(stage, { 'x-max-length-bytes': 10 });
    await speaker.fill(stage.q, '12345', '1234', '123');
    await drain(speaker, stage.q);
  }),
  scenario('A.5 A9.1', 'reject-publish is a nack', async (stage) => {
    const args = { 'x-max-length': 1, 'x-overflow': 'reject-publish' };
    const speaker = await queueWith(stage, args);
    await speaker.ask(1, 'confirm.select');
    for (const body of ['1', '2']) {
      speaker.publish(1, { routingKey: stage.q }, {}, body);
      await speaker.take(1);
    }
    await drain(speaker, stage.q);
  }),
  scenario('A.5', 'priorities of messages', async (stage) => {
    const speaker = await queueWith(stage, { 'x-max-priority': 5 });
    for (const [body, priority] of [
      ['low', 1],
      ['high', 5],
      ['over', 9],
      ['none', undefined],
      ['middle', 3],
    ] as const) {
      await speaker.put({ routingKey: stage.q }, { priority }, body);
    }
    await drain(speaker, stage.q);
  }),
  scenario('A7.4', 'a single active consumer', async (stage) => {
    const speaker = await queueWith(stage, { 'x-single-active-consumer': true });
    for (const consumerTag of ['a', 'b']) {
      await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag, noAck: true });
    }
    for (const body of ['1', '2']) {
      await speaker.fill(stage.q, body);
      await speaker.take(1);
    }
    await speaker.ask(1, 'basic.cancel', { consumerTag: 'a' });
    await speaker.fill(stage.q, '3');
    await speaker.take(1);
  }),
];

const durable: QueueFields = { durable: true };

function typed(type: string, more: Readonly<Record<string, unknown>> = {}): FieldTable {
  return fromObject({ 'x-queue-type': type, ...more });
}

const types: Subject['scenarios'] = [
  ...(['quorum', 'stream'] as const).flatMap((type) => [
    scenario('A.5', `a ${type} queue`, async (stage) => {
      await queueWith(stage, { 'x-queue-type': type }, durable);
    }),
    scenario('A.4', `a ${type} queue that is exclusive`, async (stage) => {
      const fields = { ...durable, exclusive: true };
      await queueWith(stage, { 'x-queue-type': type }, fields);
    }),
    scenario('A.4', `a ${type} queue that is not durable`, async (stage) => {
      await queueWith(stage, { 'x-queue-type': type });
    }),
  ]),
  scenario('A8.7', 'the delivery limit of a quorum queue', async (stage) => {
    const speaker = await stage.channel();
    const args = typed('quorum', { 'x-delivery-limit': 1 });
    await speaker.ask(1, 'queue.declare', { queue: stage.q, ...durable, arguments: args });
    if (speaker.closed(1)) return;
    await speaker.fill(stage.q, '1');
    await speaker.ask(1, 'basic.qos', { prefetchCount: 1 });
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 't' });
    await speaker.take(1);
    speaker.tell(1, 'basic.nack', { deliveryTag: 1, requeue: true });
    await speaker.take(1);
    speaker.tell(1, 'basic.nack', { deliveryTag: 2, requeue: true });
    await speaker.ready(1, stage.q, 0);
  }),
];

export const extensions: Subject = {
  subject: 'extensions',
  scenarios: [...expiry, ...deadLetters, ...limits, ...types],
};
