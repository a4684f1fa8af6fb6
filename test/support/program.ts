// The program as a process of its own, started from the sources.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Keeps coverage to the process of the tests. This one loads the sources as other modules than
 * mocha does, and of two shapes of one file c8 mixes the counts up: what ran counts as not run.
 */
export const UNMEASURED = { NODE_V8_COVERAGE: '' };

export class Program {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #exit: Promise<unknown[]>;

  constructor(args: readonly string[], environment: Record<string, string> = {}) {
    this.child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], {
      cwd: root,
      env: { ...process.env, ...UNMEASURED, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exit = once(this.child, 'close');
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
  }

  /** Resolves once stdout matches; fails when the program ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stdout);
      if (found !== null) return found;
      const stream = this.child.stdout;
      if (stream === null || stream.readableEnded)
        expect.fail(`ended: ${this.stdout}${this.stderr}`);
      await Promise.race([once(stream, 'data'), once(stream, 'end')]);
    }
  }

  async ready(): Promise<number> {
    await this.says(/Server startup complete/);
    return Number((await this.says(/started TCP listener on 127\.0\.0\.1:(\d+)/))[1]);
  }

  async exitCode(): Promise<number> {
    return (await this.#exit)[0] as number;
  }
}
