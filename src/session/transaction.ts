/**
 * A channel in transaction mode (spec 1.9, A9.3): publishes and settlements wait for commit.
 *
 * Responsible for holding them and for applying them in order. Not responsible for routing, which
 * has happened at the publish, or for whether a tag exists, which has been checked at the ack.
 */
import type { Memory } from '../broker/memory.ts';
import type { Message } from '../broker/message.ts';
import type { Outcome } from '../broker/queue.ts';
import type { Channel } from './channel.ts';
import type { Publish } from './publisher.ts';
import type { Unacked } from './unacked.ts';

interface Settlement {
  readonly deliveries: readonly Unacked[];
  readonly outcome: Outcome;
}

export class Transaction {
  readonly #memory: Memory;
  #publishes: Publish[] = [];
  #settlements: Settlement[] = [];
  /** A commit has written down what was settled, and waits for the disk. */
  isRecorded = false;
  /** A queue did not take a message of the last commit: it is full. */
  isRefused = false;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  publish(publish: Publish): void {
    this.#memory.hold(publish.message);
    this.#publishes.push(publish);
  }

  /** What was published, and what was delivered and settled, since the last commit. */
  *messages(): Iterable<Message> {
    for (const { message } of this.#publishes) yield message;
    for (const { deliveries } of this.#settlements) {
      for (const { entry } of deliveries) yield entry.message;
    }
  }

  settle(deliveries: readonly Unacked[], outcome: Outcome): void {
    this.#settlements.push({ deliveries, outcome });
  }

  /**
   * The first half of a commit: enqueues what was published, in the queues that have the names now
   * that the way led to at the publish.
   */
  enqueue(channel: Channel): void {
    const publishes = this.#publishes;
    this.#publishes = [];
    this.isRefused = false;
    const settle = (outcome: 'confirmed' | 'rejected') => {
      if (outcome === 'rejected') this.isRefused = true;
    };
    for (const { message, destinations, mandatory } of publishes) {
      const present = channel.vhost.present(destinations);
      channel.publisher.enqueue({ message, destinations: present, mandatory }, { settle });
      this.#memory.release(message);
    }
  }

  /** Notes durably what was settled; `applySettlements` follows. */
  recordSettlements(): void {
    this.isRecorded = true;
    for (const { deliveries, outcome } of this.#settlements) {
      if (outcome === 'requeued') continue;
      for (const { queue, entry } of deliveries) queue.recordSettled(entry, outcome);
    }
  }

  /** The second half: settles what was settled. */
  applySettlements(channel: Channel): void {
    this.isRecorded = false;
    const settlements = this.#settlements;
    this.#settlements = [];
    for (const { deliveries, outcome } of settlements) channel.apply(deliveries, outcome);
  }

  /**
   * Forgets the publishes; the settled deliveries are outstanding again, and are not sent again.
   */
  rollback(channel: Channel): void {
    channel.unacked.restore(this.takeSettled());
    this.dropPublishes();
  }

  /** Forgets what was published and not committed. */
  dropPublishes(): void {
    for (const { message } of this.#publishes) this.#memory.release(message);
    this.#publishes = [];
  }

  /** Deliveries that were settled and not committed; they leave the transaction. */
  takeSettled(): Unacked[] {
    const deliveries = this.#settlements.flatMap((settlement) => settlement.deliveries);
    this.#settlements = [];
    return deliveries;
  }
}
