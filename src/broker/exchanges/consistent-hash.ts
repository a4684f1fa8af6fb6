/**
 * x-consistent-hash: each message goes to one binding, the same for the same routing key, header or
 * property; a binding's key is its weight (A6.5,
 * https://github.com/rabbitmq/rabbitmq-server/tree/main/deps/rabbitmq_consistent_hash_exchange).
 *
 * A destination counts once, however often it is bound. When one comes or goes, most keys stay
 * where they are.
 */
import type { Properties } from '../../../protocol/properties.ts';
import type { FieldTable, FieldValue } from '../../../protocol/table.ts';
import type { Binding, RoutingTarget } from '../binding.ts';
import { formatBinary } from '../erlang-terms.ts';
import { errors } from '../errors.ts';
import type { BindingIndex, ExchangeType, RoutedMessage } from '../exchange-type.ts';
import { textIn } from '../fields.ts';
import { propertiesOf } from '../message-properties.ts';
import { hashOf, jumpHash } from './hashing.ts';

const PROPERTIES: Readonly<Record<string, keyof Properties>> = {
  message_id: 'messageId',
  correlation_id: 'correlationId',
  timestamp: 'timestamp',
};

class ConsistentHashIndex implements BindingIndex {
  readonly #header: string | undefined;
  readonly #property: string | undefined;
  /** Each destination as many times as it weighs. */
  #places: RoutingTarget[] = [];
  /** The bindings of each destination; the first one's weight counts. */
  readonly #bindings = new Map<RoutingTarget, Binding[]>();

  constructor(args: FieldTable) {
    this.#header = textIn(args, 'hash-header');
    this.#property = textIn(args, 'hash-property');
  }

  add(binding: Binding): void {
    const { destination, routingKey } = binding;
    const known = this.#bindings.get(destination);
    if (known !== undefined) {
      known.push(binding);
      return;
    }
    this.#bindings.set(destination, [binding]);
    for (let left = Number(routingKey); left > 0; left--) this.#places.push(destination);
  }

  remove({ key, destination }: Binding): void {
    const left = this.#bindings.get(destination)?.filter((each) => each.key !== key) ?? [];
    if (left.length !== 0) {
      this.#bindings.set(destination, left);
      return;
    }
    this.#bindings.delete(destination);
    this.#places = this.#places.filter((each) => each !== destination);
  }

  match(routingKey: string, headers: FieldTable | undefined, found: RoutingTarget[]): void {
    this.select({ routingKeys: [routingKey], headers, message: undefined }, found);
  }

  select(routed: RoutedMessage, found: RoutingTarget[]): void {
    if (this.#places.length === 0) return;
    const place = jumpHash(hashOf(this.#hashed(routed)), this.#places.length);
    found.push(this.#places[place] as RoutingTarget);
  }

  #hashed({ routingKeys, headers, message }: RoutedMessage): string {
    if (this.#header !== undefined) return valueText(headers?.get(this.#header));
    if (this.#property === undefined) return routingKeys.join('\0');
    const name = PROPERTIES[this.#property];
    return name === undefined || message === undefined
      ? ''
      : String(propertiesOf(message)[name] ?? '');
  }
}

function valueText(field: FieldValue | undefined): string {
  return field === undefined ? '' : String(field.value);
}

export const consistentHash: ExchangeType = {
  name: 'x-consistent-hash',
  byKeyOnly: false,

  checkArguments(args) {
    const property = textIn(args, 'hash-property');
    if (args.has('hash-header') && args.has('hash-property')) {
      throw errors.precondition('hash-header and hash-property are mutually exclusive');
    }
    if (property !== undefined && PROPERTIES[property] === undefined) {
      throw errors.precondition(`Unsupported property: ${property}`);
    }
  },

  checkBinding(_args, routingKey) {
    if (!/^[+-]?\d+$/.test(routingKey)) {
      const key = formatBinary(Buffer.from(routingKey));
      throw errors.precondition(`The binding key must be an integer: ${key}`);
    }
    if (Number(routingKey) < 1) {
      throw errors.precondition('The binding key must be greater than 0');
    }
  },

  create: (args) => new ConsistentHashIndex(args),
};
