/** Holds each delivery against the books: may it come, is it whole, in order, rightly flagged? */
import type { Message as RawMessage } from 'amqplib';
import { describeDamage, readId } from '../payload.ts';
import type { Books } from './books.ts';
import type { Copy } from './copy.ts';
import type { Receiver } from './order.ts';
import type { QueueLedger } from './queue-ledger.ts';
import type { Transactions } from './transactions.ts';

export class Deliveries {
  readonly #books: Books;
  readonly #transactions: Transactions;

  constructor(books: Books, transactions: Transactions) {
    this.#books = books;
    this.#transactions = transactions;
  }

  /** Takes a delivery; null when it should not have come. */
  take(queueName: string, raw: RawMessage, receiver: Receiver): Copy | null {
    const queue = this.#books.queue(queueName);
    const id = readId(raw);
    const copy = id === null ? undefined : queue.live.get(id);
    if (copy === undefined) {
      this.#unexpected(queue, raw, id, receiver);
      return null;
    }
    const { redelivered } = raw.fields;
    const { round } = this.#books.chronicle;
    const { message } = copy;
    const faults = [
      describeDamage(raw, message),
      this.#wronglyAgain(copy, redelivered),
      message.transaction?.state === 'open' ? 'came before its transaction was committed' : null,
      this.#outOfOrder(copy, redelivered, receiver),
    ];
    for (const fault of faults) if (fault !== null) this.#books.found(copy, fault, receiver);
    this.#books.note([copy], redelivered ? 'delivered as redelivered' : 'delivered');
    if (message.round !== round) this.#transactions.survived(copy);
    copy.ackedIn = 0;
    copy.wasSeen = true;
    copy.holder = receiver;
    return copy;
  }

  #unexpected(queue: QueueLedger, raw: RawMessage, id: number | null, receiver: Receiver): void {
    const history = id === null ? undefined : queue.gone.get(id);
    const who = `${receiver.name} got from ${queue.name}`;
    const what = `message ${raw.properties.messageId} (redelivered: ${raw.fields.redelivered})`;
    const why =
      history === undefined
        ? 'which was never published to it'
        : `which must not come any more: [${this.#books.chronicle.describe(history)}]`;
    this.#books.violation(`${who} ${what}, ${why}`);
  }

  /** Whether it may come again, as it does. */
  #wronglyAgain({ holder, ackedIn, wasSeen }: Copy, redelivered: boolean): string | null {
    const { isStopping, chronicle } = this.#books;
    if (isStopping) return null;
    if (wasSeen && !redelivered) return 'came again without the redelivered flag';
    if (holder !== null) return 'came again while it was unacked elsewhere';
    if (ackedIn === chronicle.round) return 'came again after its ack, with no restart between';
    return null;
  }

  #outOfOrder(copy: Copy, redelivered: boolean, receiver: Receiver): string | null {
    const { queue, id, wasSeen } = copy;
    const { stream } = copy.message;
    const befores = [
      wasSeen || redelivered ? null : receiver.firstsOf(queue.name).follow(stream, id),
      queue.isSingle && !wasSeen ? queue.firsts.follow(stream, id) : null,
      queue.isSingle && !queue.isMixed && !this.#books.isStopping
        ? queue.inRound.follow(stream, id)
        : null,
    ];
    const before = befores.find((each) => each !== null);
    if (before === undefined || before === null) return null;
    const other = queue.live.get(before)?.history ?? queue.gone.get(before) ?? [];
    return `came behind ${stream}:${before} [${this.#books.chronicle.describe(other)}]`;
  }
}
