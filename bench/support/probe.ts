/**
 * The runner's end of the probe inside a broker (broker-probe.mjs).
 *
 * Responsible for asking and for the type of the answer. One question at a time.
 */
import type { ChildProcess } from 'node:child_process';

/** For `node --import`, as a URL. */
export const PROBE_URL = new URL('./broker-probe.mjs', import.meta.url).href;
const ANSWER_LIMIT_MS = 10_000;

/** What the broker did since the last reset. */
export interface ProbeReading {
  readonly seconds: number;
  /** How late the loop came to a timer of 2 ms. */
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  /** Calls of fdatasync on the journal, and octets written to it. */
  readonly syncs: number;
  readonly octets: number;
  /** Of the last writes: octets, and buffers that they were made of. */
  readonly bytes: readonly number[];
  readonly pieces: readonly number[];
}

export class BrokerProbe {
  /** The last reading; undefined before the first. */
  last: ProbeReading | undefined;
  private readonly child: ChildProcess;

  /** `child` must have been started with the probe and an IPC channel. */
  constructor(child: ChildProcess) {
    this.child = child;
  }

  async reset(): Promise<void> {
    this.last = undefined;
    await this.ask('reset');
  }

  async read(): Promise<ProbeReading> {
    this.last = (await this.ask('read')) as ProbeReading;
    return this.last;
  }

  private ask(question: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.child.removeListener('message', answer);
        reject(new Error('the probe in the broker does not answer'));
      }, ANSWER_LIMIT_MS);
      const answer = (message: unknown): void => {
        clearTimeout(late);
        resolve(message);
      };
      this.child.once('message', answer);
      this.child.send(question);
    });
  }
}
