/**
 * The protocol as one table: every class and method of AMQP 0-9-1 as RabbitMQ speaks it, and the
 * properties of class basic. Types derive from it, so that a misspelt field does not compile.
 *
 * Responsible for what is on the wire and who may send it. Not responsible for how a field is
 * read or written (methods.ts, properties.ts) or for what a method does.
 *
 * Fields stand in wire order. Adjacent bits share an octet (spec 4.2.5.2). A name that starts with
 * `_` is reserved: written as zero or empty, skipped on reading, and not part of a method's type.
 */
import type { FieldSpecs, MethodSpec, PropertyType, VisibleFields } from './spec-types.ts';

const TUNE = {
  channelMax: 'short',
  frameMax: 'long',
  heartbeat: 'short',
} as const satisfies FieldSpecs;

const CLOSE = {
  replyCode: 'short',
  replyText: 'shortstr',
  classId: 'short',
  methodId: 'short',
} as const satisfies FieldSpecs;

const EXCHANGE_BINDING = {
  _ticket: 'short',
  destination: 'shortstr',
  source: 'shortstr',
  routingKey: 'shortstr',
  nowait: 'bit',
  arguments: 'table',
} as const satisfies FieldSpecs;

export const SPEC = {
  'connection.start': {
    ids: [10, 10],
    sender: 'server',
    replies: ['connection.start-ok'],
    fields: {
      versionMajor: 'octet',
      versionMinor: 'octet',
      serverProperties: 'table',
      mechanisms: 'longstr',
      locales: 'longstr',
    },
  },
  'connection.start-ok': {
    ids: [10, 11],
    sender: 'client',
    fields: {
      clientProperties: 'table',
      mechanism: 'shortstr',
      response: 'longstr',
      locale: 'shortstr',
    },
  },
  'connection.secure': {
    ids: [10, 20],
    sender: 'server',
    replies: ['connection.secure-ok'],
    fields: { challenge: 'longstr' },
  },
  'connection.secure-ok': { ids: [10, 21], sender: 'client', fields: { response: 'longstr' } },
  'connection.tune': {
    ids: [10, 30],
    sender: 'server',
    replies: ['connection.tune-ok'],
    fields: TUNE,
  },
  'connection.tune-ok': { ids: [10, 31], sender: 'client', fields: TUNE },
  'connection.open': {
    ids: [10, 40],
    sender: 'client',
    replies: ['connection.open-ok'],
    fields: { virtualHost: 'shortstr', _capabilities: 'shortstr', _insist: 'bit' },
  },
  'connection.open-ok': { ids: [10, 41], sender: 'server', fields: { _knownHosts: 'shortstr' } },
  'connection.close': {
    ids: [10, 50],
    sender: 'both',
    replies: ['connection.close-ok'],
    fields: CLOSE,
  },
  'connection.close-ok': { ids: [10, 51], sender: 'both', fields: {} },
  'connection.blocked': { ids: [10, 60], sender: 'server', fields: { reason: 'shortstr' } },
  'connection.unblocked': { ids: [10, 61], sender: 'server', fields: {} },
  'connection.update-secret': {
    ids: [10, 70],
    sender: 'client',
    replies: ['connection.update-secret-ok'],
    fields: { newSecret: 'longstr', reason: 'shortstr' },
  },
  'connection.update-secret-ok': { ids: [10, 71], sender: 'server', fields: {} },

  'channel.open': {
    ids: [20, 10],
    sender: 'client',
    replies: ['channel.open-ok'],
    fields: { _outOfBand: 'shortstr' },
  },
  'channel.open-ok': { ids: [20, 11], sender: 'server', fields: { _channelId: 'longstr' } },
  'channel.flow': {
    ids: [20, 20],
    sender: 'both',
    replies: ['channel.flow-ok'],
    fields: { active: 'bit' },
  },
  'channel.flow-ok': { ids: [20, 21], sender: 'both', fields: { active: 'bit' } },
  'channel.close': {
    ids: [20, 40],
    sender: 'both',
    replies: ['channel.close-ok'],
    fields: CLOSE,
  },
  'channel.close-ok': { ids: [20, 41], sender: 'both', fields: {} },

  'access.request': {
    ids: [30, 10],
    sender: 'client',
    replies: ['access.request-ok'],
    fields: {
      realm: 'shortstr',
      exclusive: 'bit',
      passive: 'bit',
      active: 'bit',
      write: 'bit',
      read: 'bit',
    },
  },
  'access.request-ok': { ids: [30, 11], sender: 'server', fields: { ticket: 'short' } },

  'exchange.declare': {
    ids: [40, 10],
    sender: 'client',
    replies: ['exchange.declare-ok'],
    fields: {
      _ticket: 'short',
      exchange: 'shortstr',
      type: 'shortstr',
      passive: 'bit',
      durable: 'bit',
      autoDelete: 'bit',
      internal: 'bit',
      nowait: 'bit',
      arguments: 'table',
    },
  },
  'exchange.declare-ok': { ids: [40, 11], sender: 'server', fields: {} },
  'exchange.delete': {
    ids: [40, 20],
    sender: 'client',
    replies: ['exchange.delete-ok'],
    fields: { _ticket: 'short', exchange: 'shortstr', ifUnused: 'bit', nowait: 'bit' },
  },
  'exchange.delete-ok': { ids: [40, 21], sender: 'server', fields: {} },
  'exchange.bind': {
    ids: [40, 30],
    sender: 'client',
    replies: ['exchange.bind-ok'],
    fields: EXCHANGE_BINDING,
  },
  'exchange.bind-ok': { ids: [40, 31], sender: 'server', fields: {} },
  'exchange.unbind': {
    ids: [40, 40],
    sender: 'client',
    replies: ['exchange.unbind-ok'],
    fields: EXCHANGE_BINDING,
  },
  'exchange.unbind-ok': { ids: [40, 51], sender: 'server', fields: {} },

  'queue.declare': {
    ids: [50, 10],
    sender: 'client',
    replies: ['queue.declare-ok'],
    fields: {
      _ticket: 'short',
      queue: 'shortstr',
      passive: 'bit',
      durable: 'bit',
      exclusive: 'bit',
      autoDelete: 'bit',
      nowait: 'bit',
      arguments: 'table',
    },
  },
  'queue.declare-ok': {
    ids: [50, 11],
    sender: 'server',
    fields: { queue: 'shortstr', messageCount: 'long', consumerCount: 'long' },
  },
  'queue.bind': {
    ids: [50, 20],
    sender: 'client',
    replies: ['queue.bind-ok'],
    fields: {
      _ticket: 'short',
      queue: 'shortstr',
      exchange: 'shortstr',
      routingKey: 'shortstr',
      nowait: 'bit',
      arguments: 'table',
    },
  },
  'queue.bind-ok': { ids: [50, 21], sender: 'server', fields: {} },
  'queue.purge': {
    ids: [50, 30],
    sender: 'client',
    replies: ['queue.purge-ok'],
    fields: { _ticket: 'short', queue: 'shortstr', nowait: 'bit' },
  },
  'queue.purge-ok': { ids: [50, 31], sender: 'server', fields: { messageCount: 'long' } },
  'queue.delete': {
    ids: [50, 40],
    sender: 'client',
    replies: ['queue.delete-ok'],
    fields: { _ticket: 'short', queue: 'shortstr', ifUnused: 'bit', ifEmpty: 'bit', nowait: 'bit' },
  },
  'queue.delete-ok': { ids: [50, 41], sender: 'server', fields: { messageCount: 'long' } },
  'queue.unbind': {
    ids: [50, 50],
    sender: 'client',
    replies: ['queue.unbind-ok'],
    fields: {
      _ticket: 'short',
      queue: 'shortstr',
      exchange: 'shortstr',
      routingKey: 'shortstr',
      arguments: 'table',
    },
  },
  'queue.unbind-ok': { ids: [50, 51], sender: 'server', fields: {} },

  'basic.qos': {
    ids: [60, 10],
    sender: 'client',
    replies: ['basic.qos-ok'],
    fields: { prefetchSize: 'long', prefetchCount: 'short', global: 'bit' },
  },
  'basic.qos-ok': { ids: [60, 11], sender: 'server', fields: {} },
  'basic.consume': {
    ids: [60, 20],
    sender: 'client',
    replies: ['basic.consume-ok'],
    fields: {
      _ticket: 'short',
      queue: 'shortstr',
      consumerTag: 'shortstr',
      noLocal: 'bit',
      noAck: 'bit',
      exclusive: 'bit',
      nowait: 'bit',
      arguments: 'table',
    },
  },
  'basic.consume-ok': { ids: [60, 21], sender: 'server', fields: { consumerTag: 'shortstr' } },
  'basic.cancel': {
    ids: [60, 30],
    sender: 'both',
    replies: ['basic.cancel-ok'],
    fields: { consumerTag: 'shortstr', nowait: 'bit' },
  },
  'basic.cancel-ok': { ids: [60, 31], sender: 'both', fields: { consumerTag: 'shortstr' } },
  'basic.publish': {
    ids: [60, 40],
    sender: 'client',
    content: true,
    fields: {
      _ticket: 'short',
      exchange: 'shortstr',
      routingKey: 'shortstr',
      mandatory: 'bit',
      immediate: 'bit',
    },
  },
  'basic.return': {
    ids: [60, 50],
    sender: 'server',
    content: true,
    fields: {
      replyCode: 'short',
      replyText: 'shortstr',
      exchange: 'shortstr',
      routingKey: 'shortstr',
    },
  },
  'basic.deliver': {
    ids: [60, 60],
    sender: 'server',
    content: true,
    fields: {
      consumerTag: 'shortstr',
      deliveryTag: 'longlong',
      redelivered: 'bit',
      exchange: 'shortstr',
      routingKey: 'shortstr',
    },
  },
  'basic.get': {
    ids: [60, 70],
    sender: 'client',
    replies: ['basic.get-ok', 'basic.get-empty'],
    fields: { _ticket: 'short', queue: 'shortstr', noAck: 'bit' },
  },
  'basic.get-ok': {
    ids: [60, 71],
    sender: 'server',
    content: true,
    fields: {
      deliveryTag: 'longlong',
      redelivered: 'bit',
      exchange: 'shortstr',
      routingKey: 'shortstr',
      messageCount: 'long',
    },
  },
  'basic.get-empty': { ids: [60, 72], sender: 'server', fields: { _clusterId: 'shortstr' } },
  'basic.ack': {
    ids: [60, 80],
    sender: 'both',
    fields: { deliveryTag: 'longlong', multiple: 'bit' },
  },
  'basic.reject': {
    ids: [60, 90],
    sender: 'client',
    fields: { deliveryTag: 'longlong', requeue: 'bit' },
  },
  'basic.recover-async': { ids: [60, 100], sender: 'client', fields: { requeue: 'bit' } },
  'basic.recover': {
    ids: [60, 110],
    sender: 'client',
    replies: ['basic.recover-ok'],
    fields: { requeue: 'bit' },
  },
  'basic.recover-ok': { ids: [60, 111], sender: 'server', fields: {} },
  'basic.nack': {
    ids: [60, 120],
    sender: 'both',
    fields: { deliveryTag: 'longlong', multiple: 'bit', requeue: 'bit' },
  },

  'confirm.select': {
    ids: [85, 10],
    sender: 'client',
    replies: ['confirm.select-ok'],
    fields: { nowait: 'bit' },
  },
  'confirm.select-ok': { ids: [85, 11], sender: 'server', fields: {} },

  'tx.select': { ids: [90, 10], sender: 'client', replies: ['tx.select-ok'], fields: {} },
  'tx.select-ok': { ids: [90, 11], sender: 'server', fields: {} },
  'tx.commit': { ids: [90, 20], sender: 'client', replies: ['tx.commit-ok'], fields: {} },
  'tx.commit-ok': { ids: [90, 21], sender: 'server', fields: {} },
  'tx.rollback': { ids: [90, 30], sender: 'client', replies: ['tx.rollback-ok'], fields: {} },
  'tx.rollback-ok': { ids: [90, 31], sender: 'server', fields: {} },
} as const satisfies Readonly<Record<string, MethodSpec>>;

/** The properties of class basic in wire order: the first has the highest flag bit. */
export const BASIC_PROPERTIES = {
  contentType: 'shortstr',
  contentEncoding: 'shortstr',
  headers: 'table',
  deliveryMode: 'octet',
  priority: 'octet',
  correlationId: 'shortstr',
  replyTo: 'shortstr',
  expiration: 'shortstr',
  messageId: 'shortstr',
  timestamp: 'timestamp',
  type: 'shortstr',
  userId: 'shortstr',
  appId: 'shortstr',
  clusterId: 'shortstr',
} as const satisfies Readonly<Record<string, PropertyType>>;

export type MethodName = keyof typeof SPEC;

/** The fields of one method, by its name. */
export type MethodFields<N extends MethodName> = VisibleFields<(typeof SPEC)[N]['fields']>;

/** A decoded method, or one to be encoded: `{ name, ...fields }`, a union over all of `N`. */
export type Method<N extends MethodName = MethodName> = {
  [K in N]: { readonly name: K } & MethodFields<K>;
}[N];

/** The methods that carry a content. */
export type ContentMethodName = {
  [K in MethodName]: (typeof SPEC)[K] extends { readonly content: true } ? K : never;
}[MethodName];
