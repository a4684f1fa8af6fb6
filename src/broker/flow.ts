/**
 * Tells publishers' connections which queue fell behind while they were publishing.
 *
 * A queue marks itself when it has consumers and yet a backlog (`BEHIND_MESSAGES`, `BEHIND_BYTES`);
 * the session looks after each chunk that it read (`takeLagging`) and holds that connection back
 * until the queue has caught up. Not responsible for how long a connection may be held
 * (session/flow-control.ts).
 */
import type { Queue } from './queue.ts';

/** Ready messages at which a queue with consumers counts as behind. */
export const BEHIND_MESSAGES = 512;
/**
 * Octets of ready bodies at which it does, so that large messages pass while they are in the cache.
 */
export const BEHIND_BYTES = 1024 * 1024;
/** Ready messages and octets at which it counts as caught up again. */
export const CAUGHT_UP_MESSAGES = 128;
export const CAUGHT_UP_BYTES = 256 * 1024;

export class Flow {
  lagging: Queue | null = null;

  /** The last queue that was found behind since the last call, or null. */
  takeLagging(): Queue | null {
    const queue = this.lagging;
    this.lagging = null;
    return queue;
  }
}
