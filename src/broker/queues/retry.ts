/**
 * x-retry: what is rejected comes back to its queue after a while, a number of times; then it is
 * dead-lettered or dropped. Ours.
 *
 *     x-retry: { max, delay, factor, jitter }
 *
 * `max`: how often; `delay`: milliseconds before the first time; each further one is `factor`
 * (default 1) times as long, more or less by up to `jitter` (a share, default 0) of it. The header
 * `x-retry-count` of a message says how often it came back so.
 *
 * Responsible for whether and when. Not responsible for keeping it meanwhile (delays/).
 */
import type { FieldTable, FieldValue } from '../../../protocol/table.ts';
import { numberIn } from '../fields.ts';
import type { Message } from '../message.ts';
import { propertiesOf, withProperties } from '../message-properties.ts';

export const RETRY_ARGUMENT = 'x-retry';
const COUNT_HEADER = 'x-retry-count';
const MEMBERS = ['max', 'delay', 'factor', 'jitter'];

/** What is wrong with an x-retry argument, as an Erlang term; `undefined` when nothing is. */
export function retryFault(field: FieldValue): string | undefined {
  if (field.type !== 'F') return '"expected a table with max, delay, factor and jitter"';
  for (const [name, { value }] of field.value) {
    const isNumber = typeof value === 'number' || typeof value === 'bigint';
    if (!MEMBERS.includes(name) || !isNumber || Number(value) < 0) return `"${name}"`;
  }
  for (const name of ['max', 'delay']) {
    const value = numberIn(field.value, name);
    if (value === undefined || !Number.isInteger(value)) return `"${name}"`;
  }
  return undefined;
}

export class RetryPlan {
  readonly #max: number;
  readonly #delayMs: number;
  readonly #factor: number;
  readonly #jitter: number;

  constructor(table: FieldTable) {
    this.#max = numberIn(table, 'max') ?? 0;
    this.#delayMs = numberIn(table, 'delay') ?? 0;
    this.#factor = numberIn(table, 'factor') ?? 1;
    this.#jitter = numberIn(table, 'jitter') ?? 0;
  }

  /** The message as it comes back, and after how long; null when it was tried often enough. */
  next(message: Message, random: () => number): { message: Message; delayMs: number } | null {
    const known = propertiesOf(message);
    const count = numberIn(known.headers, COUNT_HEADER) ?? 0;
    if (count >= this.#max) return null;
    const value: FieldValue = { type: 'l', value: count + 1 };
    const headers = new Map(known.headers).set(COUNT_HEADER, value);
    const spread = 1 + this.#jitter * (2 * random() - 1);
    const delayMs = Math.round(this.#delayMs * this.#factor ** count * spread);
    return { message: withProperties(message, { ...known, headers }), delayMs };
  }
}

/** The plan that arguments ask for; null for none. */
export function retryPlanOf(args: FieldTable): RetryPlan | null {
  const field = args.get(RETRY_ARGUMENT);
  return field?.type === 'F' ? new RetryPlan(field.value) : null;
}
