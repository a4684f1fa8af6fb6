/**
 * The transactions of the run, and what follows for messages once one is known to be committed or
 * undone.
 */
import type { Books } from './books.ts';
import type { Copy } from './copy.ts';
import { Transaction } from './transaction.ts';

export class Transactions {
  readonly #books: Books;
  readonly #unresolved = new Set<Transaction>();
  #last = 0;

  constructor(books: Books) {
    this.#books = books;
  }

  get unresolved(): readonly Transaction[] {
    return [...this.#unresolved];
  }

  begin(): Transaction {
    const transaction = new Transaction(++this.#last);
    this.#unresolved.add(transaction);
    return transaction;
  }

  /** From now on both outcomes are right, until commit-ok. */
  commitSent(transaction: Transaction): void {
    const { copies, acks } = transaction;
    transaction.state = 'committing';
    this.#books.note([...copies, ...acks], 'commit sent');
    for (const copy of acks) {
      copy.holder = null;
      copy.ackedIn = this.#books.chronicle.round;
      copy.acker = transaction;
    }
  }

  /** It is known what became of it. Does nothing when it was known before. */
  resolve(
    transaction: Transaction,
    state: 'committed' | 'undone',
    evidence: Copy | null = null,
  ): void {
    if (!this.#unresolved.delete(transaction)) return;
    transaction.state = state;
    transaction.evidence = evidence;
    this.#books.note([...transaction.copies, ...transaction.acks], state);
    for (const copy of transaction.copies) {
      if (!isLive(copy)) continue;
      if (state === 'committed') copy.isPromised = true;
      else copy.queue.forget(copy);
    }
    for (const copy of transaction.acks) {
      if (copy.acker !== transaction) continue;
      copy.lastAcker = transaction;
      copy.acker = null;
      if (state === 'committed') this.proved([copy]);
      else copy.ackedIn = 0;
    }
  }

  /** Acks that were sent before are known to last. */
  proved(copies: readonly Copy[]): void {
    for (const copy of copies) {
      if (!isLive(copy)) continue;
      this.#books.gone(copy, 'ack safe');
      const { transaction } = copy.message;
      if (transaction !== null) this.resolve(transaction, 'committed', copy);
    }
  }

  /** The copy is there after a restart: it will not go away, and no ack of it was kept. */
  survived(copy: Copy): void {
    const { acker } = copy;
    const { transaction } = copy.message;
    copy.isPromised = true;
    copy.ackedIn = 0;
    if (acker !== null) this.resolve(acker, 'undone', copy);
    if (transaction !== null) this.resolve(transaction, 'committed', copy);
  }

  /** The copy is not there after a restart. */
  vanished(copy: Copy): void {
    const { acker, isPromised, ackedIn } = copy;
    const { transaction } = copy.message;
    this.#books.gone(copy, 'absent after the restart');
    if (acker !== null && isPromised) this.resolve(acker, 'committed', copy);
    if (transaction !== null && ackedIn === 0) this.resolve(transaction, 'undone', copy);
  }
}

function isLive(copy: Copy): boolean {
  return copy.queue.live.get(copy.id) === copy;
}
