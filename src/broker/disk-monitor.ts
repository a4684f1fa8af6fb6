/**
 * Looks how much of a disk is free, and raises the disk alarm below the limit.
 *
 * Responsible for when to look: as RabbitMQ does, the sooner the less there is above the limit,
 * reckoning with a disk that fills as fast as a good one can. Not responsible for how the figure is
 * had: `freeBytes` is handed in.
 */
import type { CancelTimer, Clock } from '../lib/clock.ts';
import type { Alarms } from './alarms.ts';

/** RabbitMQ's bounds, and the speed at which it expects a disk to fill. */
const SHORTEST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;
const FILLING_BYTES_PER_MS = 250_000;
/** While the alarm is up somebody waits for its end; RabbitMQ, which runs `df`, takes 10 s. */
const ALARM_WAIT_MS = 1_000;

export interface DiskMonitorParts {
  readonly clock: Clock;
  readonly alarms: Alarms;
  readonly limitBytes: number;
  /** Octets that may still be written to the disk. */
  freeBytes(): Promise<number>;
  /** The figure could not be had; told once until it is had again. */
  onError(error: unknown): void;
}

export class DiskMonitor {
  /** Octets that were free at the last look. */
  freeBytes = 0;
  #limitBytes: number;
  readonly #parts: DiskMonitorParts;
  #cancel: CancelTimer | null = null;
  /** Looks that were begun; only the last one counts and is followed by another. */
  #looks = 0;
  #isBlind = false;
  #isStopped = false;

  constructor(parts: DiskMonitorParts) {
    this.#parts = parts;
    this.#limitBytes = parts.limitBytes;
  }

  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** Looks now, and from then on again and again. */
  start(): Promise<void> {
    return this.#look();
  }

  /** Resolves once the new limit has been held against what is free now. */
  setLimit(limitBytes: number): Promise<void> {
    this.#limitBytes = limitBytes;
    return this.#look();
  }

  /** For good: nothing is looked at any more. */
  stop(): void {
    this.#isStopped = true;
    this.#looks++;
    this.#cancel?.();
  }

  async #look(): Promise<void> {
    if (this.#isStopped) return;
    this.#cancel?.();
    const number = ++this.#looks;
    let waitMs = LONGEST_WAIT_MS;
    try {
      const freeBytes = await this.#parts.freeBytes();
      if (number !== this.#looks) return;
      waitMs = this.#judge(freeBytes);
      this.#isBlind = false;
    } catch (error) {
      if (number !== this.#looks) return;
      if (!this.#isBlind) this.#parts.onError(error);
      this.#isBlind = true;
    }
    this.#cancel = this.#parts.clock.setTimeout(() => void this.#look(), waitMs);
  }

  /** How long to wait for the next look. */
  #judge(freeBytes: number): number {
    const { alarms } = this.#parts;
    this.freeBytes = freeBytes;
    if (freeBytes < this.#limitBytes) {
      alarms.raise('disk', 'limit');
      return ALARM_WAIT_MS;
    }
    alarms.clear('disk', 'limit');
    const untilLimitMs = (2 * (freeBytes - this.#limitBytes)) / FILLING_BYTES_PER_MS;
    return Math.max(SHORTEST_WAIT_MS, Math.min(LONGEST_WAIT_MS, untilLimitMs));
  }
}
