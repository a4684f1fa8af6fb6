import { expect } from 'chai';
import { TimerWheel } from '../../../src/lib/timer-wheel.ts';
import { Heartbeat } from '../../../src/session/heartbeat.ts';
import { ManualClock } from '../lib/manual-clock.ts';

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
    it('go out twice in each timeout while nothing else does', () => {
      clock.advance(TIMEOUT_MS / 2 - 1);
      expect(sent).to.equal(0);
      clock.advance(1);
      expect(sent).to.equal(1);
      clock.advance(3 * TIMEOUT_MS);
      expect(sent).to.equal(7);
    });

    it('do not go out where something else did', () => {
      for (let i = 0; i < 6; i++) {
        heartbeat.sent = true;
        clock.advance(TIMEOUT_MS / 2);
      }
      expect(sent).to.equal(0);
      clock.advance(TIMEOUT_MS / 2);
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
    clock.advance(10 * TIMEOUT_MS);
    expect([sent, missed]).to.deep.equal([2, 0]);
  });

  it('may be stopped by what they call', () => {
    heartbeat.stop();
    heartbeat = new Heartbeat(wheel, 1, { send: () => undefined, missed: () => heartbeat.stop() });
    clock.advance(2000);
    expect(wheel.size).to.equal(0);
  });
});
