/**
 * Chooses the consumer for the next message of one queue: highest priority first, round robin among
 * equals (docs/compatibility.md A7.3).
 *
 * Responsible for whose turn it is. Not responsible for credit: a consumer that says it is not
 * ready is parked, that is taken out of the turn at no further cost, until it is activated again;
 * it then queues up behind its equals.
 */
import { Ring } from '../lib/ring.ts';
import type { Consumer } from './consumer.ts';

interface Group {
  readonly priority: number;
  /** Consumers that were ready when last looked at, in the order of their turns. */
  readonly turn: Ring<Consumer>;
  members: number;
}

export class Dispatcher {
  readonly #consumers = new Set<Consumer>();
  /** By priority, highest first; a group without members is removed. */
  #groups: Group[] = [];

  get size(): number {
    return this.#consumers.size;
  }

  all(): Iterable<Consumer> {
    return this.#consumers;
  }

  add(consumer: Consumer): void {
    this.#consumers.add(consumer);
    let group = this.#groups.find((each) => each.priority === consumer.priority);
    if (group === undefined) {
      group = { priority: consumer.priority, turn: new Ring(), members: 0 };
      this.#groups.push(group);
      this.#groups.sort((a, b) => b.priority - a.priority);
    }
    group.members++;
    consumer.parked = false;
    group.turn.push(consumer);
  }

  /** Whether it was there. */
  remove(consumer: Consumer): boolean {
    if (!this.#consumers.delete(consumer)) return false;
    const group = this.#groupOf(consumer);
    for (let left = group.turn.length; left > 0; left--) {
      const other = group.turn.shift() as Consumer;
      if (other !== consumer) group.turn.push(other);
    }
    if (--group.members === 0) this.#groups = this.#groups.filter((each) => each !== group);
    return true;
  }

  /** Gives a parked consumer its turn again. */
  activate(consumer: Consumer): void {
    if (!consumer.parked || !this.#consumers.has(consumer)) return;
    consumer.parked = false;
    this.#groupOf(consumer).turn.push(consumer);
  }

  /** The consumer for the next message, which counts as its turn; null when none is ready. */
  next(): Consumer | null {
    for (const { turn } of this.#groups) {
      for (let consumer = turn.peek(); consumer !== undefined; consumer = turn.peek()) {
        if (consumer.isReady()) {
          if (turn.length > 1) {
            turn.shift();
            turn.push(consumer);
          }
          return consumer;
        }
        turn.shift();
        consumer.parked = true;
        consumer.park();
      }
    }
    return null;
  }

  #groupOf(consumer: Consumer): Group {
    return this.#groups.find((each) => each.priority === consumer.priority) as Group;
  }
}
