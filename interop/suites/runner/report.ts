/** Turns comparisons and runs into text. Pure. */
import { type Comparison, passes, reason } from './compare.ts';
import type { Suite } from './lists.ts';
import type { SuiteRun } from './runs.ts';

const HEAD = [
  'suite',
  'version',
  'tests',
  'passed on RabbitMQ',
  'passed on Leveret',
  'fail only here',
  'known to',
  'fail on both',
  'fail only on RabbitMQ',
  'flaky',
];

/** A row a suite. */
export function table(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map((each) => [
    each.suite.suite,
    each.suite.version,
    String(each.tests),
    String(each.passedOn.rabbitmq),
    String(each.passedOn.leveret),
    String(each.failures.length),
    String(each.accepted),
    String(each.failOnBoth.length),
    String(each.failOnRabbitmqOnly.length),
    String(each.flaky.length),
  ]);
  return aligned([HEAD, ...rows]);
}

/** What is no failure of ours and yet worth a look. */
export function notes(comparisons: readonly Comparison[]): string[] {
  return comparisons.flatMap(({ suite, failOnBoth, failOnRabbitmqOnly, flaky }) => [
    ...failOnBoth.map((name) => `# ${suite.suite} ${name} - fails on RabbitMQ too`),
    ...failOnRabbitmqOnly.map((name) => `# ${suite.suite} ${name} - fails only on RabbitMQ`),
    ...flaky.map((line) => `# ${suite.suite} ${line} (flaky)`),
  ]);
}

/** All that went wrong in one run, a line each. */
export function failedTests({ suite }: Suite, { results, fault }: SuiteRun): string[] {
  const failed = [...results.values()].filter((result) => result.status === 'failed');
  return [
    ...failed.map((result) => `not ok ${suite} ${result.name} - ${reason(result)}`),
    ...(fault ? [`not ok ${suite} (run) - ${fault}`] : []),
  ];
}

export function summary(suite: Suite, on: string, run: SuiteRun): string {
  const { results, seconds, fault } = run;
  return (
    `${suite.suite} on ${on}: ${passes(run)} of ${results.size} passed, ` +
    `${seconds.toFixed(1)} s${fault ? `, ${fault}` : ''}`
  );
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padEnd(widths[column] as number)).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}
