/**
 * Works in transactions: publishes to several queues, acks what it consumes from one, then commits,
 * rolls back, or closes its channel.
 */
import type { Message as RawMessage } from 'amqplib';
import type { Random } from '../../fuzz/random.ts';
import type { Copy } from '../ledger/copy.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { Receiver } from '../ledger/order.ts';
import type { Transaction } from '../ledger/transaction.ts';
import { closeChannel, type TxChannel } from '../link.ts';
import { bodyOf, propertiesOf, randomBytes } from '../payload.ts';
import type { Client, Stage } from '../stage.ts';
import { QUEUES, ROUTES } from '../topology.ts';

const PREFETCH = 40;
const MAX_BACKLOG = 3_000;
const PAUSE_MS = 10;

/** Messages of transactions would be lost without a trace in queues whose consumers do not ack. */
const unacked = new Set(QUEUES.filter(({ use }) => use === 'unacked').map(({ name }) => name));
const SAFE_ROUTES = ROUTES.filter(({ queues }) => !queues.some((each) => unacked.has(each)));

interface Held {
  readonly raw: RawMessage;
  readonly copy: Copy | null;
}

export class Transactor implements Client {
  readonly name: string;
  readonly #queue: string;
  #held: Held[] = [];

  constructor(name: string, queue: string) {
    this.name = name;
    this.#queue = queue;
  }

  async work(stage: Stage): Promise<void> {
    for (let channels = 1; stage.life.goesOn; channels++) {
      await this.#useChannel(stage, `${this.name}/${channels}`);
    }
  }

  async #useChannel({ life, ledger, link, random }: Stage, name: string): Promise<void> {
    const tx = await link.txChannel();
    const receiver = new Receiver(name);
    this.#held = [];
    await tx.channel.prefetch(PREFETCH);
    await tx.channel.consume(this.#queue, (raw) => {
      if (raw === null) ledger.violation(`${name} was cancelled by the broker`);
      else this.#held.push({ raw, copy: ledger.delivered(this.#queue, raw, receiver) });
    });
    while (life.goesOn) {
      const transaction = ledger.begin();
      this.#publish(tx, transaction, ledger, random);
      const settled = this.#settle(tx, transaction, random);
      if (random.oneIn(3)) await life.pause(random.below(PAUSE_MS));
      if (life.isOver) return;
      if (!life.goesOn || random.oneIn(30)) {
        // Closing the channel undoes what was not committed.
        ledger.undone(transaction);
        this.#held.push(...settled);
        break;
      }
      if (random.oneIn(10)) await this.#rollBack(tx, transaction, ledger, settled);
      else await this.#commit(tx, transaction, ledger);
    }
    if (life.isOver) return;
    ledger.putBack(this.#held.map(({ copy }) => copy).filter((copy) => copy !== null));
    this.#held = [];
    await closeChannel(tx.channel);
  }

  #publish(tx: TxChannel, transaction: Transaction, ledger: Ledger, random: Random): void {
    for (let left = random.below(6); left > 0; left--) {
      const { exchange, key, queues } = random.pick(SAFE_ROUTES);
      if (queues.some((queue) => ledger.queue(queue).live.size > MAX_BACKLOG)) continue;
      const bytes = randomBytes(random);
      const message = ledger.send(this.name, bytes, !random.oneIn(12), queues, transaction);
      tx.channel.publish(exchange, key, bodyOf(message), propertiesOf(message));
    }
  }

  /** Acks and rejects some of what is held, in the transaction; what it was. */
  #settle(tx: TxChannel, transaction: Transaction, random: Random): Held[] {
    const count = random.below(Math.min(this.#held.length, 20) + 1);
    const settled = this.#held.splice(0, count);
    const last = settled.at(-1);
    if (last === undefined) return [];
    if (random.oneIn(2)) tx.channel.ack(last.raw, true);
    else {
      for (const { raw } of settled) {
        if (random.oneIn(10)) tx.channel.reject(raw, false);
        else tx.channel.ack(raw);
      }
    }
    transaction.acks.push(...settled.map(({ copy }) => copy).filter((copy) => copy !== null));
    return settled;
  }

  async #commit(tx: TxChannel, transaction: Transaction, ledger: Ledger): Promise<void> {
    ledger.commitSent(transaction);
    await tx.commit();
    ledger.committed(transaction);
  }

  /** After it, what was settled is outstanding again. */
  async #rollBack(
    tx: TxChannel,
    transaction: Transaction,
    ledger: Ledger,
    settled: readonly Held[],
  ): Promise<void> {
    await tx.rollback();
    ledger.undone(transaction);
    this.#held.unshift(...settled);
  }
}
