/**
 * What exists in a virtual host, and how it comes and goes.
 *
 * Responsible for adding and removing exchanges, queues and bindings, for what goes with them
 * (bindings to them, auto-delete exchanges that led only there), for telling watchers and for
 * writing down what is durable. Not responsible for rules: who may, and whether it fits, is decided
 * before (vhost.ts).
 */
import type { BrokerContext } from './context.ts';
import type { BindingDefinition } from './definitions.ts';
import type { DelayTarget } from './delays/delayed-record.ts';
import { type Binding, Exchange, type ExchangeProperties, type RoutingTarget } from './exchange.ts';
import type { ExchangeServices } from './exchange-type.ts';
import type { Message } from './message.ts';
import { Policies } from './policies/policies.ts';
import type { Owner, Queue } from './queue.ts';
import { RouteCache } from './routes.ts';

export class Topology {
  readonly exchanges = new Map<string, Exchange>();
  readonly queues = new Map<string, Queue>();
  readonly routes = new RouteCache();
  readonly policies: Policies;
  /**
   * Grows with each change of what may route where; routes of an older version are worked out anew.
   */
  version = 0;
  readonly #vhost: string;
  readonly #context: BrokerContext;
  readonly #services: ExchangeServices;
  readonly #targetGone: (target: DelayTarget) => void;
  /** The exclusive queues of each connection that has some. */
  readonly #exclusive = new Map<Owner, Set<Queue>>();

  constructor(
    vhost: string,
    context: BrokerContext,
    deliver: (target: RoutingTarget, message: Message) => void,
    targetGone: (target: DelayTarget) => void,
  ) {
    this.#targetGone = targetGone;
    this.#vhost = vhost;
    this.#context = context;
    const { clock, memory, random } = context;
    this.#services = { clock, memory, random, deliver };
    this.policies = this.#makePolicies();
  }

  addExchange(wanted: ExchangeProperties): Exchange {
    const { number = null, ...properties } = wanted;
    const store = number === null ? null : this.#context.store.queue(number);
    const exchange = new Exchange(wanted, { ...this.#services, store });
    this.policies.attach(exchange);
    this.exchanges.set(wanted.name, exchange);
    this.version++;
    this.#context.definitions.exchangeAdded(this.#vhost, exchange);
    this.#context.events.emit('exchange.created', { vhost: this.#vhost, ...properties });
    return exchange;
  }

  addQueue(queue: Queue): void {
    this.policies.attach(queue);
    this.queues.set(queue.name, queue);
    if (queue.owner !== null) this.#exclusiveOf(queue.owner).add(queue);
    this.version++;
    this.#context.definitions.queueAdded(queue);
    const { name, durable, autoDelete, owner, arguments: args } = queue;
    const properties = { durable, autoDelete, exclusive: owner !== null, arguments: args };
    this.#context.events.emit('queue.created', { vhost: this.#vhost, name, ...properties });
  }

  /** @throws BrokerError precondition-failed when the exchange's type refuses the arguments */
  addBinding(source: Exchange, target: Queue | Exchange, wanted: BindingDefinition): void {
    if (!source.bind(target, wanted.routingKey, wanted.arguments)) return;
    this.version++;
    this.#context.definitions.bindingAdded(this.#vhost, source, target, wanted);
    this.#context.events.emit('binding.created', this.#eventOf(wanted));
  }

  removeBinding(source: Exchange, target: Queue | Exchange, wanted: BindingDefinition): void {
    if (!source.unbind(target, wanted.routingKey, wanted.arguments)) return;
    this.version++;
    this.#bindingGone(source, wanted);
    if (source.autoDelete && source.isEmpty) this.removeExchange(source);
  }

  /** Removes an exchange, and in turn those that were only there to lead to it (A6.3). */
  removeExchange(exchange: Exchange): void {
    const going = [exchange];
    for (const each of going) {
      if (this.exchanges.get(each.name) !== each) continue;
      this.exchanges.delete(each.name);
      this.routes.forget(each.name);
      this.version++;
      for (const unused of this.#unbindEverywhere(each)) going.push(unused);
      for (const binding of each.bindings()) this.#bindingGone(each, definitionOf(binding));
      this.#targetGone({ kind: 'exchange', name: each.name });
      this.#context.definitions.exchangeRemoved(this.#vhost, each);
      each.close();
      this.#context.events.emit('exchange.deleted', { vhost: this.#vhost, name: each.name });
    }
  }

  /** Removes a queue and says how many messages went with it. */
  removeQueue(queue: Queue): number {
    if (this.queues.get(queue.name) !== queue) return 0;
    this.queues.delete(queue.name);
    this.routes.forgetKey('', queue.name);
    if (queue.owner !== null) this.#exclusive.get(queue.owner)?.delete(queue);
    this.version++;
    for (const unused of this.#unbindEverywhere(queue)) this.removeExchange(unused);
    this.#context.definitions.queueRemoved(queue);
    this.#targetGone({ kind: 'queue', name: queue.name });
    const messages = queue.delete();
    this.#context.events.emit('queue.deleted', { vhost: this.#vhost, name: queue.name, messages });
    return messages;
  }

  removeQueuesOf(owner: Owner): void {
    for (const queue of this.#exclusive.get(owner) ?? []) this.removeQueue(queue);
    this.#exclusive.delete(owner);
  }

  /** Removes everything but the predeclared exchanges. */
  clear(): void {
    for (const queue of [...this.queues.values()]) this.removeQueue(queue);
    for (const exchange of [...this.exchanges.values()]) {
      for (const binding of [...exchange.bindings()]) {
        exchange.unbindTarget(binding.destination);
        this.#bindingGone(exchange, definitionOf(binding));
      }
      // An auto-delete exchange may be gone already, with what it led to.
      if (!exchange.isPredeclared && this.exchanges.has(exchange.name)) {
        this.removeExchange(exchange);
      }
    }
    this.version++;
  }

  #makePolicies(): Policies {
    const { definitions, events, defer } = this.#context;
    const vhost = this.#vhost;
    const all = { queues: this.queues, exchanges: this.exchanges };
    return new Policies({
      *targets() {
        yield* [...all.queues.values(), ...all.exchanges.values()];
      },
      has: (target) => {
        const there = target.kind === 'queue' ? all.queues : all.exchanges;
        return there.get(target.name) === target;
      },
      defer,
      changed: (kind, name, policy) => {
        definitions.policyChanged(kind, vhost, name, policy);
        if (policy === null) events.emit('policy.cleared', { vhost, kind, name });
        else events.emit('policy.set', { vhost, kind, ...policy.toJSON() });
      },
      applied: (target) => {
        this.version++;
        if (target.kind === 'exchange') return;
        const policy = this.policies.nameFor('policy', target);
        const { name } = target;
        if (policy === null) events.emit('queue.policy.cleared', { vhost, name });
        else events.emit('queue.policy.updated', { vhost, name, policy });
      },
    });
  }

  /**
   * Takes away all bindings to `target`; returns the auto-delete exchanges that are left unused.
   */
  #unbindEverywhere(target: RoutingTarget): Exchange[] {
    const unused: Exchange[] = [];
    for (const exchange of this.exchanges.values()) {
      const gone = exchange.bindingsTo(target);
      if (gone.length === 0) continue;
      exchange.unbindTarget(target);
      for (const binding of gone) this.#bindingGone(exchange, definitionOf(binding));
      if (exchange.autoDelete && exchange.isEmpty) unused.push(exchange);
    }
    return unused;
  }

  #bindingGone(source: Exchange, binding: BindingDefinition): void {
    this.#context.definitions.bindingRemoved(this.#vhost, source, binding);
    this.#context.events.emit('binding.deleted', this.#eventOf(binding));
  }

  #exclusiveOf(owner: Owner): Set<Queue> {
    const known = this.#exclusive.get(owner);
    if (known !== undefined) return known;
    const queues = new Set<Queue>();
    this.#exclusive.set(owner, queues);
    return queues;
  }

  #eventOf({ kind, ...binding }: BindingDefinition) {
    return { vhost: this.#vhost, ...binding, destinationKind: kind };
  }
}

function definitionOf(binding: Binding): BindingDefinition {
  const { source, destination, routingKey } = binding;
  const { kind, name } = destination;
  return { source, kind, destination: name, routingKey, arguments: binding.arguments };
}
