/** Class queue (spec 1.7). */
import type { Method } from '../../../protocol/spec.ts';
import { errors } from '../../broker/errors.ts';
import { REPLY_TO_QUEUE } from '../../broker/inspection.ts';
import type { Queue } from '../../broker/queue.ts';
import { authorize, authorizePassive } from '../authorize.ts';
import type { Channel } from '../channel.ts';
import { refuseDefault } from './exchange.ts';
import { cleanName, givenQueueName, queueName } from './names.ts';

export function declare(channel: Channel, method: Method<'queue.declare'>): void {
  const { connection, vhost } = channel;
  const name = cleanName(method.queue);
  if (name.startsWith(REPLY_TO_QUEUE)) {
    declareReplyQueue(channel, name, method.nowait);
    return;
  }
  if (method.passive) authorizePassive(connection, 'queue', name);
  const queue = method.passive ? vhost.queue(name, connection) : create(channel, name, method);
  // Looking at it renews a lease, too, as in RabbitMQ (x-expires).
  queue.touch();
  channel.lastQueue = queue.name;
  if (method.nowait) return;
  channel.answerWhenDurable({
    name: 'queue.declare-ok',
    queue: queue.name,
    messageCount: queue.readyCount,
    consumerCount: queue.consumerCount,
  });
}

export function bind(channel: Channel, method: Method<'queue.bind'>): void {
  channel.vhost.bind(bindingOf(channel, method), channel.connection);
  if (!method.nowait) channel.answerWhenDurable({ name: 'queue.bind-ok' });
}

export function unbind(channel: Channel, method: Method<'queue.unbind'>): void {
  channel.vhost.unbind(bindingOf(channel, method), channel.connection);
  channel.answerWhenDurable({ name: 'queue.unbind-ok' });
}

export function purge(channel: Channel, method: Method<'queue.purge'>): void {
  const name = givenQueueName(channel, method.queue);
  authorize(channel.connection, 'read', 'queue', name);
  const messageCount = channel.vhost.queue(name, channel.connection).purge();
  if (!method.nowait) channel.send({ name: 'queue.purge-ok', messageCount });
}

export function remove(channel: Channel, method: Method<'queue.delete'>): void {
  const name = queueName(channel, method.queue);
  authorize(channel.connection, 'configure', 'queue', name);
  const messageCount = channel.vhost.deleteQueue(name, method, channel.connection);
  if (!method.nowait) channel.answerWhenDurable({ name: 'queue.delete-ok', messageCount });
}

function create(channel: Channel, name: string, method: Method<'queue.declare'>): Queue {
  const { connection, vhost } = channel;
  if (name !== '') authorize(connection, 'configure', 'queue', name);
  const { exclusive, autoDelete } = method;
  // What goes with its connection is never durable, whatever was asked for.
  const durable = method.durable && !exclusive;
  return vhost.declareQueue(
    { name, durable, exclusive, autoDelete, arguments: method.arguments },
    connection,
    (newName) => authorizeNew(channel, name === '', newName, method),
  );
}

/** A generated name is checked once it is known; dead letters are read here and written there. */
function authorizeNew(
  channel: Channel,
  isGenerated: boolean,
  name: string,
  method: Method<'queue.declare'>,
): void {
  const { connection } = channel;
  if (isGenerated) authorize(connection, 'configure', 'queue', name);
  const deadLetters = method.arguments.get('x-dead-letter-exchange');
  if (deadLetters?.type !== 'S') return;
  authorize(connection, 'read', 'queue', name);
  authorize(connection, 'write', 'exchange', deadLetters.value.toString());
}

/** A9.7: tells whether the requester is still there. */
function declareReplyQueue(channel: Channel, name: string, nowait: boolean): void {
  const { broker } = channel.connection.host;
  if (name !== REPLY_TO_QUEUE && broker.replyQueues.get(name) === undefined) {
    throw errors.noQueue(name, channel.vhost.name);
  }
  if (nowait) return;
  channel.send({ name: 'queue.declare-ok', queue: name, messageCount: 0, consumerCount: 1 });
}

/**
 * Writes to the queue, reads from the exchange. An empty key of an unnamed queue is its name
 * (A3.2).
 */
function bindingOf(channel: Channel, method: Method<'queue.bind' | 'queue.unbind'>) {
  const destination = queueName(channel, method.queue);
  const source = cleanName(method.exchange);
  const unnamed = method.queue === '' && method.routingKey === '';
  authorize(channel.connection, 'write', 'queue', destination);
  refuseDefault(source);
  authorize(channel.connection, 'read', 'exchange', source);
  return {
    source,
    kind: 'queue' as const,
    destination,
    routingKey: unnamed ? destination : method.routingKey,
    arguments: method.arguments,
  };
}
