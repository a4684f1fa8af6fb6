/**
 * The measuring window: counters, CPU and time at its two ends.
 *
 * Responsible for turning differences of counters into rates and for the Sample type that every
 * runner returns. Not responsible for producing load (runners/) or for printing (report.ts).
 */
import { nowMs, type Percentiles } from './latency.ts';
import { machineBusyMs, PeakRss, usageOf } from './usage.ts';

/** The figures of one run of one shape at one broker. Rates are messages a second. */
export interface Sample {
  readonly published?: number;
  readonly confirmed?: number;
  readonly consumed?: number;
  readonly latency?: Percentiles;
  /** CPU of the broker's process for each message of the shape's headline, in microseconds. */
  readonly brokerCpuMicros?: number;
  /** CPU of the broker's process, as a share of one core. */
  readonly brokerCores?: number;
  readonly peakRssBytes?: number;
  /** CPU of the generator, as a share of one core: near 1 it is the generator that is measured. */
  readonly generatorCores?: number;
  /** CPU of all other processes, in cores: what was measured beside them is worth less. */
  readonly otherCores?: number;
  /** What the broker's disk and loop did; of a durable Leveret only. */
  readonly store?: StoreFigures;
  /** Something that the reader of the table must know. */
  readonly note?: string;
}

/** Of the measuring window. */
export interface StoreFigures {
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  /** Syncs of the journal a second. */
  readonly syncs: number;
  readonly octetsPerSync: number;
  /** The same a second, of a bare loop that writes the same batches. */
  readonly floorSyncs?: number;
}

export interface Counts {
  readonly published?: number;
  readonly confirmed?: number;
  readonly consumed?: number;
}

/** What a window needs to know of the run that it is in. */
export interface WindowPlan {
  readonly brokerPid: number | undefined;
  /** The count that CPU is divided by. */
  readonly headline: keyof Counts;
}

/** Starts at construction, ends with stop(). */
export class MeasuringWindow {
  private readonly plan: WindowPlan;
  private readonly counts: () => Counts;
  private readonly before: Counts;
  private readonly startedMs: number;
  private readonly brokerCpuMs: number | undefined;
  private readonly machineMs = machineBusyMs();
  private readonly ownCpu: NodeJS.CpuUsage;
  private readonly peak: PeakRss;
  private pausedMs = 0;

  constructor(plan: WindowPlan, counts: () => Counts) {
    this.plan = plan;
    this.counts = counts;
    this.peak = new PeakRss(plan.brokerPid);
    this.before = counts();
    this.brokerCpuMs = this.cpuNow();
    this.ownCpu = process.cpuUsage();
    this.startedMs = nowMs();
  }

  /** Milliseconds since the start that count. */
  get elapsedMs(): number {
    return nowMs() - this.startedMs - this.pausedMs;
  }

  /** Time that `work` takes does not count (its CPU does). */
  async without<T>(work: () => Promise<T>): Promise<T> {
    const from = nowMs();
    const result = await work();
    this.pausedMs += nowMs() - from;
    return result;
  }

  /** For a window that never comes to its stop(). */
  abandon(): void {
    this.peak.stop();
  }

  /** Throws when the headline's count has not moved: that is a stall, not a rate. */
  stop(latency?: Percentiles): Sample {
    const seconds = this.elapsedMs / 1e3;
    const wallSeconds = seconds + this.pausedMs / 1e3;
    const own = process.cpuUsage(this.ownCpu);
    const cpuNow = this.cpuNow();
    const machineNow = machineBusyMs();
    const after = this.counts();
    const peakRssBytes = this.peak.stop();
    const messages = difference(after, this.before, this.plan.headline) ?? 0;
    if (messages === 0) throw new Error(`nothing was ${this.plan.headline} in ${seconds} s`);
    const brokerCpu =
      cpuNow === undefined || this.brokerCpuMs === undefined
        ? undefined
        : cpuNow - this.brokerCpuMs;
    const ownMs = (own.user + own.system) / 1e3;
    const othersMs =
      brokerCpu === undefined || machineNow === undefined || this.machineMs === undefined
        ? undefined
        : Math.max(0, machineNow - this.machineMs - brokerCpu - ownMs);
    return {
      ...(othersMs === undefined ? {} : { otherCores: othersMs / 1e3 / wallSeconds }),
      ...rates(after, this.before, seconds),
      ...(latency === undefined ? {} : { latency }),
      ...(brokerCpu === undefined ? {} : { brokerCores: brokerCpu / 1e3 / wallSeconds }),
      ...(brokerCpu === undefined ? {} : { brokerCpuMicros: (brokerCpu * 1e3) / messages }),
      ...(peakRssBytes === undefined ? {} : { peakRssBytes }),
      generatorCores: ownMs / 1e3 / wallSeconds,
    };
  }

  private cpuNow(): number | undefined {
    const { brokerPid } = this.plan;
    return brokerPid === undefined ? undefined : usageOf(brokerPid)?.cpuMs;
  }
}

const COUNTS = ['published', 'confirmed', 'consumed'] as const;

function difference(after: Counts, before: Counts, name: keyof Counts): number | undefined {
  const to = after[name];
  return to === undefined ? undefined : to - (before[name] ?? 0);
}

function rates(after: Counts, before: Counts, seconds: number): Counts {
  const entries = COUNTS.map((name) => [name, difference(after, before, name)] as const);
  return Object.fromEntries(
    entries.flatMap(([name, count]) => (count === undefined ? [] : [[name, count / seconds]])),
  );
}
