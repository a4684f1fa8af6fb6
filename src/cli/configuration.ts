/**
 * Gathers the configuration of a start: file, environment and flags into one set of options. The
 * only place of the CLI that reads a configuration file.
 */
import { readFileSync } from 'node:fs';
import { parseConf } from '../config/conf-file.ts';
import { readEntries } from '../config/conf-keys.ts';
import { readEnvironment } from '../config/env.ts';
import { ConfigError } from '../config/errors.ts';
import { combineLayers, emptyLayer } from '../config/layers.ts';
import type { BrokerOptions } from '../config/option-types.ts';
import type { StartCommand } from './arguments.ts';

export interface Configuration {
  readonly options: BrokerOptions;
  /** One line each, for the log. */
  readonly warnings: readonly string[];
}

/** The program keeps its data unless it is told not to; a broker inside a program does not. */
const DATA_DIR = 'data';

/** Reads and combines everything. Throws ConfigError with the line for the person who wrote it. */
export function gatherConfiguration(
  { configFile, flags }: StartCommand,
  environment: Readonly<Record<string, string | undefined>>,
): Configuration {
  const file = configFile === undefined ? undefined : readConfFile(configFile);
  const options = combineLayers([file?.layer ?? emptyLayer(), readEnvironment(environment), flags]);
  return { options: { dataDir: DATA_DIR, ...options }, warnings: file?.warnings ?? [] };
}

function readConfFile(path: string): ReturnType<typeof readEntries> {
  return readEntries(parseConf(decode(read(path), path), path));
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
};

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new ConfigError(`cannot read ${path}: ${REASONS[code] ?? message}`);
  }
}

function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigError(`cannot read ${path}: it is not UTF-8 text`);
  }
}
