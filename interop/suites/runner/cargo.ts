/** Reads the output of `cargo test`: a line a test, then what failed ones printed. Pure. */
import type { TestResult } from './results.ts';

const FILE = /^\s*Running (?:unittests )?(\S+)/;
const TEST = /^test (\S+)(?: - should panic)? \.\.\. (?:(ok|FAILED|ignored)\b)?/;
/** On a line of its own when the test printed something itself. */
const LATE = /^(ok|FAILED)$/;
const HEAD = /^---- (\S+) stdout ----$/;
/** After what all failed tests printed: their names once more. */
const END = 'failures:';
const STATUS: Readonly<Record<string, TestResult['status']>> = {
  ok: 'passed',
  FAILED: 'failed',
  ignored: 'skipped',
};

export function readCargo(lines: readonly string[]): TestResult[] {
  const results: { name: string; status: TestResult['status']; error: string }[] = [];
  let file = '';
  let running: string | undefined;
  let failed: { error: string } | undefined;
  for (const line of lines) {
    const next = FILE.exec(line)?.[1];
    if (next !== undefined) {
      file = next;
      running = undefined;
    }
    if (next !== undefined || line === END) failed = undefined;
    const test = TEST.exec(line);
    if (test) running = test[1];
    const word = test?.[2] ?? LATE.exec(line)?.[1];
    if (running !== undefined && word !== undefined) {
      const status = STATUS[word] as TestResult['status'];
      results.push({ name: `${file} > ${running}`, status, error: '' });
      running = undefined;
    }
    const head = HEAD.exec(line)?.[1];
    if (head !== undefined) failed = results.find(({ name }) => name === `${file} > ${head}`);
    else if (failed !== undefined && line.trim() !== '') {
      // The first line tells where it panicked, the next one why.
      if (failed.error.includes('\n')) failed = undefined;
      else failed.error += failed.error === '' ? line : `\n${line}`;
    }
  }
  return results;
}
