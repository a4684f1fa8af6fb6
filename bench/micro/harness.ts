/**
 * Times one hot function.
 *
 * Responsible for warming up until the compiler has done its work, for sizing a round so that the
 * clock's grain does not matter, and for the minimum and median over rounds. The minimum is what
 * the code costs, the median what it costs on this machine today.
 */
import { median } from '../support/latency.ts';

export interface MicroCase {
  readonly name: string;
  /** What one operation is, for the reader. */
  readonly per: string;
  /** Operations that one call of `run` carries out. */
  readonly operations: number;
  readonly run: () => void;
}

export interface MicroResult {
  readonly name: string;
  readonly per: string;
  readonly minNs: number;
  readonly medianNs: number;
}

export interface MicroPlan {
  readonly warmupMs: number;
  readonly roundMs: number;
  readonly rounds: number;
}

export const DEFAULT_PLAN: MicroPlan = { warmupMs: 300, roundMs: 40, rounds: 15 };

/** Runs `run` for at least `ms`; returns nanoseconds and calls. */
function spin(run: () => void, ms: number): { ns: number; calls: number } {
  const started = process.hrtime.bigint();
  let calls = 0;
  let batch = 1;
  for (;;) {
    for (let i = 0; i < batch; i++) run();
    calls += batch;
    const ns = Number(process.hrtime.bigint() - started);
    if (ns >= ms * 1e6) return { ns, calls };
    if (ns < (ms * 1e6) / 10) batch *= 2;
  }
}

export function measureCase(one: MicroCase, plan: MicroPlan = DEFAULT_PLAN): MicroResult {
  const warm = spin(one.run, plan.warmupMs);
  const calls = Math.max(1, Math.round((plan.roundMs * 1e6 * warm.calls) / warm.ns));
  const rounds = Array.from({ length: plan.rounds }, () => {
    const started = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) one.run();
    return Number(process.hrtime.bigint() - started) / (calls * one.operations);
  });
  return {
    name: one.name,
    per: one.per,
    minNs: Math.min(...rounds),
    medianNs: median(rounds),
  };
}

/** Keeps a value alive, so that the compiler cannot leave out what computed it. */
export function keep(value: number): void {
  kept = (kept + value) | 0;
}

let kept = 0;
