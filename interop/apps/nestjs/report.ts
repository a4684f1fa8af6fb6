/** Reports what was shown, a line an assertion, each with a time limit of its own. */
const LIMIT_MS = 20_000;
const POLL_MS = 20;
const LONGEST_REASON = 500;

/** Thrown for what this run gives no way to show. */
export class Skip extends Error {}

export class Report {
  failed = 0;

  async check(what: string, step: () => Promise<void>, limitMs = LIMIT_MS): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no end after ${limitMs} ms`)), limitMs);
    });
    try {
      await Promise.race([step(), expired]);
      print(`ok ${what}`);
    } catch (error) {
      if (error instanceof Skip) {
        print(`skip ${what} - ${error.message}`);
      } else {
        this.failed++;
        print(`not ok ${what} - ${oneLine(error)}`);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Waits until a condition holds; the limit of the check gives it up. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 3 * LIMIT_MS;
  while (!(await condition())) {
    // The check is over by then: this only ends the waiting.
    if (Date.now() > deadline) throw new Error('it never came to be');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : JSON.stringify(error);
  return text.replace(/\s+/g, ' ').slice(0, LONGEST_REASON);
}
