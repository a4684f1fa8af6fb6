/**
 * The types of exchanges that RabbitMQ has as plugins: what they refuse, and what they do where it
 * does not depend on chance or on a hash. Reference: A6.5-A6.7.
 */
import { fromObject } from '../../../protocol/table.ts';
import { type Subject, scenario } from '../scenario.ts';
import type { Speaker } from '../speaker.ts';
import type { Stage } from '../stage.ts';
import { drain } from './exchanges.ts';

async function declare(
  stage: Stage,
  type: string,
  args: Readonly<Record<string, unknown>> = {},
): Promise<Speaker> {
  const speaker = await stage.channel();
  const table = fromObject(args);
  await speaker.ask(1, 'exchange.declare', { exchange: stage.x, type, arguments: table });
  return speaker;
}

async function bind(speaker: Speaker, stage: Stage, routingKey: string): Promise<void> {
  await speaker.ask(1, 'queue.declare', { queue: stage.q });
  await speaker.ask(1, 'queue.bind', { queue: stage.q, exchange: stage.x, routingKey });
}

const JMS_HEADERS: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { a: 1 },
  { a: 2.5, s: 'cat' },
  { a: '2', s: 'hat' },
  { a: true, s: 'a_b' },
  { a: false, s: 'a.b', b: 7 },
];

/** Selectors as RabbitMQ's JMS client compiles them. */
const JMS_SELECTORS = [
  'true.',
  'false.',
  '{ident,<<"a">>}.',
  '{\'not\',{ident,<<"a">>}}.',
  '{\'=\',{ident,<<"a">>},1}.',
  '{\'<>\',{ident,<<"a">>},1}.',
  '{\'<\',{ident,<<"a">>},3}.',
  '{\'>=\',{ident,<<"a">>},<<"1">>}.',
  "{'=',{'+',{ident,<<\"a\">>},1.5},4.0}.",
  "{'=',{'-',{ident,<<\"b\">>}},-7}.",
  '{\'and\',{is_null,{ident,<<"b">>}},{not_null,{ident,<<"s">>}}}.',
  '{\'or\',{\'=\',{ident,<<"b">>},7},{\'=\',{ident,<<"s">>},<<"cat">>}}.',
  '{between,{ident,<<"b">>},{range,1,{\'*\',7,1}}}.',
  '{not_between,{ident,<<"b">>},{range,1,7}}.',
  '{between,{ident,<<"a">>},1,2}.',
  '{not_between,{ident,<<"a">>},{\'+\',1,1},3}.',
  '{in,{ident,<<"s">>},[<<"cat">>,<<"dog">>]}.',
  '{not_in,{ident,<<"s">>},[<<"cat">>,<<"dog">>]}.',
  '{like,{ident,<<"s">>},<<"_at">>,no_escape}.',
  '{not_like,{ident,<<"s">>},<<"c%">>,no_escape}.',
  '{like,{ident,<<"s">>},<<"a!_b">>,<<"!">>}.',
  '{like,{ident,<<"s">>},<<"a.%">>,no_escape}.',
];

export const pluginExchanges: Subject = {
  subject: 'plugin exchanges',
  scenarios: [
    ...[
      {},
      { 'hash-header': 'h' },
      { 'hash-property': 'message_id' },
      { 'hash-property': 'app_id' },
      { 'hash-header': 'h', 'hash-property': 'message_id' },
    ].map((args) =>
      scenario('A6.5', `x-consistent-hash with ${JSON.stringify(args)}`, async (stage) => {
        await declare(stage, 'x-consistent-hash', args);
      }),
    ),
    ...['1', '10', '0', '-1', 'a', '', '1.5'].map((key) =>
      scenario('A6.5', `x-consistent-hash bound with "${key}"`, async (stage) => {
        await bind(await declare(stage, 'x-consistent-hash'), stage, key);
      }),
    ),
    scenario('A6.5', 'x-consistent-hash with one queue', async (stage) => {
      const speaker = await declare(stage, 'x-consistent-hash');
      await bind(speaker, stage, '3');
      for (const routingKey of ['a', 'b', 'c']) {
        await speaker.put({ exchange: stage.x, routingKey }, {}, routingKey);
      }
      await drain(speaker, stage.q);
    }),
    scenario('A6.6', 'x-random with one queue', async (stage) => {
      const speaker = await declare(stage, 'x-random');
      await bind(speaker, stage, 'any');
      for (const body of ['1', '2']) await speaker.put({ exchange: stage.x }, {}, body);
      await drain(speaker, stage.q);
    }),
    ...[1, 0, -1, 'a', true].map((length) =>
      scenario(
        'A6.7',
        `x-recent-history with a length of ${typeof length} ${length}`,
        async (stage) => {
          await declare(stage, 'x-recent-history', { 'x-recent-history-length': length });
        },
      ),
    ),
    ...JMS_SELECTORS.map((selector) =>
      scenario('A6.8', `x-jms-topic with ${selector}`, async (stage) => {
        const speaker = await declare(stage, 'x-jms-topic');
        await speaker.ask(1, 'queue.declare', { queue: stage.q });
        const args = fromObject({ rjms_erlang_selector: selector });
        const { q: queue, x: exchange } = stage;
        await speaker.ask(1, 'queue.bind', { queue, exchange, routingKey: 'k', arguments: args });
        for (const [i, headers] of JMS_HEADERS.entries()) {
          await speaker.put({ exchange }, { headers: fromObject(headers) }, String(i));
        }
        await drain(speaker, queue);
      }),
    ),
    ...['', 'nonsense', '{ident,<<"a">>}', '{ident', 'true. false.', undefined, 5].map((selector) =>
      scenario('A6.8', `x-jms-topic bound with ${selector}`, async (stage) => {
        const speaker = await declare(stage, 'x-jms-topic');
        await speaker.ask(1, 'queue.declare', { queue: stage.q });
        const args = fromObject(selector === undefined ? {} : { rjms_erlang_selector: selector });
        const { q: queue, x: exchange } = stage;
        await speaker.ask(1, 'queue.bind', { queue, exchange, arguments: args });
      }),
    ),
    scenario('A6.7', 'x-recent-history tells who comes later', async (stage) => {
      const speaker = await declare(stage, 'x-recent-history', { 'x-recent-history-length': 2 });
      const headers = fromObject({ 'x-recent-history-no-store': true });
      for (const body of ['1', '2', '3']) await speaker.put({ exchange: stage.x }, {}, body);
      await speaker.put({ exchange: stage.x }, { headers }, 'secret');
      await bind(speaker, stage, '');
      await speaker.ready(1, stage.q, 2);
      await speaker.put({ exchange: stage.x, routingKey: 'k' }, {}, '4');
      await speaker.ready(1, stage.q, 3);
      await drain(speaker, stage.q);
    }),
  ],
};
