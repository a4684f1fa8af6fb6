/**
 * Worker thread that publishes on a schedule.
 *
 * Responsible for sending a few messages at each tick, as near to the tick as the machine allows:
 * between ticks the thread sleeps in Atomics.wait, which is finer than a timer of the event loop.
 * When it falls behind, it sends what is due at once and keeps the schedule. Reports how
 * late it was.
 */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { BenchConnection } from './connection.ts';
import { publishFrames } from './frames.ts';
import { LatencySamples, nowMs } from './latency.ts';
import type { Target } from './target.ts';

export interface PacerPlan {
  readonly target: Target;
  readonly queue: string;
  readonly bodyBytes: number;
  readonly perTick: number;
  readonly tickMs: number;
  readonly ticks: number;
  /** On the clock of nowMs(). */
  readonly startAtMs: number;
}

export interface PacerReport {
  readonly published: number;
  /** How late ticks went out, at the 99th percentile. */
  readonly lateP99Ms: number;
}

async function pace(plan: PacerPlan): Promise<PacerReport> {
  const connection = await BenchConnection.open(plan.target, {
    onFailure: (error) => {
      throw error;
    },
  });
  const body = Buffer.alloc(plan.bodyBytes, 'x');
  const message = publishFrames({ channel: 1, exchange: '', routingKey: plan.queue, body });
  const tick = Buffer.concat(Array.from({ length: plan.perTick }, () => message));
  const never = new Int32Array(new SharedArrayBuffer(4));
  const late = new LatencySamples(plan.ticks);
  for (let i = 0; i < plan.ticks; i++) {
    const dueMs = plan.startAtMs + i * plan.tickMs;
    const aheadMs = dueMs - nowMs();
    if (aheadMs > 0) Atomics.wait(never, 0, 0, aheadMs);
    connection.socket.write(tick);
    late.add(Math.max(0, nowMs() - dueMs));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await connection.close();
  return {
    published: plan.ticks * plan.perTick,
    lateP99Ms: late.percentiles()?.p99 ?? 0,
  };
}

if (!isMainThread) parentPort?.postMessage(await pace(workerData as PacerPlan));
