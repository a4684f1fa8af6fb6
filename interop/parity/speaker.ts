/**
 * One connection of a parity scenario. Sends what it is told, right or wrong, and takes whatever
 * comes: an answer, a close, the end, or nothing within the deadline. It answers closes, as any
 * client does, and expects nothing; what arrived is in `wire.history`. Not responsible for showing
 * it (transcript.ts).
 */

import type { Properties } from '../../protocol/properties.ts';
import type { MethodFields, MethodName } from '../../protocol/spec.ts';
import type { Peer } from '../../test/support/peer.ts';
import { type Arrival, DEADLINE_MS, type Wire } from '../../test/support/wire.ts';

/** Where `put` publishes; what comes back there is not part of a transcript. */
const PUT_CHANNEL = 1000;
/** How often `until` looks again, and how many times at most: deadlines of the wire are longer. */
const POLL_MS = 10;
/** How long `vanishes` leaves a queue alone: longer than any scenario's expiry. */
const UNUSED_MS = 500;

export class Speaker {
  readonly peer: Peer;
  /** c1, c2 and so on: in the order in which a scenario connects. */
  readonly label: string;
  /** What came in answer to `fence`, `put` or `count`: no part of a transcript. */
  readonly hidden = new Set<Arrival>();
  /** What a scenario noted, in order, to be compared as well. */
  readonly notes: string[];
  /** Waits that ended with nothing. */
  readonly vain: string[] = [];
  /** Where the wire's history begins to count: behind the handshake, if that is not compared. */
  readonly from: number;
  endIsCompared = true;
  readonly #open = new Set<number>();
  #left = false;

  constructor(peer: Peer, label: string, notes: string[], options: { withStart?: boolean } = {}) {
    this.peer = peer;
    this.label = label;
    this.notes = notes;
    this.from = options.withStart ? 0 : peer.wire.history.length;
  }

  get wire(): Wire {
    return this.peer.wire;
  }

  async open(...channels: number[]): Promise<void> {
    for (const channel of channels) {
      await this.ask(channel, 'channel.open');
    }
  }

  /** Sends a method and waits for nothing. */
  tell<N extends MethodName>(
    channel: number,
    name: N,
    fields: Partial<MethodFields<N>> = {},
  ): void {
    this.peer.send(channel, name, fields);
  }

  /** Sends a method and takes what comes next on its channel. */
  async ask<N extends MethodName>(
    channel: number,
    name: N,
    fields: Partial<MethodFields<N>> = {},
  ): Promise<Arrival | undefined> {
    this.tell(channel, name, fields);
    if (name === 'channel.open') this.#open.add(channel);
    return await this.take(channel);
  }

  publish(
    channel: number,
    fields: Partial<MethodFields<'basic.publish'>>,
    properties: Properties | Buffer = {},
    body: Buffer | string = 'm',
  ): void {
    this.peer.publish(channel, fields, properties, body);
  }

  /**
   * Takes what comes next on a channel; undefined when the connection ended or nothing came. A
   * connection.close is taken wherever it is waited.
   */
  async take(channel: number): Promise<Arrival | undefined> {
    const arrival = await this.#wait(channel);
    if (arrival?.method.name === 'channel.close') {
      this.tell(channel, 'channel.close-ok');
      this.#open.delete(channel);
    } else if (arrival?.method.name === 'channel.close-ok') {
      this.#open.delete(channel);
    } else if (arrival?.method.name === 'connection.close') {
      this.tell(0, 'connection.close-ok');
      this.#left = true;
    }
    return arrival;
  }

  /** Takes several, and stops early when one of them is missing. */
  async takeMany(channel: number, count: number): Promise<Arrival[]> {
    const taken: Arrival[] = [];
    while (taken.length < count) {
      const arrival = await this.take(channel);
      if (arrival === undefined) break;
      taken.push(arrival);
    }
    return taken;
  }

  /** Waits until the other side has closed the stream. */
  async ends(): Promise<void> {
    this.#left = true;
    await this.#until(() => (this.wire.ended ? true : undefined), 'the end');
  }

  /**
   * A round trip on a channel that changes nothing and leaves no trace; what was on its way has
   * arrived after it. With a queue, by way of that queue first.
   */
  async fence(channel: number, queue?: string): Promise<void> {
    if (queue !== undefined) await this.count(channel, queue);
    await this.#pass(channel, 'exchange.declare', { exchange: 'amq.direct', passive: true });
  }

  /** Ready messages and consumers of a queue, without a trace; undefined when it is not there. */
  async count(
    channel: number,
    queue: string,
  ): Promise<{ messages: number; consumers: number } | undefined> {
    const arrival = await this.#pass(channel, 'queue.declare', { queue, passive: true });
    if (arrival?.method.name !== 'queue.declare-ok') return undefined;
    const { messageCount, consumerCount } = arrival.method as MethodFields<'queue.declare-ok'>;
    return { messages: messageCount, consumers: consumerCount };
  }

  /** Waits until a queue has this many ready messages: RabbitMQ's counts may come late. */
  async ready(channel: number, queue: string, messages: number): Promise<void> {
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const counted = await this.count(channel, queue);
      if (counted === undefined || counted.messages === messages) return;
      if (Date.now() > deadline) {
        this.vain.push(`${messages} messages in ${queue}: ${counted.messages}`);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Waits until a queue is gone; closes the channel by that, and opens it again. */
  async vanishes(channel: number, queue: string): Promise<void> {
    const deadline = Date.now() + DEADLINE_MS;
    do {
      if (Date.now() > deadline) {
        this.vain.push(`the end of ${queue}`);
        return;
      }
      // To look is to use it, which puts off the end of a queue that expires.
      await new Promise((resolve) => setTimeout(resolve, UNUSED_MS));
    } while ((await this.count(channel, queue)) !== undefined);
    await this.take(channel);
    await this.open(channel);
  }

  /** Whether a channel was closed, by either side. */
  closed(channel: number): boolean {
    return !this.#open.has(channel);
  }

  /** Publishes and waits until the broker has the message, without a trace. */
  async put(
    fields: Partial<MethodFields<'basic.publish'>>,
    properties: Properties | Buffer = {},
    body: Buffer | string = 'm',
  ): Promise<void> {
    if (!this.#open.has(PUT_CHANNEL)) {
      this.#open.add(PUT_CHANNEL);
      await this.#pass(PUT_CHANNEL, 'channel.open', {});
      await this.#pass(PUT_CHANNEL, 'confirm.select', {});
    }
    this.publish(PUT_CHANNEL, fields, properties, body);
    const arrival = await this.take(PUT_CHANNEL);
    if (arrival !== undefined) this.hidden.add(arrival);
    if (arrival?.method.name === 'basic.ack') return;
    throw new Error(`put: ${arrival?.method.name ?? 'nothing'} came in place of basic.ack`);
  }

  /** Puts one message for each body into a queue, in order. */
  async fill(queue: string, ...bodies: string[]): Promise<void> {
    for (const body of bodies) await this.put({ routingKey: queue }, {}, body);
  }

  note(text: string): void {
    this.notes.push(`${this.label}: ${text}`);
  }

  /** Lets everything arrive that is on its way to the channels that are open. */
  async settle(): Promise<void> {
    for (const channel of [...this.#open]) {
      if (this.#left || this.wire.ended || channel === PUT_CHANNEL) continue;
      await this.fence(channel);
      await this.fence(channel);
    }
  }

  /** Says that nothing more is asked of this connection, and whether it ended is not compared. */
  leave(): void {
    this.#left = true;
    this.endIsCompared = false;
  }

  /** A synchronous method whose answer is taken out of the order of what else comes. */
  async #pass<N extends MethodName>(
    channel: number,
    name: N,
    fields: Partial<MethodFields<N>>,
  ): Promise<Arrival | undefined> {
    this.tell(channel, name, fields);
    const answer = `${name}-ok`;
    const found = await this.#until(() => {
      const inbox = this.wire.inbox(channel);
      const at = inbox.findIndex(({ method }) => method.name === answer);
      if (at < 0) return this.#endOf(inbox.find(isClose) ?? this.wire.inbox(0).find(isClose));
      const [arrival] = inbox.splice(at, 1);
      this.hidden.add(arrival as Arrival);
      return { arrival };
    }, answer);
    return found?.arrival;
  }

  async #wait(channel: number): Promise<Arrival | undefined> {
    const found = await this.#until(() => {
      const arrival = this.wire.inbox(channel).shift();
      if (arrival !== undefined) return { arrival };
      const close = channel === 0 ? undefined : this.wire.inbox(0).find(isClose);
      if (close !== undefined) return { arrival: this.wire.inbox(0).shift() };
      return this.#endOf(undefined);
    }, `something on channel ${channel}`);
    return found?.arrival;
  }

  #endOf(close: Arrival | undefined): { arrival: undefined } | undefined {
    if (this.wire.failure !== undefined) throw this.wire.failure;
    return close !== undefined || this.wire.ended ? { arrival: undefined } : undefined;
  }

  async #until<T>(attempt: () => T | undefined, what: string): Promise<T | undefined> {
    try {
      return await this.wire.until(attempt, () => what);
    } catch (error) {
      if (this.wire.failure !== undefined) throw error;
      this.vain.push((error as Error).message);
      return undefined;
    }
  }
}

function isClose({ method }: Arrival): boolean {
  return method.name === 'channel.close' || method.name === 'connection.close';
}
