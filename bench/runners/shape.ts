/**
 * The port that every shape of the macro benchmark implements, and what a runner is given.
 *
 * Not responsible for the list of shapes (shapes.ts) or for how they are run in turn (schedule.ts).
 */
import { type Counts, MeasuringWindow, type Sample } from '../support/measure.ts';
import type { Rig } from '../support/rig.ts';

export interface RunContext {
  readonly rig: Rig;
  readonly brokerPid: number | undefined;
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
