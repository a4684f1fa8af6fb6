/** What all parts of one broker share: handed in, never global. */
import type { Clock } from '../lib/clock.ts';
import type { Emitter } from '../lib/emitter.ts';
import type { Store } from '../store/port.ts';
import type { DefinitionLog } from './definition-log.ts';
import type { BrokerEvents } from './events.ts';
import type { Flow } from './flow.ts';
import type { Memory } from './memory.ts';
import type { Profile } from './profile.ts';
import type { Queue } from './queue.ts';
import type { QueueContext } from './queues/queue-context.ts';
import type { Relief } from './relief.ts';

export interface BrokerContext {
  readonly clock: Clock;
  /** Which RabbitMQ it behaves like, where versions differ. */
  readonly profile: Profile;
  /** From 0, below 1: where chance decides. */
  readonly random: () => number;
  readonly events: Emitter<BrokerEvents>;
  readonly memory: Memory;
  readonly flow: Flow;
  /** Where what is durable is kept. */
  readonly store: Store;
  /** Runs `fn` once the loop has looked at its sockets. */
  readonly defer: (fn: () => void) => void;
  /** What is done when memory fills up. */
  readonly relief: Relief;
  /** Messages of a queue cannot be read back from the disk. */
  readonly onReadError: (queue: Queue, error: unknown) => void;
  /** Messages that wait for their time cannot be read back. */
  readonly onDelaysReadError: (error: unknown) => void;
  readonly definitions: DefinitionLog;
  /** `prefix` and 22 characters of URL-safe base64: 128 random bits (A3.9). */
  randomName(prefix: string): string;
  /** Reply queues of direct reply-to, by their full routing key (A9.7). */
  readonly replyQueues: ReplyQueues;
}

/** They come and go without changing the topology, so routes to them are not remembered. */
export interface ReplyQueues {
  get(name: string): Queue | undefined;
}

/** What a queue of a broker stands on: what it shares with the others, and what is its `own`. */
export function queueContextOf(
  broker: BrokerContext,
  own: Pick<
    QueueContext,
    'vhost' | 'storeFor' | 'deadLetters' | 'delays' | 'onUnused' | 'onExpired'
  >,
): QueueContext {
  const { memory, flow, clock, store, random, defer, relief, events, onReadError } = broker;
  return {
    ...own,
    memory,
    flow,
    clock,
    random,
    temporaryStore: () => store.temporary(),
    defer,
    onPaged: relief.onPaged,
    onPassedTooMany: ({ vhost, name }) => events.emit('queue.lookahead.full', { vhost, name }),
    onReadError,
  };
}
