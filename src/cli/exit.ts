/**
 * Exit codes and the one line that goes with each. A person's mistake (a flag, a file, a port in
 * use) ends in an ExitError: its message is printed alone. Anything else is a bug and keeps its
 * stack trace.
 */

/**
 * Exit codes; `--help` and README list them. A second signal exits with 128 and the signal's
 * number.
 */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  configuration: 3,
  listen: 4,
  dataFolder: 5,
  damaged: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the process with a code and one line on stderr. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly code: ExitCode;

  constructor(code: ExitCode, message: string) {
    super(message);
    this.code = code;
  }
}
