/** Class channel (spec 1.5) on a channel that is open. */
import type { Method } from '../../../protocol/spec.ts';
import type { Channel } from '../channel.ts';
import { SessionError } from '../close.ts';

export function open(_channel: Channel, _method: Method<'channel.open'>): void {
  throw new SessionError('CHANNEL_ERROR', "second 'channel.open' seen");
}

export function flow(channel: Channel, method: Method<'channel.flow'>): void {
  if (!method.active) throw new SessionError('NOT_IMPLEMENTED', 'active=false');
  channel.send({ name: 'channel.flow-ok', active: true });
}

export function close(channel: Channel, _method: Method<'channel.close'>): void {
  channel.connection.channels.remove(channel);
  channel.send({ name: 'channel.close-ok' });
}
