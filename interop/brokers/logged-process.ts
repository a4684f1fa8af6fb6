/** A process whose output goes to a file, with the reason of its end at hand. */
import type { ChildProcessByStdio } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { killGroup, start } from '../runner/processes.ts';

export class LoggedProcess {
  /** Why it is no longer running; undefined while it is. */
  ended: string | undefined;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
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

  /**
   * Waits for a line of its standard output that contains `text`. Throws an Error when it ends
   * before, or when the time is over.
   */
  async waitForLine(text: string, limitMs: number): Promise<void> {
    const lines = createInterface({ input: this.#child.stdout });
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`no '${text}' after ${limitMs} ms`)), limitMs);
        lines.on('line', (line) => line.includes(text) && resolve());
        void this.#gone.then(() => reject(new Error(this.ended)));
      });
    } finally {
      clearTimeout(timer);
      // Not closed: that would pause the stream, and the log with it.
      lines.removeAllListeners('line');
    }
  }

  /** Kills it and all that it started with SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.ended === undefined) killGroup(this.#child);
    await this.#gone;
  }
}
