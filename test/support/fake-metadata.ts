// A metadata store in memory whose durability is the test's to decide: what is put and deleted is
// pending until `makeDurable`. A restart is another one made of the same entries.
import type { MetadataStore } from '../../src/store/port.ts';

export class FakeMetadata implements MetadataStore {
  readonly #entries: Map<string, string>;
  #waiting: (() => void)[] = [];
  isPending = false;
  /** Puts and deletes since the last `takeWrites`. */
  #writes: string[] = [];

  constructor(entries: Iterable<readonly [string, string]> = []) {
    this.#entries = new Map(entries);
  }

  /** How many wait for durability. */
  get waiting(): number {
    return this.#waiting.length;
  }

  entries(): [string, string][] {
    return [...this.#entries];
  }

  put(key: string, value: string): void {
    this.#entries.set(key, value);
    this.#writes.push(`put ${key}`);
    this.isPending = true;
  }

  delete(key: string): void {
    if (!this.#entries.delete(key)) return;
    this.#writes.push(`delete ${key}`);
    this.isPending = true;
  }

  whenDurable(done: () => void): void {
    if (this.isPending) this.#waiting.push(done);
    else done();
  }

  makeDurable(): void {
    this.isPending = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done();
  }

  takeWrites(): string[] {
    return this.#writes.splice(0);
  }
}
