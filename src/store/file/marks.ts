/**
 * What is noted with single records of one queue until they are settled (`QueueStore.mark`).
 *
 * Responsible for the notes in memory, and for writing them down: new ones with the next write
 * of the journal, all whenever a journal file is going. Only records with a note cost anything.
 */
import type { Run } from './format.ts';
import type { JournalBuffer } from './journal-buffer.ts';

export class Marks {
  readonly #values = new Map<number, number>();
  /** Positions marked since the last write. */
  #fresh = new Set<number>();

  get(position: number): number {
    return this.#values.get(position) ?? 0;
  }

  set(position: number, value: number): void {
    this.#values.set(position, value);
    this.#fresh.add(position);
  }

  /** As found at the start, without noting it again. */
  recover(position: number, value: number): void {
    this.#values.set(position, value);
  }

  delete(position: number): void {
    this.#values.delete(position);
    this.#fresh.delete(position);
  }

  deleteRun({ from, to }: Run): void {
    for (const position of [...this.#values.keys()]) {
      if (position >= from && position <= to) this.delete(position);
    }
  }

  /** Writes what is new. */
  flush(queue: number, buffer: JournalBuffer): void {
    if (this.#fresh.size === 0) return;
    for (const position of this.#fresh) buffer.mark(queue, position, this.get(position));
    this.#fresh = new Set();
  }

  /** Writes everything. */
  writeState(queue: number, buffer: JournalBuffer): number {
    for (const [position, value] of this.#values) buffer.mark(queue, position, value);
    return this.#values.size;
  }
}
