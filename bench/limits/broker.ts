/**
 * The broker that a scenario stresses: a process of its own, with the scenario's memory watermark.
 *
 * Responsible for writing its rabbitmq.conf, for starting and ending it, and for its resident
 * memory as Linux counts it. Not responsible for building it (support/broker-process.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BROKER_ENTRY, freePort } from '../support/broker-process.ts';
import { parseTarget, type Target } from '../support/target.ts';

const QUIET = ['--log-level', 'warning'];
const READY_LINE = 'Server startup complete';
const READY_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 12_000;
/** So much of what the broker logs is kept, for the alarm's lines. */
const KEPT_LOG_LINES = 2_000;

export class BrokerUnderStress {
  readonly target: Target;
  /** Warnings and errors that it has logged. */
  readonly logLines: string[] = [];
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, port: number, folder: string) {
    this.target = parseTarget(`amqp://guest:guest@127.0.0.1:${port}`);
    this.#child = child;
    this.#folder = folder;
  }

  /** Starts one whose alarm rises at `watermarkBytes`. */
  static async start(watermarkBytes: number): Promise<BrokerUnderStress> {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'leveret-limits-'));
    const config = join(folder, 'rabbitmq.conf');
    writeFileSync(config, `vm_memory_high_watermark.absolute = ${watermarkBytes}\n`);
    const child = spawn(
      process.execPath,
      [BROKER_ENTRY, '--ephemeral', '--port', String(port), '--config', config, ...QUIET],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const broker = new BrokerUnderStress(child, port, folder);
    try {
      await broker.#ready();
    } catch (error) {
      await broker.stop();
      throw error;
    }
    return broker;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Octets; the highest since it started. */
  get peakRssBytes(): number {
    return this.#status('VmHWM');
  }

  get rssBytes(): number {
    return this.#status('VmRSS');
  }

  /** How often it has logged that the memory alarm was raised. */
  get alarms(): number {
    return this.logLines.filter((line) => line.includes('limit alarm set')).length;
  }

  /** SIGTERM, and SIGKILL where that does not help in time. */
  async stop(): Promise<void> {
    if (this.isRunning) {
      const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await gone;
      clearTimeout(late);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('the broker does not start')), READY_LIMIT_MS);
      let rest = '';
      this.#child.once('exit', (code) => reject(new Error(`the broker ended with code ${code}`)));
      this.#child.stdout?.on('data', (chunk: Buffer) => {
        const lines = `${rest}${chunk.toString()}`.split('\n');
        rest = lines.pop() ?? '';
        this.logLines.push(...lines);
        this.logLines.splice(0, this.logLines.length - KEPT_LOG_LINES);
        if (!lines.some((line) => line.includes(READY_LINE))) return;
        clearTimeout(late);
        resolve();
      });
    });
  }

  /** A line of /proc/<pid>/status; 0 when the process is gone. */
  #status(field: string): number {
    try {
      const text = readFileSync(`/proc/${this.#child.pid}/status`, 'latin1');
      const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text);
      return Number(found?.[1] ?? 0) * 1024;
    } catch (error) {
      if (!this.isRunning) return 0;
      throw error;
    }
  }
}
