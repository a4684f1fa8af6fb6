/**
 * Durable definitions as names and values in the metadata store: what is written when something
 * durable comes or goes.
 *
 *     ["vhost", vhost]             {description, tags, defaultQueueType}
 *     ["exchange", vhost, name]    {type, autoDelete, internal, arguments}, and number where the
 *                                  type keeps something in the store
 *     ["queue", vhost, name]       {number, autoDelete, arguments}
 *     ["binding", vhost, source, kind, destination, routing key, identity]
 *                                  {arguments}
 *     ["policy", vhost, name], ["operator-policy", vhost, name]
 *                                  {pattern, apply-to, priority, definition, name}
 *     ["delays", vhost]            {number}
 *     ["queue-number"]             the last number that was given
 *
 * Durable are exchanges and queues declared so, except predeclared exchanges (they are always
 * there) and exclusive queues (they go with their connection); and a binding is if both its ends
 * are, as in RabbitMQ. Its identity is that of its arguments (binding.ts). Queues are known to the
 * store by a number that no other queue ever gets; one with priorities has as many more behind it
 * (queue-factory.ts).
 *
 * Responsible for keys, values and the numbers. Not responsible for reading them again
 * (recovery.ts) or for when they are safe (the store).
 */
import type { MetadataStore } from '../store/port.ts';
import { canonicalTable } from './binding.ts';
import type { BindingDefinition } from './definitions.ts';
import type { Exchange } from './exchange.ts';
import { tableToJson } from './field-json.ts';
import type { PolicyKind } from './policies/policies.ts';
import type { Policy } from './policies/policy.ts';
import type { Owner, Queue } from './queue.ts';

export const QUEUE_NUMBER_KEY = keyOf('queue-number');

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

function bindingKeyOf(vhost: string, binding: BindingDefinition): string {
  const { source, kind, destination, routingKey } = binding;
  const identity = canonicalTable(binding.arguments);
  return keyOf('binding', vhost, source, kind, destination, routingKey, identity);
}

export class DefinitionLog {
  readonly #metadata: MetadataStore;
  #isRecording = true;
  #lastNumber = 0;

  constructor(metadata: MetadataStore) {
    this.#metadata = metadata;
  }

  /** Runs `make`, whose outcome is in the store already. */
  withoutRecording<T>(make: () => T): T {
    this.#isRecording = false;
    try {
      return make();
    } finally {
      this.#isRecording = true;
    }
  }

  /** Writes nothing from now on: what goes with the process is not deleted. */
  stop(): void {
    this.#isRecording = false;
  }

  /** Numbers up to this one have been given. */
  numberTaken(number: number): void {
    this.#lastNumber = Math.max(this.#lastNumber, number);
  }

  /** The first of `count` numbers of a new queue; null for one that is not kept. */
  numberFor(durable: boolean, owner: Owner | null, count: number): number | null {
    if (!durable || owner !== null) return null;
    const number = this.#lastNumber + 1;
    this.#lastNumber += count;
    this.#put(QUEUE_NUMBER_KEY, this.#lastNumber);
    return number;
  }

  /** Writes down what is not the broker's own: users, permissions, parameters. */
  keep(names: readonly string[], value: unknown): void {
    this.#put(keyOf(...names), value);
  }

  /** The number of the messages of a virtual host that wait for their time. */
  delaysNumber(vhost: string): number {
    const number = this.numberFor(true, null, 1) as number;
    this.#put(keyOf('delays', vhost), { number });
    return number;
  }

  vhostAdded(vhost: string, metadata: object = {}): void {
    this.#put(keyOf('vhost', vhost), metadata);
  }

  queueAdded(queue: Queue): void {
    const { vhost, name, number, autoDelete } = queue;
    if (number === null) return;
    const value = { number, autoDelete, arguments: tableToJson(queue.arguments) };
    this.#put(keyOf('queue', vhost, name), value);
  }

  queueRemoved({ vhost, name, number }: Queue): void {
    if (number !== null) this.#delete(keyOf('queue', vhost, name));
  }

  exchangeAdded(vhost: string, exchange: Exchange): void {
    const { name, durable, isPredeclared, autoDelete, internal, number } = exchange;
    if (!durable || isPredeclared) return;
    const type = exchange.type.name;
    const value = { type, autoDelete, internal, arguments: tableToJson(exchange.arguments) };
    this.#put(keyOf('exchange', vhost, name), number === null ? value : { ...value, number });
  }

  exchangeRemoved(vhost: string, { name, durable, isPredeclared }: Exchange): void {
    if (durable && !isPredeclared) this.#delete(keyOf('exchange', vhost, name));
  }

  bindingAdded(
    vhost: string,
    source: Exchange,
    target: Queue | Exchange,
    binding: BindingDefinition,
  ): void {
    const isKept = target.kind === 'queue' ? target.number !== null : target.durable;
    if (!source.durable || !isKept) return;
    this.#put(bindingKeyOf(vhost, binding), { arguments: tableToJson(binding.arguments) });
  }

  /** A binding from `source` is gone, whether it was kept or not. */
  bindingRemoved(vhost: string, source: Exchange, binding: BindingDefinition): void {
    if (source.durable) this.#delete(bindingKeyOf(vhost, binding));
  }

  policyChanged(kind: PolicyKind, vhost: string, name: string, policy: Policy | null): void {
    const key = keyOf(kind, vhost, name);
    if (policy === null) this.#delete(key);
    else this.#put(key, policy);
  }

  #put(key: string, value: unknown): void {
    if (this.#isRecording) this.#metadata.put(key, JSON.stringify(value));
  }

  #delete(key: string): void {
    if (this.#isRecording) this.#metadata.delete(key);
  }
}
