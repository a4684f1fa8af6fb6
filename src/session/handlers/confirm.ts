/** Class confirm: publisher confirms (RabbitMQ's extension, A9.1). */
import type { Method } from '../../../protocol/spec.ts';
import { errors } from '../../broker/errors.ts';
import type { Channel } from '../channel.ts';

export function select(channel: Channel, method: Method<'confirm.select'>): void {
  if (channel.transaction !== null) throw errors.txToConfirm();
  channel.selectConfirms();
  if (!method.nowait) channel.send({ name: 'confirm.select-ok' });
}
