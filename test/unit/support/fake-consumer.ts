// A consumer for the tests of queues: takes what it may take and writes it down. It behaves as the
// session's consumer does (waking up when a parked one can go on), but has no channel, no credit.
import { EMPTY_TABLE, type FieldTable, fromObject } from '../../../protocol/table.ts';
import type { Consumer } from '../../../src/broker/consumer.ts';
import type { Message, QueueEntry } from '../../../src/broker/message.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import { bodyOf } from './broker-parts.ts';

interface FakeConsumerProperties {
  readonly tag?: string;
  readonly noAck?: boolean;
  readonly exclusive?: boolean;
  readonly priority?: number;
  /** Most deliveries outstanding at a time. */
  readonly limit?: number;
  /** Its x-filter. */
  readonly filter?: string | undefined;
}

export class FakeConsumer implements Consumer {
  readonly tag: string;
  readonly queue: Queue;
  readonly noAck: boolean;
  readonly exclusive: boolean;
  readonly priority: number;
  readonly arguments: FieldTable;
  readonly limit: number;
  parked = false;
  /** False while there is no room on its connection. */
  open = true;
  /** Entries that were delivered and not settled. */
  readonly outstanding: QueueEntry[] = [];
  /** Bodies as they came; a redelivered one has a `!` behind. */
  readonly received: string[] = [];
  questions = 0;
  parks = 0;
  cancels = 0;
  /** Told of each delivery before it is written down. */
  onDeliver: (message: Message, entry: QueueEntry | null, redelivered: boolean) => void = () =>
    undefined;

  constructor(queue: Queue, properties: FakeConsumerProperties = {}) {
    this.queue = queue;
    this.tag = properties.tag ?? 'tag';
    this.noAck = properties.noAck ?? false;
    this.exclusive = properties.exclusive ?? false;
    this.priority = properties.priority ?? 0;
    const { filter } = properties;
    this.arguments = filter === undefined ? EMPTY_TABLE : fromObject({ 'x-filter': filter });
    this.limit = properties.limit ?? Number.POSITIVE_INFINITY;
  }

  /** What `isReady` answers, without counting the question. */
  get ready(): boolean {
    return this.open && this.outstanding.length < this.limit;
  }

  isReady(): boolean {
    this.questions++;
    return this.ready;
  }

  park(): void {
    this.parks++;
  }

  deliver(message: Message, entry: QueueEntry | null, redelivered: boolean): void {
    this.onDeliver(message, entry, redelivered);
    this.received.push(bodyOf(message).toString() + (redelivered ? '!' : ''));
    if (entry !== null) this.outstanding.push(entry);
  }

  cancelledByBroker(): void {
    this.cancels++;
  }

  /** Subscribes and takes what waits. */
  start(): this {
    this.queue.consume(this);
    this.queue.dispatch();
    return this;
  }

  /** Acknowledges the oldest delivery. */
  ackOldest(): void {
    const entry = this.outstanding[0];
    if (entry === undefined) throw new Error('nothing is outstanding');
    this.queue.acknowledge(entry);
    this.forget(entry);
  }

  /** One of its deliveries was settled: it may go on. */
  forget(entry: QueueEntry): void {
    this.outstanding.splice(this.outstanding.indexOf(entry), 1);
    this.wake();
  }

  wake(): void {
    if (!this.parked || !this.ready) return;
    this.queue.activate(this);
    this.queue.dispatch();
  }
}
