/**
 * Direct reply-to on one channel (A9.7): a consumer on `amq.rabbitmq.reply-to` and the address that
 * replies to this channel are published to.
 *
 * Responsible for the one reply consumer that a channel may have. Replies wait in a queue that no
 * virtual host lists, so that a slow reader is bounded like any consumer. Not responsible for
 * rewriting reply-to (broker/inspection.ts) or for finding the queue by its address
 * (broker/vhost.ts).
 */
import { queueContextOf } from '../broker/context.ts';
import { errors } from '../broker/errors.ts';
import type { Queue } from '../broker/queue.ts';
import { ClassicQueue } from '../broker/queues/classic.ts';
import { REPLY_TO_PREFIX } from '../broker/vhost.ts';
import type { Channel } from './channel.ts';
import { ChannelConsumer } from './consumer.ts';

const NO_ARGUMENTS = new Map();

export class ReplyConsumer {
  readonly #channel: Channel;
  #queue: Queue | null = null;
  #consumer: ChannelConsumer | null = null;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /**
   * Starts the reply consumer.
   * @throws BrokerError precondition-failed when there is one, or when it would acknowledge
   */
  consume(tag: string, noAck: boolean): void {
    if (!noAck) throw errors.replyConsumerAcks();
    if (this.#queue !== null) throw errors.replyConsumerExists();
    const { broker } = this.#channel.connection.host;
    const queue = new ClassicQueue(
      // In two parts, as RabbitMQ's: a place and a key.
      `${broker.randomName(`${broker.randomName(REPLY_TO_PREFIX)}.`)}==`,
      {
        durable: false,
        autoDelete: false,
        owner: this.#channel.connection,
        number: null,
        arguments: NO_ARGUMENTS,
      },
      queueContextOf(broker, {
        vhost: this.#channel.vhost.name,
        storeFor: () => null,
        deadLetters: this.#channel.vhost.deadLetters,
        delays: this.#channel.vhost.delays,
        onExpired: () => undefined,
        onUnused: (unused) => {
          broker.replyQueues.delete(unused.name);
          unused.delete();
        },
      }),
    );
    const consumer = new ChannelConsumer(this.#channel, queue, {
      tag,
      noAck,
      exclusive: false,
      priority: 0,
      arguments: NO_ARGUMENTS,
      prefetch: 0,
      isReply: true,
    });
    broker.replyQueues.set(queue.name, queue);
    queue.consume(consumer);
    this.#queue = queue;
    this.#consumer = consumer;
  }

  /** @throws BrokerError precondition-failed when nobody consumes replies on this channel */
  address(): string {
    if (this.#queue === null) throw errors.replyConsumerMissing();
    return this.#queue.name;
  }

  /** The consumer's tag, which is not among those of the channel; null without a consumer. */
  get tag(): string | null {
    return this.#consumer?.tag ?? null;
  }

  /** Ends the reply consumer, if there is one; its queue goes with it. */
  cancel(): void {
    const consumer = this.#consumer;
    this.#consumer = null;
    this.#queue = null;
    consumer?.queue.cancel(consumer);
  }
}
