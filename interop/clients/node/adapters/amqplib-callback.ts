/**
 * The scenarios' connection and channel over amqplib's callback API: what rascal hands out where it
 * has no call of its own.
 */
import type { Message as RawMessage } from 'amqplib';
import type { ConfirmChannel, Connection, Channel as RawChannel } from 'amqplib/callback_api';
import { deferred } from '../deferred.ts';
import type {
  Channel,
  ConsumeOptions,
  Link,
  Message,
  Properties,
  QueueOptions,
  QueueState,
  Returned,
  Subscription,
} from '../port.ts';
import { toMessage, toReturned } from './amqplib-channel.ts';

type Done<T> = (error: Error | null, result: T) => void;

/** Calls what reports to a callback. */
function call<T>(run: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    run((error, result) => (error ? reject(error) : resolve(result)));
  });
}

export function callbackLink(connection: Connection): Link {
  const lost = deferred<Error>();
  let open = true;
  connection.on('error', lost.resolve);
  connection.on('close', () => {
    open = false;
  });
  return {
    lost: lost.promise,
    serverProperties: { ...connection.connection.serverProperties },
    onBlocked(listener) {
      connection.on('blocked', listener);
      connection.on('unblocked', () => listener(null));
    },
    async channel(mode = 'plain') {
      const raw = await call<RawChannel | ConfirmChannel>((done) => {
        if (mode === 'confirm') connection.createConfirmChannel(done);
        else connection.createChannel(done);
      });
      return new CallbackChannel(raw);
    },
    async close() {
      if (open) await call((done) => connection.close((error) => done(error, undefined)));
    },
  };
}

class CallbackChannel implements Channel {
  readonly closed: Promise<Error>;
  readonly #raw: RawChannel | ConfirmChannel;

  constructor(raw: RawChannel | ConfirmChannel) {
    this.#raw = raw;
    this.closed = new Promise((resolve) => {
      raw.on('error', resolve);
    });
  }

  declareQueue(name: string, options: QueueOptions = {}): Promise<QueueState> {
    const { passive = false, temporary = false, ...rest } = options;
    const all = { durable: false, exclusive: temporary, ...rest };
    return call((done) => {
      if (passive) this.#raw.checkQueue(name, done);
      else this.#raw.assertQueue(name, all, done);
    });
  }

  async deleteQueue(name: string): Promise<void> {
    await call((done) => this.#raw.deleteQueue(name, {}, done));
  }

  async bindQueue(queue: string, exchange: string, key: string, args = {}): Promise<void> {
    await call((done) => this.#raw.bindQueue(queue, exchange, key, args, done));
  }

  async unbindQueue(queue: string, exchange: string, key: string): Promise<void> {
    await call((done) => this.#raw.unbindQueue(queue, exchange, key, {}, done));
  }

  async declareExchange(name: string, type: string): Promise<void> {
    const options = { durable: false, autoDelete: true };
    await call((done) => this.#raw.assertExchange(name, type, options, done));
  }

  async bindExchange(destination: string, source: string, key: string): Promise<void> {
    await call((done) => this.#raw.bindExchange(destination, source, key, {}, done));
  }

  async publish(
    exchange: string,
    key: string,
    body: Buffer,
    properties: Properties & { mandatory?: boolean } = {},
  ): Promise<void> {
    const raw = this.#raw;
    if (!('waitForConfirms' in raw)) raw.publish(exchange, key, body, properties);
    else await call((done) => raw.publish(exchange, key, body, properties, done));
  }

  onReturn(listener: (message: Returned) => void): void {
    this.#raw.on('return', (raw) => listener(toReturned(raw)));
  }

  async consume(
    queue: string,
    listener: (message: Message) => void,
    { prefetch, noAck = false, tag, arguments: args = {} }: ConsumeOptions = {},
  ): Promise<Subscription> {
    if (prefetch !== undefined) await call((done) => this.#raw.prefetch(prefetch, false, done));
    const cancelled = deferred<void>();
    const consumerTag = tag === undefined ? {} : { consumerTag: tag };
    const options = { noAck, arguments: args, ...consumerTag };
    const onMessage = (raw: RawMessage | null): void => {
      if (raw === null) cancelled.resolve(undefined);
      else listener(toMessage(raw));
    };
    const answer = await call<{ consumerTag: string }>((done) => {
      this.#raw.consume(queue, onMessage, options, done);
    });
    return { tag: answer.consumerTag, cancelled: cancelled.promise };
  }

  async cancel(tag: string): Promise<void> {
    await call((done) => this.#raw.cancel(tag, done));
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
    type Got = (RawMessage & { fields: { messageCount: number } }) | false;
    const raw = await call<Got>((done) => this.#raw.get(queue, { noAck }, done));
    return raw === false ? undefined : { ...toMessage(raw), left: raw.fields.messageCount };
  }

  async close(): Promise<void> {
    await call((done) => this.#raw.close((error) => done(error, undefined)));
  }
}
