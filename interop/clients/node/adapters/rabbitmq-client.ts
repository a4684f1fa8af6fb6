/** rabbitmq-client: its own codec, reconnects by itself, a Channel low-level API. */
import {
  type AsyncMessage,
  Connection,
  type MessageBody,
  type Channel as RawChannel,
  type ReturnedMessage,
  type SyncMessage,
} from 'rabbitmq-client';
import { deferred } from '../deferred.ts';
import type {
  Channel,
  Client,
  ConsumeOptions,
  Link,
  Message,
  Properties,
  QueueOptions,
  QueueState,
  Recovering,
  Returned,
  Subscription,
} from '../port.ts';
import { installedVersion } from './version.ts';

export const rabbitmqClient: Client = {
  name: 'rabbitmq-client',
  version: installedVersion('rabbitmq-client'),
  headerSamples: [
    { type: 'S', sent: 'text, Größe, 兎' },
    { type: 't', sent: true },
    { type: 'b', sent: -128 },
    { type: 's', sent: -32_768 },
    { type: 'I', sent: -2_147_483_648 },
    { type: 'l', sent: BigInt(Number.MIN_SAFE_INTEGER), received: Number.MIN_SAFE_INTEGER },
    { type: 'd', sent: Math.PI },
    { type: 'V', sent: null },
    { type: 'A', sent: ['text', 1, true, null, ['inner'], { deep: 'table' }] },
    { type: 'F', sent: { text: 'text', number: 70_000, inner: { list: [1, 2, 3] } } },
  ],
  unsendableTypes: 'BuiLfDTx',
  unsendableProperties: [],
  missingVhost: /^NOT_ALLOWED ConnectionOpen: NOT_ALLOWED - vhost no-such-vhost not found$/,
  returnsInOrder: false,
  async connect(url, options = {}) {
    const connection = new Connection({
      url,
      ...(options.heartbeatSeconds === undefined ? {} : { heartbeat: options.heartbeatSeconds }),
    });
    const failure = await new Promise<Error | undefined>((resolve) => {
      connection.on('error', resolve);
      connection.on('connection', () => resolve(undefined));
    });
    if (failure === undefined) return toLink(connection);
    connection.unsafeDestroy();
    throw failure;
  },
  recovering: connectRecovering,
};

function toLink(connection: Connection): Link {
  const lost = deferred<Error>();
  connection.on('error', lost.resolve);
  const channels: RawChannel[] = [];
  return {
    lost: lost.promise,
    onBlocked(listener) {
      connection.on('connection.blocked', listener);
      connection.on('connection.unblocked', () => listener(null));
    },
    async channel(mode = 'plain') {
      const raw = await connection.acquire({ emitErrorsFromChannel: true });
      channels.push(raw);
      if (mode === 'confirm') await raw.confirmSelect();
      return new RabbitmqClientChannel(raw);
    },
    async close() {
      // close() waits for all channels to be closed by their owners.
      if (connection.ready) await Promise.all(channels.map((channel) => channel.close()));
      if (connection.ready) await connection.close();
      else connection.unsafeDestroy();
    },
  };
}

class RabbitmqClientChannel implements Channel {
  readonly closed: Promise<Error>;
  readonly tx: NonNullable<Channel['tx']>;
  readonly #raw: RawChannel;

  constructor(raw: RawChannel) {
    this.#raw = raw;
    this.closed = new Promise((resolve) => {
      raw.on('error', resolve);
    });
    this.tx = {
      select: () => raw.txSelect(),
      commit: () => raw.txCommit(),
      rollback: () => raw.txRollback(),
    };
  }

  async declareQueue(name: string, options: QueueOptions = {}): Promise<QueueState> {
    const { temporary = false, ...rest } = options;
    const { queue, messageCount, consumerCount } = await this.#raw.queueDeclare({
      queue: name,
      exclusive: temporary,
      ...rest,
    });
    return { queue, messageCount, consumerCount };
  }

  async deleteQueue(name: string): Promise<void> {
    await this.#raw.queueDelete(name);
  }

  bindQueue(queue: string, exchange: string, routingKey: string, args: object = {}): Promise<void> {
    return this.#raw.queueBind({
      queue,
      exchange,
      routingKey,
      arguments: args as Record<string, unknown>,
    });
  }

  unbindQueue(queue: string, exchange: string, routingKey: string): Promise<void> {
    return this.#raw.queueUnbind({ queue, exchange, routingKey });
  }

  declareExchange(exchange: string, type: string): Promise<void> {
    return this.#raw.exchangeDeclare({ exchange, type, autoDelete: true });
  }

  bindExchange(destination: string, source: string, routingKey: string): Promise<void> {
    return this.#raw.exchangeBind({ destination, source, routingKey });
  }

  publish(
    exchange: string,
    routingKey: string,
    body: Buffer,
    properties: Properties & { mandatory?: boolean } = {},
  ): Promise<void> {
    return this.#raw.basicPublish({ exchange, routingKey, ...properties }, body);
  }

  onReturn(listener: (message: Returned) => void): void {
    this.#raw.on('basic.return', (raw) => {
      const { replyCode, replyText, exchange, routingKey } = raw;
      const { body, properties } = split(raw);
      listener({ replyCode, replyText, exchange, routingKey, body, properties });
    });
  }

  async consume(
    queue: string,
    listener: (message: Message) => void,
    options: ConsumeOptions = {},
  ): Promise<Subscription> {
    const { prefetch, noAck = false, tag, arguments: args = {} } = options;
    if (prefetch !== undefined) await this.#raw.basicQos({ prefetchCount: prefetch });
    const { consumerTag } = await this.#raw.basicConsume(
      { queue, noAck, arguments: args, ...(tag === undefined ? {} : { consumerTag: tag }) },
      (raw) => listener(toMessage(raw)),
    );
    const cancelled = new Promise<void>((resolve) => {
      this.#raw.on('basic.cancel', (cancelled) => cancelled === consumerTag && resolve());
    });
    return { tag: consumerTag, cancelled };
  }

  async cancel(tag: string): Promise<void> {
    await this.#raw.basicCancel(tag);
  }

  ack(message: Message, multiple = false): void {
    this.#raw.basicAck({ deliveryTag: tagOf(message), multiple });
  }

  nack(message: Message, multiple: boolean, requeue: boolean): void {
    this.#raw.basicNack({ deliveryTag: tagOf(message), multiple, requeue });
  }

  async get(queue: string, noAck: boolean): Promise<Message | undefined> {
    const raw = await this.#raw.basicGet({ queue, noAck });
    return raw === undefined ? undefined : { ...toMessage(raw), left: raw.messageCount };
  }

  close(): Promise<void> {
    return this.#raw.close();
  }
}

function tagOf(message: Message): number {
  return (message.raw as AsyncMessage).deliveryTag;
}

function toMessage(raw: AsyncMessage | SyncMessage): Message {
  const { exchange, routingKey, redelivered = false } = raw;
  return { ...split(raw), exchange, routingKey, redelivered, raw };
}

/** It gives text/plain bodies as strings and keeps properties beside the method's fields. */
function split(raw: AsyncMessage | SyncMessage | ReturnedMessage): {
  body: Buffer;
  properties: Properties;
} {
  const body: MessageBody = raw.body;
  return {
    body: Buffer.isBuffer(body) ? body : Buffer.from(String(body)),
    properties: raw as unknown as Properties,
  };
}

async function connectRecovering(
  url: string,
  queue: string,
  listener: (body: string) => void,
): Promise<Recovering> {
  const connection = new Connection({ url, retryLow: 100, retryHigh: 300 });
  const lost = deferred<Error>();
  connection.on('error', lost.resolve);
  const consumer = connection.createConsumer(
    { queue, queueOptions: { durable: false }, noAck: true },
    (message) => listener(String(message.body)),
  );
  // A consumer whose connection is gone says so and comes back by itself.
  consumer.on('error', lost.resolve);
  await new Promise<void>((resolve) => consumer.once('ready', resolve));
  const publisher = connection.createPublisher({
    confirm: true,
    maxAttempts: 50,
    queues: [{ queue, durable: false }],
  });
  return {
    lost: lost.promise,
    publish: (body) => publisher.send(queue, body),
    async close() {
      await consumer.close();
      await publisher.close();
      await connection.close();
    },
  };
}
