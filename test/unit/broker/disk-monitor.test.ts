import { expect } from 'chai';
import { Alarms } from '../../../src/broker/alarms.ts';
import { DiskMonitor } from '../../../src/broker/disk-monitor.ts';
import { ManualClock } from '../../../src/lib/manual-clock.ts';

const MB = 1_000_000;
const LIMIT = 50 * MB;

describe('DiskMonitor', () => {
  let clock: ManualClock;
  let alarms: Alarms;
  let monitor: DiskMonitor;
  let changes: string[];
  let errors: unknown[];
  /** What the disk says, and how often it was asked. */
  let free: number | Error;
  let looks: number;

  beforeEach(() => {
    clock = new ManualClock();
    changes = [];
    errors = [];
    looks = 0;
    alarms = new Alarms((resource, raised) => {
      changes.push(`${resource} ${raised} at ${monitor.freeBytes} of ${monitor.limitBytes}`);
    });
    monitor = new DiskMonitor({
      clock,
      alarms,
      limitBytes: LIMIT,
      freeBytes: () => {
        looks++;
        return free instanceof Error ? Promise.reject(free) : Promise.resolve(free);
      },
      onError: (error) => errors.push(error),
    });
  });

  const settled = () => new Promise((resolve) => setImmediate(resolve));
  async function pass(ms: number): Promise<void> {
    clock.advance(ms);
    await settled();
  }

  it('looks at once, and raises the alarm below the limit, not at it', async () => {
    free = LIMIT;
    await monitor.start();
    expect([looks, alarms.isUp]).to.deep.equal([1, false]);
    free = LIMIT - 1;
    await pass(100);
    expect([looks, alarms.isUp]).to.deep.equal([2, true]);
    free = LIMIT;
    await pass(1000);
    expect([looks, alarms.isUp]).to.deep.equal([3, false]);
    expect(changes).to.deep.equal([
      'disk true at 49999999 of 50000000',
      'disk false at 50000000 of 50000000',
    ]);
  });

  const waits: readonly [string, number, number][] = [
    ['every 10 s while there is plenty', 100_000 * MB, 10_000],
    ['in the time that twice the room takes to fill at 250 MB/s', LIMIT + 250 * MB, 2_000],
    ['10 times a second near the limit', LIMIT + MB, 100],
    ['every second under the alarm', 0, 1_000],
  ];
  for (const [what, octets, ms] of waits) {
    it(`looks again ${what}`, async () => {
      free = octets;
      await monitor.start();
      await pass(ms - 1);
      expect([looks, clock.pending]).to.deep.equal([1, 1]);
      await pass(1);
      expect([looks, clock.pending]).to.deep.equal([2, 1]);
    });
  }

  it('holds a new limit against the disk at once', async () => {
    free = 100 * MB;
    await monitor.start();
    await monitor.setLimit(101 * MB);
    expect([looks, alarms.isUp, clock.pending]).to.deep.equal([2, true, 1]);
    await monitor.setLimit(0);
    expect([looks, alarms.isUp, clock.pending]).to.deep.equal([3, false, 1]);
  });

  it('lets the last of several looks decide', async () => {
    free = 100 * MB;
    await monitor.start();
    await Promise.all([monitor.setLimit(200 * MB), monitor.setLimit(LIMIT)]);
    expect([changes, clock.pending]).to.deep.equal([[], 1]);
  });

  it('goes on when it cannot tell, leaves the alarm as it is, and says so once', async () => {
    free = 0;
    await monitor.start();
    free = new Error('gone');
    await pass(1000);
    await pass(10_000);
    expect([looks, alarms.isUp, errors]).to.deep.equal([3, true, [free]]);
    free = 100 * MB;
    await pass(10_000);
    expect([alarms.isUp, errors.length]).to.deep.equal([false, 1]);
    free = new Error('gone again');
    await pass(10_000);
    expect(errors.length).to.equal(2);
  });

  it('leaves the alarm of a write that did not fit to whoever raised it', async () => {
    free = 100 * MB;
    await monitor.start();
    alarms.raise('disk', 'full');
    await pass(10_000);
    expect(alarms.isUp).to.equal(true);
  });

  it('is still once it is stopped, in the middle of a look too', async () => {
    free = 0;
    const looking = monitor.start();
    monitor.stop();
    await looking;
    await monitor.setLimit(1);
    expect([looks, alarms.isUp, clock.pending]).to.deep.equal([1, false, 0]);
    free = new Error('late');
    expect(errors).to.deep.equal([]);
  });

  it('takes back its timer when it is stopped', async () => {
    free = 100 * MB;
    await monitor.start();
    monitor.stop();
    expect(clock.pending).to.equal(0);
  });
});
