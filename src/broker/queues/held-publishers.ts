/**
 * The publishers that wait until a queue is no longer behind (flow control, see `Flow`). Each is
 * called back once.
 */
export class HeldPublishers {
  readonly #waiting = new Set<() => void>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** One that is waiting already is not added again. */
  add(resume: () => void): void {
    this.#waiting.add(resume);
  }

  remove(resume: () => void): void {
    this.#waiting.delete(resume);
  }

  release(): void {
    if (this.#waiting.size === 0) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resume of waiting) resume();
  }
}
