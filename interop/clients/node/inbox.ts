/**
 * A queue between a client's callback and a scenario that waits: `push` from the callback, `take`
 * in the scenario. Bounds are the scenario's: a `take` that never ends falls to its time limit.
 */
export class Inbox<T> {
  readonly #items: T[] = [];
  #wake: (() => void) | undefined;

  readonly push = (item: T): void => {
    this.#items.push(item);
    this.#wake?.();
  };

  get length(): number {
    return this.#items.length;
  }

  /** Waits for the next `count` items, in order. */
  async take(count: number): Promise<T[]> {
    while (this.#items.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#items.splice(0, count);
  }

  async next(): Promise<T> {
    const [item] = await this.take(1);
    return item as T;
  }
}
