/**
 * How long one turn of the event loop may go on reading: megabytes may lie ready on many sockets,
 * and whoever waits for anything else waits for all of it.
 *
 * Responsible for when it is enough, and for everybody's share: who was not read any more in one
 * turn comes first in the next. Not responsible for how reading is paused (read-control.ts).
 */

/** Octets read of one connection in a turn; libuv by itself reads up to 2 MiB of each. */
const TURN_BYTES = 1024 * 1024;
/** Milliseconds of a turn after which no more is read in it. */
const TURN_MS = 3;
/** Who was not read for so many turns has nothing to be read. */
const IDLE_TURNS = 16;

/** A connection, as far as it is read. */
export interface Reader {
  /** What was read in the turn that is under way, and turns since: the budget's own. */
  turnBytes: number;
  idleTurns: number;
  endTurn(): void;
  beginTurn(): void;
}

export class TurnBudget {
  readonly #now: () => number;
  readonly #nextTurn: (fn: () => void) => void;
  /** When the turn began to read; null before it did. */
  #startedMs: number | null = null;
  /** Who was read in this turn, and who else may have more. */
  #readers = new Set<Reader>();
  #others = new Set<Reader>();
  #isSpent = false;

  /** `nextTurn` calls back once the loop has looked at the other sockets. */
  constructor(now: () => number, nextTurn: (fn: () => void) => void) {
    this.#now = now;
    this.#nextTurn = nextTurn;
  }

  /** So much was read and worked off. */
  noteRead(reader: Reader, bytes: number): void {
    const nowMs = this.#now();
    if (this.#startedMs === null) {
      // What is read at first counts with the turn's next look at the clock.
      this.#startedMs = nowMs;
      this.#nextTurn(() => this.#end());
    }
    this.#readers.add(reader);
    this.#others.delete(reader);
    reader.turnBytes += bytes;
    reader.idleTurns = 0;
    if (reader.turnBytes >= TURN_BYTES) reader.endTurn();
    if (this.#isSpent || nowMs - this.#startedMs < TURN_MS) return;
    this.#isSpent = true;
    for (const each of this.#others) each.endTurn();
    for (const each of this.#readers) each.endTurn();
  }

  /** It is closed. */
  forget(reader: Reader): void {
    this.#readers.delete(reader);
    this.#others.delete(reader);
  }

  #end(): void {
    const others = [...this.#others];
    const readers = this.#readers;
    const waiting = others.filter((each) => ++each.idleTurns < IDLE_TURNS);
    this.#others = new Set([...waiting, ...readers]);
    this.#readers = new Set();
    this.#startedMs = null;
    this.#isSpent = false;
    // All of them, also those that are not waited for any more: they may just have been paused.
    for (const each of others) each.beginTurn();
    for (const each of readers) {
      each.turnBytes = 0;
      each.beginTurn();
    }
  }
}
