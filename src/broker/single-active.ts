/**
 * Chooses the consumer for the next message of a queue with x-single-active-consumer: always the
 * same one, until it goes; then the next in line (A7.4,
 * https://www.rabbitmq.com/docs/consumers#single-active-consumer).
 *
 * The line is by priority, then by arrival. Not responsible for credit, as dispatcher.ts.
 */
import type { Consumer } from './consumer.ts';
import type { Turns } from './dispatcher.ts';

export class SingleActive implements Turns {
  /** Whether a consumer of higher priority takes the place of the active one at once. */
  readonly #takesOver: boolean;
  /** In line, without the active one. */
  readonly #waiting: Consumer[] = [];
  #active: Consumer | null = null;

  constructor(takesOver: boolean) {
    this.#takesOver = takesOver;
  }

  get size(): number {
    return this.#waiting.length + (this.#active === null ? 0 : 1);
  }

  /** Its tag is what management shows; null without consumers. */
  get active(): Consumer | null {
    return this.#active;
  }

  *all(): Iterable<Consumer> {
    if (this.#active !== null) yield this.#active;
    yield* this.#waiting;
  }

  add(consumer: Consumer): void {
    consumer.parked = false;
    const { priority } = consumer;
    if (this.#active === null) this.#active = consumer;
    else if (this.#takesOver && priority > this.#active.priority) {
      this.#lineUp(this.#active, 0);
      this.#active = consumer;
    } else {
      const behind = this.#waiting.findIndex((each) => each.priority < priority);
      this.#lineUp(consumer, behind === -1 ? this.#waiting.length : behind);
    }
  }

  remove(consumer: Consumer): boolean {
    if (consumer === this.#active) {
      this.#active = this.#waiting.shift() ?? null;
      return true;
    }
    const place = this.#waiting.indexOf(consumer);
    if (place === -1) return false;
    this.#waiting.splice(place, 1);
    return true;
  }

  activate(consumer: Consumer): void {
    consumer.parked = false;
  }

  next(): Consumer | null {
    const consumer = this.#active;
    if (consumer === null || consumer.parked) return null;
    if (consumer.isReady()) return consumer;
    consumer.parked = true;
    consumer.park();
    return null;
  }

  nextWhere(accepts: (consumer: Consumer) => boolean): Consumer | null {
    const consumer = this.next();
    return consumer !== null && accepts(consumer) ? consumer : null;
  }

  #lineUp(consumer: Consumer, place: number): void {
    this.#waiting.splice(place, 0, consumer);
  }
}
