/**
 * rascal: publications, subscriptions and a topology from a configuration, over amqplib, with a
 * recovery of its own. What it has no call for goes to the amqplib connection that its connect()
 * hands out.
 */
import type { Message as RawMessage } from 'amqplib';
import rascal, { type AckOrNack, type Broker, type SubscriberSession } from 'rascal';
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
import { amqplibHeaderSamples } from './amqplib.ts';
import { callbackLink } from './amqplib-callback.ts';
import { toMessage, toReturned } from './amqplib-channel.ts';
import { configuration, RascalBrokers, VHOST } from './rascal-brokers.ts';
import { installedVersion } from './version.ts';

/** How long a cancelled subscription waits for messages that nobody has settled. */
const CLOSE_TIMEOUT_MS = 300;

export const rascalClient: Client = {
  name: 'rascal',
  version: installedVersion('rascal'),
  headerSamples: amqplibHeaderSamples,
  unsendableTypes: 'L',
  unsendableProperties: ['clusterId'],
  missingVhost: /Expected ConnectionOpenOk; got <ConnectionClose channel:0>/,
  missingExchange: /^channel closed$/,
  returnsInOrder: true,
  overtaking:
    'the client has one publish outstanding on each of 5 channels, so they may overtake each other',
  lower: {
    scenarios: [
      'get',
      'get-empty',
      'ack-multiple',
      'reject-drop',
      'server-properties',
      'two-channels-one-error',
      'connection-error-reported',
      'rpc-direct-reply-to',
      'channels-1000',
    ],
    note: 'the client has no call for it: on the amqplib connection that its connect() hands out',
  },
  notes: {
    'channel-error-survived': 'the client tells that the channel was closed, and not why',
    'exchange-direct': 'the client cannot unbind: on the amqplib connection that it hands out',
  },
  async connect(url, { heartbeatSeconds, lower = false } = {}) {
    const brokers = await RascalBrokers.open(url, heartbeatSeconds);
    const hook = callbackLink(await (await brokers.toPublish('')).connect(VHOST));
    return lower ? lowerLink(brokers, hook) : toLink(brokers, hook);
  },
  recovering: connectRecovering,
};

function lowerLink(brokers: RascalBrokers, hook: Link): Link {
  const close = async (): Promise<void> => {
    await hook.close();
    await brokers.close();
  };
  return { ...hook, close };
}

function toLink(brokers: RascalBrokers, hook: Link): Link {
  return {
    lost: brokers.lost,
    onBlocked: (listener) => brokers.onBlocked(listener),
    channel: async (mode = 'plain') => new RascalChannel(brokers, await hook.channel(), mode),
    async close() {
      await hook.close();
      await brokers.close();
    },
  };
}

/** rascal hides its channels: this one stands for a few publications and subscriptions. */
class RascalChannel implements Channel {
  readonly closed: Promise<Error>;
  readonly #lose: (error: Error) => void;
  readonly #brokers: RascalBrokers;
  readonly #hook: Channel;
  readonly #mode: 'plain' | 'confirm';
  readonly #returnListeners: ((message: Returned) => void)[] = [];
  readonly #sessions = new Map<string, SubscriberSession>();
  #subscriptions = 0;

  constructor(brokers: RascalBrokers, hook: Channel, mode: 'plain' | 'confirm') {
    const lost = deferred<Error>();
    this.closed = lost.promise;
    this.#lose = lost.resolve;
    this.#brokers = brokers;
    this.#hook = hook;
    this.#mode = mode;
  }

  async declareQueue(name: string, options: QueueOptions = {}): Promise<QueueState> {
    if (!options.passive) await this.#brokers.declareQueue(name, options);
    // Another connection may not even look at an exclusive one.
    if (options.exclusive) return { queue: name, messageCount: 0, consumerCount: 0 };
    return this.#hook.declareQueue(name, { passive: true });
  }

  deleteQueue(name: string): Promise<void> {
    return this.#hook.deleteQueue(name);
  }

  bindQueue(queue: string, exchange: string, key: string, args: object = {}): Promise<void> {
    return this.#brokers.bind('queue', queue, exchange, key, args);
  }

  unbindQueue(queue: string, exchange: string, key: string): Promise<void> {
    return this.#hook.unbindQueue(queue, exchange, key);
  }

  declareExchange(name: string, type: string): Promise<void> {
    return this.#brokers.declareExchange(name, type);
  }

  bindExchange(destination: string, source: string, key: string): Promise<void> {
    return this.#brokers.bind('exchange', destination, source, key, {});
  }

  /** Publications are confirmed, as is rascal's way; a plain channel does not wait for that. */
  async publish(
    exchange: string,
    key: string,
    body: Buffer,
    { deliveryMode, ...properties }: Properties & { mandatory?: boolean } = {},
  ): Promise<void> {
    const broker = await this.#brokers.toPublish(exchange);
    const options = { mandatory: false, ...properties, persistent: deliveryMode === 2 };
    const session = await broker.publish(`/${exchange}`, body, { routingKey: key, options });
    session.on('return', (raw: RawMessage) => {
      for (const listener of this.#returnListeners) listener(toReturned(raw));
    });
    const done = new Promise<void>((resolve, reject) => {
      session.on('success', () => resolve());
      session.on('error', (error: Error) => {
        this.#lose(error);
        reject(error);
      });
    });
    if (this.#mode === 'confirm') await done;
    else done.catch(this.#lose);
  }

  onReturn(listener: (message: Returned) => void): void {
    this.#returnListeners.push(listener);
  }

  async consume(
    queue: string,
    listener: (message: Message) => void,
    { prefetch = 0, noAck = false, arguments: args = {} }: ConsumeOptions = {},
  ): Promise<Subscription> {
    const broker = await this.#brokers.toConsume(queue);
    const session = await broker.subscribe(`/${queue}`, {
      prefetch,
      closeTimeout: CLOSE_TIMEOUT_MS,
      options: { noAck, arguments: args },
    });
    const cancelled = deferred<void>();
    await new Promise<void>((resolve, reject) => {
      session.on('error', reject);
      session.on('subscribed', resolve);
      session.on('cancelled', () => cancelled.resolve(undefined));
      session.on('message', (raw, _content, settle) => listener(toSettled(raw, settle)));
    });
    const tag = String(++this.#subscriptions);
    this.#sessions.set(tag, session);
    return { tag, cancelled: cancelled.promise };
  }

  async cancel(tag: string): Promise<void> {
    try {
      await this.#sessions.get(tag)?.cancel();
    } catch (error) {
      // It tells that there were unsettled messages; these have gone back.
      if ((error as { code?: string }).code !== 'ETIMEDOUT') throw error;
    }
    this.#sessions.delete(tag);
  }

  ack(message: Message): void {
    settle(message)();
  }

  nack(message: Message, multiple: boolean, requeue: boolean): void {
    settle(message)(new Error('not taken'), { strategy: 'nack', all: multiple, requeue });
  }

  get(queue: string, noAck: boolean): Promise<Message | undefined> {
    return this.#hook.get(queue, noAck);
  }

  async close(): Promise<void> {
    for (const tag of [...this.#sessions.keys()]) await this.cancel(tag);
    await this.#hook.close();
  }
}

function toSettled(raw: RawMessage, settle: AckOrNack): Message {
  return { ...toMessage(raw), raw: settle };
}

function settle(message: Message): AckOrNack {
  return message.raw as AckOrNack;
}

async function connectRecovering(
  url: string,
  queue: string,
  listener: (body: string) => void,
): Promise<Recovering> {
  const retry = { min: 50, max: 200, strategy: 'linear' as const };
  const queues = { [queue]: { assert: true, options: { durable: false } } };
  const broker: Broker = await rascal.BrokerAsPromised.create(
    configuration({ url, retry }, { queues }),
  );
  const lost = deferred<Error>();
  broker.on('error', lost.resolve);
  const session = await broker.subscribe(`/${queue}`, { options: { noAck: true } });
  // It says so each time that it cannot subscribe, and tries again.
  session.on('error', lost.resolve);
  session.on('message', (raw) => listener(raw.content.toString()));
  return {
    lost: lost.promise,
    async publish(body) {
      const publication = await broker.publish('/', Buffer.from(body), {
        routingKey: queue,
        options: {},
      });
      await new Promise((resolve, reject) => {
        publication.on('success', resolve);
        publication.on('error', reject);
      });
    },
    close: () => broker.shutdown(),
  };
}
