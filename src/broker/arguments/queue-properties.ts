/**
 * What quorum queues refuse that classic queues do (A.4, A.5, A7.2).
 *
 * Responsible for the rules of the type and their texts. Not responsible for arguments.
 */
import type { QueueDefinition } from '../definitions.ts';
import { errors } from '../errors.ts';
import type { Queue } from '../queue.ts';
import { isGrouped } from '../queues/selection.ts';
import { queueTypeOf } from './queue-arguments.ts';

/** @throws BrokerError precondition-failed for properties that the type asked for cannot have */
export function checkQueueProperties(vhost: string, wanted: QueueDefinition): void {
  if (queueTypeOf(wanted.arguments) !== 'quorum') return;
  const { name, autoDelete, exclusive, durable } = wanted;
  if (name === '') throw errors.serverNamed('quorum');
  if (autoDelete) throw errors.invalidProperty('auto-delete', name, vhost);
  if (exclusive) throw errors.invalidProperty('exclusive-owner', name, vhost);
  if (!durable) throw errors.invalidProperty('non-durable', name, vhost);
}

/** @throws BrokerError not-implemented */
export function checkDeleteConditions(
  { type, name, vhost }: Queue,
  { ifUnused, ifEmpty }: { readonly ifUnused: boolean; readonly ifEmpty: boolean },
): void {
  if (type !== 'quorum') return;
  if (ifUnused) throw errors.quorumDelete(name, vhost, 'if-unused');
  if (ifEmpty) throw errors.quorumDelete(name, vhost, 'if-empty');
}

/** @throws BrokerError not-implemented under a prefetch of the whole channel */
export function checkConsume({ type, name, vhost }: Queue, hasGlobalPrefetch: boolean): void {
  if (type === 'quorum' && hasGlobalPrefetch) throw errors.noGlobalPrefetch(name, vhost);
}

/** @throws BrokerError resource-locked with a single active consumer, or a group key */
export function checkGet({ type, name, vhost, arguments: args }: Queue): void {
  if (isGrouped(args)) throw errors.groupedGet(name, vhost);
  if (type !== 'quorum' || args.get('x-single-active-consumer')?.value !== true) return;
  throw errors.singleActiveGet(name, vhost);
}
