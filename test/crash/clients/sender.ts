/**
 * Publishing on a confirm channel with a window: the ledger is told of each message before it is
 * sent, and of each confirm.
 */
import type { ConfirmChannel, Message as RawMessage } from 'amqplib';
import type { Message } from '../ledger/copy.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { bodyOf, propertiesOf, readId } from '../payload.ts';
import { NOWHERE_KEY, type Route } from '../topology.ts';

export class Sender {
  readonly #channel: ConfirmChannel;
  readonly #stream: string;
  readonly #ledger: Ledger;
  readonly #returned = new Set<number>();
  #waiting: (() => void)[] = [];
  inFlight = 0;

  constructor(channel: ConfirmChannel, stream: string, ledger: Ledger) {
    this.#channel = channel;
    this.#stream = stream;
    this.#ledger = ledger;
    channel.on('return', (raw: RawMessage) => this.#onReturn(raw));
  }

  send(route: Route, bytes: number, isPersistent: boolean, mandatory: boolean): void {
    const { exchange, key, queues } = route;
    const message = this.#ledger.send(this.#stream, bytes, isPersistent, queues);
    const isDeadEnd = mandatory && queues.length === 0;
    this.inFlight++;
    const options = { ...propertiesOf(message), mandatory };
    this.#channel.publish(exchange, key, bodyOf(message), options, (error: unknown) => {
      this.inFlight--;
      if (error) this.#failed(message, error as Error);
      else this.#confirmed(message, isDeadEnd);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  /** Waits until fewer than `window` messages are unconfirmed, or the channel is gone. */
  async waitForRoom(window: number): Promise<void> {
    while (this.inFlight >= window) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  #confirmed(message: Message, isDeadEnd: boolean): void {
    this.#ledger.confirmed(message);
    if (!isDeadEnd || this.#returned.delete(message.id)) return;
    this.#ledger.violation(`${this.#stream}:${message.id} was confirmed and never returned`);
  }

  /** A channel that is gone says nothing about its messages; a nack should not happen. */
  #failed({ id }: Message, { message }: Error): void {
    if (message !== 'message nacked') return;
    this.#ledger.violation(`${this.#stream}:${id} was refused with basic.nack`);
  }

  #onReturn(raw: RawMessage): void {
    const id = readId(raw);
    if (id === null) this.#ledger.violation(`${this.#stream} got back what it never sent`);
    else this.#returned.add(id);
    if (raw.fields.routingKey === NOWHERE_KEY) return;
    const { exchange, routingKey } = raw.fields;
    const where = `'${exchange}' with key '${routingKey}'`;
    this.#ledger.violation(`${this.#stream}:${id} came back from ${where}: a binding is missing`);
  }
}
