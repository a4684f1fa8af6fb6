/** A message, and its copies: one in each queue that it was routed to. */
import type { QueueLedger } from './queue-ledger.ts';
import type { Transaction } from './transaction.ts';

export interface Message {
  /** Rises with every message that is sent, whoever sends it. */
  readonly id: number;
  /** Who sent it: messages of one stream keep their order in every queue. */
  readonly stream: string;
  readonly bytes: number;
  readonly isPersistent: boolean;
  /** The round it was sent in. */
  readonly round: number;
  readonly copies: Copy[];
  /** The transaction that it was published in. */
  readonly transaction: Transaction | null;
}

export class Copy {
  readonly message: Message;
  readonly queue: QueueLedger;
  /** The broker has said that it is kept. */
  isPromised = false;
  /** It was delivered to somebody, in whatever round. */
  wasSeen = false;
  /** The channel that it is unacked on. */
  holder: object | null = null;
  /** The round in which it was acked, without proof that this will last; 0: not acked. */
  ackedIn = 0;
  /** The transaction that acked it, while it is not known whether it was committed. */
  acker: Transaction | null = null;
  /** The transaction that acked it last, as far as is known what became of it. */
  lastAcker: Transaction | null = null;
  readonly history: number[] = [];

  constructor(message: Message, queue: QueueLedger) {
    this.message = message;
    this.queue = queue;
  }

  get id(): number {
    return this.message.id;
  }

  /** Whether it has to be there: promised, and nobody tried to have it removed. */
  get isOwed(): boolean {
    return this.isPromised && this.ackedIn === 0 && this.message.isPersistent;
  }
}
