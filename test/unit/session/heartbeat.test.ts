import { expect } from 'chai';
import { ManualClock } from '../../../src/lib/manual-clock.ts';
import { TimerWheel } from '../../../src/lib/timer-wheel.ts';
import { Heartbeat } from '../../../src/session/heartbeat.ts';

const TIMEOUT_SECONDS = 10;
const TIMEOUT_MS = TIMEOUT_SECONDS * 1000;

describe('Heartbeat', () => {
  let clock: ManualClock;
  let wheel: TimerWheel;
  let sent: number;
  let missed: number;
  let heartbeat: Heartbeat;

  const start = (timeoutSeconds = TIMEOUT_SECONDS) => {
    heartbeat = new Heartbeat(wheel, timeoutSeconds, {
      send: () => sent++,
      missed: () => missed++,
    });
  };

  beforeEach(() => {
    clock = new ManualClock();
    wheel = new TimerWheel(clock, 100, 64);
    sent = 0;
    missed = 0;
    start();
  });

  describe('to the peer', () => {
    /** The gaps between heartbeats over several timeouts, in milliseconds. */
    const gaps = (timeoutSeconds: number, startMs = 0): number[] => {
      heartbeat.stop();
      clock.advance(startMs);
      const times = [clock.now()];
      const hooks = {
        send: () => {
          times.push(clock.now());
          // As the session does, for which a heartbeat is octets like any other.
          endOfTurn.push(() => {
            heartbeat.sent = true;
          });
        },
        missed: () => undefined,
      };
      const endOfTurn: (() => void)[] = [];
      heartbeat = new Heartbeat(wheel, timeoutSeconds, hooks);
      for (let passedMs = 0; passedMs < timeoutSeconds * 5_000; passedMs++) {
        clock.advance(1);
        for (const run of endOfTurn.splice(0)) run();
      }
      return times.slice(1).map((time, index) => time - (times[index] as number));
    };

    for (const [timeoutSeconds, startMs] of [
      [1, 0],
      [1, 30],
      [1, 99],
      [2, 1],
      [10, 0],
      [60, 55],
    ] as const) {
      it(`go out at least twice in ${timeoutSeconds} s, begun at ${startMs} ms`, () => {
        const found = gaps(timeoutSeconds, startMs);
        expect(found.length).to.be.at.least(10);
        for (const gap of found) {
          expect(gap).to.be.at.most(timeoutSeconds * 500);
          expect(gap).to.be.at.least(timeoutSeconds * 500 - 2 * wheel.tickMs);
        }
      });
    }

    it('follow what was sent within three quarters of the timeout', () => {
      for (let sentAt = 0; sentAt <= TIMEOUT_MS; sentAt += 100) {
        heartbeat.stop();
        start();
        clock.advance(sentAt);
        const before = sent;
        heartbeat.sent = true;
        clock.advance(TIMEOUT_MS * 0.75);
        expect(sent, `sent at ${sentAt}`).to.be.above(before);
      }
    });

    it('do not go out where something else did', () => {
      for (let i = 0; i < 12; i++) {
        heartbeat.sent = true;
        clock.advance(TIMEOUT_MS / 4);
      }
      expect(sent).to.equal(0);
      clock.advance(TIMEOUT_MS * 0.75);
      expect(sent).to.equal(1);
    });
  });

  describe('of the peer', () => {
    it('are missed after two checks without a word', () => {
      clock.advance(2 * TIMEOUT_MS - 1);
      expect(missed).to.equal(0);
      clock.advance(1);
      expect(missed).to.equal(1);
    });

    it('are missed once only', () => {
      clock.advance(10 * TIMEOUT_MS);
      expect(missed).to.equal(1);
    });

    it('are not missed while anything comes between two checks', () => {
      for (let i = 0; i < 10; i++) {
        heartbeat.received = true;
        clock.advance(TIMEOUT_MS);
      }
      expect(missed).to.equal(0);
      clock.advance(TIMEOUT_MS);
      heartbeat.received = true;
      clock.advance(2 * TIMEOUT_MS);
      expect(missed).to.equal(0);
      clock.advance(TIMEOUT_MS);
      expect(missed).to.equal(1);
    });

    it('are not missed while it is not read (A10.1)', () => {
      heartbeat.paused = true;
      clock.advance(10 * TIMEOUT_MS);
      expect(missed).to.equal(0);
      heartbeat.paused = false;
      clock.advance(TIMEOUT_MS);
      expect(missed).to.equal(0);
      clock.advance(TIMEOUT_MS);
      expect(missed).to.equal(1);
    });

    it('are missed after the same time again, read in between', () => {
      clock.advance(TIMEOUT_MS);
      heartbeat.paused = true;
      clock.advance(TIMEOUT_MS);
      heartbeat.paused = false;
      clock.advance(TIMEOUT_MS);
      expect(missed).to.equal(0);
    });
  });

  it('do not exist where the timeout is 0', () => {
    heartbeat.stop();
    start(0);
    expect(wheel.size).to.equal(0);
    clock.advance(100 * TIMEOUT_MS);
    heartbeat.stop();
    expect([sent, missed]).to.deep.equal([0, 0]);
  });

  it('leave no timer when they are stopped, twice too', () => {
    clock.advance(TIMEOUT_MS);
    heartbeat.stop();
    heartbeat.stop();
    expect([wheel.size, clock.pending]).to.deep.equal([0, 0]);
    const before = sent;
    clock.advance(10 * TIMEOUT_MS);
    expect([sent, missed]).to.deep.equal([before, 0]);
  });

  it('may be stopped by what they call', () => {
    heartbeat.stop();
    heartbeat = new Heartbeat(wheel, 1, { send: () => undefined, missed: () => heartbeat.stop() });
    clock.advance(2000);
    expect(wheel.size).to.equal(0);
  });
});
