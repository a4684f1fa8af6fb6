/** What happens to the broker in a round, as the seed has it. */
import { Random } from '../fuzz/random.ts';

export interface RoundPlan {
  /** From the start of work to its end. */
  readonly workMs: number;
  /**
   * `kill`: SIGKILL in the midst of work; `stop`: SIGTERM in the midst of work; `rest`: SIGTERM
   * once everything is confirmed.
   */
  readonly ending: 'kill' | 'stop' | 'rest';
  /** What messages may hold in memory; null: as much as by default. */
  readonly memoryMib: number | null;
  /** When not null, the broker is also killed this long after its next start has begun. */
  readonly startKillMs: number | null;
}

const LEAST_WORK_MS = 50;
const MOST_WORK_MS = 1_500;
/** Now and then a round lasts longer, so that journal files fill up and are emptied under load. */
const LONG_WORK_MS = 3_000;
/** A start takes a few hundred milliseconds. */
const MOST_START_MS = 500;
/** Little enough for long queues to be on the disk only, transient messages, too. */
const LEAST_MEMORY_MIB = 32;
const MOST_MEMORY_MIB = 96;

export function planOf(seed: number, round: number): RoundPlan {
  const random = Random.forInput(seed, round);
  const extraMs = random.oneIn(10) ? LONG_WORK_MS : 0;
  const workMs = LEAST_WORK_MS + random.below(MOST_WORK_MS - LEAST_WORK_MS) + extraMs;
  const choice = random.below(10);
  const startKillMs = random.oneIn(8) ? 1 + random.below(MOST_START_MS) : null;
  const memoryMib = random.oneIn(3)
    ? LEAST_MEMORY_MIB + random.below(MOST_MEMORY_MIB - LEAST_MEMORY_MIB)
    : null;
  const ending = choice === 0 ? 'stop' : choice === 1 ? 'rest' : 'kill';
  return { workMs, ending, memoryMib, startKillMs };
}
