/**
 * Which function handles which method on an open channel: one file a class, one function a method.
 *
 * basic.publish and basic.ack, which carry the traffic, are handled in channels.ts before they
 * get here.
 */
import type { Method, MethodName } from '../../../protocol/spec.ts';
import type { Channel } from '../channel.ts';
import { SessionError } from '../close.ts';
import * as access from './access.ts';
import * as basic from './basic.ts';
import * as channelClass from './channel.ts';
import * as confirm from './confirm.ts';
import * as exchange from './exchange.ts';
import * as queue from './queue.ts';
import * as settle from './settle.ts';
import * as tx from './tx.ts';

/** Handles one method. @throws BrokerError, SessionError, ProtocolError */
export type Handler<N extends MethodName> = (channel: Channel, method: Method<N>) => void;

const HANDLERS: { readonly [N in MethodName]?: Handler<N> } = {
  'access.request': access.request,
  'basic.ack': settle.ack,
  'basic.cancel': basic.cancel,
  'basic.consume': basic.consume,
  'basic.get': basic.get,
  'basic.nack': settle.nack,
  'basic.qos': basic.qos,
  'basic.recover': settle.recover,
  'basic.recover-async': settle.recoverAsync,
  'basic.reject': settle.reject,
  'channel.close': channelClass.close,
  'channel.flow': channelClass.flow,
  'channel.open': channelClass.open,
  'confirm.select': confirm.select,
  'exchange.bind': exchange.bind,
  'exchange.declare': exchange.declare,
  'exchange.delete': exchange.remove,
  'exchange.unbind': exchange.unbind,
  'queue.bind': queue.bind,
  'queue.declare': queue.declare,
  'queue.delete': queue.remove,
  'queue.purge': queue.purge,
  'queue.unbind': queue.unbind,
  'tx.commit': tx.commit,
  'tx.rollback': tx.rollback,
  'tx.select': tx.select,
};

/** @throws SessionError COMMAND_INVALID for methods that a client does not send on a channel */
export function handleMethod(channel: Channel, method: Method): void {
  const handler = HANDLERS[method.name] as Handler<MethodName> | undefined;
  if (handler === undefined) throw new SessionError('COMMAND_INVALID', 'unimplemented method');
  const { host, user } = channel.connection;
  host.broker.actFor(user.name, () => handler(channel, method));
}
