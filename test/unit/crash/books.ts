// A ledger with what a broker would deliver, for tests that play the broker's part.
import type { Message as RawMessage } from 'amqplib';
import type { Copy, Message } from '../../crash/ledger/copy.ts';
import { Chronicle } from '../../crash/ledger/history.ts';
import { Ledger } from '../../crash/ledger/ledger.ts';
import { Receiver } from '../../crash/ledger/order.ts';
import type { QueueTraits } from '../../crash/ledger/queue-ledger.ts';
import type { Transaction } from '../../crash/ledger/transaction.ts';
import { bodyOf, propertiesOf } from '../../crash/payload.ts';
import { Violations } from '../../crash/violations.ts';

export class Books {
  readonly violations = new Violations();
  readonly chronicle = new Chronicle();
  readonly ledger = new Ledger(this.violations, this.chronicle);
  readonly receiver = new Receiver('consumer');

  constructor(queues: Readonly<Record<string, QueueTraits>>) {
    this.chronicle.round = 1;
    for (const [name, traits] of Object.entries(queues)) this.ledger.addQueue(name, traits);
  }

  /** What was found, one text each. */
  get found(): string[] {
    return this.violations.kept.map(({ text }) => text);
  }

  send(queues: string | readonly string[], transaction: Transaction | null = null): Message {
    const names = typeof queues === 'string' ? [queues] : queues;
    return this.ledger.send('publisher', 10, true, names, transaction);
  }

  /** One that the broker has confirmed. */
  sent(queues: string | readonly string[]): Message {
    const message = this.send(queues);
    this.ledger.confirmed(message);
    return message;
  }

  /** The broker delivers it, as it is or with other octets. */
  deliver(queue: string, message: Message, redelivered = false, raw?: Partial<RawMessage>) {
    return this.ledger.delivered(
      queue,
      { ...rawOf(message, redelivered), ...raw },
      this.receiver,
    ) as Copy;
  }

  /** The broker is killed and started again, with as many messages in each queue. */
  restart(counts: Readonly<Record<string, number>> = {}): void {
    this.ledger.restarts.endRound();
    this.chronicle.round++;
    const numbers = Object.entries(counts).map(
      ([name, count]) => [this.ledger.queue(name), count] as const,
    );
    this.ledger.restarts.counted(new Map(numbers));
  }
}

function rawOf(message: Message, redelivered: boolean): RawMessage {
  const { persistent, ...properties } = propertiesOf(message);
  return {
    content: Buffer.from(bodyOf(message)),
    fields: { deliveryTag: 1, redelivered, exchange: '', routingKey: '' },
    properties: { ...properties, deliveryMode: persistent === true ? 2 : 1 },
  } as unknown as RawMessage;
}
