// The core of a broker on files in memory, with limits so small that everything moves to segments
// and is read back; killed and started again as a test wants.
import { expect } from 'chai';
import { Broker } from '../../../src/broker/broker.ts';
import type { QueueEntry } from '../../../src/broker/message.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import type { VirtualHost } from '../../../src/broker/vhost.ts';
import { ManualClock } from '../../../src/lib/manual-clock.ts';
import type { FileStore } from '../../../src/store/file/file-store.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { rest } from '../../support/store-damage.ts';
import { openStore } from '../../support/store-stage.ts';

export class DurableBroker {
  readonly clock = new ManualClock();
  store!: FileStore;
  broker!: Broker;
  #files = new MemoryFiles(1);
  /** Some journal file ends in the middle of a record. */
  #isTorn = false;

  get vhost(): VirtualHost {
    return this.broker.vhost('/') as VirtualHost;
  }

  /** Starts on what is on the disk; nothing may be wrong with it but a torn end. */
  async start(): Promise<void> {
    const opened = await openStore(this.#files);
    if (!this.#isTorn) expect(opened.reports).to.deep.equal([]);
    this.store = opened.store;
    this.broker = new Broker({
      clock: this.clock,
      memoryLimitBytes: 1e9,
      vhosts: ['/'],
      store: this.store,
      onReadError: (_queue, error) => expect.fail(String(error)),
      randomBytes: () => Buffer.alloc(16),
      defer: (fn) => void setImmediate(fn),
      onListenerError: (error) => expect.fail(String(error)),
    });
    this.broker.recover((line) => expect.fail(line));
    await this.broker.load();
  }

  /** Without power, in the middle of the next write, or in order. */
  async restart(how: 'kill' | 'tear' | 'stop'): Promise<void> {
    if (how === 'tear') {
      this.#isTorn = true;
      this.#files.failFrom({ at: 1, code: 'EIO', lasting: true });
      await rest();
    }
    this.broker.halt();
    if (how === 'stop') await this.store.close();
    this.#files = this.#files.crash();
    await this.start();
  }

  async end(): Promise<void> {
    this.broker.halt();
    await this.store.close();
  }

  /** All that follows on what was done has happened, and is safe. */
  async settled(): Promise<void> {
    for (let turns = 0; turns < 3; turns++) {
      await new Promise<void>((resolve) => this.store.whenSafe({ settle: () => resolve() }));
      await rest();
    }
  }
}

/** The next message, read from the disk if it lies there. */
export async function headOf(queue: Queue): Promise<QueueEntry | null> {
  while (queue.mustRead) await new Promise<void>((resolve) => queue.whenRead(resolve));
  return queue.get(false);
}
