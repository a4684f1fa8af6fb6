// Refusals about queues and exchanges that exist, but not as the client would have them: declared
// otherwise, locked by another connection, in use, not empty. Reference: compatibility A.4 (405,
// 406) and A.5.
import type { FieldTable, FieldValue } from '../../../protocol/table.ts';
import { call, publish, type Row, row, type Step } from '../../support/refusal.ts';

const queue = (name: string) => `queue '${name}' in vhost '/'`;
const exchange = (name: string) => `exchange '${name}' in vhost '/'`;

function table(...entries: [string, FieldValue][]): FieldTable {
  return new Map(entries);
}

const text = (value: string): FieldValue => ({ type: 'S', value });
const int = (value: number): FieldValue => ({ type: 'I', value });
const long = (value: number): FieldValue => ({ type: 'l', value });

/** A queue declared one way, then another. */
function queueRow(
  title: string,
  first: Parameters<typeof call<'queue.declare'>>[1],
  second: Parameters<typeof call<'queue.declare'>>[1],
  arg: string,
  outcome: string,
): Row {
  return row(title, ({ q }) => ({
    given: [call('queue.declare', { ...first, queue: q })],
    when: call('queue.declare', { ...second, queue: q }),
    refused: [406, `inequivalent arg '${arg}' for ${queue(q)}: ${outcome}`],
  }));
}

export const queues: readonly Row[] = [
  queueRow('durable', { durable: true }, {}, 'durable', "received 'false' but current is 'true'"),
  queueRow(
    'not durable',
    {},
    { durable: true },
    'durable',
    "received 'true' but current is 'false'",
  ),
  queueRow(
    'auto_delete',
    {},
    { autoDelete: true },
    'auto_delete',
    "received 'true' but current is 'false'",
  ),
  queueRow(
    'durable comes before auto_delete',
    {},
    { durable: true, autoDelete: true },
    'durable',
    "received 'true' but current is 'false'",
  ),
  queueRow(
    'an argument that it does not have',
    {},
    { arguments: table(['x-max-length', int(10)]) },
    'x-max-length',
    "received the value '10' of type 'signedint' but current is none",
  ),
  queueRow(
    'an argument left out',
    { arguments: table(['x-message-ttl', long(1_800_000)]) },
    {},
    'x-message-ttl',
    "received none but current is the value '1800000' of type 'long'",
  ),
  queueRow(
    'an argument with another number',
    { arguments: table(['x-expires', int(60_000)]) },
    { arguments: table(['x-expires', int(70_000)]) },
    'x-expires',
    "received '70000' but current is '60000'",
  ),
  queueRow(
    'an argument with another text',
    { arguments: table(['x-dead-letter-exchange', text('a')]) },
    { arguments: table(['x-dead-letter-exchange', text('b')]) },
    'x-dead-letter-exchange',
    "received 'b' but current is 'a'",
  ),
  queueRow(
    'an argument of another type and value',
    { arguments: table(['x-max-length', int(10)]) },
    { arguments: table(['x-max-length', long(11)]) },
    'x-max-length',
    "received '11' but current is '10'",
  ),
  queueRow(
    'overflow',
    { arguments: table(['x-overflow', text('drop-head')]) },
    { arguments: table(['x-overflow', text('reject-publish')]) },
    'x-overflow',
    "received 'reject-publish' but current is 'drop-head'",
  ),
  queueRow(
    'priorities',
    {},
    { arguments: table(['x-max-priority', int(5)]) },
    'x-max-priority',
    "received the value '5' of type 'signedint' but current is none",
  ),
  queueRow(
    'single active consumer',
    {},
    { arguments: table(['x-single-active-consumer', { type: 't', value: true }]) },
    'x-single-active-consumer',
    "received the value 'true' of type 'bool' but current is none",
  ),
];

/** An exchange declared one way, then another. */
function exchangeRow(
  title: string,
  first: Parameters<typeof call<'exchange.declare'>>[1],
  second: Parameters<typeof call<'exchange.declare'>>[1],
  arg: string,
  outcome: string,
): Row {
  return row(title, ({ x }) => ({
    given: [call('exchange.declare', { type: 'direct', ...first, exchange: x })],
    when: call('exchange.declare', { type: 'direct', ...second, exchange: x }),
    refused: [406, `inequivalent arg '${arg}' for ${exchange(x)}: ${outcome}`],
  }));
}

export const exchanges: readonly Row[] = [
  exchangeRow('type', {}, { type: 'topic' }, 'type', "received 'topic' but current is 'direct'"),
  exchangeRow(
    'durable',
    {},
    { durable: true },
    'durable',
    "received 'true' but current is 'false'",
  ),
  exchangeRow(
    'auto_delete',
    { autoDelete: true },
    {},
    'auto_delete',
    "received 'false' but current is 'true'",
  ),
  exchangeRow(
    'internal',
    {},
    { internal: true },
    'internal',
    "received 'true' but current is 'false'",
  ),
  exchangeRow(
    'type comes before durable',
    {},
    { type: 'fanout', durable: true },
    'type',
    "received 'fanout' but current is 'direct'",
  ),
  exchangeRow(
    'an alternate exchange that it does not have',
    {},
    { arguments: table(['alternate-exchange', text('ae')]) },
    'alternate-exchange',
    "received the value 'ae' of type 'longstr' but current is none",
  ),
  exchangeRow(
    'an alternate exchange left out',
    { arguments: table(['alternate-exchange', text('ae')]) },
    {},
    'alternate-exchange',
    "received none but current is the value 'ae' of type 'longstr'",
  ),
  exchangeRow(
    'another alternate exchange',
    { arguments: table(['alternate-exchange', text('ae')]) },
    { arguments: table(['alternate-exchange', text('be')]) },
    'alternate-exchange',
    "received 'be' but current is 'ae'",
  ),
  row('a predeclared one', () => ({
    when: call('exchange.declare', { exchange: 'amq.topic', type: 'topic' }),
    refused: [
      406,
      `inequivalent arg 'durable' for ${exchange('amq.topic')}: ` +
        "received 'false' but current is 'true'",
    ],
  })),
  row('an alternate exchange that is no text', ({ x }) => ({
    when: call('exchange.declare', {
      exchange: x,
      type: 'direct',
      arguments: table(['alternate-exchange', int(1)]),
    }),
    refused: [406, `invalid type 'signedint' for arg 'alternate-exchange' in ${exchange(x)}`],
  })),
];

/** In 3.13 they cost the channel (rabbitmq-server #11214); before, the connection (503). */
export const exchangeTypes: readonly Row[] = [
  row('that is unknown', ({ x }) => ({
    when: call('exchange.declare', { exchange: x, type: 'x-wt-unknown' }),
    refused: [406, "unknown exchange type 'x-wt-unknown'"],
  })),
  row('that no plugin could have', ({ x }) => ({
    when: call('exchange.declare', { exchange: x, type: 'wt unheard of' }),
    refused: [406, "unknown exchange type 'wt unheard of'"],
  })),
  row('that is empty', ({ x }) => ({
    when: call('exchange.declare', { exchange: x, type: '' }),
    refused: [406, "invalid exchange type ''"],
  })),
];

const locked = (name: string) =>
  `cannot obtain exclusive access to locked ${queue(name)}. ` +
  'It could be originally declared on another connection ' +
  'or the exclusive property value does not match that of the original declaration.';

/** What another client tries on an exclusive queue. */
function lockedRow(title: string, attempt: (queue: string) => Step): Row {
  return row(title, ({ q }) => ({
    elsewhere: [call('queue.declare', { queue: q, exclusive: true })],
    when: attempt(q),
    refused: [405, locked(q)],
  }));
}

export const lockedQueues: readonly Row[] = [
  lockedRow('queue.declare passive', (queue) => call('queue.declare', { queue, passive: true })),
  lockedRow('queue.declare', (queue) => call('queue.declare', { queue })),
  lockedRow('queue.declare exclusive', (queue) =>
    call('queue.declare', { queue, exclusive: true }),
  ),
  lockedRow('queue.declare durable: the lock comes first', (queue) =>
    call('queue.declare', { queue, durable: true }),
  ),
  lockedRow('queue.bind', (queue) => call('queue.bind', { queue, exchange: 'amq.direct' })),
  lockedRow('queue.purge', (queue) => call('queue.purge', { queue })),
  lockedRow('queue.delete', (queue) => call('queue.delete', { queue })),
  lockedRow('basic.consume', (queue) => call('basic.consume', { queue })),
  lockedRow('basic.get', (queue) => call('basic.get', { queue })),
  row('exclusive asked of a queue that is not', ({ q }) => ({
    given: [call('queue.declare', { queue: q })],
    when: call('queue.declare', { queue: q, exclusive: true }),
    refused: [405, locked(q)],
  })),
  row('shared asked of an exclusive queue of its own', ({ q }) => ({
    given: [call('queue.declare', { queue: q, exclusive: true })],
    when: call('queue.declare', { queue: q }),
    refused: [405, locked(q)],
  })),
];

export const inUse: readonly Row[] = [
  row('queue.delete if-unused', ({ q }) => ({
    given: [call('queue.declare', { queue: q }), call('basic.consume', { queue: q })],
    when: call('queue.delete', { queue: q, ifUnused: true }),
    refused: [406, `${queue(q)} in use`],
  })),
  row('queue.delete if-empty', ({ q }) => ({
    given: [call('queue.declare', { queue: q }), publish({ routingKey: q })],
    when: call('queue.delete', { queue: q, ifEmpty: true }),
    refused: [406, `${queue(q)} not empty`],
  })),
  row('queue.delete if-unused and if-empty, both untrue', ({ q }) => ({
    given: [
      call('queue.declare', { queue: q }),
      publish({ routingKey: q }),
      call('basic.qos', { prefetchCount: 1 }),
      publish({ routingKey: q }),
    ],
    elsewhere: [],
    when: call('queue.delete', { queue: q, ifUnused: true, ifEmpty: true }),
    refused: [406, `${queue(q)} not empty`],
  })),
  row('exchange.delete if-unused', ({ q, x }) => ({
    given: [
      call('queue.declare', { queue: q }),
      call('exchange.declare', { exchange: x, type: 'direct' }),
      call('queue.bind', { queue: q, exchange: x }),
    ],
    when: call('exchange.delete', { exchange: x, ifUnused: true }),
    refused: [406, `${exchange(x)} in use`],
  })),
  row('a consumer while there is an exclusive one', ({ q }) => ({
    given: [
      call('queue.declare', { queue: q }),
      call('basic.consume', { queue: q, exclusive: true }),
    ],
    when: call('basic.consume', { queue: q }),
    refused: [403, `${queue(q)} in exclusive use`],
  })),
  row('an exclusive consumer while there is any', ({ q }) => ({
    given: [call('queue.declare', { queue: q }), call('basic.consume', { queue: q })],
    when: call('basic.consume', { queue: q, exclusive: true }),
    refused: [403, `${queue(q)} in exclusive use`],
  })),
];
