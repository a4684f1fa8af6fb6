/**
 * Markers: messages in a queue of their own, whose confirm proves that what was sent before them on
 * the same channel is safe. They are counted, and start anew with every round.
 */
import type { Channel, ConfirmChannel } from 'amqplib';
import type { Violations } from './violations.ts';

const QUEUE = 'crash.markers';
const BODY = Buffer.from('marker');

export class Markers {
  readonly #violations: Violations;
  #sent = 0;
  #confirmed = 0;

  constructor(violations: Violations) {
    this.#violations = violations;
  }

  /** Makes the queue anew; there must be as many markers in it as were confirmed since. */
  async startRound(channel: Channel): Promise<void> {
    // Deleting one that is not there is no error, and finds no messages.
    const { messageCount } = await channel.deleteQueue(QUEUE);
    if (messageCount < this.#confirmed || messageCount > this.#sent) {
      const wanted = `${this.#confirmed} to ${this.#sent}`;
      this.#violations.add(`${QUEUE} has ${messageCount} messages, and should have ${wanted}`);
    }
    this.#sent = 0;
    this.#confirmed = 0;
    await channel.assertQueue(QUEUE, { durable: true });
  }

  /**
   * Sends one; `proved` is called when it is confirmed. Resolves then, or when the channel is gone
   * and nothing will be proved.
   */
  async send(channel: ConfirmChannel, proved: () => void): Promise<void> {
    this.#sent++;
    try {
      await confirmed(channel);
    } catch {
      return;
    }
    this.#confirmed++;
    proved();
  }
}

function confirmed(channel: ConfirmChannel): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.publish('', QUEUE, BODY, { persistent: true }, (error: unknown) => {
      if (error) reject(error as Error);
      else resolve();
    });
  });
}
