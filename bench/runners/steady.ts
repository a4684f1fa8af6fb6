/**
 * A fixed rate, and how long each message takes at it.
 *
 * Responsible for the open-loop measurement: message n is due at a time that depends on n alone,
 * and its latency runs from then, so that a stall of the broker (or of the generator) counts for
 * every message that it held up. A worker thread publishes (pacer.ts), this thread consumes;
 * both read the same monotonic clock.
 */
import { Worker } from 'node:worker_threads';
import type { BenchConnection } from '../support/connection.ts';
import { consume } from '../support/consumer.ts';
import { LatencySamples, nowMs } from '../support/latency.ts';
import type { Sample } from '../support/measure.ts';
import type { PacerPlan, PacerReport } from '../support/pacer.ts';
import { openWindow, type RunContext } from './shape.ts';

const TICK_MS = 0.5;
/** Time for the worker to start and to connect. */
const LEAD_MS = 1500;
const STRAGGLER_MS = 5000;

/** `--import tsx` does not reach worker threads on Node 20: the worker registers it by itself. */
const PACER_START = `import('tsx/esm/api').then((tsx) => {
  tsx.register();
  return import(${JSON.stringify(new URL('../support/pacer.ts', import.meta.url).href)});
});`;

export interface SteadyPlan {
  readonly bodyBytes: number;
  readonly messagesPerSecond: number;
}

export async function runSteady(context: RunContext, plan: SteadyPlan): Promise<Sample> {
  const { rig } = context;
  const consuming = await rig.connect();
  const queue = `${rig.prefix}q`;
  await rig.declareQueue(consuming, queue);
  const start = { channel: 1, queue, consumerTag: 'c', ackEvery: 0, prefetch: 0 };
  await rig.guard(consume(consuming, start));
  const perTick = Math.max(1, Math.round((plan.messagesPerSecond * TICK_MS) / 1e3));
  const tickMs = (perTick * 1e3) / plan.messagesPerSecond;
  const tickCount = (seconds: number): number => Math.round((seconds * 1e3) / tickMs);
  const warmTicks = tickCount(context.warmupSeconds);
  const ticks = warmTicks + tickCount(context.seconds);
  const startAtMs = nowMs() + LEAD_MS;
  const pacer = new Pacer(
    { target: rig.target, queue, bodyBytes: plan.bodyBytes, perTick, tickMs, ticks, startAtMs },
    (error) => rig.fail(error),
  );
  try {
    const samples = new LatencySamples(ticks * perTick);
    const allCame = sampleArrivals(consuming, samples, {
      perTick,
      tickMs,
      startAtMs,
      firstSampled: warmTicks * perTick,
      total: ticks * perTick,
    });
    await rig.pause(startAtMs + warmTicks * tickMs - nowMs());
    const window = openWindow(context, 'consumed', () => ({
      consumed: consuming.receiver.contents,
    }));
    await rig.pause(startAtMs + ticks * tickMs - nowMs());
    const sample = window.stop();
    await Promise.race([rig.guard(allCame), rig.pause(STRAGGLER_MS)]);
    const report = await rig.guard(pacer.report);
    const latency = samples.percentiles();
    const late = `generator late p99 ${report.lateP99Ms.toFixed(2)} ms`;
    const missing = ticks * perTick - consuming.receiver.contents;
    return {
      ...sample,
      published: report.published / ((ticks * tickMs) / 1e3),
      ...(latency === undefined ? {} : { latency }),
      note: missing > 0 ? `${late}, ${missing} not delivered` : late,
    };
  } finally {
    await pacer.stop();
  }
}

interface Schedule {
  readonly perTick: number;
  readonly tickMs: number;
  readonly startAtMs: number;
  readonly firstSampled: number;
  readonly total: number;
}

/** Samples each message by its number; resolves when all have come. */
function sampleArrivals(
  consuming: BenchConnection,
  samples: LatencySamples,
  schedule: Schedule,
): Promise<void> {
  const { perTick, tickMs, startAtMs, firstSampled, total } = schedule;
  let seen = 0;
  return new Promise((resolve) => {
    consuming.afterChunk = () => {
      const { contents } = consuming.receiver;
      const now = nowMs();
      for (; seen < contents; seen++) {
        if (seen < firstSampled) continue;
        samples.add(now - startAtMs - Math.floor(seen / perTick) * tickMs);
      }
      if (contents >= total) resolve();
    };
  });
}

class Pacer {
  readonly report: Promise<PacerReport>;
  private readonly worker: Worker;

  constructor(plan: PacerPlan, onError: (error: Error) => void) {
    this.worker = new Worker(PACER_START, { eval: true, workerData: plan });
    this.worker.on('error', onError);
    this.report = new Promise((resolve) => this.worker.once('message', resolve));
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }
}
