/**
 * Long queues let go of what was written: it can be read from the journal file that it is in.
 *
 * Responsible for when they are asked, and for whether it is worth it: only if the file will stay
 * for them, since what has to leave it would have to be read for that. Not responsible for what a
 * queue lets go of (queue-store.ts).
 */
import { KEPT_SHARE } from './checkpoint.ts';
import type { FileQueueStore } from './queue-store.ts';

export class LettingGo {
  /** Queues that may be long, to be asked. */
  #grown: FileQueueStore[] = [];
  /** The newest journal file, and octets in it of queues that are long and have much of it. */
  #file = 0;
  readonly #bytes = new Map<FileQueueStore, number>();
  #canStay = true;

  /** The queue has appended so much that it may be long. */
  note(queue: FileQueueStore): void {
    this.#grown.push(queue);
  }

  /** Whether a journal file could stay for a queue, the last time that it was tried. */
  linked(isDone: boolean): void {
    this.#canStay = isDone;
  }

  /** Journal file `file`, the newest, was written up to octet `end`. */
  written(file: number, end: number): void {
    const grown = this.#grown;
    if (grown.length === 0) return;
    this.#grown = [];
    if (!this.#canStay) return;
    if (file !== this.#file) this.#bytes.clear();
    this.#file = file;
    for (const queue of grown) {
      const bytes = queue.longBytes(file, end);
      if (bytes === 0) this.#bytes.delete(queue);
      else this.#bytes.set(queue, bytes);
    }
    let bytes = 0;
    for (const each of this.#bytes.values()) bytes += each;
    if (bytes < end * KEPT_SHARE) return;
    for (const queue of grown) if (this.#bytes.has(queue)) queue.letGo(file, end);
  }
}
