// What a queue of a unit test stands on, as far as the test does not say.

import { DeadLetters } from '../../../src/broker/dead-letters.ts';
import { Flow } from '../../../src/broker/flow.ts';
import { Memory } from '../../../src/broker/memory.ts';
import type { QueueContext } from '../../../src/broker/queues/queue-context.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { MemoryStore } from '../../../src/store/memory.ts';

export function queueContext(own: Partial<QueueContext> = {}): QueueContext {
  return {
    vhost: '/',
    memory: new Memory(1e9, () => undefined),
    flow: new Flow(),
    storeFor: () => null,
    deadLetters: new DeadLetters({
      clock: systemClock,
      store: new MemoryStore(),
      trustsClients: true,
      onCycle: () => undefined,
      hasExchange: () => false,
      resolve: () => [],
    }),
    temporaryStore: () => null,
    clock: systemClock,
    delays: { schedule: () => undefined },
    random: Math.random,
    defer: (fn) => {
      setImmediate(fn);
    },
    onPaged: () => undefined,
    onUnused: () => undefined,
    onExpired: () => undefined,
    onPassedTooMany: () => undefined,
    onReadError: (_queue, error) => {
      throw error;
    },
    ...own,
  };
}
