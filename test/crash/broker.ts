/**
 * The broker under test: a process on a data folder, which is killed, stopped and started again.
 * Its output goes to a log file; its port is the system's choice, and another after each start.
 */
import { createWriteStream, type WriteStream, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { killGroup, start as startProcess } from '../../interop/runner/processes.ts';

const READY = 'Server startup complete';
const LISTENING = /started TCP listener on 127\.0\.0\.1:(\d+)/;
const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 30_000;
/** Lines that no crash of the process may cause; a record cut short at the end is none of them. */
const ALARMING = /\[(?:error|critical)\]|damaged|is lost|unknown kind/;
const CUT_SHORT = /no whole record/;
/** What a passive declare of something that is not there leaves. */
const NOT_THERE = /Channel error on connection|channel exception: NOT_FOUND/;

type Child = ReturnType<typeof startProcess>;

export interface BrokerOptions {
  readonly dataFolder: string;
  readonly logFile: string;
  /** Written before each start. */
  readonly configFile: string;
  readonly durability: string;
  /** A line of the log that should not be there. */
  onAlarm(line: string): void;
}

export class CrashBroker {
  readonly #options: BrokerOptions;
  readonly #log: WriteStream;
  #child: Child | undefined;
  #gone: Promise<void> = Promise.resolve();
  #port = 0;
  #wasKilled = false;
  /** Why it is not running any more. */
  #ended: string | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
    this.#log = createWriteStream(options.logFile, { flags: 'a' });
  }

  get url(): string {
    return `amqp://guest:guest@127.0.0.1:${this.#port}`;
  }

  /** Resolves when it is not running any more. */
  get gone(): Promise<void> {
    return this.#gone;
  }

  /** Why it ended; undefined while it runs. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** Resolves when it is ready. `memoryMib`: what messages may hold, null for the default. */
  async start(memoryMib: number | null = null): Promise<void> {
    const limit = `vm_memory_high_watermark.absolute = ${memoryMib}MiB\n`;
    writeFileSync(this.#options.configFile, memoryMib === null ? '' : limit);
    const ready = this.#launch();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const why = `the broker is not ready after ${START_LIMIT_MS} ms`;
      timer = setTimeout(() => reject(new Error(why)), START_LIMIT_MS);
    });
    const gone = this.#gone.then(() => {
      throw new Error(`the broker does not start: ${this.#ended}`);
    });
    gone.catch(() => undefined);
    try {
      await Promise.race([ready, late, gone]);
    } finally {
      clearTimeout(timer);
    }
    this.#wasKilled = false;
  }

  /** Starts it, and kills it while it reads what the one before left. */
  async startAndKill(afterMs: number): Promise<void> {
    void this.#launch();
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    if (this.#ended !== undefined) throw new Error(`the broker does not start: ${this.#ended}`);
    await this.kill();
  }

  /** SIGKILL, in the turn of the call. */
  async kill(): Promise<void> {
    this.#wasKilled = true;
    if (this.#child !== undefined && this.#ended === undefined) killGroup(this.#child);
    await this.#gone;
  }

  /** SIGTERM, in the turn of the call; what was wrong with how it ended, or null. */
  async stop(): Promise<string | null> {
    this.#child?.kill('SIGTERM');
    const timer = setTimeout(() => void this.kill(), STOP_LIMIT_MS);
    await this.#gone;
    clearTimeout(timer);
    if (this.#ended === 'exit code 0') return null;
    return `the broker did not stop as it should on SIGTERM: ${this.#ended}`;
  }

  async close(): Promise<void> {
    await this.kill();
    await new Promise((resolve) => this.#log.end(resolve));
  }

  /** Resolves when it has said its port and that it is ready. */
  #launch(): Promise<void> {
    const { dataFolder, durability, configFile } = this.#options;
    const child = startProcess([
      ...[process.execPath, 'dist/src/cli/main.js', '--host', '127.0.0.1', '--port', '0'],
      ...['--data-dir', dataFolder, '--durability', durability, '--config', configFile],
    ]);
    this.#child = child;
    this.#ended = undefined;
    child.stderr.pipe(this.#log, { end: false });
    this.#gone = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#ended = signal ?? `exit code ${code}`;
        resolve();
      });
    });
    return new Promise((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.#log.write(`${line}\n`);
        this.#judge(line);
        const match = LISTENING.exec(line);
        if (match !== null) this.#port = Number(match[1]);
        if (line.includes(READY)) resolve();
      });
    });
  }

  #judge(line: string): void {
    const isAlarming = CUT_SHORT.test(line) ? !this.#wasKilled : ALARMING.test(line);
    if (isAlarming && !NOT_THERE.test(line)) this.#options.onAlarm(line);
  }
}
