/** Class access: kept for clients of AMQP 0-8; always granted (A.3). */
import type { Method } from '../../../protocol/spec.ts';
import type { Channel } from '../channel.ts';

export function request(channel: Channel, _method: Method<'access.request'>): void {
  channel.send({ name: 'access.request-ok', ticket: 1 });
}
