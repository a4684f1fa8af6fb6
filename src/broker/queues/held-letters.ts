/**
 * Dead letters of one queue that no queue takes for now, under x-dead-letter-strategy
 * at-least-once: the queue keeps them, and tries them again (A.5,
 * https://www.rabbitmq.com/blog/2022/03/29/at-least-once-dead-lettering).
 *
 * Responsible for which there are and for trying them in turn. Not responsible for when
 * (dead-letters.ts).
 */
import { Ring } from '../../lib/ring.ts';
import type { DeathReason } from '../dead-letter.ts';
import type { QueueEntry } from '../message.ts';

/** Letters of one queue that are tried in one go. */
const TRIED_AT_ONCE = 1_000;

export interface HeldLetter {
  readonly entry: QueueEntry;
  readonly reason: DeathReason;
  /** Names of the queues that have it already. */
  readonly delivered: ReadonlySet<string>;
}

export class HeldLetters {
  readonly #letters = new Ring<HeldLetter>();
  #bytes = 0;

  get count(): number {
    return this.#letters.length;
  }

  /** Octets of their bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  add(letter: HeldLetter): void {
    this.#letters.push(letter);
    this.#bytes += letter.entry.message.bodySize;
  }

  /** Tries the ones that waited longest; `send` adds those again that still find no place. */
  retry(send: (letter: HeldLetter) => void): void {
    for (let left = Math.min(this.count, TRIED_AT_ONCE); left > 0; left--) {
      send(this.#take() as HeldLetter);
    }
  }

  /** Takes all of them out: the queue is gone. */
  *takeAll(): Iterable<HeldLetter> {
    for (let letter = this.#take(); letter !== undefined; letter = this.#take()) yield letter;
  }

  #take(): HeldLetter | undefined {
    const letter = this.#letters.shift();
    if (letter !== undefined) this.#bytes -= letter.entry.message.bodySize;
    return letter;
  }
}
