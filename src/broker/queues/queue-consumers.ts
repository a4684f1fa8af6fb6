/** The consumers of one queue: whether one may join, and whose turn it is. */
import type { FieldTable } from '../../../protocol/table.ts';
import type { Consumer } from '../consumer.ts';
import { Dispatcher, type Turns } from '../dispatcher.ts';
import { errors } from '../errors.ts';
import { SingleActive } from '../single-active.ts';
import type { LocalQueueType } from './local-queue-type.ts';
import { Selection, type SelectionParts } from './selection.ts';

export class QueueConsumers {
  readonly isSingleActive: boolean;
  turns: Turns;
  /** null while all of them take everything. */
  selection: Selection | null = null;
  #exclusive: Consumer | null = null;

  constructor(args: FieldTable, type: LocalQueueType) {
    this.isSingleActive = args.get('x-single-active-consumer')?.value === true;
    this.turns = this.isSingleActive ? new SingleActive(type.yieldsToPriority) : new Dispatcher();
  }

  get size(): number {
    return this.turns.size;
  }

  /** @throws BrokerError access-refused when an exclusive consumer is in the way */
  check({ exclusive, queue }: Consumer): void {
    const isShared = this.turns.size !== 0 || this.isSingleActive;
    if (this.#exclusive !== null || (exclusive && isShared)) {
      throw errors.exclusiveUse(queue.name, queue.vhost);
    }
  }

  add(consumer: Consumer): void {
    if (consumer.exclusive) this.#exclusive = consumer;
    this.turns.add(consumer);
  }

  /** Whether it was there. */
  remove(consumer: Consumer): boolean {
    if (!this.turns.remove(consumer)) return false;
    if (this.#exclusive === consumer) this.#exclusive = null;
    return true;
  }

  /** The queue is gone: they are told. */
  cancelAll(): void {
    const consumers = [...this.turns.all()];
    for (const consumer of consumers) this.turns.remove(consumer);
    for (const consumer of consumers) consumer.cancelledByBroker();
  }

  /** From now on messages are chosen for them by their content. */
  selectBy(parts: SelectionParts): void {
    if (this.selection !== null) return;
    this.selection = new Selection(this.turns, parts);
    this.turns = this.selection;
  }
}
