/**
 * An exchange: its properties and its bindings.
 *
 * It keeps each binding once and tells its type's index, which does the matching. It does not
 * route: `routing.ts` follows bindings from exchange to exchange. When it is to be deleted is the
 * virtual host's business too.
 */

import type { FieldTable } from '../../protocol/table.ts';
import { type Binding, bindingKey, makeBinding, type RoutingTarget } from './binding.ts';
import { errors } from './errors.ts';
import type {
  BindingIndex,
  ExchangeServices,
  ExchangeType,
  RoutedMessage,
  Witness,
} from './exchange-type.ts';
import { exchangeTypes } from './exchanges/registry.ts';
import type { ExchangeSettings } from './policies/settings.ts';

export type { Binding, RoutingTarget } from './binding.ts';

/** What exchange.declare says. */
export interface ExchangeProperties {
  readonly name: string;
  /** Name of a registered type. */
  readonly type: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  readonly arguments: FieldTable;
  /** Its number in the store, where its type keeps something there. */
  readonly number?: number | null;
}

/** What the names of predeclared exchanges begin with, and nothing else's. */
const RESERVED_PREFIX = 'amq.';

export class Exchange implements RoutingTarget {
  readonly kind = 'exchange';
  readonly name: string;
  readonly type: ExchangeType;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  /** True when clients may not publish to it. */
  readonly internal: boolean;
  readonly arguments: FieldTable;
  /** Its number in the store; null: nothing of it is there beside its definition. */
  readonly number: number | null;
  /** Name of the exchange that gets what matches no binding here. */
  alternate: string | undefined;
  /** Messages say when they are due (x-delay, x-deliver-at): the policy key `delayed`. */
  delaysMessages: boolean;
  readonly #index: BindingIndex;
  /** By binding key. */
  readonly #bindings = new Map<string, Binding>();
  readonly #byTarget = new Map<RoutingTarget, Binding[]>();
  readonly #exchangeTargets = new Set<RoutingTarget>();

  /** @throws BrokerError precondition-failed when there is no such type */
  constructor(properties: ExchangeProperties, services: ExchangeServices) {
    const type = exchangeTypes.get(properties.type);
    if (type === undefined) throw errors.unknownExchangeType(properties.type);
    this.name = properties.name;
    this.type = type;
    this.durable = properties.durable;
    this.autoDelete = properties.autoDelete;
    this.internal = properties.internal;
    this.arguments = properties.arguments;
    this.number = properties.number ?? null;
    this.alternate = alternateIn(properties.arguments);
    this.delaysMessages = type.delaysMessages === true;
    this.#index = type.create(properties.arguments, services);
  }

  /** It was there from the start, and stays. */
  get isPredeclared(): boolean {
    return this.name === '' || this.name.startsWith(RESERVED_PREFIX);
  }

  /** True when no binding leads from here. */
  get isEmpty(): boolean {
    return this.#bindings.size === 0;
  }

  /** The bindings from here, oldest first. */
  bindings(): Iterable<Binding> {
    return this.#bindings.values();
  }

  /** The exchanges that bindings from here lead to, each once. */
  exchangeTargets(): Iterable<RoutingTarget> {
    return this.#exchangeTargets;
  }

  /**
   * Binds `target`; false when the very same binding was there.
   * @throws BrokerError precondition-failed when the type refuses the arguments
   */
  bind(target: RoutingTarget, routingKey: string, args: FieldTable): boolean {
    this.type.checkBinding?.(args, routingKey, target, this.arguments, this.name);
    const binding = makeBinding(this.name, target, routingKey, args);
    if (this.#bindings.has(binding.key)) return false;
    this.#bindings.set(binding.key, binding);
    const ofTarget = this.#byTarget.get(target);
    if (ofTarget === undefined) this.#byTarget.set(target, [binding]);
    else ofTarget.push(binding);
    if (target.kind === 'exchange') this.#exchangeTargets.add(target);
    this.#index.add(binding);
    return true;
  }

  /** Whether this very binding is there. */
  isBound(target: RoutingTarget, routingKey: string, args: FieldTable): boolean {
    return this.#bindings.has(bindingKey(target, routingKey, args));
  }

  /** Takes a binding away; false when it was not there. */
  unbind(target: RoutingTarget, routingKey: string, args: FieldTable): boolean {
    const binding = this.#bindings.get(bindingKey(target, routingKey, args));
    if (binding === undefined) return false;
    const ofTarget = this.#byTarget.get(target) ?? [];
    if (ofTarget.length > 1) ofTarget.splice(ofTarget.indexOf(binding), 1);
    else this.#forget(target);
    this.#remove(binding);
    return true;
  }

  /** The bindings to `target`, oldest first. */
  bindingsTo(target: RoutingTarget): readonly Binding[] {
    return [...(this.#byTarget.get(target) ?? [])];
  }

  /** Takes away all bindings to `target` and says how many there were. */
  unbindTarget(target: RoutingTarget): number {
    const bindings = this.#byTarget.get(target);
    if (bindings === undefined) return 0;
    this.#forget(target);
    for (const binding of bindings) this.#remove(binding);
    return bindings.length;
  }

  /**
   * Appends to `found` the targets that a message goes to from here, and to `witnesses` who is to
   * be told of it behind them.
   */
  match(routed: RoutedMessage, found: RoutingTarget[], witnesses: Witness[] = []): void {
    const { routingKeys, headers } = routed;
    if (this.#index.select !== undefined) this.#index.select(routed, found, witnesses);
    else for (const key of routingKeys) this.#index.match(key, headers, found);
  }

  /** Reads what a restart left of it. @throws the system's error */
  async load(): Promise<void> {
    await this.#index.load?.();
  }

  /** Policies say this about it; its own alternate exchange comes first. */
  applyPolicy({ alternate, delaysMessages }: ExchangeSettings): void {
    this.alternate = alternateIn(this.arguments) ?? alternate;
    this.delaysMessages = delaysMessages || this.type.delaysMessages === true;
  }

  /** It was deleted. */
  close(): void {
    this.#index.close?.();
  }

  #forget(target: RoutingTarget): void {
    this.#byTarget.delete(target);
    this.#exchangeTargets.delete(target);
  }

  #remove(binding: Binding): void {
    this.#bindings.delete(binding.key);
    this.#index.remove(binding);
  }
}

function alternateIn(args: FieldTable): string | undefined {
  const field = args.get('alternate-exchange');
  return field?.type === 'S' ? field.value.toString() : undefined;
}
