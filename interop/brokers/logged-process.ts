/** A process whose output goes to a file, with the reason of its end at hand. */
import type { ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { killGroup, start } from '../runner/processes.ts';

export class LoggedProcess {
  /** Why it is no longer running; undefined while it is. */
  ended: string | undefined;
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;

  /** Starts it. What it writes is put behind what is in the file. */
  constructor(
    command: readonly string[],
    logFile: string,
    env: Readonly<Record<string, string>> = {},
  ) {
    const log = createWriteStream(logFile, { flags: 'a' });
    const child = start(command, env);
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.once('close', () => log.end());
    this.#child = child;
    this.#gone = new Promise((resolve) => {
      child.once('error', (error) => {
        this.ended = error.message;
        resolve();
      });
      child.once('exit', (code, signal) => {
        this.ended = `it ended with ${signal ?? `exit code ${code}`}`;
        resolve();
      });
    });
  }

  /** Kills it and all that it started with SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.ended === undefined) killGroup(this.#child);
    await this.#gone;
  }
}
