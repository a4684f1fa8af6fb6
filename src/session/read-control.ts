/**
 * When a connection's socket is read: not while any reason to pause it stands.
 *
 * Responsible for combining the reasons (flow control, memory alarm). Not responsible for deciding
 * any.
 */
import type { Memory } from '../broker/memory.ts';
import type { Transport } from './transport.ts';

export type PauseReason = 'flow' | 'alarm';

export class ReadControl {
  readonly #transport: Transport;
  readonly #memory: Memory;
  readonly #reasons = new Set<PauseReason>();

  constructor(transport: Transport, memory: Memory) {
    this.#transport = transport;
    this.#memory = memory;
  }

  get isPaused(): boolean {
    return this.#reasons.size !== 0;
  }

  /** Whether the alarm is up and this connection has not been paused for it. */
  get mustBlock(): boolean {
    return this.#memory.alarm && !this.#reasons.has('alarm');
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

  /** The answer to a close has to be read, whatever stood against reading. */
  resumeAll(): void {
    for (const reason of [...this.#reasons]) this.resumeFrom(reason);
  }
}
