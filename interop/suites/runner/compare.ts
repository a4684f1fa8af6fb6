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
  /** Tests that are known to fail at times, and did: a line each. */
  readonly flaky: readonly string[];
}

/** How a test with an exception fails: always here; also at times there; at times on both. */
type Known = 'fails' | 'flaky there' | 'flaky';

type Status = TestResult['status'] | undefined;

type Runs = Readonly<Record<BrokerName, SuiteRun>>;

const MAX_REASON_LENGTH = 300;

export function compare(suite: Suite, runs: Runs, exceptions: readonly Exceptions[]): Comparison {
  const known = knownTests(suite, exceptions);
  const here = runs.leveret.results;
  const there = runs.rabbitmq.results;
  const all = new Set([...there.keys(), ...here.keys()]);
  const failures: string[] = [];
  const flaky: string[] = [];
  const failOnBoth: string[] = [];
  const failOnRabbitmqOnly: string[] = [];
  const needed = new Set<string>();
  let passed = 0;
  for (const name of all) {
    const onRabbitmq = there.get(name)?.status;
    const onLeveret = here.get(name)?.status;
    if (onRabbitmq === 'passed' && onLeveret === 'passed') passed++;
    else if (mayFail(known.get(name), onRabbitmq, onLeveret)) {
      flaky.push(`${name} - ${outcomes(name, runs)}`);
    } else if (onRabbitmq === 'passed') {
      needed.add(name);
      if (onLeveret !== undefined && !failsHere(known.get(name))) {
        failures.push(`${name} - ${reason(here.get(name))}`);
      }
    } else if (onRabbitmq === 'failed') {
      (onLeveret === 'passed' ? failOnRabbitmqOnly : failOnBoth).push(name);
    }
  }
  for (const [name, how] of known) {
    if (how === 'flaky' ? all.has(name) : needed.has(name)) continue;
    if (mayFail(how, there.get(name)?.status, here.get(name)?.status)) continue;
    failures.push(`${name} - no exception any more: take it out (${outcomes(name, runs)})`);
  }
  failures.push(
    ...faults('RabbitMQ', runs.rabbitmq, here),
    ...faults('Leveret', runs.leveret, there),
  );
  return {
    suite,
    tests: all.size,
    passedOn: { rabbitmq: passes(runs.rabbitmq), leveret: passes(runs.leveret) },
    passed,
    failures: failures.map((line) => `not ok ${suite.suite} ${line}`),
    accepted: [...needed].filter((name) => failsHere(known.get(name))).length,
    failOnBoth,
    failOnRabbitmqOnly,
    flaky,
  };
}

/**
 * Why a run cannot be trusted. One that broke off lacks many tests that passed on the other broker:
 * one line, not one each. (Failed ones are no sign: pytest lists some twice.)
 */
function faults(on: string, { results, fault }: SuiteRun, other: SuiteRun['results']): string[] {
  const passed = [...other.values()].filter(({ status: itself }) => itself === 'passed');
  const missing = passed.filter(({ name }) => !results.has(name));
  return [
    ...(missing[0] ? [`not reported: ${missing.length}, first ${missing[0].name}`] : []),
    ...(fault ? [fault] : []),
  ].map((line) => `(run on ${on}) - ${line}`);
}

/** Whether a test that did not pass on both is one that fails at times. */
function mayFail(how: Known | undefined, there: Status, here: Status): boolean {
  if (how === 'flaky there') return there === 'failed' && here === 'failed';
  return how === 'flaky' && (there === 'failed' || here === 'failed');
}

function failsHere(how: Known | undefined): boolean {
  return how === 'fails' || how === 'flaky there';
}

/** What became of a test on both, with the reasons. */
function outcomes(name: string, { leveret, rabbitmq }: Runs): string {
  const told = (result: TestResult | undefined): string =>
    result?.status === 'failed' ? `failed: ${reason(result)}` : status(result);
  return `here ${told(leveret.results.get(name))}, on RabbitMQ ${told(rabbitmq.results.get(name))}`;
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

/** The tests of a suite that have an exception. */
function knownTests(suite: Suite, exceptions: readonly Exceptions[]): Map<string, Known> {
  const known = new Map<string, Known>();
  for (const each of exceptions) {
    if (each.suite !== suite.suite) continue;
    for (const name of each.tests) known.set(name, kind(each));
  }
  return known;
}

function kind({ flaky }: Exceptions): Known {
  if (flaky === 'rabbitmq') return 'flaky there';
  return flaky ? 'flaky' : 'fails';
}

function status(result: TestResult | undefined): string {
  return result?.status ?? 'not reported';
}
