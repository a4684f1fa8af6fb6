/**
 * Consumers of one connection that wait until it takes deliveries again.
 *
 * Responsible for each being woken once. Not responsible for when there is room (connection.ts).
 */
import type { ChannelConsumer } from './consumer.ts';

export class StalledConsumers {
  #consumers: ChannelConsumer[] = [];

  add(consumer: ChannelConsumer): void {
    if (consumer.stalled) return;
    consumer.stalled = true;
    this.#consumers.push(consumer);
  }

  /** There is room: those that find none after all are added again. */
  wake(): void {
    if (this.#consumers.length === 0) return;
    const consumers = this.#consumers;
    this.#consumers = [];
    for (const consumer of consumers) {
      consumer.stalled = false;
      consumer.wake();
    }
  }

  clear(): void {
    this.#consumers = [];
  }
}
