/**
 * Latency samples: collecting, thinning out, percentiles.
 *
 * Responsible for the arithmetic and for FifoLatency, which measures without touching a message:
 * in a flow where messages stay in order, message n that goes in is message n that comes out, so
 * a mark at number n and the moment when the count reaches n give its age.
 * Not responsible for who counts (publisher.ts, consumer.ts).
 */

/** Milliseconds; `count` is how many samples the figures rest on. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly count: number;
}

/** Milliseconds on the machine's monotonic clock: one clock for all threads of the process. */
export function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** Nearest rank: the smallest sample that `fraction` of all do not exceed; 0 for no samples. */
export function percentile(sorted: Float64Array, fraction: number): number {
  if (sorted.length === 0) return 0;
  const rank = Math.ceil(fraction * sorted.length);
  return sorted[Math.min(Math.max(rank, 1), sorted.length) - 1] as number;
}

/** The middle one; of an even number, the mean of the middle two. NaN when there are none. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** Samples in ms. When full it drops every second one, and keeps only every second from then on. */
export class LatencySamples {
  private readonly samples: Float64Array;
  private length = 0;
  private step = 1;
  private turn = 0;
  private highest = 0;

  constructor(capacity = 1 << 20) {
    this.samples = new Float64Array(capacity);
  }

  add(ms: number): void {
    if (ms > this.highest) this.highest = ms;
    if (++this.turn < this.step) return;
    this.turn = 0;
    if (this.length === this.samples.length) this.thin();
    this.samples[this.length++] = ms;
  }

  clear(): void {
    this.length = 0;
    this.step = 1;
    this.turn = 0;
    this.highest = 0;
  }

  /** undefined when nothing was sampled. The maximum is exact even after thinning. */
  percentiles(): Percentiles | undefined {
    if (this.length === 0) return undefined;
    const sorted = this.samples.slice(0, this.length).sort();
    return {
      p50: percentile(sorted, 0.5),
      p95: percentile(sorted, 0.95),
      p99: percentile(sorted, 0.99),
      max: this.highest,
      count: this.length,
    };
  }

  private thin(): void {
    const { samples } = this;
    for (let i = 0; i < samples.length / 2; i++) samples[i] = samples[i * 2] as number;
    this.length = samples.length >> 1;
    this.step *= 2;
  }
}

/** Marks go in with rising numbers; reach(n) samples the age of every mark up to n. */
export class FifoLatency {
  readonly samples = new LatencySamples();
  private numbers: number[] = [];
  private times: number[] = [];
  private head = 0;

  mark(number: number): void {
    this.numbers.push(number);
    this.times.push(nowMs());
  }

  reach(number: number): void {
    const { numbers, times } = this;
    if (this.head === numbers.length || (numbers[this.head] as number) > number) return;
    const now = nowMs();
    while (this.head < numbers.length && (numbers[this.head] as number) <= number) {
      this.samples.add(now - (times[this.head++] as number));
    }
    if (this.head > 4096 && this.head * 2 > numbers.length) {
      this.numbers = numbers.slice(this.head);
      this.times = times.slice(this.head);
      this.head = 0;
    }
  }
}
