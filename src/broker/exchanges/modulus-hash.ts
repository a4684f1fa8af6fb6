/**
 * x-modulus-hash: each message goes to one of the bindings, in the order of their destinations'
 * names, by the hash of its routing key; binding keys do not count (A6.6). The same destination
 * bound several times has as many shares, and nothing changes over a restart.
 */
import type { FieldTable } from '../../../protocol/table.ts';
import type { Binding, RoutingTarget } from '../binding.ts';
import type { BindingIndex, ExchangeType, RoutedMessage } from '../exchange-type.ts';
import { hashOf } from './hashing.ts';

class ModulusHashIndex implements BindingIndex {
  readonly #bindings = new Map<string, Binding>();
  /** Made anew after a change. */
  #sorted: RoutingTarget[] | null = null;

  add(binding: Binding): void {
    this.#bindings.set(binding.key, binding);
    this.#sorted = null;
  }

  remove({ key }: Binding): void {
    this.#bindings.delete(key);
    this.#sorted = null;
  }

  match(routingKey: string, headers: FieldTable | undefined, found: RoutingTarget[]): void {
    this.select({ routingKeys: [routingKey], headers, message: undefined }, found);
  }

  select({ routingKeys }: RoutedMessage, found: RoutingTarget[]): void {
    this.#sorted ??= [...this.#bindings.values()]
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ destination }) => destination);
    const target = this.#sorted[hashOf(routingKeys.join('\0')) % this.#sorted.length];
    if (target !== undefined) found.push(target);
  }
}

export const modulusHash: ExchangeType = {
  name: 'x-modulus-hash',
  byKeyOnly: false,
  create: () => new ModulusHashIndex(),
};
