/**
 * Queues with rules, beyond the first look of extensions.ts: what each argument may be on which
 * type of queue, what comes back or expires when, what a full queue does, whose turn it is.
 * Reference: A.4, A.5, A7.4, A7.7, A.8, A9.1.
 */
import { fromObject } from '../../../protocol/table.ts';
import { type Scenario, type Subject, scenario } from '../scenario.ts';
import type { Speaker } from '../speaker.ts';
import type { Stage } from '../stage.ts';
import { drain } from './exchanges.ts';

type Arguments = Readonly<Record<string, unknown>>;

async function declare(stage: Stage, args: Arguments, durable = false): Promise<Speaker> {
  const speaker = await stage.channel();
  const table = fromObject(args);
  await speaker.ask(1, 'queue.declare', { queue: stage.q, durable, arguments: table });
  return speaker;
}

/** As declare(), with a queue that its dead letters come to. */
async function mortal(stage: Stage, args: Arguments, durable = false) {
  const dead = stage.name('dead');
  const speaker = await stage.channel();
  await speaker.ask(1, 'queue.declare', { queue: dead, durable });
  const more = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': dead };
  const table = fromObject({ ...more, ...args });
  await speaker.ask(1, 'queue.declare', { queue: stage.q, durable, arguments: table });
  return { speaker, dead };
}

const get = (speaker: Speaker, queue: string) => speaker.ask(1, 'basic.get', { queue });
const quorum = { 'x-queue-type': 'quorum' };

const VALUES: readonly (readonly [string, unknown])[] = [
  ...[0, 1, 255, 256, -1, 'a', true].map((value) => ['x-max-priority', value] as const),
  ...[true, false, 1, 'true'].map((value) => ['x-single-active-consumer', value] as const),
  ...[0, 1, -1, 'a', 1.5, 315_360_000_001].map((value) => ['x-expires', value] as const),
  ...[0, -1, 'a', 315_360_000_001].map((value) => ['x-message-ttl', value] as const),
  ...['drop-head', 'reject-publish', 'other', 1].map((value) => ['x-overflow', value] as const),
  ...[0, -1, 'a'].map((value) => ['x-max-length', value] as const),
];

const values: Scenario[] = VALUES.map(([name, value]) =>
  scenario('A.4 A.5', `${name} ${typeof value} ${value}`, async (stage) => {
    await declare(stage, { [name]: value });
  }),
);

const QUORUM_ARGUMENTS: readonly (readonly [string, unknown])[] = [
  ['x-max-priority', 5],
  ['x-queue-mode', 'lazy'],
  ['x-overflow', 'reject-publish'],
  ['x-overflow', 'drop-head'],
  ['x-dead-letter-strategy', 'at-most-once'],
  ['x-dead-letter-strategy', 'other'],
  ['x-dead-letter-strategy', 1],
  ['x-delivery-limit', 3],
  ['x-delivery-limit', 'a'],
  ['x-expires', 60_000],
  ['x-message-ttl', 60_000],
  ['x-single-active-consumer', true],
  ['x-max-in-memory-length', 5],
  ['x-quorum-initial-group-size', 1],
  ['x-max-age', '1D'],
  ['x-foo', 1],
];

const quorumArguments: Scenario[] = [
  ...QUORUM_ARGUMENTS.map(([name, value]) =>
    scenario('A.5', `a quorum queue with ${name} ${value}`, async (stage) => {
      await declare(stage, { ...quorum, [name]: value }, true);
    }),
  ),
  scenario('A.4', 'a quorum queue without a name', async (stage) => {
    const speaker = await stage.channel();
    const table = fromObject(quorum);
    await speaker.ask(1, 'queue.declare', { queue: '', durable: true, arguments: table });
  }),
  scenario('A.4', 'a quorum queue that is auto-delete', async (stage) => {
    const speaker = await stage.channel();
    const fields = { queue: stage.q, durable: true, autoDelete: true };
    await speaker.ask(1, 'queue.declare', { ...fields, arguments: fromObject(quorum) });
  }),
  scenario('A.5', 'a quorum queue declared again as classic, and the other way', async (stage) => {
    const speaker = await declare(stage, quorum, true);
    await speaker.ask(1, 'queue.declare', { queue: stage.q, durable: true });
    await speaker.open(1);
    const other = stage.name('other');
    await speaker.ask(1, 'queue.declare', { queue: other, durable: true });
    const table = fromObject(quorum);
    await speaker.ask(1, 'queue.declare', { queue: other, durable: true, arguments: table });
  }),
  ...(['ifUnused', 'ifEmpty'] as const).map((flag) =>
    scenario('A.4', `a quorum queue deleted ${flag}`, async (stage) => {
      const speaker = await declare(stage, quorum, true);
      await speaker.ask(1, 'queue.delete', { queue: stage.q, [flag]: true });
    }),
  ),
  scenario('A7.2', 'a quorum queue under a prefetch of the channel', async (stage) => {
    const speaker = await declare(stage, quorum, true);
    await speaker.ask(1, 'basic.qos', { prefetchCount: 1, global: true });
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 't' });
  }),
];

const quorumOrder: Scenario[] = [
  scenario('A7.7 A8.7', 'a quorum queue: requeued, then got again', async (stage) => {
    const speaker = await declare(stage, { ...quorum, 'x-delivery-limit': 9 }, true);
    await speaker.fill(stage.q, '1', '2', '3');
    await speaker.ready(1, stage.q, 3);
    await get(speaker, stage.q);
    await get(speaker, stage.q);
    speaker.tell(1, 'basic.nack', { deliveryTag: 2, requeue: true });
    await speaker.ready(1, stage.q, 2);
    speaker.tell(1, 'basic.nack', { deliveryTag: 1, requeue: true });
    await speaker.ready(1, stage.q, 3);
    await drain(speaker, stage.q);
  }),
  scenario('A8.1 A8.7', 'a quorum queue: over the delivery limit, dead-lettered', async (stage) => {
    const { speaker, dead } = await mortal(stage, { ...quorum, 'x-delivery-limit': 1 }, true);
    await speaker.fill(stage.q, '1');
    for (const deliveryTag of [1, 2]) {
      await speaker.ready(1, stage.q, 1);
      await get(speaker, stage.q);
      speaker.tell(1, 'basic.reject', { deliveryTag, requeue: true });
    }
    await speaker.ready(1, dead, 1);
    await drain(speaker, dead);
  }),
  scenario('A.5', 'a quorum queue: dead letters at least once', async (stage) => {
    const strategy = {
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    };
    const { speaker, dead } = await mortal(stage, { ...quorum, ...strategy }, true);
    await speaker.fill(stage.q, '1', '2');
    await speaker.ready(1, stage.q, 2);
    for (const deliveryTag of [1, 2]) {
      await get(speaker, stage.q);
      speaker.tell(1, 'basic.reject', { deliveryTag, requeue: false });
    }
    await speaker.ready(1, dead, 2);
    await speaker.ready(1, stage.q, 0);
    await drain(speaker, dead);
  }),
  scenario('A.5', 'a quorum queue: x-max-length drops the head', async (stage) => {
    const args = { ...quorum, 'x-max-length': 1, 'x-overflow': 'drop-head' };
    const speaker = await declare(stage, args, true);
    await speaker.fill(stage.q, '1', '2', '3');
    await speaker.ready(1, stage.q, 1);
    await drain(speaker, stage.q);
  }),
];

const ttl: Scenario[] = [
  scenario('A7.9 A8.8', 'a deadline is kept over a requeue', async (stage) => {
    const speaker = await declare(stage, { 'x-message-ttl': 40 });
    await speaker.fill(stage.q, '1');
    await get(speaker, stage.q);
    await new Promise((resolve) => setTimeout(resolve, 80));
    speaker.tell(1, 'basic.nack', { deliveryTag: 1, requeue: true });
    await speaker.fence(1, stage.q);
    await get(speaker, stage.q);
  }),
  scenario('A8.8', 'what expires behind a message that does not stays', async (stage) => {
    const speaker = await declare(stage, {});
    await speaker.fill(stage.q, '1');
    await speaker.put({ routingKey: stage.q }, { expiration: '1' }, '2');
    await new Promise((resolve) => setTimeout(resolve, 40));
    await speaker.ask(1, 'queue.declare', { queue: stage.q, passive: true });
    await drain(speaker, stage.q);
  }),
  scenario('A.5', 'an expiration of 0 reaches a consumer that waits', async (stage) => {
    const speaker = await declare(stage, {});
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 't', noAck: true });
    speaker.publish(1, { routingKey: stage.q }, { expiration: '0' }, '1');
    await speaker.take(1);
  }),
  scenario('A.5', 'the lower of x-message-ttl and expiration counts', async (stage) => {
    const speaker = await declare(stage, { 'x-message-ttl': 60_000 });
    await speaker.put({ routingKey: stage.q }, { expiration: '20' }, '1');
    await speaker.ready(1, stage.q, 0);
  }),
];

const limits: Scenario[] = [
  scenario('A.5', 'x-max-length 0 keeps nothing', async (stage) => {
    const speaker = await declare(stage, { 'x-max-length': 0 });
    await speaker.fill(stage.q, '1', '2');
    await speaker.ready(1, stage.q, 0);
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 't', noAck: true });
    await speaker.fill(stage.q, '3');
    await speaker.take(1);
  }),
  scenario('A.5', 'what is delivered does not count for x-max-length', async (stage) => {
    const speaker = await declare(stage, { 'x-max-length': 1 });
    await speaker.fill(stage.q, '1');
    await get(speaker, stage.q);
    await speaker.fill(stage.q, '2');
    await speaker.ask(1, 'queue.declare', { queue: stage.q, passive: true });
    speaker.tell(1, 'basic.nack', { deliveryTag: 1, requeue: true });
    await speaker.fence(1, stage.q);
    await drain(speaker, stage.q);
  }),
  scenario('A.5', 'a message larger than x-max-length-bytes', async (stage) => {
    const { speaker, dead } = await mortal(stage, { 'x-max-length-bytes': 5 });
    await speaker.fill(stage.q, '12', '123456');
    await speaker.ready(1, dead, 2);
    await drain(speaker, dead);
  }),
  ...(['reject-publish', 'reject-publish-dlx'] as const).map((overflow) =>
    scenario('A.5 A9.1', `${overflow}: one of two queues is full`, async (stage) => {
      const args = { 'x-max-length': 1, 'x-overflow': overflow };
      const { speaker, dead } = await mortal(stage, args);
      const other = stage.name('other');
      await speaker.ask(1, 'exchange.declare', { exchange: stage.x, type: 'fanout' });
      await speaker.ask(1, 'queue.declare', { queue: other });
      for (const queue of [stage.q, other]) {
        await speaker.ask(1, 'queue.bind', { queue, exchange: stage.x });
      }
      await speaker.fill(stage.q, '1');
      await speaker.ask(1, 'confirm.select');
      speaker.publish(1, { exchange: stage.x }, {}, '2');
      await speaker.take(1);
      await speaker.ready(1, other, 1);
      for (const queue of [stage.q, other, dead]) await drain(speaker, queue);
    }),
  ),
  scenario('A.5 A9.3', 'reject-publish in a transaction', async (stage) => {
    const args = { 'x-max-length': 1, 'x-overflow': 'reject-publish' };
    const speaker = await declare(stage, args);
    await speaker.ask(1, 'tx.select');
    for (const body of ['1', '2']) speaker.publish(1, { routingKey: stage.q }, {}, body);
    await speaker.ask(1, 'tx.commit');
    await speaker.ready(1, stage.q, 1);
    await drain(speaker, stage.q);
  }),
];

const priorities: Scenario[] = [
  scenario('A.5', 'a requeued message goes back among those of its priority', async (stage) => {
    const speaker = await declare(stage, { 'x-max-priority': 5 });
    for (const [body, priority] of [
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ] as const) {
      await speaker.put({ routingKey: stage.q }, { priority }, body);
    }
    await get(speaker, stage.q);
    await get(speaker, stage.q);
    await speaker.put({ routingKey: stage.q }, { priority: 3 }, 'urgent');
    speaker.tell(1, 'basic.nack', { deliveryTag: 2, multiple: true, requeue: true });
    await speaker.fence(1, stage.q);
    await drain(speaker, stage.q);
  }),
  scenario('A.5', 'x-max-length drops the highest priority', async (stage) => {
    const speaker = await declare(stage, { 'x-max-priority': 5, 'x-max-length': 2 });
    for (const [body, priority] of [
      ['high', 5],
      ['low', 0],
      ['low too', 0],
    ] as const) {
      await speaker.put({ routingKey: stage.q }, { priority }, body);
    }
    await drain(speaker, stage.q);
  }),
  scenario('A.5 A8.8', 'what has expired behind a higher priority stays', async (stage) => {
    const speaker = await declare(stage, { 'x-max-priority': 5 });
    await speaker.put({ routingKey: stage.q }, { priority: 1, expiration: '1' }, 'low');
    await speaker.put({ routingKey: stage.q }, { priority: 5 }, 'high');
    await new Promise((resolve) => setTimeout(resolve, 40));
    await drain(speaker, stage.q);
  }),
];

const singleActive: Scenario[] = [
  scenario('A7.4', 'a single active consumer and an exclusive one', async (stage) => {
    const speaker = await declare(stage, { 'x-single-active-consumer': true });
    const fields = { queue: stage.q, consumerTag: 't', exclusive: true };
    await speaker.ask(1, 'basic.consume', fields);
  }),
  scenario('A7.4', 'what the active consumer held goes to the next', async (stage) => {
    const speaker = await declare(stage, { 'x-single-active-consumer': true });
    await speaker.ask(1, 'channel.open');
    await speaker.open(2);
    await speaker.ask(2, 'basic.consume', { queue: stage.q, consumerTag: 'b' });
  }),
  scenario('A7.4', 'the next in line is the one of the highest priority', async (stage) => {
    const speaker = await declare(stage, { 'x-single-active-consumer': true });
    for (const [consumerTag, priority] of [
      ['a', 0],
      ['b', 1],
      ['c', 5],
    ] as const) {
      const table = fromObject({ 'x-priority': priority });
      const fields = { queue: stage.q, consumerTag, noAck: true, arguments: table };
      await speaker.ask(1, 'basic.consume', fields);
    }
    await speaker.fill(stage.q, '1');
    await speaker.take(1);
    await speaker.ask(1, 'basic.cancel', { consumerTag: 'a' });
    await speaker.fill(stage.q, '2');
    await speaker.take(1);
  }),
  scenario('A7.4', 'basic.get beside a single active consumer', async (stage) => {
    const speaker = await declare(stage, { 'x-single-active-consumer': true });
    await speaker.fill(stage.q, '1');
    await get(speaker, stage.q);
  }),
];

const deadLetters: Scenario[] = [
  scenario('A8.1', 'nack of several: the order of dead letters', async (stage) => {
    const { speaker, dead } = await mortal(stage, {});
    await speaker.fill(stage.q, '1', '2', '3');
    for (let i = 0; i < 3; i++) await get(speaker, stage.q);
    speaker.tell(1, 'basic.nack', { deliveryTag: 3, multiple: true });
    await speaker.ready(1, dead, 3);
    await drain(speaker, dead);
  }),
  scenario('A8.1', 'purged and deleted messages are no dead letters', async (stage) => {
    const { speaker, dead } = await mortal(stage, {});
    await speaker.fill(stage.q, '1');
    await speaker.ask(1, 'queue.purge', { queue: stage.q });
    await speaker.fill(stage.q, '2');
    await speaker.ask(1, 'queue.delete', { queue: stage.q });
    await speaker.fence(1, dead);
    await drain(speaker, dead);
  }),
  scenario('A8.5', 'a dead-letter exchange that is not there', async (stage) => {
    const speaker = await declare(stage, { 'x-dead-letter-exchange': stage.x });
    await speaker.fill(stage.q, '1');
    await get(speaker, stage.q);
    speaker.tell(1, 'basic.reject', { deliveryTag: 1 });
    await speaker.fence(1, stage.q);
    await get(speaker, stage.q);
  }),
  scenario('A8.6', 'a history that a client brings along', async (stage) => {
    const { speaker, dead } = await mortal(stage, {});
    const death = { count: 3, queue: stage.q, reason: 'rejected', exchange: '' };
    const headers = fromObject({ 'x-death': [death], other: 'kept' });
    await speaker.put({ routingKey: stage.q }, { headers }, '1');
    await get(speaker, stage.q);
    speaker.tell(1, 'basic.reject', { deliveryTag: 1 });
    await speaker.ready(1, dead, 1);
    await drain(speaker, dead);
  }),
  scenario('A8.1 A9.3', 'rejected in a transaction', async (stage) => {
    const { speaker, dead } = await mortal(stage, {});
    await speaker.fill(stage.q, '1');
    await speaker.ask(1, 'tx.select');
    await get(speaker, stage.q);
    speaker.tell(1, 'basic.reject', { deliveryTag: 1 });
    await speaker.ask(1, 'tx.commit');
    await speaker.ready(1, dead, 1);
    await drain(speaker, dead);
  }),
];

const leases: Scenario[] = [
  scenario('A.5 A7.5', 'x-expires waits while there is a consumer', async (stage) => {
    const speaker = await declare(stage, { 'x-expires': 60 });
    await speaker.ask(1, 'basic.consume', { queue: stage.q, consumerTag: 't' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await speaker.fence(1);
    await speaker.ask(1, 'basic.cancel', { consumerTag: 't' });
    await speaker.vanishes(1, stage.q);
  }),
];

export const queueRules: Subject = {
  subject: 'queue rules',
  scenarios: [
    ...values,
    ...quorumArguments,
    ...quorumOrder,
    ...ttl,
    ...limits,
    ...priorities,
    ...singleActive,
    ...deadLetters,
    ...leases,
  ],
};
