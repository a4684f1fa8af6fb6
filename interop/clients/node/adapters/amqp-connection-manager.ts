/**
 * amqp-connection-manager: amqplib under a wrapper that keeps trying to connect, buffers publishes
 * while it is down, and starts consumers again. What the wrapper offers is called on the wrapper,
 * the rest on the amqplib channel that its setup function is given.
 */
import manager, { type AmqpConnectionManager, type ChannelWrapper } from 'amqp-connection-manager';
import type { ConfirmChannel, Channel as RawChannel, Message as RawMessage } from 'amqplib';
import { deferred } from '../deferred.ts';
import type {
  Channel,
  Client,
  ConsumeOptions,
  Link,
  Message,
  Properties,
  Recovering,
} from '../port.ts';
import { amqplibHeaderSamples } from './amqplib.ts';
import { AmqplibChannel, toMessage } from './amqplib-channel.ts';
import { installedVersion } from './version.ts';

export const amqpConnectionManager: Client = {
  name: 'amqp-connection-manager',
  version: installedVersion('amqp-connection-manager'),
  headerSamples: amqplibHeaderSamples,
  unsendableTypes: 'L',
  unsendableProperties: ['clusterId'],
  missingVhost: /Expected ConnectionOpenOk; got <ConnectionClose channel:0>/,
  returnsInOrder: true,
  async connect(url, options = {}) {
    const connection = manager.connect(url, {
      heartbeatIntervalInSeconds: options.heartbeatSeconds ?? 5,
    });
    const refused = deferred<Error>();
    const connected = deferred<undefined>();
    connection.once('connectFailed', ({ err }) => refused.resolve(err));
    connection.once('connect', () => connected.resolve(undefined));
    const failure = await Promise.race([refused.promise, connected.promise]);
    if (failure === undefined) return toLink(connection);
    await closeManager(connection);
    throw failure;
  },
  recovering: connectRecovering,
};

function toLink(connection: AmqpConnectionManager): Link {
  const lost = deferred<Error>();
  connection.once('disconnect', ({ err }) => lost.resolve(err));
  const raw = connection.connection?.connection;
  return {
    lost: lost.promise,
    ...(raw === undefined ? {} : { serverProperties: { ...raw.serverProperties } }),
    onBlocked(listener) {
      connection.on('blocked', ({ reason }) => listener(reason));
      connection.on('unblocked', () => listener(null));
    },
    async channel(mode = 'plain') {
      const opened = deferred<RawChannel | ConfirmChannel>();
      const wrapper = connection.createChannel({
        confirm: mode === 'confirm',
        setup: async (channel: RawChannel) => opened.resolve(channel),
      });
      await wrapper.waitForConnect();
      return new WrappedChannel(wrapper, await opened.promise);
    },
    close: () => closeManager(connection),
  };
}

/** Its close() waits for a retry that is under way, which ends when that fails again. */
async function closeManager(connection: AmqpConnectionManager): Promise<void> {
  connection.removeAllListeners('connectFailed');
  await Promise.race([connection.close(), new Promise((resolve) => setTimeout(resolve, 500))]);
}

class WrappedChannel extends AmqplibChannel implements Channel {
  readonly #wrapper: ChannelWrapper;
  readonly #cancelled = deferred<undefined>();

  constructor(wrapper: ChannelWrapper, raw: RawChannel | ConfirmChannel) {
    super(raw);
    this.#wrapper = wrapper;
    // The wrapper takes a cancel as a reason to consume again and tells nobody.
    raw.on('cancel', () => this.#cancelled.resolve(undefined));
  }

  override async publish(
    exchange: string,
    key: string,
    body: Buffer,
    properties: Properties & { mandatory?: boolean } = {},
  ): Promise<void> {
    await this.#wrapper.publish(exchange, key, body, properties);
  }

  override async consume(
    queue: string,
    listener: (message: Message) => void,
    { tag, ...options }: ConsumeOptions = {},
  ): Promise<{ tag: string; cancelled: Promise<void> }> {
    const { consumerTag } = await this.#wrapper.consume(queue, (raw) => listener(toMessage(raw)), {
      ...options,
      ...(tag === undefined ? {} : { consumerTag: tag }),
    });
    return { tag: consumerTag, cancelled: this.#cancelled.promise };
  }

  override async cancel(tag: string): Promise<void> {
    await this.#wrapper.cancel(tag);
  }

  override ack(message: Message, multiple = false): void {
    this.#wrapper.ack(message.raw as RawMessage, multiple);
  }

  override nack(message: Message, multiple: boolean, requeue: boolean): void {
    this.#wrapper.nack(message.raw as RawMessage, multiple, requeue);
  }

  override async close(): Promise<void> {
    await this.#wrapper.close();
  }
}

async function connectRecovering(
  url: string,
  queue: string,
  listener: (body: string) => void,
): Promise<Recovering> {
  const connection = manager.connect(url, { reconnectTimeInSeconds: 0.2 });
  const wrapper = connection.createChannel({
    setup: (channel: RawChannel) => channel.assertQueue(queue, { durable: false }),
  });
  await wrapper.waitForConnect();
  await wrapper.consume(queue, (raw) => listener(raw.content.toString()), { noAck: true });
  const lost = deferred<Error>();
  connection.once('disconnect', ({ err }) => lost.resolve(err));
  return {
    lost: lost.promise,
    async publish(body) {
      await wrapper.sendToQueue(queue, Buffer.from(body));
    },
    close: () => closeManager(connection),
  };
}
