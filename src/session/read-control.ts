/**
 * When a connection's socket is read: not while any reason to pause it stands.
 *
 * Responsible for combining the reasons (flow control, alarms). Not responsible for deciding any.
 */
import type { Alarms } from '../broker/alarms.ts';
import type { Transport } from './transport.ts';
import type { Reader } from './turn-budget.ts';

/**
 * `flow`: a queue is behind; `alarm`: memory or disk is short; `store`: too much waits to be
 * written; `output`: the peer does not take its answers; `durability`: what it asked for last is
 * not safe yet; `turn`: it had its share of this turn of the loop.
 */
export type PauseReason = 'flow' | 'alarm' | 'store' | 'output' | 'durability' | 'turn';

export class ReadControl implements Reader {
  readonly #transport: Transport;
  readonly #alarms: Alarms;
  readonly #reasons = new Set<PauseReason>();
  turnBytes = 0;
  idleTurns = 0;

  constructor(transport: Transport, alarms: Alarms) {
    this.#transport = transport;
    this.#alarms = alarms;
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

  endTurn(): void {
    this.pauseFor('turn');
  }

  beginTurn(): void {
    this.resumeFrom('turn');
  }

  /** The answer to a close has to be read, whatever stood against reading. */
  resumeAll(): void {
    for (const reason of [...this.#reasons]) this.resumeFrom(reason);
  }
}
