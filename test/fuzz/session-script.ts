// Conversations made up from a seed: a login, then methods in any order on a few channels, with
// names from a small set, so that they meet the same queues, exchanges, consumers and deliveries
// again and again. Each frame is well formed; whether the conversation makes sense is chance. Some
// get a frame damaged, too.
import { FRAME_END, PROTOCOL_HEADER } from '../../protocol/constants.ts';
import {
  encodeBodyFrames,
  encodeHeaderFrame,
  encodeMethod,
  HEARTBEAT_FRAME,
} from '../../protocol/methods.ts';
import { encodeProperties, type Properties } from '../../protocol/properties.ts';
import type { MethodFields, MethodName } from '../../protocol/spec.ts';
import { type FieldTable, fromObject } from '../../protocol/table.ts';
import { fillIn } from '../support/describe-method.ts';
import type { Random } from './random.ts';

const CHANNELS = [1, 1, 1, 2, 3] as const;
const QUEUES = ['q', 'q', 'q', 'q', 'r', 'name', '', 'amq.rabbitmq.reply-to'] as const;
const EXCHANGES = ['', 'x', 'y', 'amq.direct', 'amq.topic', 'amq.headers', 'nobody'] as const;
const KEYS = ['q', 'q', 'q', 'r', 'name', '#', 'a.*.b', 'a.b.b'] as const;
const TYPES = ['direct', 'fanout', 'topic', 'headers', 'unheard-of'] as const;
const TAGS = ['a', 'b', ''] as const;
const MOST_METHODS = 30;

const table = (given: Record<string, unknown>): FieldTable => fromObject(given);

const QUEUE_ARGUMENTS: readonly FieldTable[] = [
  table({}),
  table({}),
  table({ 'x-expires': 100_000 }),
  table({ 'x-max-length': -1 }),
  table({ 'x-queue-type': 'classic' }),
];
const CONSUME_ARGUMENTS = [table({}), table({ 'x-priority': 5 }), table({ 'x-priority': 'high' })];
const EXCHANGE_ARGUMENTS = [table({}), table({ 'alternate-exchange': 'y' })];
const BINDING_ARGUMENTS = [
  table({}),
  table({ 'x-match': 'any', h: 1 }),
  table({ 'x-match': 'no' }),
];
const PROPERTIES: readonly Properties[] = [
  {},
  { deliveryMode: 2, priority: 1 },
  { headers: table({ h: 1, CC: ['r'], BCC: ['name'] }) },
  { headers: table({ CC: 'r' }) },
  { replyTo: 'amq.rabbitmq.reply-to', correlationId: 'c' },
  { userId: 'guest' },
  { userId: 'somebody' },
  { expiration: 'soon' },
];
const BODY_BYTES = [0, 1, 20, 300, 9000] as const;
const BODY = Buffer.alloc(9000, 'x');

type Say = <N extends MethodName>(name: N, fields?: Partial<MethodFields<N>>) => Buffer;

/** Half of the time true for what is rare in life. */
const sometimes = (random: Random): boolean => random.oneIn(3);

type Operation = (random: Random, say: Say, channel: number) => Buffer[];

/** What is done with messages. */
const TRAFFIC: readonly Operation[] = [
  publish,
  publish,
  publish,
  (random, say) => [
    say('basic.consume', {
      queue: random.pick(QUEUES),
      consumerTag: random.pick(TAGS),
      noAck: sometimes(random),
      exclusive: random.oneIn(6),
      nowait: random.oneIn(4),
      arguments: random.pick(CONSUME_ARGUMENTS),
    }),
  ],
  (random, say) => [say('basic.cancel', { consumerTag: random.pick(TAGS) })],
  (random, say) => [say('basic.qos', { prefetchCount: random.below(4), global: random.oneIn(2) })],
  (random, say) => [say('basic.get', { queue: random.pick(QUEUES), noAck: sometimes(random) })],
  (random, say) => [say('basic.ack', tagOf(random))],
  (random, say) => [say('basic.nack', { ...tagOf(random), requeue: random.oneIn(2) })],
  (random, say) => [say('basic.reject', { ...tagOf(random), requeue: random.oneIn(2) })],
  (random, say) => [say('basic.recover', { requeue: !random.oneIn(4) })],
  (random, say) => [say('tx.select'), ...(random.oneIn(2) ? [say('tx.rollback')] : [])],
  (_random, say) => [say('tx.commit')],
  (_random, say) => [say('tx.rollback')],
];

/** Everything else. */
const TOPOLOGY: readonly Operation[] = [
  (random, say) => [
    say('queue.declare', {
      queue: random.pick(QUEUES),
      passive: random.oneIn(8),
      durable: random.oneIn(4),
      exclusive: random.oneIn(4),
      autoDelete: random.oneIn(4),
      nowait: random.oneIn(4),
      arguments: random.pick(QUEUE_ARGUMENTS),
    }),
  ],
  (random, say) => [
    say('queue.delete', {
      queue: random.pick(QUEUES),
      ifUnused: random.oneIn(4),
      ifEmpty: random.oneIn(4),
    }),
  ],
  (random, say) => [say('queue.purge', { queue: random.pick(QUEUES) })],
  (random, say) => [say('queue.bind', bindingOf(random))],
  (random, say) => [say('queue.unbind', bindingOf(random))],
  (random, say) => [
    say('exchange.declare', {
      exchange: random.pick(EXCHANGES),
      type: random.pick(TYPES),
      passive: random.oneIn(8),
      autoDelete: random.oneIn(3),
      internal: random.oneIn(5),
      arguments: random.pick(EXCHANGE_ARGUMENTS),
    }),
  ],
  (random, say) => [
    say('exchange.delete', { exchange: random.pick(EXCHANGES), ifUnused: random.oneIn(3) }),
  ],
  (random, say) => [say('exchange.bind', linkOf(random))],
  (random, say) => [say('exchange.unbind', linkOf(random))],
  (_random, say) => [say('confirm.select')],
  (_random, say) => [say('channel.open')],
  (_random, say) => [say('channel.close', { replyCode: 200 }), say('channel.open')],
  (_random, say) => [say('channel.close-ok'), say('channel.open')],
  (_random, say) => [say('channel.flow', { active: true })],
  () => [HEARTBEAT_FRAME],
];

function bindingOf(random: Random): Partial<MethodFields<'queue.bind'>> {
  return {
    queue: random.pick(QUEUES),
    exchange: random.pick(EXCHANGES),
    routingKey: random.pick(KEYS),
    arguments: random.pick(BINDING_ARGUMENTS),
  };
}

function linkOf(random: Random): Partial<MethodFields<'exchange.bind'>> {
  return {
    destination: random.pick(EXCHANGES),
    source: random.pick(EXCHANGES),
    routingKey: random.pick(KEYS),
  };
}

function tagOf(random: Random): { deliveryTag: number; multiple: boolean } {
  return { deliveryTag: random.below(4), multiple: random.oneIn(3) };
}

function publish(random: Random, say: Say, channel: number): Buffer[] {
  const bytes = random.pick(BODY_BYTES);
  const properties = random.oneIn(2) ? {} : random.pick(PROPERTIES);
  const frames = [
    say('basic.publish', {
      exchange: random.oneIn(2) ? '' : random.pick(EXCHANGES),
      routingKey: random.pick(KEYS),
      mandatory: random.oneIn(4),
      immediate: random.oneIn(200),
    }),
    encodeHeaderFrame(channel, bytes, encodeProperties(properties)),
    ...encodeBodyFrames(channel, BODY.subarray(0, bytes), random.pick([100, 4096])),
  ];
  // A content that is never finished.
  return random.oneIn(20) ? frames.slice(0, -1) : frames;
}

function opening(random: Random): Buffer[] {
  const capabilities = {
    consumer_cancel_notify: random.oneIn(2),
    'connection.blocked': random.oneIn(2),
    authentication_failure_close: random.oneIn(2),
  };
  const password = random.oneIn(50) ? 'wrong' : 'guest';
  return [
    PROTOCOL_HEADER,
    encodeMethod(
      0,
      fillIn('connection.start-ok', {
        clientProperties: table({ capabilities, connection_name: 'fuzz' }),
        mechanism: 'PLAIN',
        response: Buffer.from(`\0guest\0${password}`),
        locale: 'en_US',
      }),
    ),
    encodeMethod(0, fillIn('connection.tune-ok', { channelMax: 3, frameMax: 4096 })),
    encodeMethod(0, fillIn('connection.open', { virtualHost: '/' })),
    ...[1, 2, 3].map((channel) => encodeMethod(channel, fillIn('channel.open', {}))),
  ];
}

/** Changes one frame: a bit, or its length, with or without the size that goes with it. */
function damage(frames: Buffer[], random: Random): void {
  const index = random.below(frames.length);
  const frame = Buffer.from(frames[index] as Buffer);
  const at = random.below(frame.length);
  if (random.oneIn(2)) {
    frame[at] = (frame[at] as number) ^ (1 << random.below(8));
    frames[index] = frame;
    return;
  }
  const start = frame.subarray(0, Math.max(7, at));
  const resized = Buffer.concat([start, random.octets(random.below(4)), Buffer.of(FRAME_END)]);
  if (frame.length > 8) resized.writeUInt32BE(resized.length - 8, 3);
  frames[index] = resized;
}

/** A conversation as its frames. The same generator state gives the same one. */
export function makeScript(random: Random): Buffer[] {
  const frames = opening(random);
  for (let left = random.below(MOST_METHODS); left > 0; left--) {
    const channel = random.pick(CHANNELS);
    const say: Say = (name, fields = {}) => encodeMethod(channel, fillIn(name, fields));
    const operate = random.pick(random.oneIn(4) ? TOPOLOGY : TRAFFIC);
    frames.push(...operate(random, say, channel));
  }
  if (random.oneIn(2)) {
    frames.push(encodeMethod(0, fillIn('connection.close', { replyCode: 200 })));
  }
  if (random.oneIn(3)) damage(frames, random);
  return frames;
}
