/**
 * Command line of the crash test: reading and checking arguments, and the help text. Throws
 * UsageError with one clear line for anything that it cannot take.
 */
import { parseArgs } from 'node:util';

export class UsageError extends Error {}

export interface CrashOptions {
  readonly help: boolean;
  readonly rounds: number;
  readonly seed: number;
  /** No round begins after this time. */
  readonly seconds: number;
  readonly durability: 'fsync' | 'os';
  readonly keep: boolean;
  readonly snapshots: boolean;
}

export const HELP = `Kills a broker with SIGKILL again and again while clients work, and holds what
is left against what they were promised.

  npm run crash -- --rounds 100

  --rounds N         lives of the broker (default 20)
  --seed N           repeats the choices of a run; not its timing (default: a new one)
  --seconds N        begin no round after this time
  --durability WHEN  fsync or os, as the broker's option (default fsync)
  --keep             keep the data folder and the broker's log, as after a failure
  --snapshots        keep also what the last three restarts found
  --help             print this

The last line counts rounds, messages confirmed and acked, kills, what was lost, and violations.
Exit code 0: none; 1: some; 2: wrong usage.
`;

const MAX_ROUNDS = 10_000;
const MAX_SEED = 2 ** 32 - 1;
const string = { type: 'string' } as const;
const boolean = { type: 'boolean', default: false } as const;

/** Throws UsageError. */
export function parseOptions(args: readonly string[]): CrashOptions {
  const values = read(args);
  const { durability } = values;
  if (durability !== 'fsync' && durability !== 'os') {
    throw new UsageError(`--durability takes fsync or os, not ${durability}`);
  }
  return {
    help: values.help,
    rounds: whole('rounds', values.rounds, 1, MAX_ROUNDS),
    seed: whole('seed', values.seed, 0, MAX_SEED),
    seconds: values.seconds === undefined ? Infinity : whole('seconds', values.seconds, 1, 1e6),
    durability,
    keep: values.keep,
    snapshots: values.snapshots,
  };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rounds: { ...string, default: '20' },
        seed: { ...string, default: String(Date.now() % 1_000_000_007) },
        seconds: string,
        durability: { ...string, default: 'fsync' },
        keep: boolean,
        snapshots: boolean,
        help: boolean,
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`--${name} takes a whole number from ${least} to ${most}, not ${text}`);
}
