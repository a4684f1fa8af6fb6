/**
 * Heartbeats of one connection (spec 4.2.7, A1.6), on the wheel that all connections share.
 *
 * Responsible for sending one when nothing else was sent for half the timeout, and at the latest
 * after three quarters of it: some clients drop a connection that is silent for just the timeout.
 * Responsible too for noticing a peer that is silent for two checks in a row. Any traffic counts.
 * Not responsible for closing.
 */
import type { TimerWheel, WheelTimer } from '../lib/timer-wheel.ts';

/** Looks in each timeout whether anything was sent. */
const LOOKS = 4;
/** Looks that find nothing before a heartbeat is sent: half the timeout. */
const SILENT_LOOKS = 2;

export interface HeartbeatHooks {
  /** Nothing was sent for half the timeout. What this sends may set `sent`. */
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
  #silentLooks = 0;
  /** What was sent since the last look may be no more than a heartbeat. */
  #sentOwn = false;
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
    // A timer fires up to a tick late.
    const lookMs = (timeoutSeconds * 1000) / LOOKS;
    periodic(Math.max(lookMs - wheel.tickMs, wheel.tickMs), () => {
      this.#silentLooks = this.sent && !this.#sentOwn ? 0 : this.#silentLooks + 1;
      this.#sentOwn = this.#silentLooks === SILENT_LOOKS;
      if (this.#sentOwn) {
        this.#silentLooks = 0;
        hooks.send();
      }
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
