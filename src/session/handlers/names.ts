/**
 * How names in methods are read: line ends dropped, an empty queue name standing for the last one
 * (A3.2, A3.3).
 */
import { errors } from '../../broker/errors.ts';
import type { Channel } from '../channel.ts';

/** A queue's or exchange's name without the line ends that RabbitMQ drops. */
export function cleanName(name: string): string {
  return /[\r\n]/.test(name) ? name.replaceAll(/[\r\n]/g, '') : name;
}

/**
 * The name of the queue that basic.consume, basic.get and queue.purge mean: taken as it is.
 * @throws BrokerError not-found when the name is empty and no queue was declared on the channel
 */
export function givenQueueName(channel: Channel, name: string): string {
  return name === '' ? queueName(channel, name) : name;
}

/**
 * The name of the queue that any other method means.
 * @throws BrokerError not-found when the name is empty and no queue was declared on the channel
 */
export function queueName(channel: Channel, name: string): string {
  if (name !== '') return cleanName(name);
  if (channel.lastQueue === null) throw errors.noPreviousQueue();
  return channel.lastQueue;
}
