/**
 * One broker of the storage benchmark, and a client of it.
 *
 * Responsible for starting it and for how long that took as a client sees it, for connections whose
 * failure ends what is under way, and for figures with what they are called. Not responsible for
 * what is done (restart.ts, long-queue.ts).
 */
import { answers } from '../support/answers.ts';
import { BenchConnection } from '../support/connection.ts';
import { METHOD, methodFrame } from '../support/frames.ts';
import { nowMs } from '../support/latency.ts';
import { declareFrame } from '../support/rig.ts';
import type { StoreBroker } from './broker.ts';

const RETRY_MS = 2;
const CALLS_AT_ONCE = 500;

export interface Figure {
  readonly what: string;
  readonly value: string;
  readonly goal: string;
}

export class Stage {
  readonly broker: StoreBroker;
  readonly figures: Figure[] = [];
  private readonly broken: Promise<never>;
  private fail: (error: Error) => void = () => undefined;
  private readonly timer: NodeJS.Timeout;
  private connections: BenchConnection[] = [];
  private isOver = false;

  /** Everything together may take `limitSeconds`. */
  constructor(broker: StoreBroker, limitSeconds: number) {
    this.broker = broker;
    this.broken = new Promise<never>((_, reject) => {
      this.fail = reject;
    });
    this.broken.catch((error: Error) => error);
    this.timer = setTimeout(
      () => this.fail(new Error(`stopped: not done after ${limitSeconds} s`)),
      limitSeconds * 1e3,
    );
  }

  guard<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.broken]);
  }

  note(what: string, value: string, goal = ''): void {
    this.figures.push({ what, value, goal });
    process.stderr.write(`${this.broker.label}: ${what}: ${value}\n`);
  }

  /** Starts the broker; milliseconds until it answered. */
  async start(): Promise<number> {
    const startedMs = nowMs();
    this.broker.begin((error) => this.fail(error));
    while (!(await this.guard(answers(this.broker.target.port)))) {
      await this.guard(new Promise((resolve) => setTimeout(resolve, RETRY_MS)));
    }
    return nowMs() - startedMs;
  }

  async connect(): Promise<BenchConnection> {
    const connection = await this.guard(
      BenchConnection.open(this.broker.target, {
        onFailure: (error) => {
          if (!this.isOver) this.fail(error);
        },
      }),
    );
    this.connections.push(connection);
    return connection;
  }

  async kill(): Promise<void> {
    this.hangUp();
    await this.broker.kill();
  }

  /** Ready messages of all `queues` together. */
  async countReady(by: BenchConnection, queues: readonly string[]): Promise<number> {
    let ready = 0;
    for (let from = 0; from < queues.length; from += CALLS_AT_ONCE) {
      const some = queues.slice(from, from + CALLS_AT_ONCE);
      const asked = some.map((queue) =>
        by.call(declareFrame(queue, 'passive'), METHOD.queueDeclareOk),
      );
      for (const payload of await this.guard(Promise.all(asked))) {
        ready += payload.readUInt32BE(5 + (payload[4] as number));
      }
    }
    return ready;
  }

  async declareDurable(by: BenchConnection, queue: string): Promise<void> {
    await this.guard(by.call(declareFrame(queue, 'durable'), METHOD.queueDeclareOk));
  }

  async confirms(by: BenchConnection): Promise<void> {
    const select = methodFrame(1, METHOD.confirmSelect, (to) => to.octet(0));
    await this.guard(by.call(select, METHOD.confirmSelectOk));
  }

  async dispose(): Promise<void> {
    clearTimeout(this.timer);
    this.isOver = true;
    this.hangUp();
    await this.broker.remove();
  }

  private hangUp(): void {
    for (const connection of this.connections) {
      connection.closing = true;
      connection.socket.destroy();
    }
    this.connections = [];
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1e3).toFixed(2)} s`;
}

export function perSecond(messages: number, ms: number): string {
  return `${Math.round(messages / (ms / 1e3)).toLocaleString('en-US')}/s`;
}
