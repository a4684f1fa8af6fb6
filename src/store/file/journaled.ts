/**
 * The entries of one queue whose record is in the journal, in the order of their records.
 *
 * Responsible for which these are, and for forgetting those that were settled, or moved to a
 * segment: lazily, since they may go anywhere between others. Whether one has gone is told by its
 * `place`. Not responsible for where records move (checkpoint.ts).
 */
import { Ring } from '../../lib/ring.ts';
import type { Stored } from '../port.ts';
import { PUBLISH_HEAD_BYTES } from './format.ts';

/** Entries that have gone and are still kept, before it is worth to look for them. */
const MIN_GONE = 64;

export class Journaled {
  #entries = new Ring<Stored>();
  /** Those of them that have gone: `place` is not above 0. */
  #gone = 0;

  /** How many are in the journal. */
  get count(): number {
    return this.#entries.length - this.#gone;
  }

  push(entry: Stored): void {
    this.#entries.push(entry);
  }

  /** The `place` of one was changed since it was settled. */
  settled(): void {
    this.#gone++;
    this.#trimOldest();
    if (this.#gone > MIN_GONE && this.#gone * 2 > this.#entries.length) this.trim();
  }

  /** The `place` of that many was changed since they are in a segment. */
  moved(count: number): void {
    this.#gone += count;
  }

  /** Those whose record is in that journal file, in order of position, and octets of these. */
  in(file: number): { readonly entries: readonly Stored[]; readonly bytes: number } {
    const found: Stored[] = [];
    let bytes = 0;
    let isSorted = true;
    // By number: an iterator costs five times as much, and there may be 150,000.
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries.at(i) as Stored;
      if (entry.place !== file) continue;
      const before = found.at(-1);
      if (before !== undefined && before.position > entry.position) isSorted = false;
      found.push(entry);
      bytes += entry.frameBytes - PUBLISH_HEAD_BYTES;
    }
    if (!isSorted) found.sort((a, b) => a.position - b.position);
    return { entries: found, bytes };
  }

  /** Forgets all that have gone. */
  trim(): void {
    this.#trimOldest();
    if (this.#gone === 0) return;
    const kept = new Ring<Stored>();
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries.at(i) as Stored;
      if (entry.place > 0) kept.push(entry);
    }
    this.#entries = kept;
    this.#gone = 0;
  }

  clear(): void {
    this.#entries = new Ring();
    this.#gone = 0;
  }

  #trimOldest(): void {
    const entries = this.#entries;
    for (let entry = entries.peek(); entry !== undefined; entry = entries.peek()) {
      if (entry.place > 0) break;
      entries.shift();
      this.#gone--;
    }
  }
}
