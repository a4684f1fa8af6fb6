/**
 * When a connection's socket is read: not while any reason to pause it stands.
 *
 * Responsible for combining the reasons (flow control, alarms). Not responsible for deciding any.
 */
import type { Alarms } from '../broker/alarms.ts';
import type { Transport } from './transport.ts';

/**
 * `flow`: a queue is behind; `alarm`: memory or disk is short; `store`: too much waits to be
 * written; `output`: the peer does not take its answers; `durability`: what it asked for last is
 * not safe yet; `turn`: it had its share of this turn of the loop.
 */
export type PauseReason = 'flow' | 'alarm' | 'store' | 'output' | 'durability' | 'turn';

/**
 * Read of one connection in a turn; libuv by itself reads up to 2 MiB before it looks elsewhere.
 */
const TURN_BYTES = 1024 * 1024;

export class ReadControl {
  readonly #transport: Transport;
  readonly #alarms: Alarms;
  readonly #nextTurn: (fn: () => void) => void;
  readonly #reasons = new Set<PauseReason>();
  #turn = 0;
  #turnBytes = 0;

  /** `nextTurn` calls back once the loop has looked at the other sockets. */
  constructor(transport: Transport, alarms: Alarms, nextTurn: (fn: () => void) => void) {
    this.#transport = transport;
    this.#alarms = alarms;
    this.#nextTurn = nextTurn;
  }

  get isPaused(): boolean {
    return this.#reasons.size !== 0;
  }

  /** Whether an alarm is up and this connection has not been paused for it. */
  get mustBlock(): boolean {
    return this.#alarms.isUp && !this.#reasons.has('alarm');
  }

  /** Whether even frames that have been read already have to wait. */
  get holdsFrames(): boolean {
    return this.#reasons.has('output') || this.#reasons.has('durability');
  }

  isPausedFor(reason: PauseReason): boolean {
    return this.#reasons.has(reason);
  }

  pauseFor(reason: PauseReason): void {
    if (this.#reasons.size === 0) this.#transport.pause();
    this.#reasons.add(reason);
  }

  resumeFrom(reason: PauseReason): void {
    if (this.#reasons.delete(reason) && this.#reasons.size === 0) this.#transport.resume();
  }

  /** Counts what was read in turn number `turn`, and leaves the rest of the turn to others. */
  noteRead(bytes: number, turn: number): void {
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#turnBytes = 0;
    }
    this.#turnBytes += bytes;
    if (this.#turnBytes < TURN_BYTES || this.#reasons.has('turn')) return;
    this.pauseFor('turn');
    this.#nextTurn(() => this.resumeFrom('turn'));
  }

  /** The answer to a close has to be read, whatever stood against reading. */
  resumeAll(): void {
    for (const reason of [...this.#reasons]) this.resumeFrom(reason);
  }
}
