/**
 * The entries of one queue that are in memory since their record is in the journal alone: those of
 * each journal file in the order of their records.
 *
 * Responsible for which these are, and for forgetting those that were settled, or moved elsewhere:
 * lazily, since they may go anywhere between others. Whether one has gone is told by its `place`.
 * Not responsible for where records move (checkpoint.ts).
 */
import { Ring } from '../../lib/ring.ts';
import type { Stored } from '../port.ts';
import { frameOffset, PUBLISH_HEAD_BYTES, RECORD_HEAD_BYTES } from './format.ts';

/** Entries that have gone and are still kept, before it is worth to look for them. */
const MIN_GONE = 64;
/** A queue's records may be read where they are, if they are this share of the file. */
const DENSE_SHARE = 1 / 4;
/** Or if each of them is of this size. */
const LARGE_BYTES = 32 * 1024;

/** Those in one file. */
class FileEntries {
  readonly file: number;
  entries = new Ring<Stored>();
  /** Those of them that have gone: `place` is not `file`. */
  gone = 0;
  /** The first that was written to this file first, and not copied; -1 for none. */
  firstAppended = -1;
  /** Octets and number of those that were. */
  appendedBytes = 0;
  appended = 0;
  /** The lowest position of those that were not, when they came. */
  lowestCopied = Number.POSITIVE_INFINITY;

  constructor(file: number) {
    this.file = file;
  }

  trimOldest(): void {
    const { entries, file } = this;
    for (let entry = entries.peek(); entry !== undefined; entry = entries.peek()) {
      if (entry.place === file) break;
      entries.shift();
      this.gone--;
    }
  }

  trim(): void {
    const kept = new Ring<Stored>();
    for (let i = 0; i < this.entries.length; i++) {
      const entry = this.entries.at(i) as Stored;
      if (entry.place === this.file) kept.push(entry);
    }
    this.entries = kept;
    this.gone = 0;
  }
}

export class Journaled {
  /** Oldest first; without those that nothing is left in, but for the newest. */
  #files: FileEntries[] = [];
  /** How many there are. */
  count = 0;

  /** Adds one whose record is the newest of its file. */
  push(entry: Stored): void {
    const file = this.#for(entry.place);
    file.entries.push(entry);
    file.lowestCopied = Math.min(file.lowestCopied, entry.position);
    this.count++;
  }

  /** The same for one that was not there before. */
  append(entry: Stored): void {
    const file = this.#for(entry.place);
    if (file.firstAppended === -1) file.firstAppended = entry.position;
    file.appended++;
    file.appendedBytes += entry.frameBytes;
    file.entries.push(entry);
    this.count++;
  }

  /** The `place` of one in that file was changed since it was settled. */
  settled(file: number): void {
    const found = this.#find(file);
    if (found === undefined) return;
    this.count--;
    found.gone++;
    found.trimOldest();
    if (found.gone > MIN_GONE && found.gone * 2 > found.entries.length) found.trim();
    if (found.entries.length === 0 && found !== this.#files.at(-1)) this.#drop(found);
  }

  /** The `place` of that many in that file was changed since they are elsewhere now. */
  moved(file: number, count: number): void {
    const found = this.#find(file);
    if (found === undefined) return;
    this.count -= count;
    found.gone += count;
  }

  /** Those in that file, in order of position, and octets of their records. */
  in(file: number): { readonly entries: readonly Stored[]; readonly bytes: number } {
    const found: Stored[] = [];
    let bytes = 0;
    let isSorted = true;
    const all = this.#find(file)?.entries;
    // By number: an iterator costs five times as much, and there may be 150,000.
    for (let i = 0; all !== undefined && i < all.length; i++) {
      const entry = all.at(i) as Stored;
      if (entry.place !== file) continue;
      const before = found.at(-1);
      if (before !== undefined && before.position > entry.position) isSorted = false;
      found.push(entry);
      bytes += entry.frameBytes - PUBLISH_HEAD_BYTES;
    }
    if (!isSorted) found.sort((a, b) => a.position - b.position);
    return { entries: found, bytes };
  }

  /**
   * Those in files behind `file` that lie before position `last`, since they were copied there.
   * They have to move with those up to it: nothing is moved to between segments.
   */
  copiedBehind(file: number, last: number): readonly Stored[] {
    const found: Stored[] = [];
    for (const { file: number, entries, lowestCopied } of this.#files) {
      if (number <= file || lowestCopied >= last) continue;
      for (let i = 0; i < entries.length; i++) {
        const entry = entries.at(i) as Stored;
        if (entry.place === number && entry.position < last) found.push(entry);
      }
    }
    return found;
  }

  /**
   * Octets of what was appended to a file that is the newest, and has `size` octets, if that may
   * stay in it; 0 if not.
   */
  denseBytes(file: number, size: number): number {
    const newest = this.#files.at(-1);
    if (newest?.file !== file) return 0;
    return isDense(newest.appended, newest.appendedBytes, size) ? newest.appendedBytes : 0;
  }

  /**
   * Takes out the first `most` of those that were written to the newest file up to octet `end`, lie
   * behind position `behind` and were not copied, in order.
   */
  takeWritten(file: number, end: number, behind: number, most: number): readonly Stored[] {
    const newest = this.#files.at(-1);
    if (newest?.file !== file) return [];
    const { entries, firstAppended } = newest;
    const taken: Stored[] = [];
    const staying: Stored[] = [];
    for (let entry = entries.peek(); entry !== undefined; entry = entries.peek()) {
      const { place, position, frameAt, frameBytes } = entry;
      if (place === file && frameOffset(frameAt) + RECORD_HEAD_BYTES + frameBytes > end) break;
      if (taken.length === most) break;
      entries.shift();
      if (place !== file) newest.gone--;
      else if (position > behind && position >= firstAppended) taken.push(entry);
      else staying.push(entry);
    }
    for (let i = staying.length - 1; i >= 0; i--) entries.unshift(staying[i] as Stored);
    this.count -= taken.length;
    return taken;
  }

  /** Forgets those of a file that have gone. */
  trim(file: number): void {
    const found = this.#find(file);
    if (found === undefined) return;
    if (found.gone === found.entries.length) this.#drop(found);
    else found.trim();
  }

  clear(): void {
    this.#files = [];
    this.count = 0;
  }

  #find(file: number): FileEntries | undefined {
    const files = this.#files;
    for (let i = files.length - 1; i >= 0; i--) if (files[i]?.file === file) return files[i];
    return undefined;
  }

  #for(file: number): FileEntries {
    const known = this.#find(file);
    if (known !== undefined) return known;
    const newest = this.#files.at(-1);
    if (newest !== undefined && newest.entries.length === 0) this.#files.pop();
    const made = new FileEntries(file);
    this.#files.push(made);
    return made;
  }

  #drop(file: FileEntries): void {
    this.#files = this.#files.filter((each) => each !== file);
  }
}

/** Whether `count` records of a queue, of `bytes` octets, may stay in a file of `size`. */
export function isDense(count: number, bytes: number, size: number): boolean {
  return bytes >= size * DENSE_SHARE || bytes >= count * LARGE_BYTES;
}
