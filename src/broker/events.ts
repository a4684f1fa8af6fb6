/**
 * What the core tells those who watch it: metrics, the embedding program, later the event exchange.
 *
 * An event says what has happened; nobody's listener changes the outcome. The names are those of
 * RabbitMQ's event exchange, so that B.7's rows can be fed from here.
 */

import type { PolicyKind } from './policies/policies.ts';
import type { PolicyDefinition } from './policies/policy.ts';

export interface BrokerEvents {
  'vhost.created': { vhost: string };
  'exchange.created': { vhost: string; name: string; type: string };
  'exchange.deleted': { vhost: string; name: string };
  'queue.created': { vhost: string; name: string };
  'queue.deleted': { vhost: string; name: string; messages: number };
  /** So many messages wait for other consumers that those behind them are not looked at. */
  'queue.lookahead.full': { vhost: string; name: string };
  'binding.created': BindingEvent;
  'binding.deleted': BindingEvent;
  'connection.created': ConnectionEvent;
  'connection.closed': ConnectionEvent & { reason: string };
  'channel.created': { connection: string; number: number };
  'channel.closed': { connection: string; number: number };
  'consumer.created': { vhost: string; queue: string; tag: string };
  'consumer.deleted': { vhost: string; queue: string; tag: string };
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

export interface BindingEvent {
  vhost: string;
  source: string;
  destination: string;
  destinationKind: 'queue' | 'exchange';
  routingKey: string;
}

export interface ConnectionEvent {
  /** `client address -> server address`, as RabbitMQ names connections. */
  name: string;
  user: string;
  vhost: string;
}
