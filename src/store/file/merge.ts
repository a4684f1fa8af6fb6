/**
 * What of a queue is to move, in order of position, taken in parts of about the size of a segment.
 *
 * Not responsible for where it moves (segment-mover.ts, pack-mover.ts).
 */
import { NOWHERE, type Stored } from '../port.ts';
import { MovedPart } from './moved-part.ts';
import { type FileQueueStore, MOVING } from './queue-store.ts';
import type { Stretch } from './stretch.ts';

/** Records of a part, at the most: they change hands in one go, and that holds the loop. */
export const PART_RECORDS = 25_000;
/** Entries that are looked at before others get their turn. */
const TAKEN_STEP = 2_000;
/** Behind all positions. */
const NEVER = Number.POSITIVE_INFINITY;

/** What is to be moved, all of it in order of position. */
export interface Moved {
  /** Durable, in memory, and in the journal. */
  readonly kept: readonly Stored[];
  /** Durable, in the journal alone; null for nothing. */
  readonly stretch: Stretch | null;
  /** In memory alone: they do not survive a restart. */
  readonly others: readonly Stored[];
}

/** What is in memory and what is not, in order of position, taken as one. */
export class Merge {
  readonly #what: Moved;
  /** What lies up to here has been moved before. */
  readonly #behind: number;
  /** The journal file in which records may stay; 0 for none. */
  readonly #file: number;
  #atKept = 0;
  #atOthers = 0;
  /** Index in the stretch. */
  #atRow = 0;

  /** Until `release`, entries that are in memory alone are marked as on their way. */
  constructor(queue: FileQueueStore, what: Moved, file: number) {
    this.#what = what;
    this.#behind = queue.segments.at(-1)?.last ?? -1;
    this.#file = file;
    for (const entry of what.others) {
      if (entry.position > this.#behind && entry.place === NOWHERE) entry.place = MOVING;
    }
  }

  release(): void {
    for (const entry of this.#what.others) if (entry.place === MOVING) entry.place = NOWHERE;
  }

  /** The next of about that many octets, without what was settled. */
  async take(bytes: number, pause: () => Promise<void>): Promise<MovedPart> {
    const { kept, stretch, others } = this.#what;
    const part = new MovedPart(this.#file, stretch);
    let looked = 0;
    while (part.bytes < bytes && part.count < PART_RECORDS) {
      if (++looked % TAKEN_STEP === 0) await pause();
      const keptAt = kept[this.#atKept]?.position ?? NEVER;
      const otherAt = others[this.#atOthers]?.position ?? NEVER;
      const rowAt = this.#rowPosition();
      if (rowAt < keptAt && rowAt < otherAt) part.addRow(this.#atRow++);
      else if (keptAt < otherAt) {
        const entry = kept[this.#atKept++] as Stored;
        if (entry.place > 0 && keptAt > this.#behind) part.add(entry);
      } else {
        const entry = others[this.#atOthers++];
        if (entry === undefined) break;
        // The rest were settled, or are somewhere already.
        if (entry.place === MOVING && otherAt > this.#behind) part.add(entry);
      }
    }
    return part;
  }

  /** Position of the next record of the stretch that counts. */
  #rowPosition(): number {
    const { stretch } = this.#what;
    if (stretch === null) return NEVER;
    while (this.#atRow < stretch.count && stretch.isSettledAt(this.#atRow)) this.#atRow++;
    return this.#atRow < stretch.count ? stretch.at(this.#atRow) : NEVER;
  }
}
