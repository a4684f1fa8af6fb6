// A clock whose timers can all be taken back.
import { expect } from 'chai';
import { ManualClock } from '../../../src/lib/manual-clock.ts';
import { StoppableClock } from '../../../src/lib/stoppable-clock.ts';

describe('StoppableClock', () => {
  it('passes time on, and lets no timer fire once it is stopped', () => {
    const manual = new ManualClock();
    const clock = new StoppableClock(manual);
    const fired: string[] = [];
    clock.setTimeout(() => fired.push('early'), 10);
    clock.setTimeout(() => fired.push('cancelled'), 20)();
    clock.setTimeout(() => fired.push('late'), 30);
    manual.advance(20);
    expect(fired).to.deep.equal(['early']);
    expect(clock.now()).to.equal(manual.now());
    clock.stop();
    clock.setTimeout(() => fired.push('after'), 1)();
    manual.advance(100);
    expect(fired).to.deep.equal(['early']);
    expect(manual.nextInMs).to.equal(undefined);
  });
});
