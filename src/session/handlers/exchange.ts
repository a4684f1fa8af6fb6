/** Class exchange (spec 1.6) with exchange-to-exchange bindings. */
import type { Method } from '../../../protocol/spec.ts';
import type { FieldTable } from '../../../protocol/table.ts';
import { errors } from '../../broker/errors.ts';
import { checkExchangeType } from '../../broker/vhost.ts';
import { authorize, authorizePassive } from '../authorize.ts';
import type { Channel } from '../channel.ts';
import { cleanName } from './names.ts';

export function declare(channel: Channel, method: Method<'exchange.declare'>): void {
  const { connection, vhost } = channel;
  const name = cleanName(method.exchange);
  if (!method.passive) checkExchangeType(method.type);
  refuseDefault(name);
  if (method.passive) {
    authorizePassive(connection, 'exchange', name);
    vhost.exchange(name);
  } else {
    authorize(connection, 'configure', 'exchange', name);
    const { type, durable, autoDelete, internal } = method;
    vhost.declareExchange(
      { name, type, durable, autoDelete, internal, arguments: method.arguments },
      () => authorizeAlternate(channel, name, method.arguments),
    );
  }
  if (!method.nowait) channel.answerWhenDurable({ name: 'exchange.declare-ok' });
}

export function remove(channel: Channel, method: Method<'exchange.delete'>): void {
  const name = cleanName(method.exchange);
  refuseDefault(name);
  channel.vhost.refuseSystemExchange(name);
  authorize(channel.connection, 'configure', 'exchange', name);
  channel.vhost.deleteExchange(name, method.ifUnused);
  if (!method.nowait) channel.answerWhenDurable({ name: 'exchange.delete-ok' });
}

export function bind(channel: Channel, method: Method<'exchange.bind'>): void {
  channel.vhost.bind(bindingOf(channel, method), channel.connection);
  if (!method.nowait) channel.answerWhenDurable({ name: 'exchange.bind-ok' });
}

export function unbind(channel: Channel, method: Method<'exchange.unbind'>): void {
  channel.vhost.unbind(bindingOf(channel, method), channel.connection);
  if (!method.nowait) channel.answerWhenDurable({ name: 'exchange.unbind-ok' });
}

/** What a new exchange cannot route is read from it and written to its alternate. */
function authorizeAlternate(channel: Channel, name: string, args: FieldTable): void {
  const alternate = args.get('alternate-exchange');
  if (alternate?.type !== 'S') return;
  authorize(channel.connection, 'read', 'exchange', name);
  authorize(channel.connection, 'write', 'exchange', alternate.value.toString());
}

/** Writes to the destination, reads from the source (RabbitMQ's access control page). */
function bindingOf(channel: Channel, method: Method<'exchange.bind' | 'exchange.unbind'>) {
  const source = cleanName(method.source);
  const destination = cleanName(method.destination);
  authorize(channel.connection, 'write', 'exchange', destination);
  refuseDefault(destination);
  refuseDefault(source);
  authorize(channel.connection, 'read', 'exchange', source);
  const { routingKey } = method;
  return {
    source,
    kind: 'exchange' as const,
    destination,
    routingKey,
    arguments: method.arguments,
  };
}

/** A3.6: the default exchange's bindings are implied and not to be touched. */
export function refuseDefault(name: string): void {
  if (name === '') throw errors.defaultExchange();
}
