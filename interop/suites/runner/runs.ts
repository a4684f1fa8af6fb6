/** Runs one suite against one broker and reads what its test runner told. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import type { Broker } from '../../brokers/broker.ts';
import { ROOT } from '../../runner/matrix.ts';
import { run } from '../../runner/processes.ts';
import type { Suite } from './lists.ts';
import type { BrokerName } from './options.ts';
import { OUTPUT, readResults, type TestResult } from './results.ts';

export interface SuiteRun {
  readonly results: ReadonlyMap<string, TestResult>;
  readonly seconds: number;
  /** Why the run as a whole cannot be trusted. */
  readonly fault: string | undefined;
}

const FOLDER = '.cache/interop/suites';
const REDIRECT = `${ROOT}/${FOLDER}/redirect/redirect.so`;
/** Goes to the folder in $1 and runs the rest there, with its output in a file. */
const SCRIPT = `cd "$1" && shift && exec "$@" >"$INTEROP_RESULTS/${OUTPUT}" 2>&1`;

export async function runSuite(suite: Suite, broker: Broker, on: BrokerName): Promise<SuiteRun> {
  const place = `${FOLDER}/results/${suite.suite}-${on}`;
  const results = `${ROOT}/${place}`;
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const fill = (text: string): string =>
    text
      .replaceAll('{url}', broker.url)
      .replaceAll('{port}', String(broker.port))
      .replaceAll('{results}', results)
      .replaceAll('{root}', ROOT);
  const env: Record<string, string> = {
    INTEROP_PORT: `${broker.port}`,
    INTEROP_RESULTS: results,
  };
  for (const [name, value] of Object.entries(suite.env ?? {})) env[name] = fill(value);
  if (suite.redirect) env['LD_PRELOAD'] = REDIRECT;
  const command = ['sh', '-c', SCRIPT, 'sh', suite.folder, ...suite.command.map(fill)];
  const started = Date.now();
  const finished = await run({ command, env, limitMs: suite.limitSeconds * 1_000 });
  const seconds = (Date.now() - started) / 1_000;
  let tests = new Map<string, TestResult>();
  let fault: string | undefined;
  try {
    if (existsSync(`${results}/${OUTPUT}`)) tests = readResults(results, suite.results);
  } catch (error) {
    fault = `its results cannot be read: ${(error as Error).message}`;
  }
  const failed = [...tests.values()].some(({ status }) => status === 'failed');
  if (finished.timedOut) fault = `no end after ${suite.limitSeconds} s`;
  else if (tests.size === 0) fault ??= `no results, exit code ${finished.code}`;
  else if (finished.code !== 0 && !failed) fault ??= `exit code ${finished.code}, no test failed`;
  return { results: tests, seconds, fault: fault && `${fault}; see ${place}` };
}
