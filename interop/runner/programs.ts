/**
 * Runs one client's program and reads what it reports. The environment of a program:
 *
 *   INTEROP_URL        amqp://user:password@host:port of the broker, without a path
 *   INTEROP_CONTROL    host:port that starts and kills further brokers (see control.ts), or empty
 *   INTEROP_SCENARIOS  the names of the scenarios to run, in their order, a blank between two
 *
 * and what it prints, a line each, all else being for people:
 *
 *   # client <name> <version>
 *   ok <scenario>
 *   not ok <scenario> - <reason>
 *   skip <scenario> - <reason>
 *   # note <scenario> - <what this client could not be asked to do>
 */
import type { ClientEntry, Scenario } from './matrix.ts';
import { run } from './processes.ts';

const PROGRAM_LIMIT_MS = 600_000;

export interface Outcome {
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly reason: string;
}

export interface ClientResult {
  readonly entry: ClientEntry;
  /** By scenario name, for each scenario that it was asked for. */
  readonly outcomes: Map<string, Outcome>;
  readonly notes: { readonly scenario: string; readonly text: string }[];
  /** What is wrong with the program itself rather than with a scenario. */
  readonly faults: string[];
}

/** A line of a report: which scenario, how it ended, why. Undefined for any other line. */
function parseLine(line: string): [string, Outcome] | undefined {
  const match = /^(ok|not ok|skip) (\S+)(?: - (.*))?$/.exec(line);
  if (match === null) return undefined;
  const [, word, name = '', reason = ''] = match;
  const status = word === 'ok' ? 'passed' : word === 'skip' ? 'skipped' : 'failed';
  return [name, { status, reason }];
}

/** Runs a client's program to its end, or to its time limit. */
export async function runProgram(
  entry: ClientEntry,
  scenarios: readonly Scenario[],
  env: Readonly<Record<string, string>>,
  onOutcome: (name: string, outcome: Outcome) => void,
): Promise<ClientResult> {
  const result: ClientResult = { entry, outcomes: new Map(), notes: [], faults: [] };
  const listed = new Set(scenarios.map((scenario) => scenario.name));
  let version: string | undefined;
  const finished = await run({
    command: entry.command,
    env: { ...env, INTEROP_SCENARIOS: [...listed].join(' ') },
    limitMs: PROGRAM_LIMIT_MS,
    onLine(line) {
      version ??= /^# client \S+ (\S+)$/.exec(line)?.[1];
      const note = /^# note (\S+) - (.*)$/.exec(line);
      if (note) result.notes.push({ scenario: note[1] as string, text: note[2] as string });
      const parsed = parseLine(line);
      if (parsed === undefined) return;
      const [name, outcome] = parsed;
      if (!listed.has(name)) result.faults.push(`reports ${name}, which it was not asked for`);
      else if (result.outcomes.has(name)) result.faults.push(`reports ${name} twice`);
      else {
        result.outcomes.set(name, outcome);
        onOutcome(name, outcome);
      }
    },
  });
  judge(result, scenarios, version, finished);
  return result;
}

/** Finds what a program left out or did not say. */
function judge(
  result: ClientResult,
  scenarios: readonly Scenario[],
  version: string | undefined,
  finished: { code: number | null; timedOut: boolean; errors: string[] },
): void {
  const { entry, outcomes, faults } = result;
  const missing = scenarios.filter((scenario) => !outcomes.has(scenario.name));
  for (const { name } of missing) {
    outcomes.set(name, { status: 'failed', reason: 'the program did not report it' });
  }
  if (version !== entry.version) {
    faults.push(`ran version ${version ?? 'unknown'}; interop/matrix.json says ${entry.version}`);
  }
  if (finished.timedOut) faults.push(`no end after ${PROGRAM_LIMIT_MS} ms`);
  const failed = [...outcomes.values()].some((outcome) => outcome.status === 'failed');
  if (missing.length > 0 || (finished.code !== 0 && !failed)) {
    faults.push(`ended with exit code ${finished.code}: ${finished.errors.join(' | ')}`);
  }
}
