/**
 * amqp-client.js (`@cloudamqp/amqp-client`): its own codec, no dependencies. Scenarios run on its
 * AMQPClient and AMQPChannel; those of recovery on its AMQPSession, which connects and consumes
 * again by itself.
 */
import {
  type AMQPBaseClient,
  AMQPClient,
  type AMQPMessage,
  type AMQPProperties,
  AMQPSession,
  type AMQPChannel as RawChannel,
} from '@cloudamqp/amqp-client';
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

/** Not a float of 32 bits, and too large for the client to send it as one. */
const DOUBLE = 2 ** 40 + Math.PI;

export const amqpClient: Client = {
  name: 'amqp-client.js',
  version: installedVersion('@cloudamqp/amqp-client'),
  headerSamples: [
    { type: 'S', sent: 'text, Größe, 兎' },
    { type: 'x', sent: Uint8Array.from([0, 1, 254, 255]) },
    { type: 't', sent: true },
    { type: 'I', sent: -2_147_483_648 },
    { type: 'l', sent: BigInt(Number.MIN_SAFE_INTEGER), received: Number.MIN_SAFE_INTEGER },
    { type: 'f', sent: 1.5 },
    { type: 'd', sent: DOUBLE },
    { type: 'T', sent: new Date(1_700_000_000_000) },
    { type: 'V', sent: null },
    { type: 'A', sent: ['text', 1, true, null, ['inner'], { deep: 'table' }] },
    { type: 'F', sent: { text: 'text', number: 70_000, inner: { list: [1, 2, 3] } } },
  ],
  unsendableTypes: 'bBsuiDL',
  unsendableProperties: ['clusterId'],
  unsendableValues: { priority: [0] },
  missingVhost: /^ connection closed: NOT_ALLOWED - vhost no-such-vhost not found \(530\)$/,
  returnsInOrder: true,
  refusesWhileBlocked: true,
  notes: {
    'recover-publisher':
      'the client refuses to publish while it is down: the program does it again when it is back',
  },
  async connect(url, options = {}) {
    const { heartbeatSeconds } = options;
    const client = new AMQPClient(
      heartbeatSeconds === undefined ? url : `${url}?heartbeat=${heartbeatSeconds}`,
    );
    await client.connect();
    return toLink(client);
  },
  recovering: connectRecovering,
};

function toLink(client: AMQPBaseClient): Link {
  const lost = deferred<Error>();
  client.ondisconnect = (error) => lost.resolve(error ?? new Error('disconnected'));
  return {
    lost: lost.promise,
    onBlocked(listener) {
      client.onblocked = listener;
      client.onunblocked = () => listener(null);
    },
    async channel(mode = 'plain') {
      const raw = await client.channel();
      if (mode === 'confirm') await raw.confirmSelect();
      return new AmqpClientChannel(raw);
    },
    async close() {
      if (!client.closed) await client.close();
    },
  };
}

class AmqpClientChannel implements Channel {
  readonly closed: Promise<Error>;
  readonly tx: NonNullable<Channel['tx']>;
  readonly #raw: RawChannel;

  constructor(raw: RawChannel) {
    this.#raw = raw;
    this.closed = new Promise((resolve) => {
      raw.onerror = (reason) => resolve(new Error(reason));
    });
    this.tx = {
      select: () => raw.txSelect(),
      commit: () => raw.txCommit(),
      rollback: () => raw.txRollback(),
    };
  }

  async declareQueue(name: string, options: QueueOptions = {}): Promise<QueueState> {
    const { temporary = false, arguments: args = {}, ...rest } = options;
    const flags = { durable: false, exclusive: temporary, ...rest };
    const declared = await this.#raw.queueDeclare(name, flags, args);
    return { ...declared, queue: declared.name };
  }

  async deleteQueue(name: string): Promise<void> {
    await this.#raw.queueDelete(name);
  }

  bindQueue(queue: string, exchange: string, key: string, args: object = {}): Promise<void> {
    return this.#raw.queueBind(queue, exchange, key, args);
  }

  unbindQueue(queue: string, exchange: string, key: string): Promise<void> {
    return this.#raw.queueUnbind(queue, exchange, key);
  }

  declareExchange(name: string, type: string): Promise<void> {
    return this.#raw.exchangeDeclare(name, type, { durable: false, autoDelete: true });
  }

  bindExchange(destination: string, source: string, key: string): Promise<void> {
    return this.#raw.exchangeBind(destination, source, key);
  }

  async publish(
    exchange: string,
    key: string,
    body: Buffer,
    { mandatory = false, ...properties }: Properties & { mandatory?: boolean } = {},
  ): Promise<void> {
    await this.#raw.basicPublish(exchange, key, body, toRaw(properties), mandatory);
  }

  onReturn(listener: (message: Returned) => void): void {
    this.#raw.onReturn = (raw) => {
      const { replyCode = 0, replyText = '' } = raw;
      listener({ ...toMessage(raw), replyCode, replyText });
    };
  }

  async consume(
    queue: string,
    listener: (message: Message) => void,
    options: ConsumeOptions = {},
  ): Promise<Subscription> {
    const { prefetch, noAck = false, tag, arguments: args = {} } = options;
    if (prefetch !== undefined) await this.#raw.prefetch(prefetch);
    const consumer = await this.#raw.basicConsume(
      queue,
      { noAck, args, ...(tag === undefined ? {} : { tag }) },
      (raw) => listener(toMessage(raw)),
    );
    const cancelled = new Promise<void>((resolve) => {
      // It also rejects when the channel is closed by the server.
      consumer
        .wait()
        .catch((error: Error) => /cancelled by the server/.test(error.message) && resolve());
    });
    return { tag: consumer.tag, cancelled };
  }

  async cancel(tag: string): Promise<void> {
    await this.#raw.basicCancel(tag);
  }

  ack(message: Message, multiple = false): void {
    void (message.raw as AMQPMessage).ack(multiple);
  }

  nack(message: Message, multiple: boolean, requeue: boolean): void {
    void (message.raw as AMQPMessage).nack(requeue, multiple);
  }

  reject(message: Message, requeue: boolean): void {
    void (message.raw as AMQPMessage).reject(requeue);
  }

  async get(queue: string, noAck: boolean): Promise<Message | undefined> {
    const raw = await this.#raw.basicGet(queue, { noAck });
    return raw === null ? undefined : { ...toMessage(raw), left: raw.messageCount ?? -1 };
  }

  close(): Promise<void> {
    return this.#raw.close();
  }
}

/** It keeps timestamps as dates. */
function toRaw({ timestamp, headers, ...rest }: Properties): AMQPProperties {
  return {
    ...rest,
    ...(headers === undefined ? {} : { headers: headers as AMQPProperties['headers'] & object }),
    ...(timestamp === undefined ? {} : { timestamp: new Date(timestamp * 1_000) }),
  };
}

function toMessage(raw: AMQPMessage): Message {
  const { exchange, routingKey, redelivered } = raw;
  const { timestamp, ...rest } = raw.properties;
  return {
    body: Buffer.from(raw.body ?? []),
    properties: {
      ...rest,
      ...(timestamp === undefined ? {} : { timestamp: timestamp.getTime() / 1_000 }),
    },
    exchange,
    routingKey,
    redelivered,
    raw,
  };
}

/** It consumes again by itself, from a queue that has to be there by then. */
async function connectRecovering(
  url: string,
  queue: string,
  listener: (body: string) => void,
): Promise<Recovering> {
  const lost = deferred<Error>();
  let back = deferred<void>();
  const session = await AMQPSession.connect(url, {
    reconnectInterval: 50,
    maxReconnectInterval: 200,
    // Before each attempt, on a connection of its own.
    beforeConnect: () => declare(url, queue),
    onconnect: () => back.resolve(undefined),
    ondisconnect(error) {
      back = deferred();
      lost.resolve(error ?? new Error('disconnected'));
    },
  });
  const handle = await session.queue(queue, { durable: false });
  await handle.subscribe({ noAck: true }, (message) => listener(message.bodyToString() ?? ''));
  return {
    lost: lost.promise,
    async publish(body) {
      for (;;) {
        await back.promise;
        try {
          await handle.publish(body);
          return;
        } catch (error) {
          if (!session.closed) throw error;
        }
      }
    },
    close: () => session.stop(),
  };
}

async function declare(url: string, queue: string): Promise<void> {
  const client = new AMQPClient(url);
  await client.connect();
  const channel = await client.channel();
  await channel.queueDeclare(queue, { durable: false });
  await client.close();
}
