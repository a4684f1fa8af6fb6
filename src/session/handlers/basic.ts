/** Class basic, the receiving side: qos, consume, cancel, get (spec 1.8.3). */
import { encodeGetOk } from '../../../protocol/hot.ts';
import type { Method } from '../../../protocol/spec.ts';
import { checkConsumerArguments } from '../../broker/arguments/consumer-arguments.ts';
import { checkConsume, checkGet } from '../../broker/arguments/queue-properties.ts';
import { errors } from '../../broker/errors.ts';
import { REPLY_TO_QUEUE } from '../../broker/inspection.ts';
import { authorize } from '../authorize.ts';
import type { Channel } from '../channel.ts';
import { SessionError } from '../close.ts';
import { ChannelConsumer } from '../consumer.ts';
import { writeWithContent } from '../content-writer.ts';
import { Unacked } from '../unacked.ts';
import { givenQueueName } from './names.ts';

/** A7.1. */
export function qos(channel: Channel, method: Method<'basic.qos'>): void {
  if (method.prefetchSize !== 0) {
    throw new SessionError('NOT_IMPLEMENTED', `prefetch_size!=0 (${method.prefetchSize})`);
  }
  const { sharesPrefetch } = channel.connection.host.broker.profile;
  if (method.global && sharesPrefetch) channel.channelPrefetch = method.prefetchCount;
  else {
    channel.consumerPrefetch = method.prefetchCount;
    // As in RabbitMQ: the limit of the whole channel is lifted until it is set again.
    channel.channelPrefetch = 0;
  }
  channel.send({ name: 'basic.qos-ok' });
  channel.wakeWaiting();
}

export function consume(channel: Channel, method: Method<'basic.consume'>): void {
  const { connection } = channel;
  const tag = method.consumerTag === '' ? newTag(channel) : method.consumerTag;
  if (method.queue === REPLY_TO_QUEUE) {
    channel.replies.consume(tag, method.noAck);
    if (!method.nowait) channel.send({ name: 'basic.consume-ok', consumerTag: tag });
    return;
  }
  if (channel.consumers.has(tag)) throw errors.consumerTagReuse(tag);
  const limit = connection.host.options.consumerMaxPerChannel;
  if (channel.consumers.size >= limit) throw errors.consumerLimit(limit);
  const name = givenQueueName(channel, method.queue);
  authorize(connection, 'read', 'queue', name);
  const queue = channel.vhost.queue(name, connection);
  checkConsume(queue, channel.channelPrefetch !== 0);
  const consumer = new ChannelConsumer(channel, queue, {
    tag,
    noAck: method.noAck,
    exclusive: method.exclusive,
    priority: checkConsumerArguments(channel.vhost.name, name, method.arguments),
    arguments: method.arguments,
    prefetch: channel.consumerPrefetch,
  });
  channel.addConsumer(consumer);
  if (!method.nowait) channel.send({ name: 'basic.consume-ok', consumerTag: tag });
  // Only now: deliveries follow consume-ok.
  consumer.queue.dispatch();
}

export function cancel(channel: Channel, method: Method<'basic.cancel'>): void {
  const consumer = channel.consumers.get(method.consumerTag);
  if (consumer !== undefined) channel.removeConsumer(consumer);
  else if (channel.replies.tag === method.consumerTag) channel.replies.cancel();
  if (method.nowait) return;
  channel.send({ name: 'basic.cancel-ok', consumerTag: method.consumerTag });
}

export function get(channel: Channel, method: Method<'basic.get'>): void {
  const { connection } = channel;
  const name = givenQueueName(channel, method.queue);
  authorize(connection, 'read', 'queue', name);
  const queue = channel.vhost.queue(name, connection);
  checkGet(queue);
  const entry = queue.get(method.noAck);
  if (entry === null && queue.mustRead) {
    channel.waitFor(
      (done) => queue.whenRead(done),
      () => get(channel, method),
      BASIC_GET,
    );
    return;
  }
  if (entry === null) {
    channel.send({ name: 'basic.get-empty' });
    return;
  }
  const tag = ++channel.lastDeliveryTag;
  if (!method.noAck) channel.unacked.add(new Unacked(tag, entry, queue, null));
  const message = queue.shown(entry, true);
  channel.vhost.firehose?.delivered(message, name, entry.redelivered, channel.party);
  const { names } = message.address;
  const frame = encodeGetOk(channel.number, tag, entry.redelivered, names, queue.readyCount);
  writeWithContent(connection.output, frame, channel.number, message, connection.frameMax);
}

/** Class and method id. */
const BASIC_GET = (60 << 16) | 70;

function newTag(channel: Channel): string {
  return channel.connection.host.broker.randomName('amq.ctag-');
}
