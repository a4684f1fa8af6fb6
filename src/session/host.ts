/**
 * What all connections of one broker share, and the options that the session acts on.
 *
 * Responsible for the turn of the loop: connections that have something to send are flushed
 * together, once the sockets that were readable have been read. Not responsible for accepting
 * connections (net/).
 */

import type { Authenticator } from '../auth/authenticator.ts';
import type { Credentials, Mechanism } from '../auth/mechanisms/mechanism.ts';
import { mechanismsFor } from '../auth/mechanisms/registry.ts';
import type { Permissions } from '../auth/permissions.ts';
import type { Broker } from '../broker/broker.ts';
import type { Message } from '../broker/message.ts';
import type { Log } from '../lib/log.ts';
import type { TimerWheel } from '../lib/timer-wheel.ts';
import { AckTimeouts } from './ack-timeouts.ts';
import { AlarmLog } from './alarm-log.ts';
import { Connection } from './connection.ts';
import { FlowControl } from './flow-control.ts';
import { SlabPool } from './output.ts';
import type { Transport } from './transport.ts';
import { TurnBudget } from './turn-budget.ts';

/** The part of the broker's options that concerns conversations. Units are in the names. */
export interface SessionOptions {
  readonly product: string;
  readonly version: string;
  readonly clusterName: string;
  readonly serverProperties: Readonly<Record<string, string>>;
  readonly heartbeatSeconds: number;
  readonly frameMaxBytes: number;
  /** Largest frame before tune-ok. */
  readonly initialFrameMaxBytes: number;
  readonly channelMax: number;
  readonly maxMessageBytes: number;
  readonly handshakeTimeoutMs: number;
  readonly maxConnections: number;
  readonly consumerMaxPerChannel: number;
  readonly consumerTimeoutMs: number | null;
  /** Who somebody is that logs in without a name; null: nobody can. */
  readonly anonymousUser: string | null;
  readonly anonymousPassword: string;
}

export interface SessionParts {
  readonly broker: Broker;
  readonly options: SessionOptions;
  readonly authenticator: Authenticator;
  readonly permissions: Permissions;
  readonly wheel: TimerWheel;
  readonly log: Log;
  /** Runs `fn` once the loop has looked at its sockets (setImmediate). */
  defer(fn: () => void): void;
}

function anonymousOf({ broker, options }: SessionParts): Credentials | null {
  const { anonymousUser: user, anonymousPassword: password } = options;
  return user === null || !broker.profile.offersAnonymous ? null : { user, password };
}

export class SessionHost {
  readonly broker: Broker;
  readonly options: SessionOptions;
  readonly authenticator: Authenticator;
  readonly permissions: Permissions;
  readonly wheel: TimerWheel;
  readonly log: Log;
  /** Ways to log in, by name. */
  readonly mechanisms: ReadonlyMap<string, Mechanism>;
  readonly slabs: SlabPool;
  readonly flow: FlowControl;
  readonly turnBudget: TurnBudget;
  readonly connections = new Set<Connection>();
  readonly #ackTimeouts: AckTimeouts;
  readonly #defer: (fn: () => void) => void;
  #lastId = 0;
  /** Whoever comes while the others are sent away is turned away too. */
  #isStopping = false;
  #dirty: Connection[] = [];
  /** Handed back and forth with `#dirty`, so that a turn allocates nothing. */
  #flushing: Connection[] = [];
  #scheduled = false;

  constructor(parts: SessionParts) {
    this.broker = parts.broker;
    this.options = parts.options;
    this.authenticator = parts.authenticator;
    this.permissions = parts.permissions;
    this.wheel = parts.wheel;
    this.log = parts.log;
    this.mechanisms = mechanismsFor(anonymousOf(parts));
    this.#defer = parts.defer;
    this.slabs = new SlabPool(parts.broker.memory);
    this.turnBudget = new TurnBudget(() => parts.broker.clock.now(), parts.defer);
    this.flow = new FlowControl(parts.broker.clock, parts.broker.memory);
    this.#ackTimeouts = new AckTimeouts({
      clock: parts.broker.clock,
      timeoutMs: parts.options.consumerTimeoutMs,
      quorumOnly: parts.broker.profile.timesQuorumOnly,
      channels: () => [...this.connections].flatMap(({ channels }) => [...channels.open()]),
      expired: (channel, delivery, timeoutMs) => channel.ackTimedOut(delivery, timeoutMs),
    });
    this.#ackTimeouts.start();
    this.broker.addHolder(() => this.#heldMessages());
    const alarmLog = new AlarmLog(parts.log, parts.options.clusterName);
    this.broker.events.on('alarm.set', (event) => alarmLog.set(event));
    this.broker.events.on('alarm.cleared', (event) => {
      alarmLog.cleared(event);
      // Who is blocked is told of the end of the last alarm and of nothing between, as in RabbitMQ.
      if (this.broker.alarms.isUp) return;
      for (const connection of this.connections) connection.publishing.alarmsCleared();
    });
  }

  /** Starts a conversation with whoever is behind `transport`. */
  accept(transport: Transport): void {
    if (this.#isStopping) {
      transport.destroy();
      return;
    }
    const connection = new Connection(this, transport, ++this.#lastId);
    this.connections.add(connection);
  }

  /** Open connections, those that are still in their handshake left out. */
  get openConnections(): number {
    let count = 0;
    for (const connection of this.connections) if (connection.isOpen) count++;
    return count;
  }

  /** Flushes `connection` at the end of this turn. */
  schedule(connection: Connection): void {
    this.#dirty.push(connection);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#defer(this.#flushAll);
  }

  /** Accepts again after a `stop`. */
  restart(): void {
    this.#ackTimeouts.start();
    this.#isStopping = false;
  }

  /**
   * Tells all clients that the broker goes (320), and drops those that are still there after
   * `graceMs`.
   */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    const gone = [...this.connections].map((connection) => {
      connection.shutDown("broker forced connection closure with reason 'shutdown'");
      return connection.closed;
    });
    const { promise, resolve } = deferred();
    const timer = this.wheel.schedule(resolve, graceMs);
    await Promise.race([Promise.all(gone), promise]);
    timer.cancel();
    for (const connection of [...this.connections]) connection.drop('broker stopped');
    this.#ackTimeouts.stop();
  }

  *#heldMessages(): Iterable<Message> {
    for (const connection of this.connections) yield* connection.channels.heldMessages();
  }

  readonly #flushAll = (): void => {
    this.#scheduled = false;
    const connections = this.#dirty;
    this.#dirty = this.#flushing;
    this.#flushing = connections;
    for (let i = 0; i < connections.length; i++) (connections[i] as Connection).flush();
    connections.length = 0;
  };
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
