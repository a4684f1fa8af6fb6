/**
 * The exchange type port: how an exchange finds the bindings that a message matches.
 *
 * One implementation a type, in `exchanges/`, each a file, a line in `exchanges/registry.ts` and a
 * call of the contract suite in `test/contract/exchange-type.ts`.
 */

import type { FieldTable } from '../../protocol/table.ts';
import type { Clock } from '../lib/clock.ts';
import type { QueueStore } from '../store/port.ts';
import type { Binding, RoutingTarget } from './binding.ts';
import type { Memory } from './memory.ts';
import type { Message } from './message.ts';
import type { PublishToken } from './queue.ts';

/** A message on its way, as far as exchanges look at it. */
export interface RoutedMessage {
  /** Its routing key, and those of its CC and BCC headers. */
  readonly routingKeys: readonly string[];
  /** `undefined` when it has none. */
  readonly headers: FieldTable | undefined;
  /** `undefined` where no message is there: somebody only asks for the way. */
  readonly message: Message | undefined;
}

/** The bindings of one exchange, arranged for matching. */
export interface BindingIndex {
  /** Adds a binding that is not in the index (by `key`). */
  add(binding: Binding): void;
  /** Removes a binding that was added; its destination is the same object as then. */
  remove(binding: Binding): void;
  /**
   * Appends to `found` the destinations of the bindings that match. One destination may be appended
   * several times. `headers` are the message's, `undefined` when it has none.
   */
  match(routingKey: string, headers: FieldTable | undefined, found: RoutingTarget[]): void;
  /**
   * In place of `match`, once a message, for a type that does not look at key by key. `witnesses`
   * are told of the message once it is in its queues.
   */
  select?(routed: RoutedMessage, found: RoutingTarget[], witnesses: Witness[]): void;
  /** Reads what a restart left, before messages come. @throws the system's error */
  load?(): Promise<void>;
  /** The exchange is gone: lets go of what was kept. */
  close?(): void;
}

/**
 * Who has to write something down with a message, and behind it: were it the other way round, a
 * crash could leave word of a message that is lost.
 */
export interface Witness {
  /** `token` is told once it is safe. */
  keep(token: PublishToken | null): void;
}

/** What an exchange that does more than match stands on. */
export interface ExchangeServices {
  readonly clock: Clock;
  readonly memory: Memory;
  /** Its own place in the store, if it has one (`ExchangeType.isKept`). */
  readonly store?: QueueStore | null;
  /** From 0, below 1. */
  random(): number;
  /** Puts a message into a queue, or publishes it to an exchange. */
  deliver(target: RoutingTarget, message: Message): void;
}

export interface ExchangeType {
  /** As in exchange.declare. */
  readonly name: string;
  /** Whether routes depend on the routing key alone, so that they may be remembered by it. */
  readonly byKeyOnly: boolean;
  /** Whether messages with a delay wait in exchanges of this type. */
  readonly delaysMessages?: boolean;
  /** Whether an exchange declared so, if it is durable, has a place of its own in the store. */
  isKept?(args: FieldTable): boolean;
  /** Refuses the arguments of a declare. Throws BrokerError precondition-failed. */
  checkArguments?(args: FieldTable): void;
  /** Refuses a binding. Throws BrokerError precondition-failed. */
  checkBinding?(
    args: FieldTable,
    routingKey: string,
    target: RoutingTarget,
    exchangeArgs: FieldTable,
    exchange: string,
  ): void;
  /** An empty index for an exchange declared with `args`. */
  create(args: FieldTable, services: ExchangeServices): BindingIndex;
}
