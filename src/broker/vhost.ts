/**
 * A virtual host: a world of exchanges, queues and bindings of its own.
 *
 * Responsible for the rules of declaring, binding and deleting, and for where a publish goes. AMQP,
 * HTTP, definitions and recovery all call these methods. Not responsible for what exists and what
 * goes with it (topology.ts), permissions (session/authorize.ts), message order (queues/) or
 * matching keys (exchanges/).
 */
import type { FieldTable } from '../../protocol/table.ts';
import { checkExchangeEquivalence, checkQueueEquivalence } from './arguments/equivalence.ts';
import { checkExchangeArguments } from './arguments/exchange-arguments.ts';
import { checkQueueArguments } from './arguments/queue-arguments.ts';
import { checkDeleteConditions, checkQueueProperties } from './arguments/queue-properties.ts';
import type { BrokerContext } from './context.ts';
import { DeadLetters } from './dead-letters.ts';
import type { BindingDefinition, QueueDefinition } from './definitions.ts';
import type { DelayTarget } from './delays/delayed-record.ts';
import { Delays } from './delays/delays.ts';
import { delayGate } from './delays/gate.ts';
import { withDelayOver } from './delays/headers.ts';
import { errors } from './errors.ts';
import type { Exchange, ExchangeProperties, RoutingTarget } from './exchange.ts';
import { PREDECLARED } from './exchanges/predeclared.ts';
import { exchangeTypes } from './exchanges/registry.ts';
import { textsIn } from './fields.ts';
import { Firehose } from './firehose.ts';
import type { Message } from './message.ts';
import { headersIn } from './message-properties.ts';
import type { Policies } from './policies/policies.ts';
import type { Owner, Queue } from './queue.ts';
import { makeQueue, storesOf } from './queue-factory.ts';
import type { Destination, Route } from './routes.ts';
import { type DelayFor, type QueueTarget, route } from './routing.ts';
import { Topology } from './topology.ts';
import { NO_METADATA, type VhostMetadata, withDefaultType } from './vhost-metadata.ts';

/** Routing keys of direct reply-to: the prefix and 22 random characters (A9.7). */
export const REPLY_TO_PREFIX = 'amq.rabbitmq.reply-to.';
const RESERVED_PREFIX = 'amq.';

/** @throws BrokerError precondition-failed when there is no such type of exchange */
export function checkExchangeType(type: string): void {
  if (!exchangeTypes.has(type)) throw errors.unknownExchangeType(type);
}

export class VirtualHost {
  readonly name: string;
  /** Set by definitions. */
  metadata: VhostMetadata = NO_METADATA;
  readonly #context: BrokerContext;
  readonly #topology: Topology;
  readonly #delayFor: DelayFor;
  /** Copies of everything to amq.rabbitmq.trace; null while nobody wants them. */
  firehose: Firehose | null = null;
  /** What waits for its time. */
  readonly delays: Delays;
  /** How messages of its queues get to dead-letter exchanges. */
  readonly deadLetters: DeadLetters;

  constructor(name: string, context: BrokerContext) {
    this.name = name;
    this.#context = context;
    this.#topology = new Topology(
      name,
      context,
      (target, message) => this.#deliver(target, message),
      (target) => this.delays.targetGone(target),
    );
    const { clock, memory, store, defer } = context;
    this.delays = new Delays({
      ...{ clock, memory, store, defer },
      numberFor: () => context.definitions.delaysNumber(name),
      deliver: (target, message) => this.#due(target, message),
      onReadError: context.onDelaysReadError,
    });
    this.#delayFor = delayGate(clock, this.delays);
    this.deadLetters = new DeadLetters({
      clock: context.clock,
      store: context.store,
      trustsClients: context.profile.continuesClientDeaths,
      onCycle: (queues) => context.events.emit('queue.deadletter.cycle', { vhost: name, queues }),
      hasExchange: (exchange) => this.#topology.exchanges.has(exchange),
      resolve: (exchange, keys, headers, message) => this.resolve(exchange, keys, headers, message),
    });
    for (const exchange of PREDECLARED) this.#topology.addExchange(exchange);
    context.events.emit('vhost.created', { vhost: name });
  }

  /** What is set for queues and exchanges by name. */
  get policies(): Policies {
    return this.#topology.policies;
  }

  /** Turns the firehose on or off (B7.5); `node` is what it calls the broker. */
  trace(node: string | null): void {
    const publish = (copy: Message) => this.publishInternal(copy);
    this.firehose = node === null ? null : new Firehose(this.name, node, publish);
  }

  /** Makes an exchange that only the broker publishes to. */
  addSystemExchange(name: string, type: string): void {
    if (this.hasExchange(name)) return;
    const flags = { durable: true, autoDelete: false, internal: true };
    this.#topology.addExchange({ name, type, ...flags, arguments: new Map() });
  }

  /** Publishes a message of the broker's own. */
  publishInternal(message: Message): void {
    this.#deliver(this.exchange(message.address.exchange), message);
  }

  hasExchange(name: string): boolean {
    return this.#topology.exchanges.has(name);
  }

  hasQueue(name: string): boolean {
    return this.#topology.queues.has(name);
  }

  exchanges(): Iterable<Exchange> {
    return this.#topology.exchanges.values();
  }

  queues(): Iterable<Queue> {
    return this.#topology.queues.values();
  }

  /** @throws BrokerError not-found */
  exchange(name: string): Exchange {
    const exchange = this.#topology.exchanges.get(name);
    if (exchange === undefined) throw errors.noExchange(name, this.name);
    return exchange;
  }

  /**
   * The queue, for a connection that may use it.
   * @throws BrokerError not-found; resource-locked when another connection holds it exclusively
   */
  queue(name: string, owner: Owner | null): Queue {
    const queue = this.#topology.queues.get(name);
    if (queue === undefined) throw errors.noQueue(name, this.name);
    if (queue.owner !== null && queue.owner !== owner) throw errors.lockedQueue(name, this.name);
    return queue;
  }

  /**
   * Declares an exchange, or checks that the one that exists is the same (spec 1.6.2.1). `onNew`
   * may still refuse one that does not exist.
   * @throws BrokerError precondition-failed on a mismatch or unknown type, access-refused on `amq.`
   */
  declareExchange(wanted: ExchangeProperties, onNew?: () => void): Exchange {
    checkExchangeType(wanted.type);
    const existing = this.#topology.exchanges.get(wanted.name);
    if (existing !== undefined) {
      checkExchangeEquivalence(this.name, existing, wanted);
      return existing;
    }
    if (wanted.name.startsWith(RESERVED_PREFIX)) throw errors.reservedName('exchange', wanted.name);
    checkExchangeArguments(this.name, wanted.name, wanted.arguments);
    const type = exchangeTypes.get(wanted.type);
    type?.checkArguments?.(wanted.arguments);
    onNew?.();
    // Before it is told that it is there: what waits in it needs a place on the disk.
    if (wanted.durable && type?.delaysMessages) this.delays.prepare();
    const isKept = wanted.durable && type?.isKept?.(wanted.arguments) === true;
    const { number = this.#context.definitions.numberFor(isKept, null, 1) } = wanted;
    return this.#topology.addExchange({ ...wanted, number });
  }

  /**
   * @throws BrokerError access-refused for a name that cannot be deleted, whether it exists or not
   */
  refuseSystemExchange(name: string): void {
    if (name === '') throw errors.defaultExchange();
    if (name.startsWith(RESERVED_PREFIX)) throw errors.systemExchange(name, this.name);
  }

  /** Deletes an exchange and its bindings; one that is missing is fine (A3.1). */
  deleteExchange(name: string, ifUnused: boolean): void {
    this.refuseSystemExchange(name);
    const exchange = this.#topology.exchanges.get(name);
    if (exchange === undefined) return;
    if (ifUnused && !exchange.isEmpty) throw errors.exchangeInUse(name, this.name);
    this.#topology.removeExchange(exchange);
  }

  /**
   * Declares a queue, or checks that the one that exists is the same (spec 1.7.2.1). `onNew` is
   * told the name of one that does not exist and may still refuse it.
   * @throws BrokerError precondition-failed, resource-locked, access-refused
   */
  declareQueue(asked: QueueDefinition, owner: Owner | null, onNew?: (name: string) => void): Queue {
    // Also for one that exists: generated names are not declared by name.
    if (asked.name.startsWith(RESERVED_PREFIX)) throw errors.reservedName('queue', asked.name);
    const wanted = withDefaultType(asked, this.metadata);
    const existing = wanted.name === '' ? undefined : this.#topology.queues.get(wanted.name);
    if (existing !== undefined) {
      this.#checkExclusive(existing, wanted.exclusive, owner);
      checkQueueEquivalence(this.name, existing, wanted);
      return existing;
    }
    const { allowsTransientQueues } = this.#context.profile;
    if (!wanted.durable && !wanted.exclusive && !allowsTransientQueues) {
      throw errors.transientQueue();
    }
    checkQueueArguments(this.name, wanted.name, wanted.arguments);
    checkQueueProperties(this.name, wanted);
    const name = wanted.name === '' ? this.#context.randomName('amq.gen-') : wanted.name;
    onNew?.(name);
    const exclusiveTo = wanted.exclusive ? owner : null;
    const number = this.#context.definitions.numberFor(
      wanted.durable,
      exclusiveTo,
      storesOf(wanted.arguments),
    );
    return this.#makeQueue(name, wanted, exclusiveTo, number);
  }

  /**
   * Deletes a queue and says how many messages went with it; one that is missing is fine (A3.1).
   * @throws BrokerError resource-locked, or precondition-failed when in use or not empty
   */
  deleteQueue(
    name: string,
    conditions: { readonly ifUnused: boolean; readonly ifEmpty: boolean },
    owner: Owner | null,
  ): number {
    if (!this.#topology.queues.has(name)) return 0;
    const queue = this.queue(name, owner);
    checkDeleteConditions(queue, conditions);
    if (conditions.ifUnused && queue.consumerCount !== 0) throw errors.queueInUse(name, this.name);
    if (conditions.ifEmpty && queue.readyCount !== 0) throw errors.queueNotEmpty(name, this.name);
    return this.#topology.removeQueue(queue);
  }

  /**
   * Makes a queue again that there was before a restart, under the number that it had.
   * @throws BrokerError precondition-failed for arguments that are not taken (any more)
   */
  restoreQueue(known: QueueDefinition, number: number): Queue {
    checkQueueArguments(this.name, known.name, known.arguments);
    return this.#makeQueue(known.name, known, null, number);
  }

  /** A connection is gone: its exclusive queues go with it (spec 1.7.2.1.1). */
  deleteQueuesOf(owner: Owner): void {
    this.#topology.removeQueuesOf(owner);
  }

  /** @throws BrokerError not-found, resource-locked, precondition-failed (x-match) */
  bind(wanted: BindingDefinition, owner: Owner | null): void {
    const { source, target } = this.#endpoints(wanted, owner);
    this.#topology.addBinding(source, target, wanted);
  }

  /** Takes a binding away; one that is missing is fine, and so is an end of it (A6.4). */
  unbind(wanted: BindingDefinition, owner: Owner | null): void {
    const ends = wanted.kind === 'queue' ? this.#topology.queues : this.#topology.exchanges;
    const end = ends.get(wanted.destination);
    const from = this.#topology.exchanges.get(wanted.source);
    if (!end || !from?.isBound(end, wanted.routingKey, wanted.arguments)) return;
    const { source, target } = this.#endpoints(wanted, owner);
    this.#topology.removeBinding(source, target, wanted);
  }

  /**
   * Where a publish to `exchange` with `routingKey` goes: with `byKeyOnly`, its `destinations` hold
   * until `isCurrent` says no; else `resolve` must be asked for each message.
   * @throws BrokerError not-found, access-refused for an internal exchange
   */
  route(exchangeName: string, routingKey: string): Route {
    const exchange = this.exchange(exchangeName);
    if (exchange.internal) throw errors.internalExchange(exchangeName, this.name);
    const route = this.#topology.routes.get(exchangeName, routingKey);
    if (route.version !== this.#topology.version) {
      // Reply queues come and go without changing the topology: they are looked up each time.
      route.byKeyOnly =
        !(exchangeName === '' && routingKey.startsWith(REPLY_TO_PREFIX)) &&
        this.#topology.routes.dependsOnKeyOnly(exchange, this.#topology.version, this.#lookup);
      if (route.byKeyOnly) {
        route.destinations = this.resolve(exchangeName, [routingKey], undefined);
      }
      route.version = this.#topology.version;
    }
    return route;
  }

  /** Whether a route that was looked up earlier may still be used as it is. */
  isCurrent(route: Route): boolean {
    return route.version === this.#topology.version;
  }

  /**
   * All destinations of a message, each once. `headers` and the message itself matter to some types
   * of exchanges only.
   */
  resolve(
    exchangeName: string,
    routingKeys: readonly string[],
    headers: FieldTable | undefined,
    message?: Message,
  ): readonly Destination[] {
    if (exchangeName === '') return this.#defaultDestinations(routingKeys);
    const found = new Set<QueueTarget>();
    const routed = { routingKeys, headers, message };
    route(this.exchange(exchangeName), routed, this.#lookup, found, this.#delayFor);
    // Only queues of this virtual host are ever bound (see #endpoints).
    return [...found] as Queue[];
  }

  /**
   * The queues that have the names of `queues` now: without those that are gone, and with those
   * that were declared anew in place of the old ones. What is no queue stays.
   */
  present(queues: readonly Destination[]): readonly Destination[] {
    const { queues: all } = this.#topology;
    return queues.flatMap((each) => (each.isAside ? each : (all.get(each.name) ?? [])));
  }

  /** Deletes everything that was declared, keeping the predeclared exchanges. */
  reset(): void {
    this.delays.clear();
    this.#topology.clear();
  }

  readonly #lookup = (name: string): Exchange | undefined => this.#topology.exchanges.get(name);

  /** A message that waited is due. */
  #due(target: DelayTarget, message: Message): void {
    if (target.kind === 'queue') {
      this.#topology.queues.get(target.name)?.publish(message, null);
      return;
    }
    const exchange = this.#topology.exchanges.get(target.name);
    if (exchange !== undefined) this.#deliver(exchange, withDelayOver(message));
  }

  /** What an exchange hands on by itself, not for a publish. */
  #deliver(target: RoutingTarget, message: Message): void {
    if (target.kind === 'queue') {
      (target as Queue).publish(message, null);
      return;
    }
    const headers = headersIn(message);
    const keys = [message.address.routingKey, ...textsIn(headers, 'CC'), ...message.blindKeys];
    for (const each of this.resolve(target.name, keys, headers, message)) {
      each.publish(message, null);
    }
  }

  #defaultDestinations(names: readonly string[]): readonly Destination[] {
    const found = new Set<Destination>();
    for (const name of names) {
      const destination = this.#topology.queues.get(name) ?? this.#context.replyQueues.get(name);
      if (destination !== undefined) found.add(destination);
    }
    return [...found];
  }

  #makeQueue(
    name: string,
    wanted: QueueDefinition,
    owner: Owner | null,
    number: number | null,
  ): Queue {
    const queue = makeQueue(name, wanted, owner, number, {
      vhost: this.name,
      broker: this.#context,
      deadLetters: this.deadLetters,
      delays: this.delays,
      remove: (unused) => this.#topology.removeQueue(unused),
    });
    this.#topology.addQueue(queue);
    return queue;
  }

  #checkExclusive(existing: Queue, wanted: boolean, owner: Owner | null): void {
    const matches = wanted ? existing.owner === owner : existing.owner === null;
    if (!matches) throw errors.lockedQueue(existing.name, this.name);
  }

  #endpoints(
    wanted: BindingDefinition,
    owner: Owner | null,
  ): { source: Exchange; target: Queue | Exchange } {
    const source = this.exchange(wanted.source);
    const target =
      wanted.kind === 'queue'
        ? this.queue(wanted.destination, owner)
        : this.exchange(wanted.destination);
    return { source, target };
  }
}
