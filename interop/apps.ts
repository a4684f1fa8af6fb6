/**
 * `npm run interop:apps`: starts a broker, runs every application of interop/apps/apps.json against
 * it, tells what each of them showed and closes with the line `N passed, N failed`. Exit code 1
 * when anything failed, 2 for a bad command line. Composition only, like run.ts.
 */

import { type AppEntry, type AppResult, readApps, runApp } from './runner/apps.ts';
import { optionsOrExit, print, run } from './runner/command.ts';
import { APPS_HELP, type RunOptions, readAppOptions } from './runner/options.ts';
import { runAll } from './runner/schedule.ts';
import { Setups } from './runner/setups.ts';
import { withBroker } from './runner/under-test.ts';

const list = readApps();

async function runOne(entry: AppEntry, env: Readonly<Record<string, string>>): Promise<AppResult> {
  const started = Date.now();
  print(`${entry.name} ${entry.version}: ${entry.what}`);
  const result = await runApp(entry, env, (line) => print(`${entry.name}: ${line}`));
  const seconds = ((Date.now() - started) / 1_000).toFixed(1);
  const { passed, failures, skipped } = result;
  print(
    `${entry.name}: ${passed} passed, ${failures.length} failed, ${skipped} skipped, ${seconds} s`,
  );
  return result;
}

async function main(options: RunOptions): Promise<number> {
  const entries = list.apps.filter(({ name }) => options.only?.includes(name) ?? true);
  const setups = new Setups(list.setups);
  const results = await withBroker(options, async ({ env, logFile }) => {
    const all = await runAll<AppEntry, AppResult>({
      entries,
      jobs: options.jobs,
      ci: options.ci,
      prepare: (setup) => setups.prepare(setup),
      run: (entry) => runOne(entry, env),
      failed: (entry, reason) => ({
        entry,
        passed: 0,
        skipped: 0,
        failures: [`setup - ${reason}`],
      }),
      onAbsent: ({ name }, reason) => print(`${name}: skipped, ${reason}`),
    });
    const failed = all.some(({ failures }) => failures.length > 0);
    if (failed && logFile !== undefined) print(`the broker's log: ${logFile}`);
    return all;
  });
  print('');
  const totals = { passed: 0, failed: 0 };
  for (const { entry, passed, failures } of results) {
    totals.passed += passed;
    totals.failed += failures.length;
    for (const failure of failures) print(`not ok ${entry.name}: ${failure}`);
  }
  print(`${totals.passed} passed, ${totals.failed} failed`);
  return totals.failed === 0 ? 0 : 1;
}

await run('interop:apps', () =>
  main(
    optionsOrExit(
      () =>
        readAppOptions(
          process.argv.slice(2),
          list.apps.map(({ name }) => name),
        ),
      APPS_HELP,
    ),
  ),
);
