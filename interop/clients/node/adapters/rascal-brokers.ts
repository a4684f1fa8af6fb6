/**
 * The rascal brokers of one link. A rascal broker is a connection with a configuration that is
 * fixed when it is made, so each declaration is the configuration of a broker of its own, and a new
 * one publishes when an exchange is wanted that the last one does not know. Does not publish or
 * consume itself.
 */
import rascal, { type Broker, type Config, type Retry, type Vhost } from 'rascal';
import { deferred } from '../deferred.ts';
import type { QueueOptions } from '../port.ts';

/** The name in the configuration; which one it is on the server is the URL's business. */
export const VHOST = '/';

type Topology = Pick<Vhost, 'exchanges' | 'queues' | 'bindings'>;

interface Settings {
  readonly url: string;
  readonly retry: Retry | false;
  readonly heartbeatSeconds?: number | undefined;
}

/** The library's defaults for all that is not named. */
export function configuration(settings: Settings, topology: Topology): Config {
  const { url, retry, heartbeatSeconds } = settings;
  const heartbeat = heartbeatSeconds === undefined ? {} : { heartbeat: heartbeatSeconds };
  return rascal.withDefaultConfig({
    vhosts: { [VHOST]: { ...topology, connection: { url } } },
    defaults: {
      vhosts: {
        // What a vhost's own connection says of retries is not read.
        connection: { retry, options: { channelMax: 2_047, ...heartbeat } },
        // How long a blocked connection stays blocked is the scenario's business.
        publicationChannelPools: { confirmPool: { acquireTimeoutMillis: 120_000 } },
      },
      publications: { timeout: 0 },
      subscriptions: { retry },
    },
  });
}

export class RascalBrokers {
  /** What the first broker to be told reports when its connection is lost. */
  readonly lost: Promise<Error>;
  readonly #lose: (error: Error) => void;
  readonly #settings: Settings;
  readonly #blockedListeners: ((reason: string | null) => void)[] = [];
  readonly #open: Broker[] = [];
  /** Those with a configuration that is to be gone with the link. */
  readonly #temporary: Broker[] = [];
  readonly #exchanges = new Set<string>(['']);
  readonly #byQueue = new Map<string, Broker>();
  #publisher: { broker: Broker; exchanges: number } | undefined;

  private constructor(url: string, heartbeatSeconds: number | undefined) {
    const lost = deferred<Error>();
    this.lost = lost.promise;
    this.#lose = lost.resolve;
    this.#settings = { url, heartbeatSeconds, retry: false };
  }

  /** Connects. */
  static async open(url: string, heartbeatSeconds: number | undefined): Promise<RascalBrokers> {
    const brokers = new RascalBrokers(url, heartbeatSeconds);
    await brokers.toPublish('');
    return brokers;
  }

  onBlocked(listener: (reason: string | null) => void): void {
    this.#blockedListeners.push(listener);
  }

  async declareQueue(
    name: string,
    { temporary = false, ...options }: Omit<QueueOptions, 'passive'>,
  ): Promise<void> {
    const queues = { [name]: { assert: true, options: { durable: false, ...options } } };
    const broker = await this.#create({ queues });
    if (temporary) this.#temporary.push(broker);
    this.#byQueue.set(name, broker);
  }

  async declareExchange(name: string, type: string): Promise<void> {
    const options = { durable: false, autoDelete: true };
    this.#temporary.push(
      await this.#create({ exchanges: { [name]: { assert: true, type, options } } }),
    );
    this.#exchanges.add(name);
  }

  async bind(
    destinationType: 'queue' | 'exchange',
    destination: string,
    source: string,
    bindingKey: string,
    options: object,
  ): Promise<void> {
    const exchanges = { [source]: { assert: false } };
    const other = { [destination]: { assert: false } };
    await this.#create({
      ...(destinationType === 'queue'
        ? { exchanges, queues: other }
        : { exchanges: { ...exchanges, ...other } }),
      bindings: { only: { source, destination, destinationType, bindingKey, options } },
    });
  }

  /** A broker with a publication for this exchange: the last one that there was, if it has it. */
  async toPublish(exchange: string): Promise<Broker> {
    this.#exchanges.add(exchange);
    if (this.#publisher?.exchanges !== this.#exchanges.size) {
      const exchanges = Object.fromEntries(
        [...this.#exchanges].map((name) => [name, { assert: false }]),
      );
      this.#publisher = {
        broker: await this.#create({ exchanges }),
        exchanges: this.#exchanges.size,
      };
    }
    return this.#publisher.broker;
  }

  /** A broker with a subscription to this queue. */
  async toConsume(queue: string): Promise<Broker> {
    const known = this.#byQueue.get(queue);
    if (known !== undefined) return known;
    const broker = await this.#create({ queues: { [queue]: { assert: false } } });
    this.#byQueue.set(queue, broker);
    return broker;
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#open.map((broker) =>
        this.#temporary.includes(broker) ? broker.nuke() : broker.shutdown(),
      ),
    );
  }

  async #create(topology: Topology): Promise<Broker> {
    const broker = await rascal.BrokerAsPromised.create(configuration(this.#settings, topology));
    this.#open.push(broker);
    broker.on('error', this.#lose);
    broker.on('blocked', (reason: string) => this.#tell(reason));
    broker.on('unblocked', () => this.#tell(null));
    return broker;
  }

  #tell(reason: string | null): void {
    for (const listener of this.#blockedListeners) listener(reason);
  }
}
