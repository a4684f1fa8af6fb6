/**
 * `npm run interop:suites`: runs the integration tests that AMQP clients ship themselves
 * (interop/suites/suites.json) against a RabbitMQ and against Leveret, side by side, and compares
 * them test by test. What passes on RabbitMQ has to pass here, but for the tests in
 * interop/suites/exceptions.json. Closes with the line `N passed, N failed`; exit code 1 when
 * anything failed, 2 for a bad command line. Composition only.
 */

import { makeRabbitmqReady } from './brokers/rabbitmq.ts';
import { optionsOrExit, print, run } from './runner/command.ts';
import { Setups } from './runner/setups.ts';
import { type Comparison, compare, passes } from './suites/runner/compare.ts';
import { readExceptions, readSuites, type Suite } from './suites/runner/lists.ts';
import { type BrokerName, HELP, type Options, readOptions } from './suites/runner/options.ts';
import { failedTests, notes, summary, table } from './suites/runner/report.ts';
import { runSuite, type SuiteRun } from './suites/runner/runs.ts';
import { LeveretStage, RabbitmqStage, type Stage } from './suites/runner/stages.ts';

const list = readSuites();
const exceptions = readExceptions(list.suites);

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** The suites that can be run here; a line for each that cannot. */
async function readySuites({ only, ci }: Options): Promise<{ ready: Suite[]; failures: string[] }> {
  const setups = new Setups(list.setups, (name, seconds) =>
    print(`setup ${name}: ${seconds.toFixed(1)} s`),
  );
  const ready: Suite[] = [];
  const failures: string[] = [];
  for (const suite of list.suites.filter(({ suite: name }) => only?.includes(name) ?? true)) {
    let result = await setups.prepare(suite.setup);
    if (result.status === 'ready' && suite.redirect) result = await setups.prepare('redirect');
    if (result.status === 'ready') ready.push(suite);
    else if (result.status === 'absent' && !ci) print(`${suite.suite}: skipped, ${result.reason}`);
    else failures.push(`not ok ${suite.suite} (setup) - ${result.reason}`);
  }
  return { ready, failures };
}

/** Runs the suites against one kind of broker, `jobs` at a time, each of those on its own. */
async function runAll(
  suites: readonly Suite[],
  on: BrokerName,
  jobs: number,
): Promise<Map<Suite, SuiteRun>> {
  const runs = new Map<Suite, SuiteRun>();
  const waiting = [...suites];
  const worker = async (): Promise<void> => {
    const stage: Stage = on === 'leveret' ? new LeveretStage() : new RabbitmqStage();
    try {
      for (let suite = waiting.shift(); suite !== undefined; suite = waiting.shift()) {
        const run = await runSuite(suite, await stage.prepare(suite), on);
        print(summary(suite, on, run));
        runs.set(suite, run);
      }
    } finally {
      await stage.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, suites.length) }, worker));
  return runs;
}

async function compareAll(suites: readonly Suite[], jobs: number): Promise<Counts> {
  const [rabbitmq, leveret] = await Promise.all([
    runAll(suites, 'rabbitmq', jobs),
    runAll(suites, 'leveret', jobs),
  ]);
  const comparisons: Comparison[] = suites.map((suite) => {
    const runs = {
      rabbitmq: rabbitmq.get(suite) as SuiteRun,
      leveret: leveret.get(suite) as SuiteRun,
    };
    return compare(suite, runs, exceptions);
  });
  for (const line of notes(comparisons)) print(line);
  print(`\n${table(comparisons)}\n`);
  for (const line of comparisons.flatMap(({ failures }) => failures)) print(line);
  return {
    passed: sum(comparisons.map(({ passed }) => passed)),
    failed: sum(comparisons.map(({ failures }) => failures.length)),
  };
}

async function runOn(suites: readonly Suite[], broker: BrokerName, jobs: number): Promise<Counts> {
  const runs = [...(await runAll(suites, broker, jobs))];
  const failed = runs.flatMap(([suite, run]) => failedTests(suite, run));
  for (const line of failed) print(line);
  return { passed: sum(runs.map(([, run]) => passes(run))), failed: failed.length };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

async function main(options: Options): Promise<number> {
  if (options.brokers.includes('rabbitmq')) await makeRabbitmqReady();
  const { ready, failures } = await readySuites(options);
  const [only, ...others] = options.brokers as [BrokerName, ...BrokerName[]];
  const counts =
    others.length === 0
      ? await runOn(ready, only, options.jobs)
      : await compareAll(ready, options.jobs);
  for (const line of failures) print(line);
  const failed = counts.failed + failures.length;
  print(`${counts.passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

await run('interop:suites', () =>
  main(
    optionsOrExit(
      () =>
        readOptions(
          process.argv.slice(2),
          list.suites.map(({ suite }) => suite),
        ),
      HELP,
    ),
  ),
);
