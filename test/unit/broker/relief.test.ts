// What a broker does while memory is tight and there is a disk: messages go there, publishers wait
// for it, and under the alarm it is tried again and again.
import { expect } from 'chai';
import { Broker } from '../../../src/broker/broker.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import { ManualClock } from '../../../src/lib/manual-clock.ts';
import type { FileStore } from '../../../src/store/file/file-store.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { openStore } from '../../support/store-stage.ts';
import { bodyOf, messageOf, queueOf } from '../support/broker-parts.ts';

const LIMIT_BYTES = 2_000_000;
const BODY = 'x'.repeat(1_000);

describe('relief of memory', () => {
  let clock: ManualClock;
  let store: FileStore;
  let broker: Broker;
  const events: string[] = [];

  beforeEach(async () => {
    clock = new ManualClock();
    events.length = 0;
    ({ store } = await openStore(new MemoryFiles(1)));
    broker = new Broker({
      clock,
      memoryLimitBytes: LIMIT_BYTES,
      vhosts: ['/'],
      store,
      randomBytes: () => Buffer.alloc(16),
      defer: (fn) => {
        setImmediate(fn);
      },
      onReadError: (_queue, error) => {
        throw error;
      },
      onListenerError: (error) => {
        throw error;
      },
    });
    broker.recover((line) => expect.fail(line));
    for (const name of ['alarm.set', 'alarm.cleared'] as const) {
      broker.events.on(name, () => events.push(name));
    }
  });

  afterEach(async () => {
    await store.close();
    broker.close();
  });

  const declare = (name: string): Queue =>
    broker.vhost('/')?.declareQueue(queueOf(name), null) as Queue;

  function fill(queue: Queue, count: number): void {
    for (let n = 0; n < count; n++) queue.publish(messageOf(`${n} ${BODY}`), null);
  }

  async function until(isSo: () => boolean): Promise<void> {
    for (let turns = 0; !isSo(); turns++) {
      if (turns > 2_000) throw new Error('it does not come to be so');
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('leaves memory alone that is not tight', () => {
    const queue = declare('q');
    fill(queue, 100);
    broker.relief.relieveIfNeeded();
    expect(broker.relief.isDiskBehind).to.equal(false);
    expect([...queue.entries()]).to.have.length(100);
  });

  it('moves what is not next to the disk, and lets publishers go on then', async () => {
    const queue = declare('q');
    fill(queue, 1_300);
    expect(broker.memory.isPressed).to.equal(true);
    broker.relief.relieveIfNeeded();
    expect(broker.relief.isDiskBehind).to.equal(true);
    let resumed = 0;
    broker.relief.whenDiskCaughtUp(() => resumed++);
    await until(() => resumed === 1);
    await until(() => broker.memory.usedBytes < LIMIT_BYTES * 0.4);
    expect(queue.readyCount).to.equal(1_300);
    const first = queue.get(true);
    expect(first === null ? '' : bodyOf(first.message).toString().split(' ')[0]).to.equal('0');
    expect(events).to.deep.equal([]);
  });

  it('does so under the alarm, too, when nobody publishes', async () => {
    const queue = declare('q');
    fill(queue, 2_000);
    expect(events).to.deep.equal(['alarm.set']);
    await until(() => {
      clock.advance(200);
      return events.length === 2;
    });
    expect(events).to.deep.equal(['alarm.set', 'alarm.cleared']);
    expect(queue.readyCount).to.equal(2_000);
  });

  it('gives back all of it, in order, and from the disk', async () => {
    const queue = declare('q');
    fill(queue, 1_300);
    broker.relief.relieveIfNeeded();
    await until(() => broker.memory.usedBytes < LIMIT_BYTES * 0.4);
    for (let n = 0; n < 1_300; n++) {
      if (queue.mustRead) await new Promise<void>((resolve) => queue.whenRead(resolve));
      const entry = queue.get(true);
      expect(entry === null ? '' : bodyOf(entry.message).toString()).to.equal(`${n} ${BODY}`);
    }
    expect(broker.memory.usedBytes).to.equal(0);
  });
});
