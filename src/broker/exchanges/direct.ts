/**
 * direct: a message goes to the bindings whose key equals its routing key.
 */

import type { FieldTable } from '../../../protocol/table.ts';
import type { Binding, RoutingTarget } from '../binding.ts';
import type { BindingIndex, ExchangeType } from '../exchange-type.ts';
import { TargetList } from './target-list.ts';

class DirectIndex implements BindingIndex {
  readonly #byKey = new Map<string, TargetList>();

  add(binding: Binding): void {
    let list = this.#byKey.get(binding.routingKey);
    if (list === undefined) {
      list = new TargetList();
      this.#byKey.set(binding.routingKey, list);
    }
    list.add(binding.destination);
  }

  remove(binding: Binding): void {
    const list = this.#byKey.get(binding.routingKey);
    if (list === undefined) return;
    list.remove(binding.destination);
    if (list.isEmpty) this.#byKey.delete(binding.routingKey);
  }

  match(routingKey: string, _headers: FieldTable | undefined, found: RoutingTarget[]): void {
    this.#byKey.get(routingKey)?.appendTo(found);
  }
}

export const direct: ExchangeType = {
  name: 'direct',
  byKeyOnly: true,
  create: () => new DirectIndex(),
};
