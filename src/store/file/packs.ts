/**
 * All packs: which of them still count, what is to be noted of what does not, and which are worth
 * to be written anew.
 *
 * Not responsible for moving anything (pack-mover.ts, compaction.ts).
 */
import type { StoreLimits } from './checkpoint.ts';
import type { Run } from './format.ts';
import type { JournalBuffer } from './journal-buffer.ts';
import type { Pack } from './pack.ts';
import type { Segment } from './segment.ts';

/** Sections that are looked at before others get their turn. */
const LOOKED_STEP = 5_000;
/** What does not count may be so much of what does. */
const DEAD_SHARE = 1 / 2;
/** A pack is small if less than this share of a whole one counts in it. */
const SMALL_SHARE = 1 / 4;
/** So many small ones become one. */
const MOST_SMALL = 16;

export interface PacksHost {
  /** A pack of which nothing counts any more. */
  discard(pack: Pack): void;
  /** Some are worth to be written anew (`isDue`). */
  due(): void;
  readonly limits: Pick<StoreLimits, 'packBytes' | 'wasteBytes'>;
}

export class Packs {
  /** The folder that they are in. */
  readonly folder: string;
  readonly #host: PacksHost;
  /** By path, in order of their numbers. */
  readonly #packs = new Map<string, Pack>();
  #lastNumber = 0;
  /** Octets of all files, and of records in sections of which nothing counts. */
  #bytes = 0;
  #deadBytes = 0;
  /** How many are small. */
  #small = 0;

  constructor(folder: string, host: PacksHost) {
    this.folder = folder;
    this.#host = host;
  }

  /** A number for a new one, not used before. */
  nextNumber(): number {
    this.#lastNumber++;
    return this.#lastNumber;
  }

  /** There is, or was, one of this number. */
  saw(number: number): void {
    this.#lastNumber = Math.max(this.#lastNumber, number);
  }

  /** A pack all of whose sections count, until told otherwise. */
  add(pack: Pack): void {
    this.saw(pack.number);
    this.#packs.set(pack.path, pack);
    this.#bytes += pack.size;
    if (this.#isSmall(pack)) this.#small++;
  }

  /**
   * A segment, if it is of one of them, has nothing left that counts, from now on; to be said once.
   * Whether it is.
   */
  died(segment: Segment): boolean {
    const pack = this.#packs.get(segment.path);
    if (pack === undefined) return false;
    segment.settleRun(segment.first, segment.last);
    const bytes = segment.end - segment.start;
    const wasSmall = this.#isSmall(pack);
    pack.living--;
    pack.deadBytes += bytes;
    this.#deadBytes += bytes;
    if (!wasSmall && this.#isSmall(pack)) this.#small++;
    if (pack.living === 0) this.discard(pack);
    if (this.isDue) this.#host.due();
    return true;
  }

  /** All that counts in it is elsewhere, for certain. */
  discard(pack: Pack): void {
    if (!this.#packs.delete(pack.path)) return;
    this.#bytes -= pack.size;
    this.#deadBytes -= pack.deadBytes;
    if (this.#isSmall(pack)) this.#small--;
    this.#host.discard(pack);
  }

  /** Whether it is worth to write some anew: much in them does not count, or many are small. */
  get isDue(): boolean {
    return this.#isWasteful || this.#small >= MOST_SMALL;
  }

  /** Those that are worth it most, up to about as much as goes to one. */
  due(): readonly Pack[] {
    const all = [...this.#packs.values()];
    if (this.#isWasteful) {
      const deadShare = ({ deadBytes, size }: Pack) => deadBytes / size;
      all.sort((a, b) => deadShare(b) - deadShare(a));
      return this.#firstOf(all.filter(({ deadBytes }) => deadBytes !== 0));
    }
    if (this.#small < MOST_SMALL) return [];
    return this.#firstOf(all.filter((pack) => this.#isSmall(pack)));
  }

  #firstOf(all: readonly Pack[]): readonly Pack[] {
    const chosen: Pack[] = [];
    let bytes = 0;
    for (const pack of all) {
      bytes += pack.size - pack.deadBytes;
      if (bytes > this.#host.limits.packBytes && chosen.length !== 0) break;
      chosen.push(pack);
    }
    return chosen;
  }

  get #isWasteful(): boolean {
    const living = this.#bytes - this.#deadBytes;
    return this.#deadBytes > Math.max(this.#host.limits.wasteBytes, living * DEAD_SHARE);
  }

  #isSmall({ size, deadBytes }: Pack): boolean {
    return size - deadBytes < this.#host.limits.packBytes * SMALL_SHARE;
  }

  /**
   * Writes down that what died in a pack that is still there is settled: the journal files that say
   * so go. Also for queues that are gone, whose definitions might be lost.
   */
  async writeStates(buffer: JournalBuffer, pause: () => Promise<void>): Promise<void> {
    const dead = new Map<number, Run[]>();
    let looked = 0;
    for (const { sections } of [...this.#packs.values()]) {
      for (const { queue, segment } of sections) {
        if (++looked % LOOKED_STEP === 0) await pause();
        if (segment.live !== 0) continue;
        const runs = dead.get(queue);
        if (runs === undefined) dead.set(queue, [...segment.runs]);
        else runs.push(...segment.runs);
      }
    }
    let written = 0;
    for (const [queue, runs] of dead) {
      buffer.settle(queue, flattened(runs));
      if (++written % LOOKED_STEP === 0) await pause();
    }
  }
}

/** Runs as from, to, from, to ...; those that follow on each other as one. */
function flattened(runs: readonly Run[]): number[] {
  const found: number[] = [];
  for (const { from, to } of [...runs].sort((a, b) => a.from - b.from)) {
    if (found.at(-1) === from - 1) found[found.length - 1] = to;
    else found.push(from, to);
  }
  return found;
}
