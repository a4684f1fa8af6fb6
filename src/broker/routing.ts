/**
 * Where a message goes: from an exchange along its bindings, through other exchanges, to queues.
 *
 * Each exchange is visited at most once, so bindings and alternate exchanges may form circles; each
 * queue is found at most once. A message that matches no binding of an exchange goes on to the
 * alternate exchange of that one; a binding to another exchange counts as a match even when nothing
 * comes of it. The default exchange, whose bindings are implied, is the virtual host's.
 */

import type { RoutingTarget } from './binding.ts';
import type { Exchange } from './exchange.ts';
import type { RoutedMessage, Witness } from './exchange-type.ts';
import type { Message } from './message.ts';
import type { PublishToken } from './queue.ts';

export type QueueTarget = RoutingTarget & { readonly kind: 'queue' };

/** Finds an exchange of the same virtual host. */
export type ExchangeLookup = (name: string) => Exchange | undefined;

/** Where a message waits that is not due at an exchange; null when it is. */
export type DelayFor = (exchange: Exchange, routed: RoutedMessage) => QueueTarget | null;

/** The exchanges reached so far, in order: a list that is appended to while it is walked. */
class Visits {
  readonly list: Exchange[];
  #seen: Set<Exchange> | undefined;

  constructor(first: Exchange) {
    this.list = [first];
  }

  add(exchange: Exchange): void {
    // Most messages meet one exchange only: no set for them.
    this.#seen ??= new Set(this.list);
    if (this.#seen.has(exchange)) return;
    this.#seen.add(exchange);
    this.list.push(exchange);
  }

  addAlternate(exchange: Exchange, lookup: ExchangeLookup): void {
    const alternate = exchange.alternate === undefined ? undefined : lookup(exchange.alternate);
    if (alternate !== undefined) this.add(alternate);
  }
}

/**
 * Adds to `found` every queue that a message published to `exchange` reaches.
 *
 * @param lookup finds alternate exchanges, which need not exist
 */
export function route(
  exchange: Exchange,
  routed: RoutedMessage,
  lookup: ExchangeLookup,
  found: Set<QueueTarget>,
  delayFor: DelayFor = () => null,
): void {
  const visits = new Visits(exchange);
  const matched: RoutingTarget[] = [];
  const witnesses: Witness[] = [];
  for (let i = 0; i < visits.list.length; i++) {
    const visited = visits.list[i] as Exchange;
    matched.length = 0;
    const delay = visited.delaysMessages ? delayFor(visited, routed) : null;
    if (delay !== null) {
      found.add(delay);
      continue;
    }
    visited.match(routed, matched, witnesses);
    if (matched.length === 0) visits.addAlternate(visited, lookup);
    for (const target of matched) {
      if (target.kind === 'exchange') visits.add(target as Exchange);
      else found.add(target as QueueTarget);
    }
  }
  tell(witnesses, found);
}

/** Puts witnesses behind the queues; those of a message that goes nowhere have none to wait for. */
function tell(witnesses: readonly Witness[], found: Set<QueueTarget>): void {
  if (found.size === 0) for (const each of witnesses) each.keep(null);
  else for (const each of witnesses) found.add(new WitnessTarget(each));
}

/** A witness as a place that the message is put in. */
class WitnessTarget implements QueueTarget {
  readonly kind = 'queue';
  readonly name = '';
  readonly isAside = true;
  readonly #witness: Witness;

  constructor(witness: Witness) {
    this.#witness = witness;
  }

  publish(_message: Message, token: PublishToken | null): void {
    this.#witness.keep(token);
  }
}

/**
 * Whether the way from `exchange` depends on the routing key alone, whatever the key, so that a
 * route found once holds until a binding changes.
 */
export function dependsOnKeyOnly(exchange: Exchange, lookup: ExchangeLookup): boolean {
  const visits = new Visits(exchange);
  for (let i = 0; i < visits.list.length; i++) {
    const visited = visits.list[i] as Exchange;
    if (!visited.type.byKeyOnly || visited.delaysMessages) return false;
    visits.addAlternate(visited, lookup);
    for (const target of visited.exchangeTargets()) visits.add(target as Exchange);
  }
  return true;
}
