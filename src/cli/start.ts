/**
 * `leveret start`: configuration, log, broker, then wait for a signal and stop in good order. The
 * first SIGINT or SIGTERM stops gracefully, a second one exits at once.
 */
import { constants } from 'node:os';
import { type ResolvedOptions, resolveOptions } from '../config/options.ts';
import { type ConsoleLog, openConsoleLog } from '../lib/log-winston.ts';
import { type Broker, DataFolderError } from '../server.ts';
import { startBroker } from '../start-broker.ts';
import type { StartCommand } from './arguments.ts';
import { gatherConfiguration } from './configuration.ts';
import { EXIT, type ExitCode, ExitError } from './exit.ts';
import { watchHeapGrowth } from './heap-growth.ts';
import { leveretVersion } from './version.ts';

// Importing winston holds up the event loop: the clients that waited for the broker go first.
const WINSTON_DELAY_MS = 250;

// Ctrl-C under `npm start` comes twice, from the terminal and passed on by npm: that is one signal.
const SAME_SIGNAL_MS = 200;

/** Runs a broker until a signal comes. Throws ExitError or ConfigError when it cannot start. */
export async function start(
  command: StartCommand,
  environment: NodeJS.ProcessEnv,
): Promise<ExitCode> {
  const configuration = gatherConfiguration(command, environment);
  const options = { logLevel: 'info' as const, ...configuration.options };
  const { logLevel, logFormat } = resolveOptions(options);
  const out = openConsoleLog({ level: logLevel, format: logFormat });
  watchHeapGrowth();
  const signal = firstSignal(out);
  const broker = await startBroker(options, { log: out.log }).catch((error: unknown) => {
    throw explainStartError(error);
  });
  for (const warning of configuration.warnings) out.log.warning(warning);
  announce(out, broker);
  const attaching = setTimeout(() => attachWinston(out), WINSTON_DELAY_MS);
  out.log.info(`${await signal}: stopping`);
  clearTimeout(attaching);
  await broker.stop();
  out.log.info('stopped');
  await out.close();
  return EXIT.ok;
}

function announce(out: ConsoleLog, broker: Broker): void {
  out.log.info(`Leveret ${leveretVersion()} on Node.js ${process.version}`);
  out.log.info(describeStorage(broker.options));
  for (const { host, port } of broker.addresses) {
    out.announce(`started TCP listener on ${host.includes(':') ? `[${host}]` : host}:${port}`);
  }
  out.announce('Server startup complete');
}

function describeStorage({ dataDir, durability }: ResolvedOptions): string {
  if (dataDir === null) return 'everything is kept in memory: it is gone when the broker stops';
  const who = { fsync: 'the disk', os: 'the operating system' }[durability];
  return `data is kept in ${dataDir}; confirmed once ${who} has it (durability ${durability})`;
}

function attachWinston(out: ConsoleLog): void {
  out.attachWinston().catch((error: unknown) => {
    out.log.warning(`cannot load winston, lines are written without it: ${String(error)}`);
  });
}

function firstSignal(out: ConsoleLog): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const onSignal = (name: NodeJS.Signals): void => {
      const now = performance.now();
      if (first === undefined) {
        first = now;
        resolve(name);
      } else if (now - first > SAME_SIGNAL_MS) {
        out.log.warning(`${name} again: exiting at once`);
        process.exit(128 + constants.signals[name]);
      }
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

const LISTEN_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use; another broker may be running (choose a port with --port)',
  EACCES: 'not allowed; ports below 1024 often need rights',
  EADDRNOTAVAIL: 'the address is not of this machine',
  EAFNOSUPPORT: 'the machine does not have this kind of address',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name cannot be looked up',
};

function explainStartError(error: unknown): unknown {
  return error instanceof DataFolderError
    ? new ExitError(EXIT.dataFolder, error.message)
    : explainListenError(error);
}

/**
 * Makes one clear line of what the operating system said about an address; passes on everything
 * else.
 */
function explainListenError(error: unknown): unknown {
  const { code, address, hostname, port } = error as NodeJS.ErrnoException & {
    address?: string;
    hostname?: string;
    port?: number;
  };
  const reason = code === undefined ? undefined : LISTEN_REASONS[code];
  if (reason === undefined) return error;
  const place = [address ?? hostname ?? '', port ?? '']
    .filter((part) => part !== '')
    .join(' port ');
  return new ExitError(EXIT.listen, `cannot listen on ${place}: ${reason}`);
}
