/**
 * The composition root: makes the parts, wires them, starts and stops them.
 *
 * Responsible for which implementation stands behind each port, and for the embedding API. Not
 * responsible for any behaviour of a broker.
 */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { getHeapStatistics } from 'node:v8';
import { UsersAuthenticator } from './auth/authenticator.ts';
import { Permissions } from './auth/permissions.ts';
import { Users } from './auth/users.ts';
import { Broker as Core } from './broker/broker.ts';
import { EVENT_EXCHANGE, publishEvents } from './broker/event-exchange.ts';
import type { BrokerEvents } from './broker/events.ts';
import { LOG_EXCHANGE, type LogExchange } from './broker/log-exchange.ts';
import type { PolicyDefinition } from './broker/policies/policy.ts';
import { profileOf } from './broker/profile.ts';
import type { VirtualHost } from './broker/vhost.ts';
import { ConfigError } from './config/errors.ts';
import {
  type DiskFreeLimit,
  diskFreeLimitBytes,
  type MemoryLimit,
  memoryLimitBytes,
  type ResolvedOptions,
} from './config/options.ts';
import { Catalog } from './definitions/catalog.ts';
import { exportDefinitions } from './definitions/export.ts';
import { readDefinitions } from './definitions/format.ts';
import { importDefinitions } from './definitions/import.ts';
import type { Clock } from './lib/clock.ts';
import type { Listener as EventListener, Off } from './lib/emitter.ts';
import type { Log } from './lib/log.ts';
import type { ConsoleLog } from './lib/log-winston.ts';
import { PatternError } from './lib/pattern.ts';
import { SteeredClock } from './lib/steered-clock.ts';
import { TimerWheel } from './lib/timer-wheel.ts';
import { Listener } from './net/listener.ts';
import { StreamTransport } from './net/stream-transport.ts';
import { SessionHost } from './session/host.ts';
import { logQueues } from './session/queue-log.ts';
import type { Storage } from './storage.ts';

export { DataFolderError } from './store/file/folder-error.ts';

/** Resolution of heartbeats and timeouts. */
const WHEEL_TICK_MS = 100;
const WHEEL_SLOTS = 1_024;
/**
 * Share of the JavaScript heap's limit that messages may take before the memory alarm is raised.
 */
const HEAP_SHARE = 0.6;
const MIB = 1024 * 1024;
/** How long clients get to answer the close of a broker that stops. */
const STOP_GRACE_MS = 5_000;

/** What an embedding program may hand in beside the options. */
export interface BrokerHooks {
  readonly log?: Log | undefined;
  readonly clock?: Clock | undefined;
  /** Octets that are free where the data is, in place of what the operating system says. */
  readonly freeBytes?: (() => Promise<number>) | undefined;
}

interface BrokerParts {
  readonly log: Log;
  readonly clock: Clock;
  readonly storage: Storage;
  readonly console: ConsoleLog | null;
}

const defer = (fn: () => void): void => {
  setImmediate(fn);
};

/** A running broker. */
export class Broker implements AsyncDisposable {
  readonly options: ResolvedOptions;
  readonly #core: Core;
  readonly #users: Users;
  readonly #catalog: Catalog;
  readonly #sessions: SessionHost;
  readonly #listeners: Listener[] = [];
  readonly #log: Log;
  readonly #storage: Storage;
  /** The log of an embedded broker that was asked for one and given none. */
  readonly #console: ConsoleLog | null;
  #stopped: Promise<void> | null = null;

  /** Use `startBroker`. */
  constructor(options: ResolvedOptions, parts: BrokerParts) {
    const { log, clock, storage } = parts;
    this.options = options;
    this.#log = log;
    this.#console = parts.console;
    this.#storage = storage;
    this.clock = new SteeredClock(clock, () => new Promise((resolve) => setImmediate(resolve)));
    this.#users = usersOf(options);
    this.#core = new Core({
      clock,
      profile: profileOf(options.compatibility, options.permittedDeprecated),
      memoryLimitBytes: options.memoryLimitBytes,
      heapLimitBytes: getHeapStatistics().heap_size_limit * HEAP_SHARE,
      vhosts: options.vhosts,
      store: storage.store,
      randomBytes: () => randomBytes(16),
      defer,
      onReadError: (queue, error) =>
        log.error(
          `messages of queue '${queue.name}' in vhost '${queue.vhost}' cannot be read: ` +
            String(error),
        ),
      onDelaysReadError: (error) => log.error(`delayed messages cannot be read: ${String(error)}`),
      onListenerError: (error, event) =>
        log.error(`a listener of the event ${event} failed: ${String(error)}`),
    });
    logQueues(this.#core.events, log);
    this.#catalog = new Catalog(this.#users, this.#core.definitions, this.#core.events);
    this.#sessions = new SessionHost({
      broker: this.#core,
      options,
      authenticator: new UsersAuthenticator(this.#users),
      permissions: new Permissions(),
      wheel: new TimerWheel(clock, WHEEL_TICK_MS, WHEEL_SLOTS),
      log,
      defer,
    });
  }

  /** The port of the first listener. */
  get port(): number {
    return this.#listeners[0]?.port ?? 0;
  }

  /** Addresses that are listened on. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.#listeners.map(({ host, port }) => ({ host, port }));
  }

  /** For clients on this machine: the first user's credentials and the first virtual host. */
  get url(): string {
    const [user] = this.options.users;
    const [vhost] = this.options.vhosts;
    const part = encodeURIComponent;
    const login = user === undefined ? '' : `${part(user.name)}:${part(user.password)}@`;
    const path = vhost === undefined || vhost === '/' ? '' : `/${part(vhost)}`;
    const host = this.#listeners[0]?.host ?? 'localhost';
    const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host;
    return `amqp://${login}${shown === '::1' ? '[::1]' : shown}:${this.port}${path}`;
  }

  /** Makes again what was kept. */
  async recover(): Promise<void> {
    const { dataDir, diskFreeLimitBytes: limitBytes } = this.options;
    if (dataDir !== null) this.#noteDiskLimit(limitBytes);
    await this.#storage.attach(this.#core, limitBytes, (names, value) => {
      this.#catalog.recover(names, value);
    });
  }

  /**
   * Whether users came with definitions, at an earlier start or now: then the user that is there by
   * default is not.
   */
  dropDefaultUser(): void {
    if (this.#catalog.hasUsers && !this.#catalog.has('guest')) this.#users.delete('guest');
  }

  /**
   * Puts definitions in RabbitMQ's export format in force (an object, or its JSON): what has a name
   * already is kept (queues, exchanges, bindings) or replaced (users, permissions, policies,
   * parameters), and nothing is deleted. Resolves once all is safe.
   * @throws DefinitionsError naming the entry at fault; what came before it stays
   */
  async importDefinitions(definitions: unknown): Promise<void> {
    importDefinitions(readDefinitions(definitions), this.#core, this.#catalog);
    await this.#whenDurable();
  }

  /**
   * All definitions in RabbitMQ's export format, as `rabbitmqctl import_definitions` takes it
   * (https://www.rabbitmq.com/docs/definitions). Exclusive queues and predeclared exchanges are not
   * in it.
   */
  exportDefinitions(): Record<string, unknown> {
    const { product, version } = this.options;
    return exportDefinitions(this.#core, this.#users, this.#catalog, {
      name: product,
      version,
      rabbitmqVersion: version,
    });
  }

  /**
   * Sets a policy, in place of one of that name; it is in force at once, and resolves once it is
   * safe (https://www.rabbitmq.com/docs/policies).
   * @throws PolicyError for a policy that cannot be, RangeError for an unknown virtual host
   */
  async setPolicy(vhost: string, policy: PolicyDefinition): Promise<void> {
    this.#vhost(vhost).policies.set('policy', policy);
    await this.#whenDurable();
  }

  /** The same for an operator policy. */
  async setOperatorPolicy(vhost: string, policy: PolicyDefinition): Promise<void> {
    this.#vhost(vhost).policies.set('operator-policy', policy);
    await this.#whenDurable();
  }

  /** Takes a policy away; whether there was one. @throws RangeError for an unknown virtual host */
  async clearPolicy(vhost: string, name: string): Promise<boolean> {
    const wasThere = this.#vhost(vhost).policies.clear('policy', name);
    await this.#whenDurable();
    return wasThere;
  }

  /** The same for an operator policy. */
  async clearOperatorPolicy(vhost: string, name: string): Promise<boolean> {
    const wasThere = this.#vhost(vhost).policies.clear('operator-policy', name);
    await this.#whenDurable();
    return wasThere;
  }

  /** The policies of a virtual host. @throws RangeError for an unknown one */
  policies(vhost: string): readonly PolicyDefinition[] {
    return Array.from(this.#vhost(vhost).policies.all('policy'), (policy) => policy.toJSON());
  }

  /**
   * What policies say together about a queue (`effective_policy_definition`).
   * @throws RangeError for an unknown virtual host, BrokerError not-found for an unknown queue
   */
  effectivePolicyDefinition(vhost: string, queue: string): Readonly<Record<string, unknown>> {
    const place = this.#vhost(vhost);
    return place.policies.definitionFor(place.queue(queue, null));
  }

  /**
   * Turns the firehose of a virtual host on: copies of all that is published and delivered go to
   * amq.rabbitmq.trace (https://www.rabbitmq.com/docs/firehose). Off again after a restart.
   * @throws RangeError for an unknown virtual host
   */
  traceOn(vhost: string): void {
    this.#vhost(vhost).trace(this.options.clusterName);
  }

  /** Turns it off. @throws RangeError for an unknown virtual host */
  traceOff(vhost: string): void {
    this.#vhost(vhost).trace(null);
  }

  /**
   * Publishes what happens to amq.rabbitmq.event in the virtual host that the options name, and the
   * log to amq.rabbitmq.log in the first one. Once, before anything happens that is to be told.
   * @throws ConfigError for a virtual host that is not there
   */
  startEvents(logExchange: LogExchange | null): void {
    const [first] = this.#core.vhosts();
    if (logExchange !== null && first !== undefined) {
      first.addSystemExchange(LOG_EXCHANGE, 'topic');
      logExchange.connect((message) => first.publishInternal(message));
      this.#log.info(`Logging to exchange '${LOG_EXCHANGE}' in vhost '${first.name}' ready`);
    }
    const { eventExchangeVhost: name } = this.options;
    if (name === null) return;
    const vhost = this.#core.vhost(name);
    if (vhost === undefined) {
      throw new ConfigError(`option 'eventExchangeVhost': there is no vhost '${name}'`);
    }
    vhost.addSystemExchange(EVENT_EXCHANGE, 'topic');
    const core = this.#core;
    const actor = () => core.actor;
    publishEvents(core.events, core.clock, actor, (message) => vhost.publishInternal(message));
  }

  /** Starts the listeners. @throws the system's error when an address cannot be had */
  async listen(): Promise<void> {
    let port = 0;
    for (const address of this.options.listeners) {
      const wanted = address.port === 0 ? { ...address, port } : address;
      const listener = await Listener.open(wanted, (transport) => {
        this.#sessions.accept(transport);
      });
      if (listener === null) continue;
      if (address.port === 0) port = listener.port;
      this.#listeners.push(listener);
    }
  }

  /** Speaks AMQP over `stream`, as with a local client: for tests that need no port. */
  accept(stream: Duplex): void {
    const end = { address: 'pipe', port: 0 };
    const endpoints = { peer: { ...end, loopback: true }, local: end };
    this.#sessions.accept(new StreamTransport(stream, endpoints, false));
  }

  /** Calls `fn` on every such event until the returned function is called. */
  on<Name extends keyof BrokerEvents>(name: Name, fn: EventListener<BrokerEvents[Name]>): Off {
    return this.#core.events.on(name, fn);
  }

  once<Name extends keyof BrokerEvents>(name: Name, fn: EventListener<BrokerEvents[Name]>): Off {
    return this.#core.events.once(name, fn);
  }

  /** The time that the broker goes by; with a `ManualClock` as its clock, it can be passed. */
  readonly clock: SteeredClock;

  /** Octets that messages hold at the moment. */
  get memoryUsedBytes(): number {
    return this.#core.memory.usedBytes - this.#sessions.slabs.underWayBytes;
  }

  /**
   * Sets what messages may hold from now on: octets, or a share (0 to 1) of the memory there is. 0
   * blocks all publishers. `options` goes on saying what the broker was started with.
   * @throws ConfigError
   */
  setMemoryHighWatermark(limit: MemoryLimit): void {
    const bytes = memoryLimitBytes(limit);
    this.#log.info(`Memory high watermark set to ${Math.floor(bytes / MIB)} MiB (${bytes} bytes)`);
    this.#core.memory.setLimit(bytes);
  }

  /**
   * Sets what is to stay free on the disk of the data folder, and resolves once that was looked at.
   * Without a data folder there is nothing to look at.
   * @throws ConfigError
   */
  async setDiskFreeLimit(limit: DiskFreeLimit): Promise<void> {
    const bytes = diskFreeLimitBytes(limit);
    this.#noteDiskLimit(bytes);
    await this.#core.disk?.setLimit(bytes);
  }

  /** Closes all connections and deletes all that was declared; the listeners stay. */
  async reset(): Promise<void> {
    await this.#sessions.stop(STOP_GRACE_MS);
    this.#core.reset();
    if (this.#stopped === null) this.#sessions.restart();
  }

  /**
   * Says goodbye to all clients (320 CONNECTION_FORCED), closes the listeners, gives everything
   * back.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #vhost(name: string): VirtualHost {
    const vhost = this.#core.vhost(name);
    if (vhost === undefined) throw new RangeError(`there is no vhost '${name}'`);
    return vhost;
  }

  #whenDurable(): Promise<void> {
    return new Promise((resolve) => this.#core.store.metadata.whenDurable(resolve));
  }

  /** As RabbitMQ says it. */
  #noteDiskLimit(bytes: number): void {
    this.#log.info(`Disk free limit set to ${Math.floor(bytes / 1_000_000)}MB`);
  }

  async #stop(): Promise<void> {
    const closed = this.#listeners.map((listener) => listener.close());
    await this.#sessions.stop(STOP_GRACE_MS);
    await Promise.all(closed);
    this.#core.disk?.stop();
    this.#core.halt();
    await this.#storage.close();
    this.#core.close();
    await this.#console?.close();
  }
}

/** @throws ConfigError for a permission pattern that cannot be used */
function usersOf(options: ResolvedOptions): Users {
  try {
    return new Users(options.users);
  } catch (error) {
    throw error instanceof PatternError ? new ConfigError(error.message) : error;
  }
}
