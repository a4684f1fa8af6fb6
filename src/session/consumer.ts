/**
 * A consumer on a channel: credit, and deliveries as frames.
 *
 * Responsible for prefetch (spec 1.8.3.1, A7.1), for waiting while the connection cannot take more,
 * and for basic.deliver. Not responsible for whose turn it is (broker/dispatcher.ts).
 */
import {
  deliverStart,
  deliverTagOffset,
  deliverTemplate,
  writeDeliver,
} from '../../protocol/hot.ts';
import { Octets } from '../../protocol/octets.ts';
import type { FieldTable } from '../../protocol/table.ts';
import type { Consumer } from '../broker/consumer.ts';
import type { Address, Message, QueueEntry } from '../broker/message.ts';
import type { Queue } from '../broker/queue.ts';
import type { Channel } from './channel.ts';
import { copyableContentBytes, copyContent, writeWithContent } from './content-writer.ts';
import type { Output } from './output.ts';
import { Unacked } from './unacked.ts';

/** What basic.consume asks for. */
export interface ConsumerProperties {
  readonly tag: string;
  readonly noAck: boolean;
  readonly exclusive: boolean;
  readonly priority: number;
  readonly arguments: FieldTable;
  /** Most deliveries outstanding at a time; 0 for any number. */
  readonly prefetch: number;
  /** Direct replies use up no delivery tag: all carry the one that comes next (A9.7). */
  readonly isReply?: true;
}

const EMPTY = Buffer.alloc(0);

export class ChannelConsumer implements Consumer {
  readonly tag: string;
  readonly queue: Queue;
  readonly noAck: boolean;
  readonly exclusive: boolean;
  readonly priority: number;
  readonly arguments: FieldTable;
  /** Most deliveries outstanding at a time; 0 for any number. */
  readonly prefetch: number;
  parked = false;
  /** Set while the connection has it on its list of those that wait for room. */
  stalled = false;
  readonly #channel: Channel;
  readonly #output: Output;
  readonly #isReply: boolean;
  #unacked = 0;
  /** The deliver frame for `#address`, to be copied and patched. */
  #template: Buffer = EMPTY;
  #address: Address | null = null;
  /** What all its deliver frames begin with. */
  readonly #start: Buffer;
  readonly #tagOffset: number;

  constructor(channel: Channel, queue: Queue, properties: ConsumerProperties) {
    this.#channel = channel;
    this.#output = channel.connection.output;
    this.queue = queue;
    this.tag = properties.tag;
    this.noAck = properties.noAck;
    this.exclusive = properties.exclusive;
    this.priority = properties.priority;
    this.arguments = properties.arguments;
    this.prefetch = properties.prefetch;
    this.#isReply = properties.isReply === true;
    this.#start = deliverStart(channel.number, properties.tag);
    this.#tagOffset = deliverTagOffset(this.#start);
  }

  isReady(): boolean {
    if (!this.#channel.connection.canDeliver) return false;
    // One without acks uses up no room, but waits for it like the others (limiter of RabbitMQ).
    if (!this.#isReply && !this.#channel.hasGlobalCredit) return false;
    return this.noAck || this.prefetch === 0 || this.#unacked < this.prefetch;
  }

  park(): void {
    const { connection } = this.#channel;
    if (!connection.canDeliver) connection.waitForRoom(this);
    else if (!this.#channel.hasGlobalCredit) this.#channel.waitForCredit(this);
  }

  /** Takes part again if it waited and can. */
  wake(): void {
    if (this.rejoin()) this.queue.dispatch();
  }

  /** As wake(), but leaves it to the caller to dispatch its queue; whether there is reason to. */
  rejoin(): boolean {
    if (!this.parked) return false;
    if (!this.isReady()) {
      this.park();
      return false;
    }
    this.queue.activate(this);
    return true;
  }

  /** One of its deliveries was settled; to be woken is the channel's business. */
  settled(): void {
    this.#unacked--;
    this.#channel.outstanding--;
  }

  deliver(message: Message, entry: QueueEntry | null, redelivered: boolean): void {
    const channel = this.#channel;
    const tag = channel.lastDeliveryTag + 1;
    if (!this.#isReply) channel.lastDeliveryTag = tag;
    if (entry !== null) {
      this.#unacked++;
      channel.outstanding++;
      channel.unacked.add(new Unacked(tag, entry, this.queue, this));
    }
    const { firehose } = channel.vhost;
    if (firehose !== null) firehose.delivered(message, this.queue.name, redelivered, channel.party);
    const template = this.#templateFor(message.address);
    const frameMax = channel.connection.frameMax;
    const content = copyableContentBytes(message, frameMax);
    if (content === 0) {
      const method = new Octets(Buffer.allocUnsafe(template.length));
      writeDeliver(method, 0, template, this.#tagOffset, tag, redelivered);
      writeWithContent(this.#output, method.bytes, channel.number, message, frameMax);
    } else {
      const at = this.#output.reserve(template.length + content);
      const slab = this.#output.slab;
      const p = writeDeliver(slab, at, template, this.#tagOffset, tag, redelivered);
      copyContent(slab, p, channel.number, message);
    }
  }

  cancelledByBroker(): void {
    this.#channel.consumerCancelled(this);
  }

  /** The deliver frame for `address`; made anew only when the one before was another. */
  #templateFor(address: Address): Buffer {
    if (address !== this.#address) {
      this.#address = address;
      this.#template = deliverTemplate(this.#start, address.names);
    }
    return this.#template;
  }
}
