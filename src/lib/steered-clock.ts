/**
 * The clock of a broker as an embedding program sees it: it tells the time, and if it is a manual
 * one, passes it.
 *
 * Responsible for passing time so that everything that falls due happens in its order, with the
 * turns of the event loop between that it waits for.
 */
import type { Clock } from './clock.ts';
import { durationMs } from './duration.ts';
import { ManualClock } from './manual-clock.ts';

/** Turns of the loop in which what fell due is worked off: deferred steps, writes, reads. */
const SETTLING_TURNS = 8;

export class SteeredClock {
  readonly #clock: Clock;
  readonly #turn: () => Promise<void>;

  /** `turn`: resolves once the event loop has gone round. */
  constructor(clock: Clock, turn: () => Promise<void>) {
    this.#clock = clock;
    this.#turn = turn;
  }

  /** Epoch milliseconds. */
  now(): number {
    return this.#clock.now();
  }

  /**
   * Passes time: `'1h'`, `'1h30m'`, `'500ms'`, `'2d'` or milliseconds. Resolves once all that fell
   * due meanwhile has happened: messages and queues expired, delays over, timeouts and heartbeats
   * acted on.
   * @throws RangeError for what is no span; Error when the broker was not given a `ManualClock`
   */
  async advance(span: number | string): Promise<void> {
    const clock = this.#clock;
    if (!(clock instanceof ManualClock)) {
      throw new Error('time passes by itself: start the broker with a ManualClock to steer it');
    }
    const untilMs = clock.now() + durationMs(span);
    for (;;) {
      const nextMs = clock.nextInMs;
      const leftMs = untilMs - clock.now();
      if (nextMs === undefined || nextMs > leftMs) {
        clock.advance(leftMs);
        break;
      }
      clock.advance(nextMs);
      await this.#turn();
    }
    for (let i = 0; i < SETTLING_TURNS; i++) await this.#turn();
  }
}
