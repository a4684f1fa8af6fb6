/**
 * The exchange type port: how an exchange finds the bindings that a message matches.
 *
 * One implementation a type, in `exchanges/`, each a file, a line in `exchanges/registry.ts` and a
 * call of the contract suite in `test/contract/exchange-type.ts`.
 */

import type { FieldTable } from '../../protocol/table.ts';
import type { Binding, RoutingTarget } from './binding.ts';

/** The bindings of one exchange, arranged for matching. */
export interface BindingIndex {
  /** Adds a binding that is not in the index (by `key`). */
  add(binding: Binding): void;
  /** Removes a binding that was added; its destination is the same object as then. */
  remove(binding: Binding): void;
  /**
   * Appends to `found` the destinations of the bindings that match. One destination may be appended
   * several times. `headers` are the message's, `undefined` when it has none.
   */
  match(routingKey: string, headers: FieldTable | undefined, found: RoutingTarget[]): void;
}

export interface ExchangeType {
  /** As in exchange.declare. */
  readonly name: string;
  /** Whether routes depend on the routing key alone, so that they may be remembered by it. */
  readonly byKeyOnly: boolean;
  /** Refuses a binding's arguments. Throws BrokerError precondition-failed. */
  checkBinding?(args: FieldTable): void;
  /** An empty index for an exchange declared with `args`. */
  create(args: FieldTable): BindingIndex;
}
