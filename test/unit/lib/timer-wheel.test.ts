import { expect } from 'chai';
import fc from 'fast-check';
import { ManualClock } from '../../../src/lib/manual-clock.ts';
import { TimerWheel, type WheelTimer } from '../../../src/lib/timer-wheel.ts';

describe('TimerWheel', () => {
  let clock: ManualClock;
  let wheel: TimerWheel;
  let fired: [name: string, atMs: number][];
  let startMs: number;

  beforeEach(() => {
    clock = new ManualClock();
    startMs = clock.now();
    wheel = new TimerWheel(clock, 10, 8);
    fired = [];
  });

  const note = (name: string) => () => {
    fired.push([name, clock.now() - startMs]);
  };

  it('fires at the first tick at or after the deadline', () => {
    wheel.schedule(note('a'), 10);
    wheel.schedule(note('b'), 11);
    wheel.schedule(note('c'), 20);
    clock.advance(9);
    expect(fired).to.deep.equal([]);
    clock.advance(100);
    expect(fired).to.deep.equal([
      ['a', 10],
      ['b', 20],
      ['c', 20],
    ]);
    expect(wheel.size).to.equal(0);
  });

  it('fires a delay of 0 at the next tick', () => {
    clock.advance(5);
    wheel.schedule(note('now'), 0);
    clock.advance(100);
    expect(fired).to.deep.equal([['now', 10]]);
  });

  it('keeps delays of many turns', () => {
    for (const delayMs of [80, 81, 160, 1000, 8000, 79])
      wheel.schedule(note(`${delayMs}`), delayMs);
    clock.advance(10_000);
    expect(fired).to.deep.equal([
      ['80', 80],
      ['79', 80],
      ['81', 90],
      ['160', 160],
      ['1000', 1000],
      ['8000', 8000],
    ]);
  });

  it('has one timer of the clock however many of its own, and none when empty', () => {
    expect(clock.pending).to.equal(0);
    const timers = Array.from({ length: 1000 }, (_, i) => wheel.schedule(note('x'), 100 + i));
    expect(clock.pending).to.equal(1);
    expect(wheel.size).to.equal(1000);
    for (const timer of timers) timer.cancel();
    expect(wheel.size).to.equal(0);
    expect(clock.pending).to.equal(0);
    clock.advance(5000);
    expect(fired).to.deep.equal([]);
  });

  it('sleeps over slots that are not in use', () => {
    const far = new TimerWheel(clock, 10, 1024);
    far.schedule(note('far'), 5000);
    clock.advance(6000);
    expect(clock.timersSet).to.equal(1);
    expect(fired).to.deep.equal([['far', 5000]]);
  });

  it('wakes earlier for a timer that comes later but is due before', () => {
    wheel.schedule(note('late'), 70);
    wheel.schedule(note('soon'), 20);
    expect(clock.pending).to.equal(1);
    clock.advance(70);
    expect(fired).to.deep.equal([
      ['soon', 20],
      ['late', 70],
    ]);
  });

  it('postpones without touching the clock', () => {
    const timer = wheel.schedule(note('heartbeat'), 50);
    wheel.schedule(note('other'), 50);
    const set = clock.timersSet;
    for (let i = 0; i < 100; i++) timer.reschedule(60);
    expect(clock.timersSet).to.equal(set);
    clock.advance(1000);
    expect(fired).to.deep.equal([
      ['other', 50],
      ['heartbeat', 60],
    ]);
  });

  it('postpones again and again for as long as there is traffic', () => {
    const timer = wheel.schedule(note('silent'), 50);
    for (let i = 0; i < 100; i++) {
      clock.advance(30);
      timer.reschedule(50);
    }
    expect(fired).to.deep.equal([]);
    clock.advance(1000);
    expect(fired).to.deep.equal([['silent', 3050]]);
  });

  it('brings a deadline forward', () => {
    const timer = wheel.schedule(note('x'), 500);
    timer.reschedule(15);
    clock.advance(1000);
    expect(fired).to.deep.equal([['x', 20]]);
  });

  it('revives a timer that has fired or was cancelled', () => {
    const timer = wheel.schedule(note('x'), 10);
    clock.advance(10);
    expect(timer.active).to.equal(false);
    timer.reschedule(10);
    expect(timer.active).to.equal(true);
    timer.cancel();
    timer.cancel();
    expect(timer.active).to.equal(false);
    clock.advance(50);
    timer.reschedule(10);
    clock.advance(50);
    expect(fired.map(([, at]) => at)).to.deep.equal([10, 70]);
  });

  it('does not drift: a timer that re-arms itself keeps its beat', () => {
    const beats: number[] = [];
    const timer = wheel.schedule(() => {
      beats.push(clock.now() - startMs);
      timer.reschedule(30);
    }, 30);
    for (let i = 0; i < 1000; i++) clock.advance(7.3);
    timer.cancel();
    expect(beats.length).to.equal(Math.floor(7300 / 30));
    expect(beats.every((at, i) => at === (i + 1) * 30)).to.equal(true);
  });

  it('never fires early when the clock wakes it too soon', () => {
    const early = new ManualClock();
    let wakeups = 0;
    const hasty = new TimerWheel(
      {
        now: () => early.now(),
        setTimeout: (fn, ms) => {
          wakeups++;
          return early.setTimeout(fn, ms - 0.5);
        },
      },
      10,
      8,
    );
    const start = early.now();
    const at: number[] = [];
    hasty.schedule(() => at.push(early.now() - start), 30);
    for (let i = 0; i < 40; i++) early.advance(1);
    expect(at).to.have.length(1);
    expect(at[0]).to.be.at.least(30);
    expect(wakeups).to.be.greaterThan(1);
  });

  it('fires what is overdue, in order, after the process stood still', () => {
    wheel.schedule(note('b'), 100);
    wheel.schedule(note('a'), 20);
    wheel.schedule(note('c'), 900);
    clock.jump(500);
    expect(fired.map(([name]) => name)).to.deep.equal(['a', 'b']);
    clock.advance(1000);
    expect(fired.at(-1)).to.deep.equal(['c', 900]);
  });

  it('lets a callback cancel its neighbours and schedule more', () => {
    const others: WheelTimer[] = [];
    wheel.schedule(() => {
      note('first')();
      for (const each of others) each.cancel();
      wheel.schedule(note('new'), 0);
      wheel.schedule(note('later'), 45);
    }, 10);
    others.push(wheel.schedule(note('neighbour'), 10), wheel.schedule(note('next slot'), 20));
    clock.advance(100);
    expect(fired).to.deep.equal([
      ['first', 10],
      ['new', 20],
      ['later', 60],
    ]);
  });

  it('lets a callback postpone a neighbour of its slot', () => {
    let neighbour: WheelTimer | undefined;
    wheel.schedule(() => neighbour?.reschedule(40), 10);
    neighbour = wheel.schedule(note('neighbour'), 10);
    clock.advance(100);
    expect(fired).to.deep.equal([['neighbour', 50]]);
  });

  it('fires the rest when one throws, which the process gets to see', () => {
    wheel.schedule(() => {
      throw new Error('broken');
    }, 10);
    wheel.schedule(note('same slot'), 10);
    wheel.schedule(note('next slot'), 20);
    expect(() => clock.advance(10)).to.throw('broken');
    clock.advance(100);
    expect(fired.map(([name]) => name)).to.deep.equal(['same slot', 'next slot']);
    expect(clock.pending).to.equal(0);
  });

  it('lets a timer be added while the fired ones wait behind a throw', () => {
    wheel.schedule(() => {
      throw new Error('broken');
    }, 10);
    wheel.schedule(note('left'), 10);
    expect(() => clock.advance(10)).to.throw('broken');
    wheel.schedule(note('added'), 10);
    clock.advance(100);
    expect(fired.map(([name]) => name)).to.deep.equal(['left', 'added']);
  });

  it('clears', () => {
    for (const delayMs of [10, 20, 500]) wheel.schedule(note('x'), delayMs);
    wheel.clear();
    expect(wheel.size).to.equal(0);
    expect(clock.pending).to.equal(0);
    clock.advance(1000);
    expect(fired).to.deep.equal([]);
  });

  it('refuses nonsense', () => {
    expect(() => new TimerWheel(clock, 0, 8)).to.throw(RangeError, 'tickMs');
    expect(() => new TimerWheel(clock, 10, 0)).to.throw(RangeError, 'slots');
    expect(() => wheel.schedule(note('x'), -1)).to.throw(RangeError, 'delay');
    expect(() => wheel.schedule(note('x'), Number.NaN)).to.throw(RangeError, 'delay');
    expect(wheel.size).to.equal(0);
  });

  it('agrees with a plain list of deadlines, whatever happens', () => {
    const action = fc.oneof(
      fc.record({
        kind: fc.constant('schedule' as const),
        delayMs: fc.integer({ min: 0, max: 400 }),
      }),
      fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(9) }),
      fc.record({
        kind: fc.constant('reschedule' as const),
        which: fc.nat(9),
        delayMs: fc.integer({ min: 0, max: 400 }),
      }),
      fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 120 }) }),
    );
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 60 }),
        fc.constantFrom(1, 3, 8),
        (actions, slots) => {
          const time = new ManualClock(0);
          const tested = new TimerWheel(time, 10, slots);
          const timers: WheelTimer[] = [];
          const deadlines: (number | undefined)[] = [];
          const got: [number, number][] = [];
          const expected: [number, number][] = [];
          for (const each of actions) {
            if (each.kind === 'schedule') {
              const id = timers.length;
              timers.push(tested.schedule(() => got.push([id, time.now()]), each.delayMs));
              deadlines.push(time.now() + each.delayMs);
            } else if (each.kind === 'advance') {
              const from = time.now();
              time.advance(each.ms);
              deadlines.forEach((deadline, id) => {
                if (deadline === undefined) return;
                // A deadline at the very moment of a tick that is over waits for the next one.
                const at = Math.max(Math.ceil(deadline / 10), Math.floor(from / 10) + 1) * 10;
                if (at > time.now()) return;
                expected.push([id, at]);
                deadlines[id] = undefined;
              });
            } else if (each.which < timers.length) {
              if (each.kind === 'cancel') {
                timers[each.which]!.cancel();
                deadlines[each.which] = undefined;
              } else {
                timers[each.which]!.reschedule(each.delayMs);
                deadlines[each.which] = time.now() + each.delayMs;
              }
            }
          }
          const order = (a: [number, number], b: [number, number]) => a[1] - b[1] || a[0] - b[0];
          expect(got.map(([, at]) => at)).to.deep.equal(
            [...got].map(([, at]) => at).sort((a, b) => a - b),
          );
          expect([...got].sort(order)).to.deep.equal(expected.sort(order));
          expect(tested.size).to.equal(deadlines.filter((each) => each !== undefined).length);
          expect(time.pending).to.equal(tested.size > 0 ? 1 : 0);
        },
      ),
    );
  });
});
