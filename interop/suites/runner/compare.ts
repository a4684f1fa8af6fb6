/** Holds what a suite's tests did here against what they did on RabbitMQ. Pure. */
import type { Exceptions, Suite } from './lists.ts';
import type { BrokerName } from './options.ts';
import type { TestResult } from './results.ts';
import type { SuiteRun } from './runs.ts';

export interface Comparison {
  readonly suite: Suite;
  readonly tests: number;
  readonly passedOn: Readonly<Record<BrokerName, number>>;
  /** Tests that passed on both. */
  readonly passed: number;
  /** A line for each test that fails only here, each exception to be taken out, each broken run. */
  readonly failures: readonly string[];
  /** Tests that fail only here and are known to. */
  readonly accepted: number;
  /** Tests that fail on both. */
  readonly failOnBoth: readonly string[];
  readonly failOnRabbitmqOnly: readonly string[];
}

const MAX_REASON_LENGTH = 300;

export function compare(
  suite: Suite,
  runs: Readonly<Record<BrokerName, SuiteRun>>,
  exceptions: readonly Exceptions[],
): Comparison {
  const known = knownTests(suite, exceptions);
  const here = runs.leveret.results;
  const there = runs.rabbitmq.results;
  const failures: string[] = [];
  const failOnBoth: string[] = [];
  const failOnRabbitmqOnly: string[] = [];
  const needed = new Set<string>();
  const missing: string[] = [];
  let passed = 0;
  for (const name of new Set([...there.keys(), ...here.keys()])) {
    const onRabbitmq = there.get(name)?.status;
    const onLeveret = here.get(name)?.status;
    if (onRabbitmq === 'passed' && onLeveret === 'passed') passed++;
    else if (onRabbitmq === 'passed') {
      needed.add(name);
      if (onLeveret === undefined) missing.push(name);
      else if (!known.has(name)) failures.push(`${name} - ${reason(here.get(name))}`);
    } else if (onRabbitmq === 'failed') {
      (onLeveret === 'passed' ? failOnRabbitmqOnly : failOnBoth).push(name);
    }
  }
  for (const [name, flaky] of known) {
    if (flaky || needed.has(name)) continue;
    const now = `here ${status(here.get(name))}, on RabbitMQ ${status(there.get(name))}`;
    failures.push(`${name} - no exception any more: take it out (${now})`);
  }
  // A run that broke off lacks many: one failure, not one each.
  if (missing.length > 0) {
    failures.push(`(run on Leveret) - not reported: ${missing.length}, first ${missing[0]}`);
  }
  if (runs.rabbitmq.fault) failures.push(`(run on RabbitMQ) - ${runs.rabbitmq.fault}`);
  if (runs.leveret.fault) failures.push(`(run on Leveret) - ${runs.leveret.fault}`);
  return {
    suite,
    tests: new Set([...there.keys(), ...here.keys()]).size,
    passedOn: { rabbitmq: passes(runs.rabbitmq), leveret: passes(runs.leveret) },
    passed,
    failures: failures.map((line) => `not ok ${suite.suite} ${line}`),
    accepted: [...needed].filter((name) => known.has(name)).length,
    failOnBoth,
    failOnRabbitmqOnly,
  };
}

/** Why a test did not pass, in one line. */
export function reason(result: TestResult | undefined): string {
  if (result === undefined) return 'not reported';
  if (result.status === 'skipped') return 'skipped';
  return result.error.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_REASON_LENGTH);
}

export function passes({ results }: SuiteRun): number {
  return [...results.values()].filter(({ status }) => status === 'passed').length;
}

/** The tests of a suite that have an exception: name to whether it is a flaky one. */
function knownTests(suite: Suite, exceptions: readonly Exceptions[]): Map<string, boolean> {
  const known = new Map<string, boolean>();
  for (const each of exceptions) {
    if (each.suite !== suite.suite) continue;
    for (const name of each.tests) known.set(name, each.flaky ?? false);
  }
  return known;
}

function status(result: TestResult | undefined): string {
  return result?.status ?? 'not reported';
}
