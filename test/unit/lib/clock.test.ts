import { expect } from 'chai';
import { systemClock } from '../../../src/lib/clock.ts';

describe('systemClock', () => {
  const realSetTimeout = globalThis.setTimeout;
  const realClearTimeout = globalThis.clearTimeout;

  afterEach(() => {
    globalThis.setTimeout = realSetTimeout;
    globalThis.clearTimeout = realClearTimeout;
  });

  /** Puts recording timers in the place of Node's. */
  function recordTimers() {
    const timers: { fn: () => void; ms: number; unrefs: number; cleared: boolean }[] = [];
    globalThis.setTimeout = ((fn: () => void, ms: number) => {
      const timer = { fn, ms, unrefs: 0, cleared: false, unref: () => timer.unrefs++ };
      timers.push(timer);
      return timer;
    }) as unknown as typeof setTimeout;
    globalThis.clearTimeout = ((timer: { cleared: boolean }) => {
      timer.cleared = true;
    }) as unknown as typeof clearTimeout;
    return timers;
  }

  it('is near the wall clock and never runs backwards', () => {
    expect(systemClock.now()).to.be.closeTo(Date.now(), 60_000);
    let last = systemClock.now();
    for (let i = 0; i < 1000; i++) {
      const now = systemClock.now();
      expect(now).to.be.at.least(last);
      last = now;
    }
  });

  it('calls once, through a timer that does not keep the process alive', () => {
    const timers = recordTimers();
    let calls = 0;
    systemClock.setTimeout(() => calls++, 25);
    expect(timers.map(({ ms, unrefs }) => ({ ms, unrefs }))).to.deep.equal([{ ms: 25, unrefs: 1 }]);
    timers[0]!.fn();
    expect(calls).to.equal(1);
    expect(timers).to.have.length(1);
  });

  it('takes a timer back', () => {
    const timers = recordTimers();
    const cancel = systemClock.setTimeout(() => undefined, 25);
    cancel();
    cancel();
    expect(timers[0]!.cleared).to.equal(true);
  });

  it('goes beyond the longest delay of a Node timer in steps', () => {
    const timers = recordTimers();
    const longest = 2 ** 31 - 1;
    let calls = 0;
    const cancel = systemClock.setTimeout(() => calls++, longest * 2 + 5);
    timers[0]!.fn();
    timers[1]!.fn();
    expect(timers.map(({ ms }) => ms)).to.deep.equal([longest, longest, 5]);
    expect(timers.every(({ unrefs }) => unrefs === 1)).to.equal(true);
    expect(calls).to.equal(0);
    timers[2]!.fn();
    expect(calls).to.equal(1);
    cancel();
    expect(timers[2]!.cleared).to.equal(true);
  });

  it('works with the real timers', (done) => {
    const keepAlive = setInterval(() => undefined, 1000);
    const before = systemClock.now();
    systemClock.setTimeout(() => {
      clearInterval(keepAlive);
      expect(systemClock.now()).to.be.at.least(before);
      done();
    }, 1);
  });
});
