/**
 * A broker as a process on a free port, which can be killed with SIGKILL and started again on the
 * same port. Output goes to a log file under .cache/, to be read after a failure.
 */
import type { ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { ROOT } from './matrix.ts';
import { killGroup, start } from './processes.ts';

const START_LIMIT_MS = 15_000;
const PROBE_EVERY_MS = 20;
const HOST = '127.0.0.1';
const LOG_FOLDER = `${ROOT}/.cache/interop/logs`;

/** How the broker is started; `--port N` is put behind it. */
export function brokerCommand(sources: boolean): string[] {
  return sources
    ? ['node', '--import', 'tsx', 'src/cli/main.ts', 'start']
    : ['node', 'dist/src/cli/main.js', 'start'];
}

/** Removes the logs of earlier runs. */
export function clearBrokerLogs(): void {
  rmSync(LOG_FOLDER, { recursive: true, force: true });
}

export class BrokerProcess {
  readonly url: string;
  readonly logFile: string;
  readonly #command: readonly string[];
  readonly #port: number;
  #child: ChildProcess | undefined;

  private constructor(command: readonly string[], port: number) {
    this.#command = command;
    this.#port = port;
    this.url = `amqp://guest:guest@${HOST}:${port}`;
    this.logFile = `${LOG_FOLDER}/broker-${port}.log`;
  }

  /** A broker that is not started yet, with a port that was free a moment ago. */
  static async create(command: readonly string[]): Promise<BrokerProcess> {
    return new BrokerProcess(command, await freePort());
  }

  /** Starts it; resolves when it accepts connections. Throws an Error when it does not. */
  async start(): Promise<void> {
    if (this.#child !== undefined) throw new Error('the broker is running already');
    mkdirSync(LOG_FOLDER, { recursive: true });
    const log = createWriteStream(this.logFile, { flags: 'a' });
    const child = start([...this.#command, '--host', HOST, '--port', String(this.#port)]);
    this.#child = child;
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    let ended: string | undefined;
    child.once('error', (error) => {
      ended = error.message;
    });
    child.once('exit', (code, signal) => {
      ended = `it ended with ${signal ?? `exit code ${code}`}`;
    });
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await accepts(this.#port))) {
      if (ended === undefined && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS));
        continue;
      }
      await this.kill();
      const why = ended ?? `it does not listen after ${START_LIMIT_MS} ms`;
      throw new Error(`the broker does not start: ${why}; see ${this.logFile}`);
    }
  }

  /** Kills it with SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    killGroup(child);
    await gone;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: HOST });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
