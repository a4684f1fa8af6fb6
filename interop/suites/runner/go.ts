/** Reads `go test -json`: an event a line. Pure. */
import type { TestResult } from './results.ts';

interface Event {
  readonly Action?: string;
  readonly Test?: string;
  readonly Output?: string;
}

const STATUS: Readonly<Record<string, TestResult['status']>> = {
  pass: 'passed',
  fail: 'failed',
  skip: 'skipped',
};
/** Some tests are named anew in each run. */
const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g;
/** Lines that tell of the test and not of what happened in it. */
const FRAME = /^\s*(?:===|---) /;

export function readGo(lines: readonly string[]): TestResult[] {
  const results: TestResult[] = [];
  const last = new Map<string, string>();
  for (const line of lines) {
    const { Action, Test, Output = '' } = readEvent(line);
    if (Action === undefined || Test === undefined) continue;
    const text = Output.trim();
    if (Action === 'output' && text !== '' && !FRAME.test(Output)) last.set(Test, text);
    const status = STATUS[Action];
    if (status === undefined) continue;
    const name = Test.replaceAll(UUID, 'UUID');
    results.push({ name, status, error: last.get(Test) ?? '' });
  }
  return results;
}

/** Nothing when the line is none: what tests print themselves, or one that breaks off. */
function readEvent(line: string): Event {
  if (!line.startsWith('{"Time":')) return {};
  try {
    return JSON.parse(line) as Event;
  } catch {
    return {};
  }
}
