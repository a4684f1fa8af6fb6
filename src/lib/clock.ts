/**
 * Time as an argument.
 *
 * Whoever needs the time or a timer takes a `Clock`, so that tests pass time by hand. The system
 * clock counts epoch milliseconds but never runs backwards: it starts from the wall clock at
 * process start and advances monotonically, whatever is done to the machine's clock meanwhile. Not
 * here: many timers at once (`timer-wheel.ts`) and the wall-clock time of log lines.
 */

/** Takes back a timer. Calling it again, or after the timer fired, does nothing. */
export type CancelTimer = () => void;

export interface Clock {
  /** Milliseconds since the epoch, with fractions; never less than an earlier answer. */
  now(): number;
  /**
   * Calls `fn` once, no sooner than `delayMs` milliseconds from now. Such a timer does not keep the
   * process alive.
   */
  setTimeout(fn: () => void, delayMs: number): CancelTimer;
}

/** The longest delay that Node's own timer takes; beyond, it would fire at once. */
const MAX_NODE_DELAY_MS = 2 ** 31 - 1;

export const systemClock: Clock = Object.freeze({
  now: () => performance.timeOrigin + performance.now(),

  setTimeout(fn: () => void, delayMs: number): CancelTimer {
    let timer: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, MAX_NODE_DELAY_MS);
      timer = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : fn()), stepMs);
      timer.unref();
    };
    arm(delayMs);
    return () => clearTimeout(timer);
  },
});
