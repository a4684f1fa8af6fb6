/**
 * Remembers where an (exchange, routing key) leads, so that a publish to the same target as before
 * costs no look-up.
 *
 * Responsible for when a remembered route may be used again: never after the topology changed, and
 * only where all exchanges on the way decide by the routing key alone. Not responsible for
 * deciding a route (routing.ts, vhost.ts).
 */
import { encodeNames } from '../../protocol/names.ts';
import type { Exchange } from './exchange.ts';
import type { Address, Message } from './message.ts';
import type { PublishToken } from './queue.ts';
import { dependsOnKeyOnly, type ExchangeLookup } from './routing.ts';

/** Remembered keys per exchange; all are forgotten when one more comes. */
const MAX_KEYS_PER_EXCHANGE = 10_000;

/** Whoever takes messages in: a queue, or the reply queue of a channel. */
export interface Destination {
  readonly name: string;
  /** It is no queue, but where a message waits, or who notes something of it. */
  readonly isAside?: boolean;
  publish(message: Message, token: PublishToken | null): void;
}

/** Where a publish to `exchange` with `routingKey` goes, as of topology `version`. */
export class Route implements Address {
  readonly exchange: string;
  readonly routingKey: string;
  readonly names: Buffer;
  destinations: readonly Destination[] = [];
  /** Whether headers matter on the way, so that `destinations` cannot be known beforehand. */
  byKeyOnly = true;
  version = -1;

  constructor(exchange: string, routingKey: string) {
    this.exchange = exchange;
    this.routingKey = routingKey;
    this.names = encodeNames(exchange, routingKey);
  }
}

export class RouteCache {
  readonly #routes = new Map<string, Map<string, Route>>();
  readonly #keyOnly = new Map<Exchange, boolean>();
  #keyOnlyVersion = -1;

  /** The one route object for this target; its `version` tells whether it is still good. */
  get(exchange: string, routingKey: string): Route {
    let keys = this.#routes.get(exchange);
    if (keys === undefined) {
      keys = new Map();
      this.#routes.set(exchange, keys);
    }
    let route = keys.get(routingKey);
    if (route === undefined) {
      if (keys.size >= MAX_KEYS_PER_EXCHANGE) keys.clear();
      route = new Route(exchange, routingKey);
      keys.set(routingKey, route);
    }
    return route;
  }

  /** Whether everything that a publish to `exchange` can reach decides by the routing key alone. */
  dependsOnKeyOnly(exchange: Exchange, version: number, lookup: ExchangeLookup): boolean {
    if (this.#keyOnlyVersion !== version) {
      this.#keyOnly.clear();
      this.#keyOnlyVersion = version;
    }
    let answer = this.#keyOnly.get(exchange);
    if (answer === undefined) {
      answer = dependsOnKeyOnly(exchange, lookup);
      this.#keyOnly.set(exchange, answer);
    }
    return answer;
  }

  /** Forgets one key: what it led to is gone. */
  forgetKey(exchange: string, routingKey: string): void {
    this.#routes.get(exchange)?.delete(routingKey);
  }

  forget(exchange: string): void {
    this.#routes.delete(exchange);
  }
}
