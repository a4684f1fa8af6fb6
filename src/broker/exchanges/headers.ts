/**
 * headers: a message goes to the bindings whose arguments its headers satisfy; the routing key does
 * not count.
 *
 * `x-match` says how: `all` (also when missing) or `any` of the other arguments, those starting
 * `x-` left out; `all-with-x` and `any-with-x` count these too. No argument to compare: `all`
 * matches every message, `any` none. A void argument asks for the header's presence only. Otherwise
 * the values must be equal as RabbitMQ 3.13 understands it: integers of all widths and timestamps
 * by value, the two floats by value, longstr and binary by octets, everything else with its type;
 * an integer never equals a float.
 */

import type { FieldTable, FieldValue } from '../../../protocol/table.ts';
import { FIELD_TYPE_NAMES } from '../../../protocol/table.ts';
import type { Binding, RoutingTarget } from '../binding.ts';
import { formatBinary, formatTerm, sameTerm } from '../erlang-terms.ts';
import { errors } from '../errors.ts';
import type { BindingIndex, ExchangeType } from '../exchange-type.ts';

const MATCH_KINDS = ['all', 'any', 'all-with-x', 'any-with-x'];

/** One argument of a binding. */
interface Condition {
  readonly header: string;
  /** What the header must be equal to; `undefined` when it only has to be there. */
  readonly value: FieldValue | undefined;
}

interface Matcher {
  readonly destination: RoutingTarget;
  readonly any: boolean;
  readonly conditions: readonly Condition[];
}

const NO_HEADERS: FieldTable = new Map();

function makeMatcher(binding: Binding): Matcher {
  const xMatch = binding.arguments.get('x-match');
  const how = xMatch?.type === 'S' ? xMatch.value : 'all';
  const withX = how === 'all-with-x' || how === 'any-with-x';
  const conditions: Condition[] = [];
  for (const [header, value] of binding.arguments) {
    if (header === 'x-match' || (header.startsWith('x-') && !withX)) continue;
    conditions.push({ header, value: value.type === 'V' ? undefined : value });
  }
  const any = how === 'any' || how === 'any-with-x';
  return { destination: binding.destination, any, conditions };
}

function isMet(condition: Condition, headers: FieldTable): boolean {
  const header = headers.get(condition.header);
  if (header === undefined) return false;
  return condition.value === undefined || sameTerm(condition.value, header);
}

class HeadersIndex implements BindingIndex {
  readonly #matchers = new Map<string, Matcher>();

  add(binding: Binding): void {
    this.#matchers.set(binding.key, makeMatcher(binding));
  }

  remove(binding: Binding): void {
    this.#matchers.delete(binding.key);
  }

  match(_routingKey: string, headers: FieldTable | undefined, found: RoutingTarget[]): void {
    const given = headers ?? NO_HEADERS;
    for (const { any, conditions, destination } of this.#matchers.values()) {
      const matches = any
        ? conditions.some((condition) => isMet(condition, given))
        : conditions.every((condition) => isMet(condition, given));
      if (matches) found.push(destination);
    }
  }
}

export const headers: ExchangeType = {
  name: 'headers',
  byKeyOnly: false,
  checkBinding(args) {
    const xMatch = args.get('x-match');
    if (xMatch === undefined) return;
    if (xMatch.type !== 'S')
      throw errors.xMatchType(FIELD_TYPE_NAMES[xMatch.type], formatTerm(xMatch));
    if (!MATCH_KINDS.includes(xMatch.value.toString())) {
      throw errors.xMatchValue(formatBinary(xMatch.value));
    }
  },
  create: () => new HeadersIndex(),
};
