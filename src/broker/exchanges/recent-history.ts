/**
 * x-recent-history: as fanout, and whatever is bound later gets the last messages at once (A6.7,
 * https://github.com/rabbitmq/rabbitmq-server/tree/main/deps/rabbitmq_recent_history_exchange).
 *
 * Messages are kept in memory, as in RabbitMQ: a restart forgets them.
 */
import type { FieldTable } from '../../../protocol/table.ts';
import { Ring } from '../../lib/ring.ts';
import type { Binding, RoutingTarget } from '../binding.ts';
import { formatTerm } from '../erlang-terms.ts';
import { errors } from '../errors.ts';
import type {
  BindingIndex,
  ExchangeServices,
  ExchangeType,
  RoutedMessage,
} from '../exchange-type.ts';
import { isInteger, numberIn } from '../fields.ts';
import type { Message } from '../message.ts';
import { DistinctTargets } from './distinct-targets.ts';

const LENGTH_ARGUMENT = 'x-recent-history-length';
const NO_STORE_HEADER = 'x-recent-history-no-store';
const DEFAULT_LENGTH = 20;

class RecentHistoryIndex implements BindingIndex {
  readonly #targets = new DistinctTargets();
  readonly #services: ExchangeServices;
  readonly #length: number;
  readonly #kept = new Ring<Message>();

  constructor(length: number, services: ExchangeServices) {
    this.#length = length;
    this.#services = services;
  }

  add(binding: Binding): void {
    this.#targets.add(binding);
    for (const message of [...this.#kept]) this.#services.deliver(binding.destination, message);
  }

  remove(binding: Binding): void {
    this.#targets.remove(binding);
  }

  match(_routingKey: string, _headers: FieldTable | undefined, found: RoutingTarget[]): void {
    found.push(...this.#targets.list);
  }

  select({ headers, message }: RoutedMessage, found: RoutingTarget[]): void {
    if (message !== undefined && headers?.get(NO_STORE_HEADER)?.value !== true) this.#keep(message);
    found.push(...this.#targets.list);
  }

  close(): void {
    for (const message of this.#kept) this.#services.memory.release(message);
    this.#kept.clear();
  }

  #keep(message: Message): void {
    this.#services.memory.hold(message);
    this.#kept.push(message);
    if (this.#kept.length > this.#length)
      this.#services.memory.release(this.#kept.shift() as Message);
  }
}

function lengthIn(args: FieldTable): number {
  return numberIn(args, LENGTH_ARGUMENT) ?? DEFAULT_LENGTH;
}

export const recentHistory: ExchangeType = {
  name: 'x-recent-history',
  byKeyOnly: false,

  checkArguments(args) {
    const field = args.get(LENGTH_ARGUMENT);
    if (field === undefined) return;
    if (!isInteger(field) || (field.value as number | bigint) <= 0) {
      throw errors.precondition(
        `Invalid argument ${formatTerm(field)}, '${LENGTH_ARGUMENT}' must be a positive integer`,
      );
    }
  },

  create: (args, services) => new RecentHistoryIndex(lengthIn(args), services),
};
