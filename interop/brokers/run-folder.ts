/**
 * Where the brokers of one run of a suite keep logs, configuration and data: a folder under .cache/
 * for each process, so that runs at the same time leave each other alone. The folders of runs that
 * are over are kept until the next one begins, to be read after a failure.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { ROOT } from '../runner/matrix.ts';

const RUNS = `${ROOT}/.cache/interop/runs`;
const OWN = `${RUNS}/${process.pid}`;
let isReady = false;

/** This run's folder; made, and those of runs that are over removed, when first asked for. */
export function runFolder(): string {
  if (isReady) return OWN;
  isReady = true;
  mkdirSync(RUNS, { recursive: true });
  for (const name of readdirSync(RUNS)) {
    if (!isRunning(Number(name)) || name === String(process.pid)) {
      rmSync(`${RUNS}/${name}`, { recursive: true, force: true });
    }
  }
  mkdirSync(OWN);
  return OWN;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
