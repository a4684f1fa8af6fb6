/**
 * Starts processes and ends them: bounded in time, output line by line, and never anything but what
 * was started here. Each gets a process group of its own, so that what it starts ends with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ROOT } from './matrix.ts';

export interface Finished {
  /** The exit code, or null when a signal ended it. */
  readonly code: number | null;
  readonly timedOut: boolean;
  /** The last lines of standard error. */
  readonly errors: string[];
}

export interface RunOptions {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly limitMs: number;
  readonly onLine?: (line: string) => void;
}

const KEPT_ERROR_LINES = 10;
const running = new Set<ChildProcess>();

// A suite that is interrupted leaves nothing behind.
process.once('exit', () => {
  for (const child of running) killGroup(child);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(130));
}

/** Starts a process that is to be ended with `killGroup`. */
export function start(command: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const [program, ...args] = command;
  const child = spawn(program as string, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/** Runs a process to its end, or to its time limit. */
export function run({ command, env, limitMs, onLine }: RunOptions): Promise<Finished> {
  return new Promise((resolve) => {
    const child = start(command, env);
    const errors: string[] = [];
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child);
    }, limitMs);
    if (onLine) createInterface({ input: child.stdout }).on('line', onLine);
    else child.stdout.resume();
    createInterface({ input: child.stderr }).on('line', (line) => {
      errors.push(line);
      if (errors.length > KEPT_ERROR_LINES) errors.shift();
    });
    const finish = (code: number | null): void => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code, timedOut, errors });
    };
    child.once('error', (error) => {
      errors.push(error.message);
      finish(null);
    });
    // What it left running would keep its output open, and the suite waiting.
    child.once('exit', () => killGroup(child));
    child.once('close', finish);
  });
}

/** Ends a process and all that it started, at once. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
