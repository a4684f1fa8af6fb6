/**
 * Dead letters on their way from a queue to where its dead-letter exchange leads (A.8,
 * https://www.rabbitmq.com/docs/dlx).
 *
 * Responsible for the way and for nothing being lost on it: what a dead letter is added to and what
 * it leaves is written down together. One that dies again on arrival waits for its turn, so that a
 * chain of queues is no recursion. Not responsible for why a message dies (queues/rules.ts) or for
 * what is written on it (dead-letter.ts).
 */
import type { FieldTable } from '../../protocol/table.ts';
import type { Clock } from '../lib/clock.ts';
import { Ring } from '../lib/ring.ts';
import type { Store } from '../store/port.ts';
import { type DeathReason, deadLetterOf, isCycle } from './dead-letter.ts';
import type { Message } from './message.ts';
import type { QueueSettings } from './queue-settings.ts';
import type { Destination } from './routes.ts';

/** A message that has to leave its queue. */
export interface DeadMessage {
  /** Name of the queue that it leaves. */
  readonly queue: string;
  readonly message: Message;
  readonly reason: DeathReason;
  /** Those of the queue: `deadLetterExchange` is set. */
  readonly settings: QueueSettings;
  /** The queue lets go of it. */
  done(): void;
}

export interface DeadLettersParts {
  readonly clock: Clock;
  readonly store: Store;
  hasExchange(name: string): boolean;
  resolve(
    exchange: string,
    routingKeys: readonly string[],
    headers: FieldTable | undefined,
    message: Message,
  ): readonly Destination[];
}

export class DeadLetters {
  readonly #parts: DeadLettersParts;
  readonly #waiting = new Ring<DeadMessage>();
  #isSending = false;

  constructor(parts: DeadLettersParts) {
    this.#parts = parts;
  }

  /** Sends a message on, at once or behind those that are being sent. */
  send(dead: DeadMessage): void {
    this.#waiting.push(dead);
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        this.#send(next);
      }
    } finally {
      this.#isSending = false;
    }
  }

  /** What `work` moves from one place to another is kept together, or not at all. */
  together(work: () => void): void {
    this.#parts.store.group(work);
  }

  #send(dead: DeadMessage): void {
    const { deadLetterExchange: exchange, deadLetterRoutingKey: routingKey } = dead.settings;
    if (exchange === null || !this.#parts.hasExchange(exchange)) {
      dead.done();
      return;
    }
    const { queue, reason } = dead;
    const death = { queue, reason, timeMs: this.#parts.clock.now(), exchange, routingKey };
    const { message, routingKeys, headers } = deadLetterOf(dead.message, death);
    const found = this.#parts.resolve(exchange, routingKeys, headers, message);
    const destinations =
      reason === 'rejected' ? found : found.filter(({ name }) => !isCycle(headers, name));
    this.together(() => {
      for (const destination of destinations) destination.publish(message, null);
      dead.done();
    });
  }
}
