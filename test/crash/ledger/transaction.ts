/**
 * A transaction: publishes to several queues and acks, all of which count or none.
 *
 * When the broker was killed between commit and commit-ok either is right. The first sign of one
 * of its parts decides for all others; the ledger then holds these against it.
 */
import type { Copy } from './copy.ts';

export type TransactionState = 'open' | 'committing' | 'committed' | 'undone';

export class Transaction {
  readonly number: number;
  state: TransactionState = 'open';
  /** What showed, after the broker was killed, that it was committed or undone. */
  evidence: Copy | null = null;
  /** Of what was published in it. */
  readonly copies: Copy[] = [];
  /** What was acked or rejected in it. */
  readonly acks: Copy[] = [];

  constructor(number: number) {
    this.number = number;
  }

  /**
   * Whether neither "committed" nor "undone" explains what is there, after all queues were drained
   * and none of its copies came.
   */
  get isTorn(): boolean {
    if (this.state !== 'committing') return false;
    const isMissing = this.copies.some((copy) => copy.message.isPersistent && copy.ackedIn === 0);
    const isAcked = this.acks.some((copy) => copy.message.isPersistent && copy.isPromised);
    return isMissing && isAcked;
  }
}
