/**
 * Exchanges, queues, bindings and policies of a broker as RabbitMQ exports them (B.3). Exclusive
 * queues and predeclared exchanges are left out, and so are bindings that lead to or from what is
 * left out.
 */
import type { Exchange } from '../broker/exchange.ts';
import type { Queue } from '../broker/queue.ts';
import type { VirtualHost } from '../broker/vhost.ts';
import type { BindingEntry, ExchangeEntry, QueueEntryDefinition } from './format.ts';
import { plainOf } from './values.ts';

export function exportedQueue(queue: Queue): QueueEntryDefinition {
  const { vhost, name, type, durable, autoDelete } = queue;
  const args = plainOf(queue.arguments);
  return { vhost, name, type, durable, auto_delete: autoDelete, arguments: args };
}

export function exportedExchange(vhost: string, exchange: Exchange): ExchangeEntry {
  const { name, durable, autoDelete, internal } = exchange;
  const args = plainOf(exchange.arguments);
  const type = exchange.type.name;
  return { vhost, name, type, durable, auto_delete: autoDelete, internal, arguments: args };
}

/** Exchanges that were declared. */
export function* declaredExchanges(vhosts: Iterable<VirtualHost>): Iterable<ExchangeEntry> {
  for (const vhost of vhosts) {
    for (const exchange of vhost.exchanges()) {
      if (!exchange.isPredeclared) yield exportedExchange(vhost.name, exchange);
    }
  }
}

/** Queues that do not belong to a connection. */
export function* sharedQueues(vhosts: Iterable<VirtualHost>): Iterable<QueueEntryDefinition> {
  for (const vhost of vhosts) {
    for (const queue of vhost.queues()) if (queue.owner === null) yield exportedQueue(queue);
  }
}

export function* exportedBindings(vhosts: Iterable<VirtualHost>): Iterable<BindingEntry> {
  for (const vhost of vhosts) {
    for (const exchange of vhost.exchanges()) {
      for (const { source, destination, routingKey, arguments: args } of exchange.bindings()) {
        if (destination.kind === 'queue' && (destination as Queue).owner !== null) continue;
        yield {
          source,
          vhost: vhost.name,
          destination: destination.name,
          destination_type: destination.kind,
          routing_key: routingKey,
          arguments: plainOf(args),
        };
      }
    }
  }
}
