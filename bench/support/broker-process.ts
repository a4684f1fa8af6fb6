/**
 * Brokers that the benchmark starts itself, each a process of its own.
 *
 * Responsible for building Leveret, for starting it (or the null broker, or Debian's RabbitMQ) on a
 * free port, for waiting until it is ready and for ending it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeRabbitmqReady, RabbitmqBroker } from '../../interop/brokers/rabbitmq.ts';
import { BrokerProbe, PROBE_URL } from './probe.ts';
import { removeFolder, scratchFolder } from './scratch.ts';
import { pidListeningOn } from './usage.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const BROKER_ENTRY = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const NULL_BROKER = fileURLToPath(new URL('./null-broker.ts', import.meta.url));
/** `LEVERET_BENCH_NODE_ARGS="--cpu-prof ..."` looks into the durable broker. */
const PROFILE_ARGS = (process.env['LEVERET_BENCH_NODE_ARGS'] ?? '').split(' ').filter(Boolean);
const READY_LINE = 'Server startup complete';
const READY_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 10_000;

/** Where Leveret keeps things; `durable`: in a data folder, synced before a confirm. */
export type Keeping = 'memory' | 'durable';

export interface BrokerProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: number | undefined;
  /** Looks into a durable Leveret; others have none. */
  readonly probe?: BrokerProbe;
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

export async function startLeveret(keeping: Keeping = 'memory'): Promise<BrokerProcess> {
  const port = await freePort();
  if (keeping === 'durable') return startDurable(port);
  const child = spawn(
    process.execPath,
    [BROKER_ENTRY, '--ephemeral', '--port', String(port), '--log-level', 'error'],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return ready(child, port);
}

/** With the probe, and a data folder that goes when it is stopped. */
async function startDurable(port: number): Promise<BrokerProcess> {
  const folder = scratchFolder();
  const child = spawnDurable(port, join(folder, 'data'));
  const broker = await ready(child, port);
  return { ...removing(broker, folder), probe: new BrokerProbe(child) };
}

/** The folder goes with the broker. */
function removing(broker: BrokerProcess, folder: string): BrokerProcess {
  return {
    ...broker,
    stop: async () => {
      await broker.stop();
      removeFolder(folder);
    },
  };
}

/** Starts Leveret on a data folder, with the probe, without waiting for it. */
export function spawnDurable(port: number, dataDir: string): ChildProcess {
  const args = ['--data-dir', dataDir, '--port', String(port), '--log-level', 'error'];
  return spawn(process.execPath, [...PROFILE_ARGS, '--import', PROBE_URL, BROKER_ENTRY, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
}

/** Debian's, as interop/ starts it: its own data, on loopback, all defaults that matter here. */
export async function startRabbitmq(): Promise<BrokerProcess> {
  await makeRabbitmqReady();
  const broker = await RabbitmqBroker.create();
  await broker.start();
  const { url, port } = broker;
  return {
    url,
    port,
    pid: pidListeningOn(port),
    isRunning: () => pidListeningOn(port) !== undefined,
    stop: () => broker.kill(),
  };
}

/** `durable`: it writes what it gets to a folder that goes when it is stopped. */
export async function startNullBroker(keeping: Keeping = 'memory'): Promise<BrokerProcess> {
  const port = await freePort();
  const folder = keeping === 'durable' ? scratchFolder() : null;
  const args = [NULL_BROKER, String(port), ...(folder === null ? [] : [folder])];
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const broker = await ready(child, port);
  return folder === null ? broker : removing(broker, folder);
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
    pid: child.pid,
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
