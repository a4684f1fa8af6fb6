/**
 * The scenarios' channel over an amqplib channel. amqp-connection-manager hands out the same
 * objects under its wrapper, so its adapter builds on this one.
 */
import type { ConfirmChannel, Channel as RawChannel, Message as RawMessage } from 'amqplib';
import { deferred } from '../deferred.ts';
import type {
  Channel,
  ConsumeOptions,
  Message,
  Properties,
  QueueOptions,
  QueueState,
  Returned,
  Subscription,
} from '../port.ts';

export class AmqplibChannel implements Channel {
  readonly closed: Promise<Error>;
  readonly #raw: RawChannel | ConfirmChannel;

  constructor(raw: RawChannel | ConfirmChannel) {
    this.#raw = raw;
    this.closed = new Promise((resolve) => {
      raw.on('error', resolve);
    });
  }

  async declareQueue(name: string, options: QueueOptions = {}): Promise<QueueState> {
    const { passive = false, temporary = false, ...rest } = options;
    return passive
      ? await this.#raw.checkQueue(name)
      : await this.#raw.assertQueue(name, { durable: false, exclusive: temporary, ...rest });
  }

  async deleteQueue(name: string): Promise<void> {
    await this.#raw.deleteQueue(name);
  }

  async bindQueue(queue: string, exchange: string, key: string, args = {}): Promise<void> {
    await this.#raw.bindQueue(queue, exchange, key, args);
  }

  async unbindQueue(queue: string, exchange: string, key: string): Promise<void> {
    await this.#raw.unbindQueue(queue, exchange, key);
  }

  async declareExchange(name: string, type: string): Promise<void> {
    await this.#raw.assertExchange(name, type, { durable: false, autoDelete: true });
  }

  async bindExchange(destination: string, source: string, key: string): Promise<void> {
    await this.#raw.bindExchange(destination, source, key);
  }

  publish(
    exchange: string,
    key: string,
    body: Buffer,
    properties: Properties & { mandatory?: boolean } = {},
  ): Promise<void> {
    const raw = this.#raw;
    if (!('waitForConfirms' in raw)) {
      raw.publish(exchange, key, body, properties);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      raw.publish(exchange, key, body, properties, (error: unknown) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  onReturn(listener: (message: Returned) => void): void {
    this.#raw.on('return', (raw) => listener(toReturned(raw)));
  }

  async consume(
    queue: string,
    listener: (message: Message) => void,
    options: ConsumeOptions = {},
  ): Promise<Subscription> {
    const { prefetch, noAck = false, tag, arguments: args = {} } = options;
    if (prefetch !== undefined) await this.#raw.prefetch(prefetch);
    const cancelled = deferred<void>();
    const { consumerTag } = await this.#raw.consume(
      queue,
      (raw) => (raw === null ? cancelled.resolve(undefined) : listener(toMessage(raw))),
      { noAck, arguments: args, ...(tag === undefined ? {} : { consumerTag: tag }) },
    );
    return { tag: consumerTag, cancelled: cancelled.promise };
  }

  async waitForConfirms(): Promise<void> {
    if ('waitForConfirms' in this.#raw) await this.#raw.waitForConfirms();
  }

  async cancel(tag: string): Promise<void> {
    await this.#raw.cancel(tag);
  }

  ack(message: Message, multiple = false): void {
    this.#raw.ack(message.raw as RawMessage, multiple);
  }

  nack(message: Message, multiple: boolean, requeue: boolean): void {
    this.#raw.nack(message.raw as RawMessage, multiple, requeue);
  }

  reject(message: Message, requeue: boolean): void {
    this.#raw.reject(message.raw as RawMessage, requeue);
  }

  async get(queue: string, noAck: boolean): Promise<Message | undefined> {
    const raw = await this.#raw.get(queue, { noAck });
    return raw === false ? undefined : { ...toMessage(raw), left: raw.fields.messageCount };
  }

  close(): Promise<void> {
    return this.#raw.close();
  }
}

export function toMessage(raw: RawMessage): Message {
  return {
    body: raw.content,
    properties: raw.properties as Properties,
    exchange: raw.fields.exchange,
    routingKey: raw.fields.routingKey,
    redelivered: raw.fields.redelivered,
    raw,
  };
}

export function toReturned(raw: RawMessage): Returned {
  const { replyCode, replyText } = raw.fields as unknown as Returned;
  return { ...toMessage(raw), replyCode, replyText };
}
