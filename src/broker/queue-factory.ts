/**
 * Makes queues: which type a declare asks for, and what a queue of it stands on.
 *
 * Responsible for that choice and for the store's numbers of a queue: one for each priority, from
 * the queue's own upwards. Not responsible for whether the declare may be followed (vhost.ts,
 * arguments).
 */
import type { FieldTable } from '../../protocol/table.ts';
import { queueTypeOf } from './arguments/queue-arguments.ts';
import { type BrokerContext, queueContextOf } from './context.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { QueueDefinition } from './definitions.ts';
import type { Delays } from './delays/delays.ts';
import type { Owner, Queue } from './queue.ts';
import { ClassicQueue } from './queues/classic.ts';
import { QuorumQueue } from './queues/quorum.ts';
import { RETRY_ARGUMENT } from './queues/retry.ts';

export interface QueueFactoryParts {
  readonly vhost: string;
  readonly broker: BrokerContext;
  readonly deadLetters: DeadLetters;
  readonly delays: Delays;
  remove(queue: Queue): void;
}

/** How many numbers a queue with these arguments takes in the store. */
export function storesOf(args: FieldTable): number {
  if (queueTypeOf(args) !== 'classic') return 1;
  return 1 + Number(args.get('x-max-priority')?.value ?? 0);
}

/** `number`: the store's first number for it; null for a queue that is not kept. */
export function makeQueue(
  name: string,
  wanted: QueueDefinition,
  owner: Owner | null,
  number: number | null,
  { vhost, broker, deadLetters, delays, remove }: QueueFactoryParts,
): Queue {
  const { durable, autoDelete } = wanted;
  const properties = { durable, autoDelete, owner, number, arguments: wanted.arguments };
  const context = queueContextOf(broker, {
    vhost,
    deadLetters,
    delays,
    storeFor: (priority) => (number === null ? null : broker.store.queue(number + priority)),
    onUnused: (unused) => {
      if (unused.autoDelete) remove(unused);
    },
    onExpired: remove,
  });
  // Before it is told that it is there: what is tried again needs a place on the disk.
  if (number !== null && wanted.arguments.has(RETRY_ARGUMENT)) delays.prepare();
  return queueTypeOf(wanted.arguments) === 'quorum'
    ? new QuorumQueue(name, properties, context, broker.profile)
    : new ClassicQueue(name, properties, context);
}
