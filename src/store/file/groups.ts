/**
 * Records that are kept together, or not at all: those of a transaction.
 *
 * Responsible for where a group begins and ends in the journal, and for whether a crash may still
 * undo one. Not responsible for what is in it.
 */
import type { DurabilityToken } from '../port.ts';
import type { JournalBuffer } from './journal-buffer.ts';

export interface GroupsParts {
  buffer(): JournalBuffer;
  /** Writes down what was noted until now: it belongs before, or into, the group. */
  flush(): void;
  whenSafe(token: DurabilityToken): void;
}

export class Groups {
  readonly #parts: GroupsParts;
  /** Those that a crash may still undo; the one that is being made counts. */
  #unsafe = 0;
  #isOpen = false;

  constructor(parts: GroupsParts) {
    this.#parts = parts;
  }

  /** Whether no crash can undo one any more. */
  get areSafe(): boolean {
    return this.#unsafe === 0;
  }

  /** As `Store.group`. */
  run(work: () => void): boolean {
    if (this.#isOpen) {
      // It is a part of the group that is open.
      work();
      return true;
    }
    const { flush, buffer, whenSafe } = this.#parts;
    flush();
    buffer().beginGroup();
    this.#isOpen = true;
    this.#unsafe++;
    let isKept = false;
    try {
      work();
    } finally {
      this.#isOpen = false;
      flush();
      isKept = buffer().endGroup();
    }
    const isOver = () => {
      this.#unsafe--;
    };
    if (isKept) whenSafe({ settle: isOver });
    else isOver();
    return isKept;
  }
}
