/** What the programs of interop/ do alike with their command line and their output. */

/** Writes a line to standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * Runs a program of interop/ to its end: `main` gives its exit code; when it throws, the last line
 * counts one failure of the program `name`.
 */
export async function run(name: string, main: () => Promise<number>): Promise<never> {
  try {
    process.exit(await main());
  } catch (error) {
    print(`not ok ${name} - ${(error as Error).message}`);
    print('0 passed, 1 failed');
    process.exit(1);
  }
}

/** What `read` gives; ends the process after the help, or with 2 when `read` throws. */
export function optionsOrExit<O>(read: () => O | 'help', help: string): O {
  try {
    const options = read();
    if (options !== 'help') return options;
    process.stdout.write(help);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(2);
  }
}
