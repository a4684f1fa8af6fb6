/**
 * What a scenario is, and the stage that it plays on: a broker, clients, a clock, and its findings.
 *
 * Responsible for opening clients, for waiting with a limit, for collecting checks and for ending a
 * scenario when a client or the broker is lost or its time is over. Not responsible for any
 * scenario.
 */
import type { BrokerUnderStress } from './broker.ts';
import { Client, type ClientOptions } from './client.ts';

export const MIB = 1024 * 1024;
const POLL_MS = 10;

/** One thing that must hold. */
export interface Check {
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
  readonly holds: boolean;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Where the broker's memory alarm rises. */
  readonly watermarkBytes: number;
  /** What resident memory may be over the watermark, for everything that is not messages. */
  readonly allowanceBytes: number;
  /** What the allowance is made of. */
  readonly allowanceFor: string;
  /** The scenario has failed when it takes longer. */
  readonly limitSeconds: number;
  readonly play: (stage: Stage) => Promise<void>;
}

export class Stage {
  readonly broker: BrokerUnderStress;
  readonly checks: Check[] = [];
  readonly #clients: Client[] = [];
  readonly #endings: (() => void)[] = [];
  readonly #broken: Promise<never>;
  #breakNow: (error: Error) => void = () => undefined;

  constructor(broker: BrokerUnderStress, limitSeconds: number) {
    this.broker = broker;
    this.#broken = new Promise<never>((_, reject) => {
      this.#breakNow = reject;
    });
    this.#broken.catch((error: Error) => error);
    const late = setTimeout(
      () => this.fail(new Error(`not done after ${limitSeconds} s`)),
      limitSeconds * 1000,
    );
    this.atEnd(() => clearTimeout(late));
  }

  fail(error: Error): void {
    this.#breakNow(error);
  }

  atEnd(work: () => void): void {
    this.#endings.push(work);
  }

  /** `work`, or the end of the scenario, whichever comes first. */
  guard<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#broken]);
  }

  async client(options: Omit<ClientOptions, 'onFailure'> = {}): Promise<Client> {
    const client = await this.guard(
      Client.open(this.broker.target, { ...options, onFailure: (error) => this.fail(error) }),
    );
    this.#clients.push(client);
    return client;
  }

  pause(seconds: number): Promise<void> {
    return this.guard(new Promise((resolve) => setTimeout(resolve, seconds * 1000)));
  }

  /** Whether `condition` came true within `seconds`. */
  async comes(condition: () => boolean, seconds: number): Promise<boolean> {
    const giveUpAt = Date.now() + seconds * 1000;
    while (!condition()) {
      if (Date.now() > giveUpAt) return false;
      await this.pause(POLL_MS / 1000);
    }
    return true;
  }

  /** Waits for `condition`; that it does not come within `seconds` is a failed check, and false. */
  async expect(what: string, condition: () => boolean, seconds: number): Promise<boolean> {
    const startedMs = performance.now();
    const holds = await this.comes(condition, seconds);
    const took = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
    this.checks.push({ what, measured: holds ? took : 'never', limit: `${seconds} s`, holds });
    return holds;
  }

  atMost(what: string, measured: number, limit: number, unit: string): void {
    const holds = measured <= limit;
    this.checks.push({ what, measured: figure(measured, unit), limit: figure(limit, unit), holds });
  }

  atLeast(what: string, measured: number, limit: number, unit: string): void {
    const holds = measured >= limit;
    const shown = `>= ${figure(limit, unit)}`;
    this.checks.push({ what, measured: figure(measured, unit), limit: shown, holds });
  }

  equal(what: string, measured: number, wanted: number): void {
    const holds = measured === wanted;
    this.checks.push({ what, measured: figure(measured, ''), limit: figure(wanted, ''), holds });
  }

  /** Something for the reader, without a limit. */
  note(what: string, measured: number, unit: string): void {
    this.checks.push({ what, measured: figure(measured, unit), limit: '', holds: true });
  }

  dispose(): void {
    for (const work of this.#endings) work();
    for (const client of this.#clients) client.drop();
  }
}

export function figure(value: number, unit: string): string {
  const digits = Math.abs(value) < 10 && !Number.isInteger(value) ? 2 : 0;
  const shown = value.toLocaleString('en-US', { maximumFractionDigits: digits });
  return unit === '' ? shown : `${shown} ${unit}`;
}
