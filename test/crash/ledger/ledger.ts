/**
 * The clients' books: what was sent, promised, delivered and acked, in every queue.
 *
 * Responsible for being told everything by the clients. Talks to no broker, and answers with
 * nothing but violations. Deliveries are judged in deliveries.ts, restarts in restarts.ts.
 */
import type { Message as RawMessage } from 'amqplib';
import type { Kind, Violations } from '../violations.ts';
import { Books } from './books.ts';
import type { Copy, Message } from './copy.ts';
import { Deliveries } from './deliveries.ts';
import type { Chronicle } from './history.ts';
import type { Receiver } from './order.ts';
import { QueueLedger, type QueueTraits } from './queue-ledger.ts';
import { Restarts } from './restarts.ts';
import type { Transaction } from './transaction.ts';
import { Transactions } from './transactions.ts';

export class Ledger {
  readonly restarts: Restarts;
  readonly #books: Books;
  readonly #transactions: Transactions;
  readonly #deliveries: Deliveries;
  #lastId = 0;
  confirmedCount = 0;
  ackedCount = 0;

  constructor(violations: Violations, chronicle: Chronicle) {
    this.#books = new Books(violations, chronicle);
    this.#transactions = new Transactions(this.#books);
    this.#deliveries = new Deliveries(this.#books, this.#transactions);
    this.restarts = new Restarts(this.#books, this.#transactions);
  }

  get queues(): ReadonlyMap<string, QueueLedger> {
    return this.#books.queues;
  }

  addQueue(name: string, traits?: QueueTraits): QueueLedger {
    const queue = new QueueLedger(name, traits);
    this.#books.queues.set(name, queue);
    return queue;
  }

  queue(name: string): QueueLedger {
    return this.#books.queue(name);
  }

  /** A message is about to be sent. */
  send(
    stream: string,
    bytes: number,
    isPersistent: boolean,
    queues: readonly string[],
    transaction: Transaction | null = null,
  ): Message {
    const { round } = this.#books.chronicle;
    const id = ++this.#lastId;
    const copies: Copy[] = [];
    const message = { id, stream, bytes, isPersistent, round, copies, transaction };
    for (const name of queues) copies.push(this.queue(name).add(message));
    transaction?.copies.push(...copies);
    this.#books.note(copies, 'sent');
    return message;
  }

  confirmed({ copies }: Message): void {
    this.confirmedCount++;
    this.#books.note(copies, 'confirmed');
    for (const copy of copies) copy.isPromised = true;
  }

  /** Holds a delivery against the books; null when it should not have come. */
  delivered(queueName: string, raw: RawMessage, receiver: Receiver): Copy | null {
    return this.#deliveries.take(queueName, raw, receiver);
  }

  /** Acked, or rejected for good: not to come any more while the broker lives. */
  acked(copies: readonly Copy[]): void {
    this.ackedCount += copies.length;
    this.#books.note(copies, 'acked');
    for (const copy of copies) {
      copy.holder = null;
      copy.ackedIn = this.#books.chronicle.round;
    }
  }

  /** Acks that were sent before are known to last. */
  proved(copies: readonly Copy[]): void {
    this.#transactions.proved(copies);
  }

  /** Back in the queue: requeued, or its channel was closed. */
  putBack(copies: readonly Copy[]): void {
    this.#books.note(copies, 'put back');
    for (const copy of copies) {
      copy.holder = null;
      copy.queue.isMixed = true;
    }
  }

  /** The broker was asked to end. */
  stopping(): void {
    this.#books.isStopping = true;
  }

  /** Taken out for good by the last drain. */
  drained(copy: Copy): void {
    copy.queue.forget(copy);
  }

  begin(): Transaction {
    return this.#transactions.begin();
  }

  commitSent(transaction: Transaction): void {
    this.ackedCount += transaction.acks.length;
    this.#transactions.commitSent(transaction);
  }

  committed(transaction: Transaction): void {
    this.confirmedCount += new Set(transaction.copies.map(({ message }) => message)).size;
    this.#transactions.resolve(transaction, 'committed');
  }

  /** Rolled back; what was acked in it stays with its channel. */
  undone(transaction: Transaction): void {
    this.#transactions.resolve(transaction, 'undone');
  }

  violation(text: string, kind?: Kind): void {
    this.#books.violation(text, kind);
  }
}
