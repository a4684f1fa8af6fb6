/**
 * Reads interop/apps/apps.json and runs an application of it. An application gets the environment
 * that client programs get (see programs.ts) and prints, a line each, all else being for people:
 *
 *   # app <name> <version>
 *   ok <what was shown>
 *   not ok <what was to be shown> - <reason>
 *   skip <what was to be shown> - <reason>
 *
 * one line an assertion, as many as apps.json says: one that broke off early has not passed.
 */
import { readJson } from './matrix.ts';
import { run } from './processes.ts';
import type { SetupCommands } from './setups.ts';

const APP_LIMIT_MS = 300_000;

export interface AppEntry {
  readonly name: string;
  /** The pinned version of what it is built on; an application that runs another one fails. */
  readonly version: string;
  readonly what: string;
  /** Names an entry of `setups`. */
  readonly setup?: string;
  readonly command: readonly string[];
  /** How many lines it reports. */
  readonly assertions: number;
}

export interface AppList {
  readonly setups: SetupCommands;
  readonly apps: readonly AppEntry[];
}

export interface AppResult {
  readonly entry: AppEntry;
  readonly passed: number;
  readonly skipped: number;
  /** What it reported as failed, and what is wrong with the application itself. */
  readonly failures: readonly string[];
}

/** Reads the list. Throws an Error that names the fault. */
export function readApps(): AppList {
  const path = 'interop/apps/apps.json';
  const list = readJson(path) as AppList;
  const seen = new Set<string>();
  for (const { name, setup, command } of list.apps) {
    if (seen.has(name)) throw new Error(`${path}: ${name} stands there twice`);
    seen.add(name);
    if (command.length === 0) throw new Error(`${path}: ${name} has no command`);
    if (setup !== undefined && !(setup in list.setups)) {
      throw new Error(`${path}: ${name} names the setup ${setup}, which is missing`);
    }
  }
  return list;
}

/** Runs an application to its end, or to its time limit; `onLine` is told what it reports. */
export async function runApp(
  entry: AppEntry,
  env: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
): Promise<AppResult> {
  const counts = { ok: 0, skip: 0 };
  const failures: string[] = [];
  let version: string | undefined;
  const finished = await run({
    command: entry.command,
    env,
    limitMs: APP_LIMIT_MS,
    onLine(line) {
      version ??= /^# app \S+ (\S+)$/.exec(line)?.[1];
      const [, word, rest = ''] = /^(ok|not ok|skip) (.+)$/.exec(line) ?? [];
      if (word === undefined) return;
      if (word === 'ok' || word === 'skip') counts[word]++;
      else failures.push(rest);
      onLine(line);
    },
  });
  const reported = counts.ok + counts.skip + failures.length;
  const failedByItself = failures.length > 0;
  if (version !== entry.version) {
    failures.push(`(program) - ran version ${version ?? 'unknown'}, not ${entry.version}`);
  }
  if (reported !== entry.assertions) {
    failures.push(`(program) - reported ${reported} of ${entry.assertions} assertions`);
  }
  if (finished.timedOut) failures.push(`(program) - no end after ${APP_LIMIT_MS} ms`);
  else if (finished.code !== 0 && (!failedByItself || reported !== entry.assertions)) {
    const why = finished.errors.join(' | ');
    failures.push(`(program) - ended with exit code ${finished.code}: ${why}`);
  } else if (finished.code === 0 && failedByItself) {
    failures.push('(program) - ended with exit code 0 though something failed');
  }
  return { entry, passed: counts.ok, skipped: counts.skip, failures };
}
