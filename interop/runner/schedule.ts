/**
 * The order of a run: setups one after the other, then programs, some at the same time. What a
 * missing toolchain comes to is decided here.
 */
import type { SetupResult } from './setups.ts';

interface Entry {
  readonly setup?: string;
}

export interface Schedule<E extends Entry, R> {
  readonly entries: readonly E[];
  /** Programs at the same time. */
  readonly jobs: number;
  /** A missing toolchain is a failure. */
  readonly ci: boolean;
  readonly prepare: (setup: string | undefined) => Promise<SetupResult>;
  readonly run: (entry: E) => Promise<R>;
  /** What an entry comes to whose setup failed. */
  readonly failed: (entry: E, reason: string) => R;
  /** Told of an entry that is left out. */
  readonly onAbsent: (entry: E, reason: string) => void;
}

/** Makes ready and runs all entries; results are in the order of the entries. */
export async function runAll<E extends Entry, R>(schedule: Schedule<E, R>): Promise<R[]> {
  const { entries, jobs, ci } = schedule;
  const results = new Map<E, R>();
  const waiting: E[] = [];
  for (const entry of entries) {
    const setup = await schedule.prepare(entry.setup);
    if (setup.status === 'ready') waiting.push(entry);
    else if (setup.status === 'absent' && !ci) schedule.onAbsent(entry, setup.reason);
    else results.set(entry, schedule.failed(entry, setup.reason));
  }
  const worker = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) {
      results.set(entry, await schedule.run(entry));
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return entries.flatMap((entry) => results.get(entry) ?? []);
}
