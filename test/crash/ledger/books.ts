/**
 * What the parts of the ledger share: the queues, and the way in which events and findings are
 * written down.
 */
import type { Kind, Violations } from '../violations.ts';
import type { Copy } from './copy.ts';
import type { Chronicle, EventKind } from './history.ts';
import type { Receiver } from './order.ts';
import type { QueueLedger } from './queue-ledger.ts';
import type { Transaction } from './transaction.ts';

export class Books {
  readonly queues = new Map<string, QueueLedger>();
  readonly chronicle: Chronicle;
  /**
   * The broker closes its connections one by one: what was unacked, or acked too late, on one may
   * come on another.
   */
  isStopping = false;
  readonly #violations: Violations;

  constructor(violations: Violations, chronicle: Chronicle) {
    this.#violations = violations;
    this.chronicle = chronicle;
  }

  queue(name: string): QueueLedger {
    const queue = this.queues.get(name);
    if (queue === undefined) throw new Error(`no queue ${name} in the ledger`);
    return queue;
  }

  note(copies: readonly Copy[], kind: EventKind): void {
    if (copies.length === 0) return;
    const event = this.chronicle.note(kind);
    for (const copy of copies) copy.history.push(event);
  }

  /** The copy must not come any more. */
  gone(copy: Copy, why: EventKind): void {
    this.note([copy], why);
    copy.queue.forget(copy);
  }

  violation(text: string, kind: Kind = 'other'): void {
    this.#violations.add(text, kind);
  }

  /** A violation by one message in one queue. */
  found(copy: Copy, what: string, receiver: Receiver | null, kind: Kind = 'other'): void {
    const where = receiver === null ? '' : ` (seen by ${receiver.name})`;
    this.violation(`${this.describe(copy)} ${what}${where}`, kind);
  }

  /** All that is known of a message in a queue. */
  describe(copy: Copy): string {
    const { transaction } = copy.message;
    const { lastAcker } = copy;
    const parts = [
      this.#describe(copy),
      transaction === null ? '' : `, of ${this.#transaction(transaction)}`,
      lastAcker === null ? '' : `, acked in ${this.#transaction(lastAcker)}`,
    ];
    return parts.join('');
  }

  #describe({ message, queue, history }: Copy): string {
    const { stream, id, bytes, isPersistent } = message;
    const what = `${isPersistent ? '' : 'transient '}message ${stream}:${id} of ${bytes} octets`;
    return `${queue.name}: ${what} [${this.chronicle.describe(history)}]`;
  }

  #transaction({ number, state, evidence }: Transaction): string {
    const why = evidence === null ? '' : ` as shown by ${this.#describe(evidence)}`;
    return `transaction ${number} (${state}${why})`;
  }
}
