/**
 * Starting a broker: options, storage, definitions, listeners, in this order, and everything given
 * back when one of them fails.
 */
import { LogExchange } from './broker/log-exchange.ts';
import { readDefinitionsFiles } from './config/definitions-files.ts';
import { ConfigError } from './config/errors.ts';
import { type BrokerOptions, type ResolvedOptions, resolveOptions } from './config/options.ts';
import { DefinitionsError } from './definitions/format.ts';
import { systemClock } from './lib/clock.ts';
import { bothLogs, createLog, type Log, noLog } from './lib/log.ts';
import { openConsoleLog } from './lib/log-winston.ts';
import { Broker, type BrokerHooks } from './server.ts';
import { Storage } from './storage.ts';

const defer = (fn: () => void): void => {
  setImmediate(fn);
};

/** What is to be loaded, with where it is from. @throws ConfigError */
function definitionsOf({ definitions }: ResolvedOptions) {
  if (definitions === null) return [];
  if (typeof definitions === 'string') return readDefinitionsFiles(definitions);
  return [{ path: "option 'definitions'", text: definitions }];
}

/** What tells of the log in messages; null when nobody wants that. */
function logExchangeOf({ logExchangeLevel, logFormat, clusterName }: ResolvedOptions) {
  return logExchangeLevel === 'none' ? null : new LogExchange(clusterName, logFormat);
}

/** @throws ConfigError */
async function loadDefinitions(
  broker: Broker,
  path: string,
  definitions: string | object,
  log: Log,
): Promise<void> {
  try {
    await broker.importDefinitions(definitions);
    log.info(`definitions loaded from ${path}`);
  } catch (error) {
    if (!(error instanceof DefinitionsError)) throw error;
    throw new ConfigError(`${path}: ${error.message}`);
  }
}

/**
 * Starts a broker inside this process.
 * @throws ConfigError for options that do not fit; DataFolderError for a data folder that cannot be
 *   used; the system's error when an address cannot be had
 */
export async function startBroker(
  options: BrokerOptions = {},
  hooks: BrokerHooks = {},
): Promise<Broker> {
  const resolved = resolveOptions(options);
  const files = definitionsOf(resolved);
  const { logLevel: level, logFormat: format } = resolved;
  const isOwnLog = hooks.log === undefined && level !== 'none';
  const console = isOwnLog ? openConsoleLog({ level, format }) : null;
  const ownLog = hooks.log ?? console?.log ?? noLog;
  const logExchange = logExchangeOf(resolved);
  const log =
    logExchange === null
      ? ownLog
      : bothLogs(ownLog, createLog(resolved.logExchangeLevel, logExchange.sink));
  const clock = hooks.clock ?? systemClock;
  const { freeBytes } = hooks;
  const storage = await Storage.open({ options: resolved, clock, log, freeBytes, defer });
  const broker = new Broker(resolved, { log, clock, storage, console });
  try {
    await broker.recover();
    for (const { path, text } of files) await loadDefinitions(broker, path, text, log);
    if (options.users === undefined) broker.dropDefaultUser();
    broker.startEvents(logExchange);
    await broker.listen();
  } catch (error) {
    await broker.stop();
    throw error;
  }
  return broker;
}
