/**
 * A virtual host: a world of exchanges, queues and bindings of its own.
 *
 * Responsible for what exists in it, for the rules of declaring, binding and deleting, and for
 * where a publish goes. AMQP, HTTP, definitions and recovery all call these methods. Not
 * responsible for permissions (session/authorize.ts), message order (queues/) or matching keys
 * (exchanges/).
 */
import type { FieldTable } from '../../protocol/table.ts';
import {
  checkExchangeArguments,
  checkExchangeEquivalence,
  checkQueueArguments,
  checkQueueEquivalence,
} from './arguments.ts';
import type { BrokerContext } from './context.ts';
import type { BindingDefinition, QueueDefinition } from './definitions.ts';
import { errors } from './errors.ts';
import { type Binding, Exchange, type ExchangeProperties, type RoutingTarget } from './exchange.ts';
import { exchangeTypes } from './exchanges/registry.ts';
import type { Owner, Queue } from './queue.ts';
import { ClassicQueue } from './queues/classic.ts';
import { type Destination, type Route, RouteCache } from './routes.ts';
import { type QueueTarget, route } from './routing.ts';

/** Routing keys of direct reply-to: the prefix and 22 random characters (A9.7). */
export const REPLY_TO_PREFIX = 'amq.rabbitmq.reply-to.';
const RESERVED_PREFIX = 'amq.';
const NO_ARGUMENTS: FieldTable = new Map();
/** A3.5. */
const PREDECLARED: readonly (readonly [name: string, type: string, internal?: boolean])[] = [
  ['', 'direct'],
  ['amq.direct', 'direct'],
  ['amq.fanout', 'fanout'],
  ['amq.topic', 'topic'],
  ['amq.headers', 'headers'],
  ['amq.match', 'headers'],
  ['amq.rabbitmq.trace', 'topic', true],
];

/** @throws BrokerError precondition-failed when there is no such type of exchange */
export function checkExchangeType(type: string): void {
  if (!exchangeTypes.has(type)) throw errors.unknownExchangeType(type);
}

export class VirtualHost {
  readonly name: string;
  readonly #context: BrokerContext;
  readonly #exchanges = new Map<string, Exchange>();
  readonly #queues = new Map<string, Queue>();
  /** The exclusive queues of each connection that has some. */
  readonly #exclusive = new Map<Owner, Set<Queue>>();
  readonly #routes = new RouteCache();
  /**
   * Grows with each change of what may route where; routes of an older version are worked out anew.
   */
  #version = 0;

  constructor(name: string, context: BrokerContext) {
    this.name = name;
    this.#context = context;
    for (const [exchange, type, internal = false] of PREDECLARED) {
      this.#addExchange({
        name: exchange,
        type,
        durable: true,
        autoDelete: false,
        internal,
        arguments: NO_ARGUMENTS,
      });
    }
    context.events.emit('vhost.created', { vhost: name });
  }

  exchanges(): Iterable<Exchange> {
    return this.#exchanges.values();
  }

  queues(): Iterable<Queue> {
    return this.#queues.values();
  }

  /** @throws BrokerError not-found */
  exchange(name: string): Exchange {
    const exchange = this.#exchanges.get(name);
    if (exchange === undefined) throw errors.noExchange(name, this.name);
    return exchange;
  }

  /**
   * The queue, for a connection that may use it.
   * @throws BrokerError not-found; resource-locked when another connection holds it exclusively
   */
  queue(name: string, owner: Owner | null): Queue {
    const queue = this.#queues.get(name);
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
    const existing = this.#exchanges.get(wanted.name);
    if (existing !== undefined) {
      checkExchangeEquivalence(this.name, existing, wanted);
      return existing;
    }
    if (wanted.name.startsWith(RESERVED_PREFIX)) throw errors.reservedName('exchange', wanted.name);
    checkExchangeArguments(this.name, wanted.name, wanted.arguments);
    onNew?.();
    return this.#addExchange(wanted);
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
    const exchange = this.#exchanges.get(name);
    if (exchange === undefined) return;
    if (ifUnused && !exchange.isEmpty) throw errors.exchangeInUse(name, this.name);
    this.#removeExchange(exchange);
  }

  /**
   * Declares a queue, or checks that the one that exists is the same (spec 1.7.2.1). `onNew` is
   * told the name of one that does not exist and may still refuse it.
   * @throws BrokerError precondition-failed, resource-locked, access-refused
   */
  declareQueue(
    wanted: QueueDefinition,
    owner: Owner | null,
    onNew?: (name: string) => void,
  ): Queue {
    // Also for one that exists: generated names are not declared by name.
    if (wanted.name.startsWith(RESERVED_PREFIX)) throw errors.reservedName('queue', wanted.name);
    const existing = wanted.name === '' ? undefined : this.#queues.get(wanted.name);
    if (existing !== undefined) {
      this.#checkExclusive(existing, wanted.exclusive, owner);
      checkQueueEquivalence(this.name, existing, wanted);
      return existing;
    }
    checkQueueArguments(this.name, wanted.name, wanted.arguments);
    const name = wanted.name === '' ? this.#context.randomName('amq.gen-') : wanted.name;
    onNew?.(name);
    const queue = new ClassicQueue(
      name,
      {
        durable: wanted.durable,
        autoDelete: wanted.autoDelete,
        owner: wanted.exclusive ? owner : null,
        arguments: wanted.arguments,
      },
      {
        vhost: this.name,
        memory: this.#context.memory,
        flow: this.#context.flow,
        onUnused: (unused) => {
          if (unused.autoDelete) this.#removeQueue(unused);
        },
      },
    );
    this.#queues.set(name, queue);
    if (queue.owner !== null) this.#exclusiveOf(queue.owner).add(queue);
    this.#version++;
    this.#context.events.emit('queue.created', { vhost: this.name, name });
    return queue;
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
    if (!this.#queues.has(name)) return 0;
    const queue = this.queue(name, owner);
    if (conditions.ifUnused && queue.consumerCount !== 0) throw errors.queueInUse(name, this.name);
    if (conditions.ifEmpty && queue.readyCount !== 0) throw errors.queueNotEmpty(name, this.name);
    return this.#removeQueue(queue);
  }

  /** A connection is gone: its exclusive queues go with it (spec 1.7.2.1.1). */
  deleteQueuesOf(owner: Owner): void {
    for (const queue of this.#exclusive.get(owner) ?? []) this.#removeQueue(queue);
    this.#exclusive.delete(owner);
  }

  /** @throws BrokerError not-found, resource-locked, precondition-failed (x-match) */
  bind(wanted: BindingDefinition, owner: Owner | null): void {
    const { source, target } = this.#endpoints(wanted, owner);
    if (!source.bind(target, wanted.routingKey, wanted.arguments)) return;
    this.#version++;
    this.#context.events.emit('binding.created', this.#bindingEvent(wanted));
  }

  /** Takes a binding away; one that is missing is fine, and so is an end of it (A6.4). */
  unbind(wanted: BindingDefinition, owner: Owner | null): void {
    const ends = wanted.kind === 'queue' ? this.#queues : this.#exchanges;
    const end = ends.get(wanted.destination);
    const from = this.#exchanges.get(wanted.source);
    if (!end || !from?.isBound(end, wanted.routingKey, wanted.arguments)) return;
    const { source, target } = this.#endpoints(wanted, owner);
    if (!source.unbind(target, wanted.routingKey, wanted.arguments)) return;
    this.#version++;
    this.#context.events.emit('binding.deleted', this.#bindingEvent(wanted));
    if (source.autoDelete && source.isEmpty) this.#removeExchange(source);
  }

  /**
   * Where a publish to `exchange` with `routingKey` goes: with `byKeyOnly`, its `destinations` hold
   * until `isCurrent` says no; else `resolve` must be asked for each message.
   * @throws BrokerError not-found, access-refused for an internal exchange
   */
  route(exchangeName: string, routingKey: string): Route {
    const exchange = this.exchange(exchangeName);
    if (exchange.internal) throw errors.internalExchange(exchangeName, this.name);
    const route = this.#routes.get(exchangeName, routingKey);
    if (route.version !== this.#version) {
      // Reply queues come and go without changing the topology: they are looked up each time.
      route.byKeyOnly =
        !(exchangeName === '' && routingKey.startsWith(REPLY_TO_PREFIX)) &&
        this.#routes.dependsOnKeyOnly(exchange, this.#version, this.#lookup);
      if (route.byKeyOnly) {
        route.destinations = this.resolve(exchangeName, [routingKey], undefined);
      }
      route.version = this.#version;
    }
    return route;
  }

  /** Whether a route that was looked up earlier may still be used as it is. */
  isCurrent(route: Route): boolean {
    return route.version === this.#version;
  }

  /** All destinations of a message, each once. `headers` matter to headers exchanges only. */
  resolve(
    exchangeName: string,
    routingKeys: readonly string[],
    headers: FieldTable | undefined,
  ): readonly Destination[] {
    if (exchangeName === '') return this.#defaultDestinations(routingKeys);
    const found = new Set<QueueTarget>();
    route(this.exchange(exchangeName), routingKeys, headers, this.#lookup, found);
    // Only queues of this virtual host are ever bound (see #endpoints).
    return [...found] as Queue[];
  }

  /**
   * The queues that have the names of `queues` now: without those that are gone, and with those
   * that were declared anew in place of the old ones.
   */
  present(queues: readonly Destination[]): readonly Destination[] {
    return queues.flatMap(({ name }) => this.#queues.get(name) ?? []);
  }

  /** Deletes everything that was declared, keeping the predeclared exchanges. */
  reset(): void {
    for (const queue of [...this.#queues.values()]) this.#removeQueue(queue);
    for (const exchange of [...this.#exchanges.values()]) {
      for (const target of [...exchange.bindings()]) exchange.unbindTarget(target.destination);
      const isOwn = exchange.name === '' || exchange.name.startsWith(RESERVED_PREFIX);
      // An auto-delete exchange may be gone already, with what it led to.
      if (!isOwn && this.#exchanges.has(exchange.name)) this.#removeExchange(exchange);
    }
    this.#version++;
  }

  readonly #lookup = (name: string): Exchange | undefined => this.#exchanges.get(name);

  #defaultDestinations(names: readonly string[]): readonly Destination[] {
    const found = new Set<Destination>();
    for (const name of names) {
      const destination = this.#queues.get(name) ?? this.#context.replyQueues.get(name);
      if (destination !== undefined) found.add(destination);
    }
    return [...found];
  }

  #addExchange(wanted: ExchangeProperties): Exchange {
    const exchange = new Exchange(wanted);
    this.#exchanges.set(wanted.name, exchange);
    this.#version++;
    this.#context.events.emit('exchange.created', {
      vhost: this.name,
      name: wanted.name,
      type: wanted.type,
    });
    return exchange;
  }

  /** Removes an exchange, and in turn those that were only there to lead to it (A6.3). */
  #removeExchange(exchange: Exchange): void {
    const going = [exchange];
    for (const each of going) {
      if (this.#exchanges.get(each.name) !== each) continue;
      this.#exchanges.delete(each.name);
      this.#routes.forget(each.name);
      this.#version++;
      for (const unused of this.#unbindEverywhere(each)) going.push(unused);
      for (const binding of each.bindings()) this.#tellBindingGone(binding);
      this.#context.events.emit('exchange.deleted', { vhost: this.name, name: each.name });
    }
  }

  #removeQueue(queue: Queue): number {
    if (this.#queues.get(queue.name) !== queue) return 0;
    this.#queues.delete(queue.name);
    this.#routes.forgetKey('', queue.name);
    if (queue.owner !== null) this.#exclusive.get(queue.owner)?.delete(queue);
    this.#version++;
    for (const unused of this.#unbindEverywhere(queue)) this.#removeExchange(unused);
    const messages = queue.delete();
    this.#context.events.emit('queue.deleted', { vhost: this.name, name: queue.name, messages });
    return messages;
  }

  /**
   * Takes away all bindings to `target`; returns the auto-delete exchanges that are left unused.
   */
  #unbindEverywhere(target: RoutingTarget): Exchange[] {
    const unused: Exchange[] = [];
    for (const exchange of this.#exchanges.values()) {
      const gone = exchange.bindingsTo(target);
      if (gone.length === 0) continue;
      exchange.unbindTarget(target);
      for (const binding of gone) this.#tellBindingGone(binding);
      if (exchange.autoDelete && exchange.isEmpty) unused.push(exchange);
    }
    return unused;
  }

  #exclusiveOf(owner: Owner): Set<Queue> {
    const known = this.#exclusive.get(owner);
    if (known !== undefined) return known;
    const queues = new Set<Queue>();
    this.#exclusive.set(owner, queues);
    return queues;
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

  #tellBindingGone({ source, destination, routingKey }: Binding): void {
    this.#context.events.emit('binding.deleted', {
      vhost: this.name,
      source,
      destination: destination.name,
      destinationKind: destination.kind,
      routingKey,
    });
  }

  #bindingEvent(wanted: BindingDefinition) {
    return {
      vhost: this.name,
      source: wanted.source,
      destination: wanted.destination,
      destinationKind: wanted.kind,
      routingKey: wanted.routingKey,
    };
  }
}
