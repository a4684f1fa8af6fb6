/**
 * x-message-deduplication: as fanout, but a message whose x-deduplication-header was seen lately
 * goes nowhere (A6.9, https://github.com/noxdafox/rabbitmq-message-deduplication).
 *
 * What was seen is remembered: x-cache-size values, each for x-cache-ttl milliseconds; by a durable
 * exchange with x-cache-persistence = disk over restarts, too. A value is written down behind the
 * message that it came with, and that is confirmed once both are safe.
 */
import type { FieldTable } from '../../../protocol/table.ts';
import type { Clock } from '../../lib/clock.ts';
import type { QueueStore } from '../../store/port.ts';
import { type Binding, canonicalValue, type RoutingTarget } from '../binding.ts';
import { errors } from '../errors.ts';
import type { BindingIndex, ExchangeType, RoutedMessage, Witness } from '../exchange-type.ts';
import { numberIn, textIn } from '../fields.ts';
import { DistinctTargets } from './distinct-targets.ts';
import { SeenValues } from './seen-values.ts';

const SIZE = 'x-cache-size';
const TTL = 'x-cache-ttl';
const PERSISTENCE = 'x-cache-persistence';
export const DEDUPLICATION_HEADER = 'x-deduplication-header';
/** A message says for how long it is remembered. */
const MESSAGE_TTL_HEADER = 'x-cache-ttl';

class DeduplicationIndex implements BindingIndex {
  readonly #targets = new DistinctTargets();
  readonly #ttlMs: number;
  readonly #seen: SeenValues;

  constructor(args: FieldTable, clock: Clock, store: QueueStore | null) {
    this.#seen = new SeenValues(clock, numberIn(args, SIZE) ?? 0, store);
    this.#ttlMs = numberIn(args, TTL) ?? Number.POSITIVE_INFINITY;
  }

  add(binding: Binding): void {
    this.#targets.add(binding);
  }

  remove(binding: Binding): void {
    this.#targets.remove(binding);
  }

  match(_routingKey: string, _headers: FieldTable | undefined, found: RoutingTarget[]): void {
    found.push(...this.#targets.list);
  }

  select({ headers, message }: RoutedMessage, found: RoutingTarget[], witnesses: Witness[]): void {
    const value = headers?.get(DEDUPLICATION_HEADER);
    if (message !== undefined && value !== undefined) {
      const key = canonicalValue(value);
      if (this.#seen.has(key)) return;
      const ttlMs = numberIn(headers, MESSAGE_TTL_HEADER) ?? this.#ttlMs;
      const seen = this.#seen.add(key, ttlMs);
      if (this.#seen.isKept) witnesses.push({ keep: (token) => this.#seen.keep(seen, token) });
    }
    found.push(...this.#targets.list);
  }

  load(): Promise<void> {
    return this.#seen.load();
  }

  close(): void {
    this.#seen.clear();
  }
}

function checkNumber(args: FieldTable, name: string, isRequired: boolean): void {
  if (!args.has(name) && !isRequired) return;
  const value = numberIn(args, name);
  if (value !== undefined && Number.isInteger(value) && value > 0) return;
  const why = args.has(name) ? 'must be an integer greater than 0' : 'is missing';
  throw errors.precondition(`Invalid argument, '${name}' ${why}`);
}

export const deduplication: ExchangeType = {
  name: 'x-message-deduplication',
  byKeyOnly: false,

  checkArguments(args) {
    checkNumber(args, SIZE, true);
    checkNumber(args, TTL, false);
    const persistence = args.get(PERSISTENCE);
    if (persistence === undefined) return;
    if (persistence.type === 'S' && ['memory', 'disk'].includes(String(persistence.value))) return;
    throw errors.precondition(`Invalid argument, '${PERSISTENCE}' must be either memory or disk`);
  },

  isKept: (args) => textIn(args, PERSISTENCE) === 'disk',

  create: (args, { clock, store }) => new DeduplicationIndex(args, clock, store ?? null),
};
