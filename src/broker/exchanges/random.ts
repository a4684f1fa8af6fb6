/**
 * x-random: each message goes to one destination by chance; keys do not count (A6.6).
 *
 * x-local-random is the same for classic queues alone, bound with an empty key. With one node, all
 * queues are local.
 */
import type { FieldTable } from '../../../protocol/table.ts';
import type { Binding, RoutingTarget } from '../binding.ts';
import { errors } from '../errors.ts';
import type { BindingIndex, ExchangeType, RoutedMessage } from '../exchange-type.ts';
import type { Queue } from '../queue.ts';
import { DistinctTargets } from './distinct-targets.ts';

class RandomIndex implements BindingIndex {
  readonly #targets = new DistinctTargets();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  add(binding: Binding): void {
    this.#targets.add(binding);
  }

  remove(binding: Binding): void {
    this.#targets.remove(binding);
  }

  match(_routingKey: string, _headers: FieldTable | undefined, found: RoutingTarget[]): void {
    const { list } = this.#targets;
    const target = list[Math.floor(this.#random() * list.length)];
    if (target !== undefined) found.push(target);
  }

  select(_routed: RoutedMessage, found: RoutingTarget[]): void {
    this.match('', undefined, found);
  }
}

export const random: ExchangeType = {
  name: 'x-random',
  byKeyOnly: false,
  create: (_args, services) => new RandomIndex(services.random),
};

export const localRandom: ExchangeType = {
  name: 'x-local-random',
  byKeyOnly: false,

  checkBinding(_args, routingKey, target) {
    if (target.kind !== 'queue') {
      throw errors.precondition('Destination type exchange not valid for this exchange type');
    }
    const { type } = target as Queue;
    if (type !== 'classic') {
      throw errors.precondition(`Queue type ${type} not valid for this exchange type`);
    }
    if (routingKey !== '') {
      throw errors.precondition(`Non empty binding '${routingKey}' key not permitted`);
    }
  },

  create: (_args, services) => new RandomIndex(services.random),
};
