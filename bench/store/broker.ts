/**
 * Brokers that are killed and started again on what they have kept.
 *
 * Responsible for starting without waiting, for SIGKILL and for removing what they wrote. Not
 * responsible for when a broker counts as started (restart.ts).
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { makeRabbitmqReady, RabbitmqBroker } from '../../interop/brokers/rabbitmq.ts';
import { freePort, spawnDurable } from '../support/broker-process.ts';
import { BrokerProbe } from '../support/probe.ts';
import { removeFolder, scratchFolder } from '../support/scratch.ts';
import { parseTarget, type Target } from '../support/target.ts';
import { pidListeningOn } from '../support/usage.ts';

const STOP_LIMIT_MS = 20_000;

export interface StoreBroker {
  readonly label: string;
  readonly target: Target;
  readonly pid: number | undefined;
  readonly probe: BrokerProbe | undefined;
  /** Starts it; why it failed, should it. */
  begin(onFailure: (error: Error) => void): void;
  /** SIGKILL; returns when it is gone. */
  kill(): Promise<void>;
  /** Ends it and removes what it kept. */
  remove(): Promise<void>;
}

class Leveret implements StoreBroker {
  readonly label = 'leveret';
  readonly target: Target;
  readonly #folder = scratchFolder();
  #child: ChildProcess | undefined;
  probe: BrokerProbe | undefined;

  constructor(port: number) {
    this.target = parseTarget(`amqp://127.0.0.1:${port}`);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  begin(onFailure: (error: Error) => void): void {
    const child = spawnDurable(this.target.port, `${this.#folder}/data`);
    child.stdout?.resume();
    child.once('error', onFailure);
    child.once('exit', (code, signal) => {
      if (signal !== 'SIGKILL') onFailure(new Error(`the broker ended with code ${code}`));
    });
    this.probe = new BrokerProbe(child);
    this.#child = child;
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await gone;
    clearTimeout(late);
  }

  /** In good order, so that a profile of it is written. */
  async remove(): Promise<void> {
    await this.#end('SIGTERM');
    removeFolder(this.#folder);
  }
}

class Rabbitmq implements StoreBroker {
  readonly label = 'RabbitMQ';
  readonly target: Target;
  readonly probe = undefined;
  readonly #broker: RabbitmqBroker;

  constructor(broker: RabbitmqBroker) {
    this.target = parseTarget(broker.url);
    this.#broker = broker;
  }

  get pid(): number | undefined {
    return pidListeningOn(this.target.port);
  }

  begin(onFailure: (error: Error) => void): void {
    this.#broker.start().catch(onFailure);
  }

  kill(): Promise<void> {
    return this.#broker.kill();
  }

  async remove(): Promise<void> {
    await this.kill();
    removeFolder(this.#broker.logFile.replace(/\.log$/, ''));
  }
}

export async function newLeveret(): Promise<StoreBroker> {
  return new Leveret(await freePort());
}

export async function newRabbitmq(): Promise<StoreBroker> {
  await makeRabbitmqReady();
  return new Rabbitmq(await RabbitmqBroker.create());
}
