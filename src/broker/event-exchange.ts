/**
 * amq.rabbitmq.event: what happens in the broker as messages, the event's name as their key and its
 * attributes as their headers (B7.6, https://www.rabbitmq.com/docs/event-exchange).
 *
 * Responsible for turning events into messages. Not responsible for the events (events.ts) or what
 * is told of each (event-attributes.ts).
 */
import type { Clock } from '../lib/clock.ts';
import type { Emitter } from '../lib/emitter.ts';
import { attributesOf } from './event-attributes.ts';
import type { BrokerEvents } from './events.ts';
import { internalMessage } from './internal-message.ts';
import type { Message } from './message.ts';

export const EVENT_EXCHANGE = 'amq.rabbitmq.event';
const PERSISTENT = 2;

const NAMES: readonly (keyof BrokerEvents)[] = [
  ...(['vhost.created', 'exchange.created', 'exchange.deleted', 'queue.created'] as const),
  ...(['queue.deleted', 'binding.created', 'binding.deleted', 'connection.created'] as const),
  ...(['connection.closed', 'channel.created', 'channel.closed', 'consumer.created'] as const),
  ...(['consumer.deleted', 'policy.set', 'policy.cleared', 'queue.policy.updated'] as const),
  ...(['queue.policy.cleared', 'alarm.set', 'alarm.cleared', 'parameter.set'] as const),
  ...(['user.authentication.success', 'user.authentication.failure', 'user.created'] as const),
  ...(['user.tags.set', 'permission.created', 'topic.permission.created'] as const),
];

/** Publishes every event from now on; `actor` says whose doing it is. */
export function publishEvents(
  events: Emitter<BrokerEvents>,
  clock: Clock,
  actor: () => string,
  publish: (message: Message) => void,
): void {
  for (const name of NAMES) {
    events.on(name, (event) => {
      const nowMs = Math.floor(clock.now());
      const headers = attributesOf(name, event, actor());
      headers.set('timestamp_in_ms', { type: 'l', value: nowMs });
      const timestamp = Math.floor(nowMs / 1000);
      const properties = { deliveryMode: PERSISTENT, timestamp, headers };
      publish(internalMessage(EVENT_EXCHANGE, name, properties));
    });
  }
}
