/** What all parts of one broker share: handed in, never global. */
import type { Clock } from '../lib/clock.ts';
import type { Emitter } from '../lib/emitter.ts';
import type { Store } from '../store/port.ts';
import type { DefinitionLog } from './definition-log.ts';
import type { BrokerEvents } from './events.ts';
import type { Flow } from './flow.ts';
import type { Memory } from './memory.ts';
import type { Queue } from './queue.ts';

export interface BrokerContext {
  readonly clock: Clock;
  readonly events: Emitter<BrokerEvents>;
  readonly memory: Memory;
  readonly flow: Flow;
  /** Where what is durable is kept. */
  readonly store: Store;
  /** Runs `fn` once the loop has looked at its sockets. */
  readonly defer: (fn: () => void) => void;
  /** Messages are where they can be read back: there may be more to let go of. */
  readonly onMoved: () => void;
  /** A queue has moved messages to the disk, for want of memory. */
  readonly onPaged: () => void;
  /** Messages of a queue cannot be read back from the disk. */
  readonly onReadError: (queue: Queue, error: unknown) => void;
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
