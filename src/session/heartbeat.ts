/**
 * Heartbeats of one connection (spec 4.2.7, A1.6), on the wheel that all connections share.
 *
 * Responsible for sending one when nothing else was sent for half the timeout, and for noticing a
 * peer that is silent for two checks in a row. Any traffic counts. Not responsible for closing.
 */
import type { TimerWheel, WheelTimer } from '../lib/timer-wheel.ts';

export interface HeartbeatHooks {
  /** Nothing was sent for half the timeout. */
  send(): void;
  /** The peer was silent for too long. */
  missed(): void;
}

export class Heartbeat {
  /** Set by whoever sends. */
  sent = false;
  /** Set by whoever receives. */
  received = false;
  /** While the connection is not read, silence says nothing about the peer (A10.1). */
  paused = false;
  #silentChecks = 0;
  readonly #timers: WheelTimer[] = [];

  /** Starts both directions; `timeoutSeconds` 0 means no heartbeats at all. */
  constructor(wheel: TimerWheel, timeoutSeconds: number, hooks: HeartbeatHooks) {
    if (timeoutSeconds === 0) return;
    const periodic = (periodMs: number, check: () => void) => {
      const timer = wheel.schedule(() => {
        timer.reschedule(periodMs);
        check();
      }, periodMs);
      this.#timers.push(timer);
    };
    periodic(timeoutSeconds * 500, () => {
      if (!this.sent) hooks.send();
      this.sent = false;
    });
    periodic(timeoutSeconds * 1000, () => {
      this.#silentChecks = this.received || this.paused ? 0 : this.#silentChecks + 1;
      this.received = false;
      if (this.#silentChecks === 2) hooks.missed();
    });
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.length = 0;
  }
}
