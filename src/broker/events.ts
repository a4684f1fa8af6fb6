/**
 * What the core tells those who watch it: metrics, the embedding program, the event exchange.
 *
 * An event says what has happened; nobody's listener changes the outcome. The names are those of
 * RabbitMQ's event exchange, so that B.7's rows can be fed from here.
 */

import type { FieldTable } from '../../protocol/table.ts';
import type { PolicyKind } from './policies/policies.ts';
import type { PolicyDefinition } from './policies/policy.ts';

export interface BrokerEvents {
  'vhost.created': { vhost: string };
  'exchange.created': ExchangeEvent;
  'exchange.deleted': { vhost: string; name: string };
  'queue.created': QueueEvent;
  'queue.deleted': { vhost: string; name: string; messages: number };
  /** So many messages wait for other consumers that those behind them are not looked at. */
  'queue.lookahead.full': { vhost: string; name: string };
  /** A dead letter would go round in a circle, and is dropped: told once for each circle (A8.4). */
  'queue.deadletter.cycle': { vhost: string; queues: readonly string[] };
  'binding.created': BindingEvent;
  'binding.deleted': BindingEvent;
  'connection.created': ConnectionEvent & ConnectionDetails & ConnectionLimits;
  'connection.closed': ConnectionEvent & { reason: string };
  'channel.created': ChannelEvent;
  'channel.closed': ChannelEvent;
  'consumer.created': ConsumerEvent;
  'consumer.deleted': ConsumerEvent;
  'user.authentication.success': LoginEvent;
  'user.authentication.failure': LoginEvent & { error: string };
  'user.created': { name: string };
  'user.tags.set': { name: string; tags: readonly string[] };
  'permission.created': { user: string; vhost: string } & PermissionEvent;
  'topic.permission.created': { user: string; vhost: string; exchange: string } & Omit<
    PermissionEvent,
    'configure'
  >;
  'parameter.set': { vhost: string; component: string; name: string; value: unknown };
  'policy.set': { vhost: string; kind: PolicyKind } & PolicyDefinition;
  'policy.cleared': { vhost: string; kind: PolicyKind; name: string };
  'queue.policy.updated': { vhost: string; name: string; policy: string };
  'queue.policy.cleared': { vhost: string; name: string };
  'alarm.set': AlarmEvent;
  'alarm.cleared': AlarmEvent;
}

/**
 * A resource and its figures. `freeBytes` are those of the last look at the disk: above the limit,
 * the alarm is about a write that did not fit.
 */
export type AlarmEvent =
  | { resource: 'memory'; usedBytes: number; limitBytes: number }
  | { resource: 'disk'; freeBytes: number; limitBytes: number };

export interface ExchangeEvent {
  vhost: string;
  name: string;
  type: string;
  durable: boolean;
  autoDelete: boolean;
  internal: boolean;
  arguments: FieldTable;
}

export interface QueueEvent {
  vhost: string;
  name: string;
  durable: boolean;
  autoDelete: boolean;
  exclusive: boolean;
  arguments: FieldTable;
}

/** Patterns. */
export interface PermissionEvent {
  configure: string;
  write: string;
  read: string;
}

export interface BindingEvent {
  vhost: string;
  source: string;
  destination: string;
  destinationKind: 'queue' | 'exchange';
  routingKey: string;
  arguments: FieldTable;
}

export interface ConnectionEvent {
  /** `client address -> server address`, as RabbitMQ names connections. */
  name: string;
  user: string;
  vhost: string;
  /** As in the log: `<0.7.0>`. */
  id: string;
  clientProperties: FieldTable;
  /** The client's `connection_name`, or the empty string. */
  clientName: string;
}

/** Both ends: addresses and ports. */
export interface ConnectionDetails {
  host: string;
  port: number;
  peerHost: string;
  peerPort: number;
}

export interface ConnectionLimits {
  mechanism: string;
  channelMax: number;
  frameMax: number;
  heartbeatSeconds: number;
  /** Epoch milliseconds. */
  connectedAtMs: number;
}

export interface ChannelEvent {
  /** Name of its connection. */
  connection: string;
  number: number;
  user: string;
  vhost: string;
  id: string;
  connectionId: string;
}

export interface ConsumerEvent {
  vhost: string;
  queue: string;
  tag: string;
  user: string;
  channelId: string;
  noAck: boolean;
  exclusive: boolean;
  /** 0 for any number. */
  prefetch: number;
  arguments: FieldTable;
}

export interface LoginEvent extends ConnectionDetails {
  /** Who somebody claims to be. */
  name: string;
  connection: string;
  mechanism: string;
}
