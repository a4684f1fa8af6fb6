/**
 * The quorum queue, as one node of it: everything is kept, deliveries are counted and limited (A.5,
 * A.8, https://www.rabbitmq.com/docs/quorum-queues).
 *
 * Responsible for what is different from a classic queue. Replication will come behind the same
 * type.
 */
import type { Profile } from '../profile.ts';
import type { QueueProperties } from '../queue.ts';
import { LocalQueue } from './local-queue.ts';
import type { QueueContext } from './queue-context.ts';

export class QuorumQueue extends LocalQueue {
  constructor(name: string, properties: QueueProperties, context: QueueContext, profile: Profile) {
    super(name, properties, context, {
      name: 'quorum',
      keepsAll: true,
      countsReturns: true,
      tellsNoReturns: profile.tellsNoReturns,
      deliveryLimit: profile.quorumDeliveryLimit,
      returnsInTurn: true,
      yieldsToPriority: true,
    });
  }
}
