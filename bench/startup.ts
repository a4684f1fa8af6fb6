/**
 * `npm run bench:startup`: how soon a broker serves, and what it weighs.
 *
 * Responsible for three figures: time from starting the process to the first connection.start,
 * beside a bare `node -e 0` in the same rounds; resident memory when idle; resident memory with
 * many idle AMQP connections. With --url the memory of a broker that runs already is measured
 * instead. Memory needs /proc; elsewhere it prints a dash.
 */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { formatSmall } from './report.ts';
import { answers } from './support/answers.ts';
import { BROKER_ENTRY, buildIfNeeded, freePort, startLeveret } from './support/broker-process.ts';
import { BenchConnection } from './support/connection.ts';
import { median, nowMs } from './support/latency.ts';
import { textTable } from './support/table.ts';
import { parseTarget } from './support/target.ts';
import { pidListeningOn, usageOf } from './support/usage.ts';

const HELP = `Measures start-up time and idle memory.

  --rounds N        starts of each kind (default 10)
  --connections N   idle connections to open (default 10000)
  --url URL         memory of the broker at this amqp:// URL; starts nothing
`;
const MIB = 1024 * 1024;
const RETRY_MS = 1;
const START_LIMIT_MS = 20_000;
const SETTLE_MS = 2000;
const AT_ONCE = 100;
/** Below the size of the usual range of local ports. */
const CONNECTIONS_PER_ADDRESS = 20_000;
const HEARTBEAT_SECONDS = 60;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Milliseconds from spawn to exit of a Node process that does nothing. */
function bareNode(): Promise<number> {
  const started = nowMs();
  const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve(nowMs() - started));
  });
}

/** Milliseconds from spawn to the first connection.start of a broker. */
async function brokerStart(): Promise<number> {
  const port = await freePort();
  const args = [BROKER_ENTRY, '--ephemeral', '--port', String(port), '--log-level', 'error'];
  const started = nowMs();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    while (!(await answers(port))) {
      if (child.exitCode !== null) throw new Error(`the broker ended with code ${child.exitCode}`);
      if (nowMs() - started > START_LIMIT_MS) throw new Error('the broker did not start');
      await pause(RETRY_MS);
    }
    return nowMs() - started;
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

async function startUpTable(rounds: number): Promise<string> {
  const bare: number[] = [];
  const broker: number[] = [];
  for (let round = 0; round < rounds; round++) {
    bare.push(await bareNode());
    broker.push(await brokerStart());
  }
  const row = (name: string, values: readonly number[]): string[] => [
    name,
    formatSmall(Math.min(...values)),
    formatSmall(median(values)),
  ];
  const more = broker.map((value, round) => value - (bare[round] as number));
  return textTable({
    head: [`${rounds} rounds`, 'min ms', 'median ms'],
    rows: [
      row('node -e 0, start to end', bare),
      row('leveret, start to connection.start', broker),
      row('difference', more),
    ],
  });
}

interface Crowd {
  readonly connections: readonly BenchConnection[];
  /** Why no more could be opened; undefined when all are there. */
  readonly stopped: string | undefined;
}

/** Opens idle connections, AT_ONCE at a time, until there are `wanted` or one fails. */
async function openIdle(url: string, wanted: number): Promise<Crowd> {
  const target = parseTarget(url);
  const connections: BenchConnection[] = [];
  let lost: string | undefined;
  while (connections.length < wanted) {
    const count = Math.min(AT_ONCE, wanted - connections.length);
    const opening = Array.from({ length: count }, (_, i) =>
      BenchConnection.idle(target, {
        readBytes: 512,
        heartbeatSeconds: HEARTBEAT_SECONDS,
        ...localAddress(connections.length + i),
        onFailure: (error) => {
          lost ??= error.message;
        },
      }),
    );
    for (const result of await Promise.allSettled(opening)) {
      if (result.status === 'fulfilled') connections.push(result.value);
      else lost ??= String(result.reason);
    }
    if (lost !== undefined) break;
  }
  return { connections, stopped: lost };
}

/** A second and further source address where one has too few ports. */
function localAddress(index: number): { localAddress?: string } {
  const block = Math.floor(index / CONNECTIONS_PER_ADDRESS);
  return block === 0 ? {} : { localAddress: `127.0.0.${1 + block}` };
}

const mib = (bytes: number | undefined): string =>
  bytes === undefined ? '-' : (bytes / MIB).toFixed(1);

async function memoryTable(url: string, pid: number | undefined, wanted: number): Promise<string> {
  const rss = (): number | undefined => (pid === undefined ? undefined : usageOf(pid)?.rssBytes);
  await pause(SETTLE_MS);
  const idle = rss();
  const started = nowMs();
  const { connections, stopped } = await openIdle(url, wanted);
  const openedMs = nowMs() - started;
  const opened = rss();
  await pause(SETTLE_MS);
  const settled = rss();
  const perConnection =
    idle === undefined || settled === undefined || connections.length === 0
      ? '-'
      : ((settled - idle) / 1024 / connections.length).toFixed(1);
  const count = connections.length.toLocaleString('en-US');
  for (const connection of connections) connection.socket.destroy();
  const table = textTable({
    head: ['memory', 'figure', 'unit'],
    rows: [
      ['RSS, idle', mib(idle), 'MiB'],
      [`RSS, ${count} connections, just opened`, mib(opened), 'MiB'],
      [`RSS, ${count} connections, ${SETTLE_MS / 1e3} s later`, mib(settled), 'MiB'],
      ['for each connection', perConnection, 'KiB'],
      [`time to open ${count}`, (openedMs / 1e3).toFixed(2), 's'],
    ],
  });
  if (stopped === undefined) return table;
  return `${table}stopped at ${count} of ${wanted}: ${stopped}${fdHint(stopped)}\n`;
}

function fdHint(reason: string): string {
  return reason.includes('EMFILE') ? ' (the limit on open files: see ulimit -n)' : '';
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value >= 1)) throw new Error(`--${name} takes a number from 1 on, not ${text}`);
  return Math.round(value);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '10' },
      connections: { type: 'string', default: '10000' },
      url: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  const wanted = positive('connections', values.connections);
  if (values.url !== undefined) {
    const pid = pidListeningOn(parseTarget(values.url).port);
    process.stdout.write(await memoryTable(values.url, pid, wanted));
    return;
  }
  buildIfNeeded();
  process.stdout.write(`${await startUpTable(positive('rounds', values.rounds))}\n`);
  const broker = await startLeveret();
  try {
    process.stdout.write(await memoryTable(broker.url, broker.pid, wanted));
  } finally {
    await broker.stop();
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
