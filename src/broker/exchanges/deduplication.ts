/**
 * x-message-deduplication: as fanout, but a message whose x-deduplication-header was seen lately
 * goes nowhere (A6.9, https://github.com/noxdafox/rabbitmq-message-deduplication).
 *
 * What was seen is kept in memory: x-cache-size values, each for x-cache-ttl milliseconds. A
 * restart forgets it, also with x-cache-persistence = disk (docs/limits.md).
 */
import type { FieldTable, FieldValue } from '../../../protocol/table.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Binding, RoutingTarget } from '../binding.ts';
import { errors } from '../errors.ts';
import type { BindingIndex, ExchangeType, RoutedMessage } from '../exchange-type.ts';
import { numberIn } from '../fields.ts';
import { DistinctTargets } from './distinct-targets.ts';

const SIZE = 'x-cache-size';
const TTL = 'x-cache-ttl';
const PERSISTENCE = 'x-cache-persistence';
export const DEDUPLICATION_HEADER = 'x-deduplication-header';
/** A message says for how long it is remembered. */
const MESSAGE_TTL_HEADER = 'x-cache-ttl';

class DeduplicationIndex implements BindingIndex {
  readonly #targets = new DistinctTargets();
  readonly #clock: Clock;
  readonly #size: number;
  readonly #ttlMs: number;
  /** Until when each value is remembered, in epoch milliseconds; the oldest first. */
  readonly #seen = new Map<string, number>();

  constructor(args: FieldTable, clock: Clock) {
    this.#clock = clock;
    this.#size = numberIn(args, SIZE) ?? 0;
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

  select({ headers, message }: RoutedMessage, found: RoutingTarget[]): void {
    const value = headers?.get(DEDUPLICATION_HEADER);
    if (message !== undefined && value !== undefined) {
      if (this.#wasSeen(valueKey(value), numberIn(headers, MESSAGE_TTL_HEADER))) return;
    }
    found.push(...this.#targets.list);
  }

  /** Whether it is remembered; from now on it is. */
  #wasSeen(key: string, ttlMs: number | undefined): boolean {
    const nowMs = this.#clock.now();
    const untilMs = this.#seen.get(key);
    if (untilMs !== undefined && untilMs > nowMs) return true;
    this.#seen.delete(key);
    this.#seen.set(key, nowMs + (ttlMs ?? this.#ttlMs));
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= this.#size) break;
      this.#seen.delete(oldest);
    }
    return false;
  }
}

/** A header's value as a string; equal for equal values of one type. */
export function valueKey({ type, value }: FieldValue): string {
  return `${type}${Buffer.isBuffer(value) ? value.toString('latin1') : String(value)}`;
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

  create: (args, services) => new DeduplicationIndex(args, services.clock),
};
