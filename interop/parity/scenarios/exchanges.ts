/**
 * Exchanges: those that are there, declaring, deleting, auto-delete, internal, bindings between
 * exchanges, alternate exchanges, each type's routing. Reference: A3.1 to A3.7, A.5, A.6.
 */
import type { FieldTable, FieldValue } from '../../../protocol/table.ts';
import { type Subject, scenario } from '../scenario.ts';
import type { Speaker } from '../speaker.ts';
import type { Stage } from '../stage.ts';

const PREDECLARED: readonly [string, string][] = [
  ['', 'direct'],
  ['amq.direct', 'direct'],
  ['amq.fanout', 'fanout'],
  ['amq.topic', 'topic'],
  ['amq.headers', 'headers'],
  ['amq.match', 'headers'],
  ['amq.rabbitmq.trace', 'topic'],
];

/** A table of texts. */
export function texts(object: Readonly<Record<string, string>>): FieldTable {
  return new Map(
    Object.entries(object).map(([key, value]): [string, FieldValue] => [key, { type: 'S', value }]),
  );
}

/** Declares queues bound to an exchange of a type, publishes with keys, notes who got what. */
async function route(
  stage: Stage,
  type: string,
  bindings: readonly string[],
  keys: readonly string[],
): Promise<void> {
  const speaker = await stage.channel();
  await speaker.ask(1, 'exchange.declare', { exchange: stage.x, type });
  const queues: string[] = [];
  for (const [index, routingKey] of bindings.entries()) {
    const queue = stage.name(`q${index}`);
    queues.push(queue);
    await speaker.ask(1, 'queue.declare', { queue });
    await speaker.ask(1, 'queue.bind', { queue, exchange: stage.x, routingKey });
  }
  for (const routingKey of keys) {
    await speaker.put({ exchange: stage.x, routingKey }, {}, routingKey);
  }
  for (const queue of queues) await drain(speaker, queue);
}

/** Gets what is ready in a queue, and the get-empty behind it. */
export async function drain(speaker: Speaker, queue: string, limit = 100): Promise<void> {
  for (let count = 0; count < limit; count++) {
    const arrival = await speaker.ask(1, 'basic.get', { queue, noAck: true });
    if (arrival?.method.name !== 'basic.get-ok') return;
  }
}

export const exchanges: Subject = {
  subject: 'exchanges',
  scenarios: [
    ...PREDECLARED.map(([exchange, type]) =>
      scenario('A3.5', `predeclared ${exchange || 'default exchange'}`, async (stage) => {
        const speaker = await stage.channel();
        await speaker.ask(1, 'exchange.declare', { exchange, passive: true });
        await speaker.open(1);
        await speaker.ask(1, 'exchange.declare', { exchange, type, durable: true });
        await speaker.open(1);
        await speaker.ask(1, 'exchange.delete', { exchange });
      }),
    ),
    scenario('A3.1', 'delete one that is missing', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'exchange.delete', { exchange: stage.x });
      await speaker.ask(1, 'exchange.delete', { exchange: stage.x, ifUnused: true });
    }),
    scenario('A3.3', 'CR and LF in a name', async (stage) => {
      const speaker = await stage.channel();
      const { x, q } = stage;
      await speaker.ask(1, 'exchange.declare', { exchange: `${x}\r\n`, type: 'fanout' });
      await speaker.ask(1, 'exchange.declare', { exchange: x, passive: true });
      await speaker.ask(1, 'queue.declare', { queue: `${q}\n` });
      await speaker.ask(1, 'queue.bind', { queue: `\r${q}`, exchange: `\n${x}` });
      await speaker.put({ exchange: x });
      await drain(speaker, q);
      await speaker.ask(1, 'exchange.delete', { exchange: `${x}\n` });
      await speaker.ask(1, 'exchange.declare', { exchange: x, passive: true });
    }),
    scenario('A3.7', 'declare, bind, unbind, delete with nowait', async (stage) => {
      const speaker = await stage.channel();
      const { x, y, q } = stage;
      speaker.tell(1, 'exchange.declare', { exchange: x, type: 'direct', nowait: true });
      speaker.tell(1, 'exchange.declare', { exchange: y, type: 'fanout', nowait: true });
      speaker.tell(1, 'exchange.bind', { source: x, destination: y, nowait: true });
      speaker.tell(1, 'queue.declare', { queue: q, nowait: true });
      speaker.tell(1, 'queue.bind', { queue: q, exchange: y, nowait: true });
      await speaker.fence(1);
      await speaker.put({ exchange: x });
      speaker.tell(1, 'exchange.unbind', { source: x, destination: y, nowait: true });
      await speaker.fence(1);
      await speaker.put({ exchange: x });
      await drain(speaker, q);
      speaker.tell(1, 'exchange.delete', { exchange: x, nowait: true });
      await speaker.ask(1, 'exchange.declare', { exchange: x, passive: true });
    }),
    scenario('A6.1', 'direct routing', (stage) =>
      route(stage, 'direct', ['a', 'b', 'a', ''], ['a', 'b', '', 'c', 'A']),
    ),
    scenario('A6.1', 'fanout routing', (stage) => route(stage, 'fanout', ['a', ''], ['b', ''])),
    scenario('A6.1', 'topic routing', (stage) =>
      route(
        stage,
        'topic',
        ['a.*', 'a.#', '#', '*', '*.b', '#.b.#', 'a..b', '', 'a.*.c', '#.#', '*.*', 'a#', '**'],
        ['a', 'a.b', 'a.b.c', '', '.', 'b', 'a..b', 'a.b.', '.b', 'a#', '**', 'a.*', '#'],
      ),
    ),
    scenario('A6.2', 'exchange to exchange, one copy each', async (stage) => {
      const speaker = await stage.channel();
      const { x, y, q } = stage;
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'topic' });
      await speaker.ask(1, 'exchange.declare', { exchange: y, type: 'fanout' });
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.ask(1, 'exchange.bind', { source: x, destination: y, routingKey: 'a.#' });
      await speaker.ask(1, 'exchange.bind', { source: x, destination: y, routingKey: '#.b' });
      await speaker.ask(1, 'queue.bind', { queue: q, exchange: y, routingKey: 'any' });
      await speaker.ask(1, 'queue.bind', { queue: q, exchange: x, routingKey: '#' });
      for (const routingKey of ['a', 'a.b', 'c']) await speaker.put({ exchange: x, routingKey });
      await drain(speaker, q);
    }),
    scenario('A6.2', 'a circle of exchanges', async (stage) => {
      const speaker = await stage.channel();
      const { x, y, q } = stage;
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'fanout' });
      await speaker.ask(1, 'exchange.declare', { exchange: y, type: 'fanout' });
      await speaker.ask(1, 'exchange.bind', { source: x, destination: y });
      await speaker.ask(1, 'exchange.bind', { source: y, destination: x });
      await speaker.ask(1, 'exchange.bind', { source: x, destination: x });
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.ask(1, 'queue.bind', { queue: q, exchange: y });
      await speaker.put({ exchange: x });
      await drain(speaker, q);
    }),
    scenario('A6.3', 'auto-delete goes with its last binding', async (stage) => {
      const speaker = await stage.channel();
      const { x, q } = stage;
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'direct', autoDelete: true });
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.ask(1, 'queue.bind', { queue: q, exchange: x, routingKey: 'a' });
      await speaker.ask(1, 'queue.bind', { queue: q, exchange: x, routingKey: 'b' });
      await speaker.ask(1, 'queue.unbind', { queue: q, exchange: x, routingKey: 'a' });
      await speaker.ask(1, 'exchange.declare', { exchange: x, passive: true });
      await speaker.ask(1, 'queue.unbind', { queue: q, exchange: x, routingKey: 'b' });
      await speaker.ask(1, 'exchange.declare', { exchange: x, passive: true });
    }),
    scenario('A6.3', 'auto-delete goes with the queue that it fed', async (stage) => {
      const speaker = await stage.channel();
      const { x, q } = stage;
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'direct', autoDelete: true });
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.ask(1, 'queue.bind', { queue: q, exchange: x });
      await speaker.ask(1, 'queue.delete', { queue: q });
      await speaker.ask(1, 'exchange.declare', { exchange: x, passive: true });
    }),
    scenario('A6.3', 'a chain of auto-delete exchanges goes', async (stage) => {
      const speaker = await stage.channel();
      const { x, y, q } = stage;
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'fanout', autoDelete: true });
      await speaker.ask(1, 'exchange.declare', { exchange: y, type: 'fanout', autoDelete: true });
      await speaker.ask(1, 'exchange.bind', { source: x, destination: y });
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.ask(1, 'queue.bind', { queue: q, exchange: y });
      await speaker.ask(1, 'queue.unbind', { queue: q, exchange: y });
      await speaker.ask(1, 'exchange.declare', { exchange: x, passive: true });
      await speaker.open(1);
      await speaker.ask(1, 'exchange.declare', { exchange: y, passive: true });
    }),
    scenario('A6.3', 'auto-delete stays while it never had a binding', async (stage) => {
      const speaker = await stage.channel();
      const { x } = stage;
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'direct', autoDelete: true });
      await speaker.ask(1, 'exchange.declare', { exchange: x, passive: true });
    }),
    scenario('A6.3', 'internal: bound but not published to', async (stage) => {
      const speaker = await stage.channel();
      const { x, y, q } = stage;
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'fanout' });
      await speaker.ask(1, 'exchange.declare', { exchange: y, type: 'fanout', internal: true });
      await speaker.ask(1, 'exchange.bind', { source: x, destination: y });
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.ask(1, 'queue.bind', { queue: q, exchange: y });
      await speaker.put({ exchange: x });
      await drain(speaker, q);
      speaker.publish(1, { exchange: y });
      await speaker.take(1);
    }),
    scenario('A6.4', 'delete if-unused', async (stage) => {
      const speaker = await stage.channel();
      const { x, q } = stage;
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'direct' });
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.ask(1, 'queue.bind', { queue: q, exchange: x });
      await speaker.ask(1, 'exchange.delete', { exchange: x, ifUnused: true });
      await speaker.open(1);
      await speaker.ask(1, 'queue.unbind', { queue: q, exchange: x });
      await speaker.ask(1, 'exchange.delete', { exchange: x, ifUnused: true });
      await speaker.ask(1, 'exchange.declare', { exchange: x, passive: true });
    }),
    scenario('A6.4', 'if-unused counts bindings from it only', async (stage) => {
      const speaker = await stage.channel();
      const { x, y } = stage;
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'fanout' });
      await speaker.ask(1, 'exchange.declare', { exchange: y, type: 'fanout' });
      await speaker.ask(1, 'exchange.bind', { source: x, destination: y });
      await speaker.ask(1, 'exchange.delete', { exchange: y, ifUnused: true });
      await speaker.ask(1, 'exchange.delete', { exchange: x, ifUnused: true });
    }),
    scenario('A.5', 'an alternate exchange takes what is not routed', async (stage) => {
      const speaker = await stage.channel();
      const { x, y, q } = stage;
      await speaker.ask(1, 'exchange.declare', { exchange: y, type: 'fanout' });
      const args = texts({ 'alternate-exchange': y });
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'direct', arguments: args });
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.ask(1, 'queue.bind', { queue: q, exchange: y });
      speaker.publish(1, { exchange: x, routingKey: 'nowhere', mandatory: true });
      await speaker.put({ exchange: x, routingKey: 'nowhere' });
      await speaker.ready(1, q, 2);
      await drain(speaker, q);
      await speaker.ask(1, 'queue.delete', { queue: q });
      speaker.publish(1, { exchange: x, routingKey: 'nowhere', mandatory: true });
      await speaker.take(1);
    }),
    scenario('A.5', 'alternate exchanges in a circle, one of them missing', async (stage) => {
      const speaker = await stage.channel();
      const { x, y, q } = stage;
      const z = stage.name('z');
      for (const [exchange, next] of [
        [x, y],
        [y, x],
        [z, `${z}.missing`],
      ] as const) {
        const args = texts({ 'alternate-exchange': next });
        await speaker.ask(1, 'exchange.declare', { exchange, type: 'direct', arguments: args });
      }
      await speaker.ask(1, 'queue.declare', { queue: q });
      for (const exchange of [x, z]) {
        speaker.publish(1, { exchange, routingKey: q, mandatory: true });
        await speaker.take(1);
      }
    }),
    scenario('A.4', 'messages on their way when an exchange goes', async (stage) => {
      const speaker = await stage.channel();
      const { x, q } = stage;
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'fanout' });
      await speaker.ask(1, 'queue.declare', { queue: q });
      await speaker.ask(1, 'queue.bind', { queue: q, exchange: x });
      await speaker.put({ exchange: x });
      await speaker.ask(1, 'exchange.delete', { exchange: x });
      await drain(speaker, q);
      await speaker.ask(1, 'exchange.declare', { exchange: x, type: 'fanout' });
      speaker.publish(1, { exchange: x, mandatory: true });
      await speaker.take(1);
    }),
  ],
};
