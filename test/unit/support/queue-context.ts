// What a queue of a unit test stands on, as far as the test does not say.

import { Flow } from '../../../src/broker/flow.ts';
import { Memory } from '../../../src/broker/memory.ts';
import type { QueueContext } from '../../../src/broker/queues/classic.ts';
import { systemClock } from '../../../src/lib/clock.ts';

export function queueContext(own: Partial<QueueContext> = {}): QueueContext {
  return {
    vhost: '/',
    memory: new Memory(1e9, () => undefined),
    flow: new Flow(),
    store: null,
    temporaryStore: () => null,
    clock: systemClock,
    defer: (fn) => {
      setImmediate(fn);
    },
    onPaged: () => undefined,
    onMoved: () => undefined,
    onUnused: () => undefined,
    onReadError: (_queue, error) => {
      throw error;
    },
    ...own,
  };
}
