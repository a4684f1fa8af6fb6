/**
 * Class basic, what clients say of deliveries: ack, nack, reject, recover (spec 1.8.3.13-16,
 * A7.6-A7.8).
 */
import type { Method } from '../../../protocol/spec.ts';
import type { Channel } from '../channel.ts';
import { SessionError } from '../close.ts';

export function ack(channel: Channel, method: Method<'basic.ack'>): void {
  channel.settle(method.deliveryTag, method.multiple, 'acknowledged');
}

export function nack(channel: Channel, method: Method<'basic.nack'>): void {
  const outcome = method.requeue ? 'requeued' : 'rejected';
  channel.settle(method.deliveryTag, method.multiple, outcome);
}

export function reject(channel: Channel, method: Method<'basic.reject'>): void {
  channel.settle(method.deliveryTag, false, method.requeue ? 'requeued' : 'rejected');
}

export function recover(channel: Channel, method: Method<'basic.recover'>): void {
  mustRequeue(method.requeue);
  // The answer comes before what is delivered again.
  channel.send({ name: 'basic.recover-ok' });
  channel.apply(channel.unacked.takeAll(), 'requeued');
}

/** Deprecated by the specification in favour of recover, and not answered. */
export function recoverAsync(channel: Channel, method: Method<'basic.recover-async'>): void {
  mustRequeue(method.requeue);
  channel.apply(channel.unacked.takeAll(), 'requeued');
}

function mustRequeue(requeue: boolean): void {
  if (!requeue) throw new SessionError('NOT_IMPLEMENTED', 'requeue=false');
}
