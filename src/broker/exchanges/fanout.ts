/**
 * fanout: a message goes to every binding.
 */

import type { FieldTable } from '../../../protocol/table.ts';
import type { Binding, RoutingTarget } from '../binding.ts';
import type { BindingIndex, ExchangeType } from '../exchange-type.ts';
import { TargetList } from './target-list.ts';

class FanoutIndex implements BindingIndex {
  readonly #targets = new TargetList();

  add(binding: Binding): void {
    this.#targets.add(binding.destination);
  }

  remove(binding: Binding): void {
    this.#targets.remove(binding.destination);
  }

  match(_routingKey: string, _headers: FieldTable | undefined, found: RoutingTarget[]): void {
    this.#targets.appendTo(found);
  }
}

export const fanout: ExchangeType = {
  name: 'fanout',
  byKeyOnly: true,
  create: () => new FanoutIndex(),
};
