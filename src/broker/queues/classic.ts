/** The classic queue (A.5, A.7, https://www.rabbitmq.com/docs/classic-queues). */
import type { QueueProperties } from '../queue.ts';
import { LocalQueue } from './local-queue.ts';
import type { LocalQueueType } from './local-queue-type.ts';
import type { QueueContext } from './queue-context.ts';

const CLASSIC: LocalQueueType = {
  name: 'classic',
  keepsAll: false,
  countsReturns: false,
  tellsNoReturns: false,
  deliveryLimit: null,
  returnsInTurn: false,
  yieldsToPriority: false,
};

export class ClassicQueue extends LocalQueue {
  constructor(name: string, properties: QueueProperties, context: QueueContext) {
    super(name, properties, context, CLASSIC);
  }
}
