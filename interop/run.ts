/**
 * `npm run interop`: starts a broker, runs every client of interop/matrix.json against it, prints
 * a table and closes with the line `N passed, N failed`. Exit code 1 when anything failed, 2 for a
 * bad command line. Composition only: each step is a module of interop/runner.
 */

import { writeFileSync } from 'node:fs';
import { type Asked, askedOf } from './runner/asked.ts';
import { optionsOrExit, print, run } from './runner/command.ts';
import { type ClientEntry, ROOT, readMatrix, readScenarios } from './runner/matrix.ts';
import { HELP, type Options, readOptions } from './runner/options.ts';
import { type ClientResult, runProgram } from './runner/programs.ts';
import { count, failures, markdown, type Report, textTable } from './runner/report.ts';
import { runAll } from './runner/schedule.ts';
import { Setups } from './runner/setups.ts';
import { withBroker } from './runner/under-test.ts';

const matrix = readMatrix();
const scenarios = readScenarios();

async function runClients(
  entries: readonly ClientEntry[],
  options: Options,
  env: Readonly<Record<string, string>>,
): Promise<Report> {
  const setups = new Setups(matrix.setups);
  const asked = askedOf(scenarios, options.rabbitmq ? 'rabbitmq' : 'leveret');
  for (const [name, { reason }] of asked.skipped) print(`${name}: skipped, ${reason}`);
  const absent: { client: string; reason: string }[] = [];
  const results = await runAll({
    entries,
    jobs: options.jobs,
    ci: options.ci,
    prepare: (setup) => setups.prepare(setup),
    run: (entry) => runOne(entry, asked, env),
    failed: (entry, reason) => ({ entry, outcomes: new Map(), notes: [], faults: [reason] }),
    onAbsent({ client }, reason) {
      print(`${client}: skipped, ${reason}`);
      absent.push({ client, reason });
    },
  });
  return { results, scenarios, absent, notHere: matrix.notHere };
}

async function runOne(
  entry: ClientEntry,
  asked: Asked,
  env: Readonly<Record<string, string>>,
): Promise<ClientResult> {
  const started = Date.now();
  const result = await runProgram(entry, asked.scenarios, env, (name, { status, reason }) => {
    if (status === 'failed') print(`not ok ${entry.client} ${name} - ${reason}`);
  });
  for (const [name, outcome] of asked.skipped) result.outcomes.set(name, outcome);
  const seconds = ((Date.now() - started) / 1_000).toFixed(1);
  const { passed, failed, skipped } = count({ results: [result] });
  print(
    `${entry.client} ${entry.version}: ${passed} passed, ${failed} failed, ` +
      `${skipped} not applicable, ${seconds} s`,
  );
  return result;
}

async function main(options: Options): Promise<number> {
  const entries = matrix.clients.filter(({ client }) => options.only?.includes(client) ?? true);
  const report = await withBroker(options, async ({ env, logFile }) => {
    const result = await runClients(entries, options, env);
    if (logFile !== undefined && count(result).failed > 0) print(`the broker's log: ${logFile}`);
    return result;
  });
  if (report.results.length > 0) print(`\n${textTable(report)}\n`);
  for (const line of failures(report)) print(line);
  if (options.writeDocs) writeFileSync(`${ROOT}/docs/interop.md`, markdown(report));
  const { passed, failed } = count(report);
  print(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

await run('interop', () =>
  main(
    optionsOrExit(
      () =>
        readOptions(
          process.argv.slice(2),
          matrix.clients.map(({ client }) => client),
        ),
      HELP,
    ),
  ),
);
