/**
 * Holds what a restart left against the books: first the number of messages in each queue, at the
 * end of the run the messages themselves.
 */
import type { Books } from './books.ts';
import type { Copy } from './copy.ts';
import type { QueueLedger } from './queue-ledger.ts';
import type { Transactions } from './transactions.ts';

export class Restarts {
  readonly #books: Books;
  readonly #transactions: Transactions;

  constructor(books: Books, transactions: Transactions) {
    this.#books = books;
    this.#transactions = transactions;
  }

  /** The broker is gone: with it what was unacked, not persistent, or not committed. */
  endRound(): void {
    this.#books.isStopping = false;
    for (const transaction of this.#transactions.unresolved) {
      if (transaction.state === 'open') this.#transactions.resolve(transaction, 'undone');
    }
    for (const queue of this.#books.queues.values()) {
      queue.startRound();
      for (const copy of queue.live.values()) {
        copy.holder = null;
        if (copy.message.isPersistent) continue;
        this.#books.gone(copy, 'lost with the restart: not persistent');
      }
    }
  }

  /**
   * Numbers of ready messages after a restart. A number that leaves no choice decides about all
   * that was open in that queue, and through transactions perhaps about others.
   */
  counted(counts: ReadonlyMap<QueueLedger, number>): void {
    const open = new Map(counts);
    for (let isNew = true; isNew; ) {
      isNew = false;
      for (const [queue, count] of open) {
        const { least, most } = queue.bounds;
        if (count > least && count < most) continue;
        open.delete(queue);
        if (count < least || count > most) this.#wrongCount(queue, count);
        else if (least !== most) {
          this.#decide(queue, count === most);
          isNew = true;
        }
      }
    }
  }

  /** The queue was deleted, and all that was in it with it. */
  deleted(queue: QueueLedger): void {
    for (const copy of [...queue.live.values()]) {
      this.#books.gone(copy, 'absent after the restart');
    }
  }

  /** All queues were drained: whatever did not come is not there. */
  finish(): void {
    for (const queue of this.#books.queues.values()) {
      if (queue.isLossy) continue;
      for (const copy of queue.live.values()) {
        if (copy.isOwed) this.#books.found(copy, 'is lost', null, 'lost');
      }
    }
    for (const transaction of this.#transactions.unresolved) {
      if (!transaction.isTorn) continue;
      const { copies, acks, number } = transaction;
      const parts = [...copies, ...acks].map((copy) => this.#books.describe(copy));
      this.#books.violation(`half of transaction ${number} is there: ${parts.join('; ')}`);
    }
  }

  #wrongCount(queue: QueueLedger, count: number): void {
    const { least, most } = queue.bounds;
    const wanted = least === most ? `${least}` : `${least} to ${most}`;
    this.#books.violation(
      `${queue.name} has ${count} messages after the restart, and should have ${wanted}`,
    );
  }

  #decide(queue: QueueLedger, isAllThere: boolean): void {
    for (const copy of [...queue.live.values()]) {
      // What follows for a transaction may have decided about others of them.
      if (queue.live.get(copy.id) !== copy) continue;
      if (isAllThere) this.#kept(copy);
      else if (queue.isLossy || !copy.isOwed) this.#transactions.vanished(copy);
    }
  }

  #kept(copy: Copy): void {
    if (copy.isOwed) return;
    this.#books.note([copy], 'there after the restart');
    this.#transactions.survived(copy);
  }
}
