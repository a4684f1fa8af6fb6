/**
 * Positions of records that follow on each other, and which of these are settled.
 *
 * They have an index each, in order: a bit is all that one takes, and nothing while none is
 * settled.
 */
import type { Run } from './format.ts';

/** Positions that follow on each other, and how many there are before them. */
interface NumberedRun {
  readonly from: number;
  to: number;
  readonly before: number;
}

export class Positions {
  /** The lowest and the highest; -1 while there are none. */
  first = -1;
  last = -1;
  count = 0;
  /** Those that are not settled. */
  live = 0;
  readonly #runs: NumberedRun[] = [];
  /** A bit for each; null while none is settled. */
  #settled: Uint8Array | null = null;

  /** Adds all from `from` to `to`, behind the others; not once all of them are settled. */
  add(from: number, to: number): void {
    const last = this.#runs.at(-1);
    if (last !== undefined && last.to === from - 1) last.to = to;
    else this.#runs.push({ from, to, before: this.count });
    if (this.count === 0) this.first = from;
    this.last = to;
    this.count += to - from + 1;
    this.live += to - from + 1;
  }

  /** Whether some are settled and some are not. */
  get isPartlySettled(): boolean {
    return this.#settled !== null && this.live !== 0;
  }

  has(position: number): boolean {
    return this.indexOf(position) !== -1;
  }

  isLive(position: number): boolean {
    const index = this.indexOf(position);
    return index !== -1 && !this.isSettledAt(index);
  }

  /** Whether this settled it just now: it was there and was not settled. */
  settle(position: number): boolean {
    const index = this.indexOf(position);
    return index !== -1 && this.settleAt(index);
  }

  /** The same by its index. */
  settleAt(index: number): boolean {
    if (this.isSettledAt(index)) return false;
    const bits = this.#bits();
    bits[index >>> 3] = (bits[index >>> 3] as number) | (1 << (index & 7));
    this.live--;
    return true;
  }

  /** Settles all positions from `from` to `to`; how many were not settled. */
  settleRun(from: number, to: number): number {
    const before = this.live;
    if (from <= this.first && to >= this.last) this.live = 0;
    for (const run of this.live === 0 ? [] : this.#runs) {
      const end = Math.min(run.to, to);
      for (let position = Math.max(run.from, from); position <= end; position++) {
        this.settleAt(run.before + position - run.from);
      }
    }
    return before - this.live;
  }

  /** All, settled or not, as runs. */
  get runs(): readonly Run[] {
    return this.#runs;
  }

  /** All, settled or not. */
  *positions(): Iterable<number> {
    for (const { from, to } of this.#runs) {
      for (let position = from; position <= to; position++) yield position;
    }
  }

  *livePositions(): Iterable<number> {
    for (const run of this.#runs) {
      for (let position = run.from; position <= run.to; position++) {
        if (!this.isSettledAt(run.before + position - run.from)) yield position;
      }
    }
  }

  /** Those that are settled, as from, to, from, to ... */
  settledRuns(): number[] {
    const found: number[] = [];
    for (const run of this.#runs) {
      let from = -1;
      for (let position = run.from; position <= run.to; position++) {
        const isSettled = this.isSettledAt(run.before + position - run.from);
        if (isSettled && from === -1) from = position;
        if (!isSettled && from !== -1) {
          found.push(from, position - 1);
          from = -1;
        }
      }
      if (from !== -1) found.push(from, run.to);
    }
    return found;
  }

  isSettledAt(index: number): boolean {
    if (this.live === 0) return true;
    const bits = this.#settled;
    return bits !== null && ((bits[index >>> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  /** -1 for one that is not there. */
  indexOf(position: number): number {
    let low = 0;
    let high = this.#runs.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const run = this.#runs[middle] as NumberedRun;
      if (position < run.from) high = middle - 1;
      else if (position > run.to) low = middle + 1;
      else return run.before + position - run.from;
    }
    return -1;
  }

  /** The position of an index, which there is. */
  at(index: number): number {
    let low = 0;
    for (let high = this.#runs.length - 1; low < high; ) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#runs[middle] as NumberedRun).before <= index) low = middle;
      else high = middle - 1;
    }
    const run = this.#runs[low] as NumberedRun;
    return run.from + index - run.before;
  }

  /** The index of the lowest position above `position`; `count` when there is none. */
  indexBehind(position: number): number {
    let low = 0;
    for (let high = this.count; low < high; ) {
      const middle = (low + high) >>> 1;
      if (this.at(middle) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Bits for all that there are. */
  #bits(): Uint8Array {
    const before = this.#settled;
    const needed = (this.count + 7) >>> 3;
    if (before !== null && before.length >= needed) return before;
    // Some more, for those that may come.
    const bits = new Uint8Array(before === null ? needed : Math.max(needed, 2 * before.length));
    if (before !== null) bits.set(before);
    this.#settled = bits;
    return bits;
  }
}
