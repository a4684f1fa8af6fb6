// Refusals about messages: what may be published, settled, confirmed or committed. Reference:
// compatibility A.4 (403 internal, 406), A3.8, A.9.
import type { FieldValue } from '../../../protocol/table.ts';
import { call, publish, type Row, row, takeDelivery } from '../../support/refusal.ts';
import { MAX_MESSAGE_BYTES } from '../../support/world.ts';

const toDirect = { exchange: 'amq.direct', routingKey: 'wt.nowhere' };

function headers(...entries: [string, FieldValue][]) {
  return { headers: new Map(entries) };
}

function expiration(value: string, why: string): Row {
  return row(`expiration '${value}'`, () => ({
    when: publish(toDirect, { expiration: value }),
    refused: [406, `invalid expiration '${value}': ${why}`],
  }));
}

export const published: readonly Row[] = [
  row('to an internal exchange', ({ x }) => ({
    given: [call('exchange.declare', { exchange: x, type: 'fanout', internal: true })],
    when: publish({ exchange: x }),
    refused: [403, `cannot publish to internal exchange '${x}' in vhost '/'`],
  })),
  row('to an internal exchange that is predeclared', () => ({
    when: publish({ exchange: 'amq.rabbitmq.trace' }),
    refused: [403, "cannot publish to internal exchange 'amq.rabbitmq.trace' in vhost '/'"],
  })),
  row('immediate', () => ({
    when: publish({ ...toDirect, immediate: true }),
    refused: [540, 'immediate=true'],
  })),
  row('immediate, to a missing exchange', ({ x }) => ({
    when: publish({ exchange: x, immediate: true }),
    refused: [540, 'immediate=true'],
  })),
  row('for somebody else', () => ({
    when: publish(toDirect, { userId: 'somebody' }),
    refused: [406, "user_id property set to 'somebody' but authenticated user was 'guest'"],
  })),
  row('for nobody', () => ({
    when: publish(toDirect, { userId: '' }),
    refused: [406, "user_id property set to '' but authenticated user was 'guest'"],
  })),
  expiration('abc', 'no_integer'),
  expiration('', 'no_integer'),
  expiration(' 1', 'no_integer'),
  expiration('60000s', '{leftover_string,"s"}'),
  expiration('1.5', '{leftover_string,".5"}'),
  expiration('60000 ', '{leftover_string," "}'),
  expiration('-1', '{value_negative,-1}'),
  expiration('+', 'no_integer'),
  expiration('315360000001', '{value_too_large,315360000001}'),
  row('CC that is no array', () => ({
    when: publish(toDirect, headers(['CC', { type: 'S', value: 'k' }])),
    refused: [406, 'invalid message: {unacceptable_type_in_header,"CC",longstr}'],
  })),
  row('BCC that is no array', () => ({
    when: publish(toDirect, headers(['BCC', { type: 'I', value: 1 }])),
    refused: [406, 'invalid message: {unacceptable_type_in_header,"BCC",signedint}'],
  })),
];

export const tooLarge: readonly Row[] = [
  row('by one octet', () => ({
    when: publish(toDirect, {}, 'x'.repeat(MAX_MESSAGE_BYTES + 1)),
    refused: [
      406,
      `message size ${MAX_MESSAGE_BYTES + 1} is larger ` +
        `than configured max size ${MAX_MESSAGE_BYTES}`,
    ],
  })),
];

const declared = (q: string) => call('queue.declare', { queue: q });
const delivered = (q: string) => [
  declared(q),
  publish({ routingKey: q }),
  call('basic.consume', { queue: q, consumerTag: 'c' }),
  takeDelivery,
];

export const settled: readonly Row[] = [
  row('ack', () => ({
    when: call('basic.ack', { deliveryTag: 1 }),
    refused: [406, 'unknown delivery tag 1'],
  })),
  row('ack multiple', () => ({
    when: call('basic.ack', { deliveryTag: 5, multiple: true }),
    refused: [406, 'unknown delivery tag 5'],
  })),
  row('ack 0, not multiple', ({ q }) => ({
    given: delivered(q),
    when: call('basic.ack', { deliveryTag: 0 }),
    refused: [406, 'unknown delivery tag 0'],
  })),
  row('nack', () => ({
    when: call('basic.nack', { deliveryTag: 2, requeue: true }),
    refused: [406, 'unknown delivery tag 2'],
  })),
  row('nack multiple', () => ({
    when: call('basic.nack', { deliveryTag: 2, multiple: true }),
    refused: [406, 'unknown delivery tag 2'],
  })),
  row('nack 0, not multiple', () => ({
    when: call('basic.nack', { deliveryTag: 0 }),
    refused: [406, 'unknown delivery tag 0'],
  })),
  row('reject', () => ({
    when: call('basic.reject', { deliveryTag: 3 }),
    refused: [406, 'unknown delivery tag 3'],
  })),
  row('reject 0', () => ({
    when: call('basic.reject', { deliveryTag: 0 }),
    refused: [406, 'unknown delivery tag 0'],
  })),
  row('a tag beyond 2^53', () => ({
    when: call('basic.ack', { deliveryTag: 18_446_744_073_709_551_615n }),
    refused: [406, 'unknown delivery tag 18446744073709551615'],
  })),
  row('a second ack', ({ q }) => ({
    given: [...delivered(q), call('basic.ack', { deliveryTag: 1 })],
    when: call('basic.ack', { deliveryTag: 1 }),
    refused: [406, 'unknown delivery tag 1'],
  })),
  row('a second ack, multiple', ({ q }) => ({
    given: [...delivered(q), call('basic.ack', { deliveryTag: 1 })],
    when: call('basic.ack', { deliveryTag: 1, multiple: true }),
    refused: [406, 'unknown delivery tag 1'],
  })),
  row('an ack after a reject', ({ q }) => ({
    given: [...delivered(q), call('basic.reject', { deliveryTag: 1 })],
    when: call('basic.ack', { deliveryTag: 1 }),
    refused: [406, 'unknown delivery tag 1'],
  })),
  row('multiple past the last one', ({ q }) => ({
    given: delivered(q),
    when: call('basic.ack', { deliveryTag: 2, multiple: true }),
    refused: [406, 'unknown delivery tag 2'],
  })),
  row('an automatic acknowledgement acknowledged', ({ q }) => ({
    given: [
      declared(q),
      publish({ routingKey: q }),
      call('basic.consume', { queue: q, noAck: true }),
      takeDelivery,
    ],
    when: call('basic.ack', { deliveryTag: 1 }),
    refused: [406, 'unknown delivery tag 1'],
  })),
  row('an unknown tag in a transaction', () => ({
    given: [call('tx.select')],
    when: call('basic.ack', { deliveryTag: 1 }),
    refused: [406, 'unknown delivery tag 1'],
  })),
];

export const modes: readonly Row[] = [
  row('confirms after tx', () => ({
    given: [call('tx.select')],
    when: call('confirm.select'),
    refused: [406, 'cannot switch from tx to confirm mode'],
  })),
  row('confirms after tx, nowait', () => ({
    given: [call('tx.select')],
    when: call('confirm.select', { nowait: true }),
    refused: [406, 'cannot switch from tx to confirm mode'],
  })),
  row('tx after confirms', () => ({
    given: [call('confirm.select')],
    when: call('tx.select'),
    refused: [406, 'cannot switch from confirm to tx mode'],
  })),
  row('commit without tx', () => ({
    when: call('tx.commit'),
    refused: [406, 'channel is not transactional'],
  })),
  row('rollback without tx', () => ({
    when: call('tx.rollback'),
    refused: [406, 'channel is not transactional'],
  })),
  row('commit on a channel with confirms', () => ({
    given: [call('confirm.select')],
    when: call('tx.commit'),
    refused: [406, 'channel is not transactional'],
  })),
];

const REPLY_TO = 'amq.rabbitmq.reply-to';
const replyConsumer = call('basic.consume', { queue: REPLY_TO, noAck: true });

export const replies: readonly Row[] = [
  row('a request without its consumer', () => ({
    when: publish(toDirect, { replyTo: REPLY_TO }),
    refused: [406, 'fast reply consumer does not exist'],
  })),
  row('a second consumer', () => ({
    given: [replyConsumer],
    when: call('basic.consume', { queue: REPLY_TO, noAck: true }),
    refused: [406, 'reply consumer already set'],
  })),
  row('a consumer that would acknowledge', () => ({
    when: call('basic.consume', { queue: REPLY_TO }),
    refused: [406, 'reply consumer cannot acknowledge'],
  })),
  row('an address that nobody has', () => ({
    when: call('queue.declare', { queue: `${REPLY_TO}.wt`, passive: true }),
    refused: [404, `no queue '${REPLY_TO}.wt' in vhost '/'`],
  })),
];
