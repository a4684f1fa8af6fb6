// Valid conversations to start from: what a client sends, as whole frames, from the protocol
// header to the close. Every client method is in one of them. What damages them is mutate.ts.
import { PROTOCOL_HEADER } from '../../protocol/constants.ts';
import {
  encodeBodyFrames,
  encodeHeaderFrame,
  encodeMethod,
  HEARTBEAT_FRAME,
} from '../../protocol/methods.ts';
import { encodeProperties, type Properties } from '../../protocol/properties.ts';
import { type Method, type MethodFields, type MethodName, SPEC } from '../../protocol/spec.ts';
import type { WireType } from '../../protocol/spec-types.ts';
import { type FieldValue, fromObject } from '../../protocol/table.ts';

const EVERY_TYPE = new Map<string, FieldValue>([
  ...fromObject({ text: 'é€😀', octets: Buffer.from([0, 255]), yes: true, nothing: null }),
  ...fromObject({
    small: -1,
    large: 2n ** 60n,
    half: 0.5,
    list: [1, 'a', [null]],
    at: new Date(0),
  }),
  ...fromObject({ deep: { deeper: { deepest: {} } }, CC: ['a', 'b'], BCC: 'not a list' }),
  ['L', { type: 'L', value: -2 }],
  ['i', { type: 'i', value: 2 ** 32 - 1 }],
  ['s', { type: 's', value: -3 }],
  ['u', { type: 'u', value: 4 }],
  ['b', { type: 'b', value: -5 }],
  ['B', { type: 'B', value: 6 }],
  ['f', { type: 'f', value: 1.5 }],
  ['D', { type: 'D', value: { scale: 2, value: 12345 } }],
]);

const FULL: Properties = {
  contentType: 'text/plain',
  contentEncoding: 'identity',
  headers: EVERY_TYPE,
  deliveryMode: 2,
  priority: 5,
  correlationId: 'c',
  replyTo: 'amq.rabbitmq.reply-to',
  expiration: '60000',
  messageId: 'm',
  timestamp: 1_700_000_000,
  type: 't',
  userId: 'guest',
  appId: 'a',
  clusterId: '',
};

const SAMPLES: Readonly<Record<WireType, unknown>> = {
  octet: 9,
  short: 100,
  long: 70_000,
  longlong: 3,
  bit: false,
  shortstr: 'name',
  longstr: Buffer.from('\0guest\0guest'),
  table: EVERY_TYPE,
};

/** The method with a sample in every field that is not given. */
function method<N extends MethodName>(name: N, given: Partial<MethodFields<N>> = {}): Method {
  const fields = Object.entries(SPEC[name].fields).filter(([field]) => !field.startsWith('_'));
  const samples = Object.fromEntries(fields.map(([field, type]) => [field, SAMPLES[type]]));
  return { name, ...samples, ...given } as unknown as Method;
}

const OPENING: readonly Buffer[] = [
  PROTOCOL_HEADER,
  encodeMethod(0, method('connection.start-ok', { mechanism: 'PLAIN', locale: 'en_US' })),
  encodeMethod(
    0,
    method('connection.tune-ok', { channelMax: 2047, frameMax: 131_072, heartbeat: 60 }),
  ),
  encodeMethod(0, method('connection.open', { virtualHost: '/' })),
  encodeMethod(1, method('channel.open')),
];

const CLOSING: readonly Buffer[] = [
  encodeMethod(1, method('channel.close', { replyCode: 200, replyText: 'bye' })),
  encodeMethod(0, method('connection.close', { replyCode: 200, replyText: 'bye' })),
];

function publish(properties: Properties, body: Buffer, frameMax: number): Buffer[] {
  return [
    encodeMethod(1, method('basic.publish', { exchange: '', routingKey: 'q', immediate: false })),
    encodeHeaderFrame(1, body.length, encodeProperties(properties)),
    ...encodeBodyFrames(1, body, frameMax),
  ];
}

const CLIENT_METHODS = (Object.keys(SPEC) as MethodName[]).filter(
  (name) => SPEC[name].sender !== 'server' && SPEC[name].ids[0] > 20 && name !== 'basic.publish',
);

/** Conversations that publish, each as its frames. */
export const WITH_CONTENT: readonly (readonly Buffer[])[] = [
  [...OPENING, ...publish({}, Buffer.alloc(0), 4096), ...CLOSING],
  [...OPENING, ...publish(FULL, Buffer.from('hello'), 4096), HEARTBEAT_FRAME, ...CLOSING],
  [...OPENING, ...publish({ deliveryMode: 2 }, Buffer.alloc(300, 7), 108), ...CLOSING],
  publish(FULL, Buffer.from('hello'), 10),
  [
    ...OPENING,
    encodeMethod(1, method('confirm.select', { nowait: true })),
    ...publish({ headers: EVERY_TYPE }, Buffer.alloc(3), 4096),
    ...publish({ priority: 1, deliveryMode: 1 }, Buffer.alloc(9), 9 + 4),
    encodeMethod(1, method('basic.ack', { deliveryTag: 2n ** 63n, multiple: true })),
  ],
];

/** All conversations, each as its frames. */
export const CONVERSATIONS: readonly (readonly Buffer[])[] = [
  ...WITH_CONTENT,
  [...OPENING, ...CLOSING],
  [...OPENING, ...CLIENT_METHODS.map((name) => encodeMethod(1, method(name))), ...CLOSING],
  ...CLIENT_METHODS.map((name) => [...OPENING, encodeMethod(1, method(name)), ...CLOSING]),
  [
    PROTOCOL_HEADER,
    encodeMethod(0, method('connection.secure-ok')),
    encodeMethod(0, method('connection.update-secret')),
    encodeMethod(0, method('connection.close-ok')),
    encodeMethod(1, method('channel.flow', { active: true })),
    encodeMethod(1, method('channel.flow-ok', { active: true })),
    encodeMethod(1, method('channel.close-ok')),
  ],
];
