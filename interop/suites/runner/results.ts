/** What a suite's own test runner told, read from the files and the output that it left. */
import { readdirSync, readFileSync } from 'node:fs';
import { readCargo } from './cargo.ts';
import { readGo } from './go.ts';
import { readJunit } from './junit.ts';
import type { ResultFormat } from './lists.ts';

export interface TestResult {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** Why it failed. */
  readonly error: string;
}

/** The file in the results folder that the output of a run goes to. */
export const OUTPUT = 'output.log';

/** The tests of a run by name; one that comes again under the same name gets a number. */
export function readResults(folder: string, format: ResultFormat): Map<string, TestResult> {
  const results = new Map<string, TestResult>();
  for (const result of readAll(folder, format)) {
    let { name } = result;
    for (let times = 2; results.has(name); times++) name = `${result.name} (${times})`;
    results.set(name, { ...result, name });
  }
  return results;
}

function readAll(folder: string, format: ResultFormat): TestResult[] {
  if (format === 'junit') {
    const files = readdirSync(folder).filter((name) => name.endsWith('.xml'));
    return files.sort().flatMap((name) => readJunit(readFileSync(`${folder}/${name}`, 'utf8')));
  }
  const lines = readFileSync(`${folder}/${OUTPUT}`, 'utf8').split('\n');
  return format === 'go' ? readGo(lines) : readCargo(lines);
}
