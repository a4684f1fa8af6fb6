import { expect } from 'chai';
import type { Queue } from '../../../src/broker/queue.ts';
import { ManualClock } from '../../../src/lib/manual-clock.ts';
import { FlowControl, type Holdable } from '../../../src/session/flow-control.ts';

/** A queue that has fallen behind until it is told to catch up. */
class LaggingQueue {
  readonly waiting = new Set<() => void>();
  readonly queue = {
    deliveryCount: 0,
    whenCaughtUp: (resume) => void this.waiting.add(resume),
    stopWaiting: (resume) => void this.waiting.delete(resume),
  } as Queue & { deliveryCount: number };

  catchUp(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const resume of waiting) resume();
  }
}

class FakeConnection implements Holdable {
  readonly calls: string[] = [];
  readonly onCaughtUp: () => void;

  constructor(flow: FlowControl) {
    this.onCaughtUp = () => flow.release(this);
  }

  get isHeld(): boolean {
    return this.calls.at(-1) === 'pause flow';
  }

  pauseFor(reason: string): void {
    this.calls.push(`pause ${reason}`);
  }

  resumeFrom(reason: string): void {
    this.calls.push(`resume ${reason}`);
  }
}

describe('FlowControl', () => {
  let clock: ManualClock;
  let flow: FlowControl;
  let memory: { usedBytes: number; limitBytes: number };
  let lagging: LaggingQueue;

  beforeEach(() => {
    clock = new ManualClock();
    memory = { usedBytes: 0, limitBytes: 1000 };
    flow = new FlowControl(clock, memory);
    lagging = new LaggingQueue();
  });

  const connect = () => new FakeConnection(flow);
  /** A connection that sent something, 1280 KiB unless told, and is held back for it. */
  const hold = (connection = connect(), kib = 1280) => {
    flow.hold(connection, lagging.queue, kib * 1024);
    return connection;
  };
  /** Passes time, during which the queue hands messages over all the time. */
  const busy = (ms: number, messages = 1) => {
    for (let i = 0; i < ms; i++) {
      lagging.queue.deliveryCount += messages;
      clock.advance(1);
    }
  };

  it('holds a connection until the queue has caught up', () => {
    const connection = hold();
    expect(connection.calls).to.deep.equal(['pause flow']);
    lagging.catchUp();
    expect(connection.calls).to.deep.equal(['pause flow', 'resume flow']);
    busy(30);
    expect(connection.calls).to.have.length(2);
  });

  it('lets it go at once where the queue has caught up already', () => {
    const connection = connect();
    const queue: Partial<Queue> = {
      deliveryCount: 0,
      whenCaughtUp: (resume) => resume(),
      stopWaiting: () => undefined,
    };
    flow.hold(connection, queue as Queue, 65_536);
    expect(connection.calls).to.deep.equal(['pause flow', 'resume flow']);
  });

  it('does not hold one that is held', () => {
    const connection = hold();
    flow.hold(connection, new LaggingQueue().queue, 65_536);
    expect(connection.calls).to.deep.equal(['pause flow']);
  });

  it('lets go when the queue hands nothing over: its consumers are slow, not starved', () => {
    const connection = hold();
    clock.advance(1);
    expect(connection.isHeld).to.equal(false);
    expect(clock.pending).to.equal(0);
  });

  it('goes on holding while the queue moves', () => {
    const connection = hold();
    busy(5);
    expect(connection.isHeld).to.equal(true);
    clock.advance(1);
    expect(connection.isHeld).to.equal(false);
  });

  it('does not hold for a slow queue again until that has moved by 256 messages', () => {
    const connection = hold();
    clock.advance(1);
    hold(connection);
    expect(connection.isHeld).to.equal(false);
    lagging.queue.deliveryCount += 255;
    hold(connection);
    expect(connection.isHeld).to.equal(false);
    lagging.queue.deliveryCount += 1;
    hold(connection);
    expect(connection.isHeld).to.equal(true);
  });

  it('holds for as long as what was sent takes at 64 MiB/s, and not at all for little', () => {
    const connection = hold();
    busy(19);
    expect(connection.isHeld).to.equal(true);
    busy(1);
    expect(connection.isHeld).to.equal(false);
    expect(clock.pending).to.equal(0);
    const small = hold(connect(), 31);
    expect(small.calls).to.deep.equal([]);
    const larger = hold(connect(), 32);
    expect(larger.isHeld).to.equal(true);
  });

  it('slows down who feeds a backlog the more, the less memory is left', () => {
    memory.usedBytes = 750;
    const connection = hold(connect(), 320);
    clock.advance(9);
    expect(connection.isHeld, 'although the queue does not move').to.equal(true);
    clock.advance(1);
    expect(connection.isHeld).to.equal(false);
    memory.usedBytes = 1000;
    const small = hold(connect(), 1);
    clock.advance(3);
    expect(small.isHeld).to.equal(true);
    clock.advance(1);
    expect(small.isHeld).to.equal(false);
  });

  it('counts each connection’s time by itself', () => {
    const first = hold();
    busy(10);
    const second = hold();
    busy(10);
    expect([first.isHeld, second.isHeld]).to.deep.equal([false, true]);
    busy(10);
    expect(second.isHeld).to.equal(false);
  });

  it('holds one again that was let go', () => {
    const connection = hold();
    busy(20);
    hold(connection);
    expect(connection.isHeld).to.equal(true);
    lagging.catchUp();
    expect(connection.calls).to.deep.equal([
      ...['pause flow', 'resume flow', 'pause flow', 'resume flow'],
    ]);
  });

  it('releases what is not held without a word', () => {
    const connection = connect();
    flow.release(connection);
    hold(connection);
    flow.release(connection);
    flow.release(connection);
    lagging.catchUp();
    expect(connection.calls).to.deep.equal(['pause flow', 'resume flow']);
  });

  it('leaves nothing of a connection with a queue that does not catch up', () => {
    const connection = hold();
    expect(lagging.waiting.size).to.equal(1);
    clock.advance(1);
    expect([connection.isHeld, lagging.waiting.size]).to.deep.equal([false, 0]);
  });

  it('sets one timer for all, however often connections are held and let go', () => {
    const connections = Array.from({ length: 5 }, connect);
    for (let round = 0; round < 10; round++) {
      for (const connection of connections) hold(connection);
      expect(clock.pending).to.equal(1);
      lagging.catchUp();
    }
    expect(clock.timersSet).to.equal(1);
    clock.advance(1);
    expect(clock.pending, 'and none when nobody is held').to.equal(0);
  });
});
