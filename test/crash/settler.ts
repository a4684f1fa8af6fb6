/**
 * The deliveries of one channel: which are outstanding, what is acked how, and the proof that acks
 * last. Keeps the ledger told.
 */
import type { ConfirmChannel, Message as RawMessage } from 'amqplib';
import type { Copy } from './ledger/copy.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Receiver } from './ledger/order.ts';
import { closeChannel } from './link.ts';
import type { Markers } from './markers.ts';

interface Delivery {
  readonly raw: RawMessage;
  /** null for one that should not have come, and is only got rid of. */
  readonly copy: Copy | null;
}

export class Settler {
  readonly #channel: ConfirmChannel;
  readonly #ledger: Ledger;
  readonly #markers: Markers;
  readonly receiver: Receiver;
  /** In the order in which they came, which is that of their tags. */
  readonly #outstanding = new Map<number, Delivery>();
  #unproved: Copy[] = [];

  constructor(channel: ConfirmChannel, receiver: Receiver, ledger: Ledger, markers: Markers) {
    this.#channel = channel;
    this.receiver = receiver;
    this.#ledger = ledger;
    this.#markers = markers;
  }

  /** Tags of what is outstanding, oldest first. */
  get tags(): number[] {
    return [...this.#outstanding.keys()];
  }

  get outstandingCount(): number {
    return this.#outstanding.size;
  }

  get unprovedCount(): number {
    return this.#unproved.length;
  }

  /** Takes a delivery; its tag. */
  take(queue: string, raw: RawMessage): number {
    const copy = this.#ledger.delivered(queue, raw, this.receiver);
    const { deliveryTag } = raw.fields;
    this.#outstanding.set(deliveryTag, { raw, copy });
    return deliveryTag;
  }

  /** Takes a delivery that needs no ack: the broker has let go of it. */
  takeAcked(queue: string, raw: RawMessage): void {
    const copy = this.#ledger.delivered(queue, raw, this.receiver);
    this.#settled([copy]);
  }

  ack(tag: number): void {
    const { raw, copy } = this.#remove(tag);
    this.#channel.ack(raw);
    this.#settled([copy]);
  }

  /** Acks or rejects all up to a tag. */
  settleUpTo(tag: number, how: 'ack' | 'drop'): void {
    const { raw } = this.#outstanding.get(tag) as Delivery;
    const copies = this.tags.filter((each) => each <= tag).map((each) => this.#remove(each).copy);
    if (how === 'ack') this.#channel.ack(raw, true);
    else this.#channel.nack(raw, true, false);
    this.#settled(copies);
  }

  /** Rejects one for good. */
  drop(tag: number, how: 'nack' | 'reject'): void {
    const { raw, copy } = this.#remove(tag);
    if (how === 'nack') this.#channel.nack(raw, false, false);
    else this.#channel.reject(raw, false);
    this.#settled([copy]);
  }

  requeue(tag: number, how: 'nack' | 'reject'): void {
    const { raw, copy } = this.#remove(tag);
    if (copy !== null) this.#ledger.putBack([copy]);
    if (how === 'nack') this.#channel.nack(raw, false, true);
    else this.#channel.reject(raw, true);
  }

  /** Sends a marker behind the acks so far; resolves when they are proved, or never will be. */
  async prove(): Promise<void> {
    const copies = this.#unproved;
    if (copies.length === 0) return;
    this.#unproved = [];
    await this.#markers.send(this.#channel, () => this.#ledger.proved(copies));
  }

  /** Closes the channel: what is outstanding goes back. */
  async close(): Promise<void> {
    const copies = [...this.#outstanding.values()].map(({ copy }) => copy);
    this.#outstanding.clear();
    this.#ledger.putBack(copies.filter((copy) => copy !== null));
    await closeChannel(this.#channel);
  }

  #remove(tag: number): Delivery {
    const delivery = this.#outstanding.get(tag);
    if (delivery === undefined) throw new Error(`no delivery ${tag} is outstanding`);
    this.#outstanding.delete(tag);
    return delivery;
  }

  #settled(copies: readonly (Copy | null)[]): void {
    const own = copies.filter((copy) => copy !== null);
    this.#ledger.acked(own);
    this.#unproved.push(...own);
  }
}
