/**
 * The port that every shape of the macro benchmark implements, and what a runner is given.
 *
 * Not responsible for the list of shapes (shapes.ts) or for how they are run in turn (schedule.ts).
 */
import type { Keeping } from '../support/broker-process.ts';
import type { Percentiles } from '../support/latency.ts';
import { type Counts, MeasuringWindow, type Sample } from '../support/measure.ts';
import type { BrokerProbe } from '../support/probe.ts';
import type { Rig } from '../support/rig.ts';

export interface RunContext {
  readonly rig: Rig;
  readonly brokerPid: number | undefined;
  /** Looks into the broker; undefined where that cannot be done. */
  readonly probe?: BrokerProbe | undefined;
  /** Length of the measuring window. */
  readonly seconds: number;
  /** Load before the window, so that code is compiled and queues have found their level. */
  readonly warmupSeconds: number;
  /** How many messages a drain preloads. */
  readonly drainMessages: number;
}

/** The figure that ratios are made of; for `p99` lower is better. */
export type Headline = keyof Counts | 'p99';

export interface Shape {
  readonly name: string;
  readonly title: string;
  readonly headline: Headline;
  /** What the latency columns hold; absent: the shape has none. */
  readonly latencyOf?: string;
  /** Whether the null broker can answer it. */
  readonly ceiling: boolean;
  /** How Leveret is to be started for it; default: all in memory. */
  readonly keeping?: Keeping;
  /** Whether a bare loop is to write what the broker wrote. */
  readonly floor?: boolean;
  /** Time limit of one run beside warm-up and window: set-up, preload, waiting for stragglers. */
  readonly extraSeconds: number;
  readonly run: (context: RunContext) => Promise<Sample>;
}

export function openWindow(
  context: RunContext,
  headline: keyof Counts,
  counts: () => Counts,
): MeasuringWindow {
  const window = new MeasuringWindow({ brokerPid: context.brokerPid, headline }, counts);
  context.rig.atEnd(() => window.abandon());
  return window;
}

export interface StoreWindow {
  stop(latency?: Percentiles): Promise<Sample>;
}

/** As openWindow, with what a probe sees meanwhile. */
export async function openStoreWindow(
  context: RunContext,
  headline: keyof Counts,
  counts: () => Counts,
): Promise<StoreWindow> {
  await context.probe?.reset();
  const window = openWindow(context, headline, counts);
  return {
    stop: async (latency) => {
      const sample = window.stop(latency);
      const reading = await context.probe?.read();
      if (reading === undefined) return sample;
      const { delayP99Ms, delayMaxMs, syncs, octets, seconds } = reading;
      const octetsPerSync = syncs === 0 ? 0 : octets / syncs;
      return {
        ...sample,
        store: { delayP99Ms, delayMaxMs, syncs: syncs / seconds, octetsPerSync },
      };
    },
  };
}
