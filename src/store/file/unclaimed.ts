/**
 * Queues that were found on the disk at the start, until the broker asks for them.
 *
 * Responsible for what becomes of those that nobody asked for: without a definition they go, unless
 * definitions may have been lost. Not responsible for reading (recovery.ts).
 */
import type { FileQueueStore } from './queue-store.ts';
import type { Repairs } from './repairs.ts';

export class Unclaimed {
  /** The highest number of a queue that there was anything of. */
  readonly highestNumber: number;
  readonly #queues: Set<FileQueueStore>;
  readonly #mayLackDefinitions: boolean;

  constructor(queues: Iterable<FileQueueStore>, mayLackDefinitions: boolean) {
    this.#queues = new Set(queues);
    this.#mayLackDefinitions = mayLackDefinitions;
    let highest = 0;
    for (const { number } of this.#queues) highest = Math.max(highest, number);
    this.highestNumber = highest;
  }

  /** The broker asked for it. */
  claim(queue: FileQueueStore): void {
    this.#queues.delete(queue);
  }

  /** Nobody will ask for the others. Those that are `known` stay as they are. */
  release(known: ReadonlySet<number>, repairs: Pick<Repairs, 'keptWithoutDefinition'>): void {
    const kept: number[] = [];
    for (const queue of this.#queues) {
      const isKept = this.#mayLackDefinitions && !queue.isEmpty;
      if (known.has(queue.number)) queue.leaveAsItIs();
      else if (isKept) {
        queue.leaveAsItIs();
        kept.push(queue.number);
      } else queue.remove();
    }
    this.#queues.clear();
    if (kept.length !== 0) repairs.keptWithoutDefinition(kept);
  }
}
