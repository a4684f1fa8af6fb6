/**
 * Brokers that the benchmark starts itself, each a process of its own.
 *
 * Responsible for building Leveret, for starting it (or the null broker) on a free port, for
 * waiting until it is ready and for ending it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const BROKER_ENTRY = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const NULL_BROKER = fileURLToPath(new URL('./null-broker.ts', import.meta.url));
const READY_LINE = 'Server startup complete';
const READY_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 10_000;

export interface BrokerProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** false once the process has ended, for whatever reason. */
  isRunning(): boolean;
  /** Ends it: SIGTERM, and SIGKILL when that does not help. */
  stop(): Promise<void>;
}

/** A port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}

/** Runs `npm run build`, which does nothing when nothing changed. Throws when it fails. */
export function buildIfNeeded(): void {
  const build = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (build.status !== 0) throw new Error('npm run build failed');
}

export async function startLeveret(): Promise<BrokerProcess> {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [BROKER_ENTRY, '--ephemeral', '--port', String(port), '--log-level', 'error'],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return ready(child, port);
}

export async function startNullBroker(): Promise<BrokerProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, ['--import', 'tsx', NULL_BROKER, String(port)], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return ready(child, port);
}

async function ready(child: ChildProcess, port: number): Promise<BrokerProcess> {
  try {
    await readyLine(child);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    port,
    pid: child.pid as number,
    isRunning: () => isRunning(child),
    stop: () => stop(child),
  };
}

function readyLine(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`the broker was not ready after ${READY_LIMIT_MS / 1000} s`)),
      READY_LIMIT_MS,
    );
    let output = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the broker ended with code ${code}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      output = `${output}${chunk.toString()}`.slice(-4096);
      if (!output.includes(READY_LINE)) return;
      clearTimeout(late);
      resolve();
    });
  });
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (!isRunning(child)) {
      resolve();
      return;
    }
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    child.once('exit', () => {
      clearTimeout(late);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
