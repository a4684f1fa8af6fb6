/**
 * What one run of one shape holds open at a broker, and how it ends.
 *
 * Responsible for opening connections, for remembering the queues and exchanges declared, for
 * ending the run when a connection fails or the time limit passes, and for deleting and closing
 * everything afterwards. Not responsible for load or measurement (runners/).
 */
import { BenchConnection, type ConnectionOptions } from './connection.ts';
import { METHOD, methodFrame } from './frames.ts';
import type { Target } from './target.ts';

const CLEANUP_LIMIT_MS = 20_000;

let rigs = 0;

export class Rig {
  readonly target: Target;
  /** Starts every name that this run declares. Short: it travels in each frame. */
  readonly prefix: string;
  private readonly connections: BenchConnection[] = [];
  private readonly endings: (() => void)[] = [];
  private readonly queues = new Set<string>();
  private readonly exchanges = new Set<string>();
  private readonly broken: Promise<never>;
  private breakNow: (error: Error) => void = () => undefined;
  private disposed = false;
  private readonly limit: NodeJS.Timeout;

  /** `limitMs` bounds the whole run, whatever the broker does. */
  constructor(target: Target, limitMs: number) {
    this.target = target;
    this.prefix = `lb${process.pid.toString(36)}${(rigs++).toString(36)}`;
    this.broken = new Promise<never>((_, reject) => {
      this.breakNow = reject;
    });
    this.broken.catch((error: Error) => error);
    this.limit = setTimeout(
      () => this.fail(new Error(`not done after ${Math.round(limitMs / 1000)} s`)),
      limitMs,
    );
  }

  fail(error: Error): void {
    this.breakNow(error);
  }

  /** `work` is done when the run ends, however it does. */
  atEnd(work: () => void): void {
    this.endings.push(work);
  }

  /** `work`, or the failure of the run, whichever comes first. */
  guard<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.broken]);
  }

  /** Waits; rejects at once when the run fails. */
  pause(ms: number): Promise<void> {
    return this.guard(new Promise((resolve) => setTimeout(resolve, ms)));
  }

  async connect(options: Omit<ConnectionOptions, 'onFailure'> = {}): Promise<BenchConnection> {
    const opening = BenchConnection.open(this.target, {
      ...options,
      onFailure: (error) => this.fail(error),
    });
    const known = opening.then((connection) => {
      if (this.disposed) connection.socket.destroy();
      this.connections.push(connection);
      return connection;
    });
    return this.guard(known);
  }

  /** A queue of this name, empty; transient unless said otherwise. */
  async declareQueue(by: BenchConnection, queue: string, durable = false): Promise<void> {
    this.queues.add(queue);
    const kind = durable ? 'durable' : 'transient';
    await this.guard(by.call(declareFrame(queue, kind), METHOD.queueDeclareOk));
  }

  async declareExchange(by: BenchConnection, exchange: string, type: string): Promise<void> {
    this.exchanges.add(exchange);
    const declare = methodFrame(1, METHOD.exchangeDeclare, (to) =>
      to.short(0).shortString(exchange).shortString(type).octet(0).long(0),
    );
    await this.guard(by.call(declare, METHOD.exchangeDeclareOk));
  }

  async bind(by: BenchConnection, queue: string, exchange: string, key: string): Promise<void> {
    const bind = methodFrame(1, METHOD.queueBind, (to) =>
      to.short(0).shortString(queue).shortString(exchange).shortString(key).octet(0).long(0),
    );
    await this.guard(by.call(bind, METHOD.queueBindOk));
  }

  /** Turns on publisher confirms on channel 1. */
  async selectConfirms(by: BenchConnection): Promise<void> {
    const select = methodFrame(1, METHOD.confirmSelect, (to) => to.octet(0));
    await this.guard(by.call(select, METHOD.confirmSelectOk));
  }

  /**
   * Resolves with the queue's message count once the broker has handled all that was sent on
   * channel 1 of `by` before: a channel answers in order.
   */
  async settle(by: BenchConnection, queue: string): Promise<number> {
    const payload = await this.guard(
      by.call(declareFrame(queue, 'passive'), METHOD.queueDeclareOk),
    );
    const nameBytes = payload[4] as number;
    return payload.readUInt32BE(5 + nameBytes);
  }

  async purge(by: BenchConnection, queue: string): Promise<void> {
    const purge = methodFrame(1, METHOD.queuePurge, (to) =>
      to.short(0).shortString(queue).octet(0),
    );
    await this.guard(by.call(purge, METHOD.queuePurgeOk));
  }

  /** Closes all connections, then deletes what was declared. Never rejects, never hangs. */
  async dispose(): Promise<void> {
    this.disposed = true;
    clearTimeout(this.limit);
    for (const work of this.endings) work();
    const timer = new Promise<void>((resolve) => {
      setTimeout(resolve, CLEANUP_LIMIT_MS).unref();
    });
    for (const connection of this.connections) connection.socket.resume();
    const closing = Promise.all(this.connections.map((connection) => connection.close()));
    const cleaning = closing
      .then(() => this.deleteAll())
      .catch((error: Error) => {
        process.stderr.write(`clean-up: ${error.message}\n`);
      });
    await Promise.race([cleaning, timer]);
    for (const connection of this.connections) connection.socket.destroy();
  }

  private async deleteAll(): Promise<void> {
    if (this.queues.size + this.exchanges.size === 0) return;
    const connection = await BenchConnection.open(this.target, {
      onFailure: (error) => process.stderr.write(`clean-up: ${error.message}\n`),
    });
    for (const queue of this.queues) {
      const frame = methodFrame(1, METHOD.queueDelete, (to) =>
        to.short(0).shortString(queue).octet(0),
      );
      await connection.call(frame, METHOD.queueDeleteOk);
    }
    for (const exchange of this.exchanges) {
      const frame = methodFrame(1, METHOD.exchangeDelete, (to) =>
        to.short(0).shortString(exchange).octet(0),
      );
      await connection.call(frame, METHOD.exchangeDeleteOk);
    }
    await connection.close();
  }
}

export function declareFrame(queue: string, how: 'transient' | 'durable' | 'passive'): Buffer {
  const bits = { transient: 0, passive: 1, durable: 2 }[how];
  return methodFrame(1, METHOD.queueDeclare, (to) =>
    to.short(0).shortString(queue).octet(bits).long(0),
  );
}
