/**
 * The core of one broker: its virtual hosts and what they share.
 *
 * Responsible for nothing that a client can see by itself: it holds the parts together. Clock,
 * randomness and limits are handed in, so that several brokers live in one process undisturbed.
 */
import type { Clock } from '../lib/clock.ts';
import { Emitter } from '../lib/emitter.ts';
import type { BrokerContext } from './context.ts';
import type { BrokerEvents } from './events.ts';
import { Flow } from './flow.ts';
import { Memory } from './memory.ts';
import type { Message } from './message.ts';
import type { Queue } from './queue.ts';
import { VirtualHost } from './vhost.ts';

/** Messages looked at in one step of a compaction. */
const COMPACTION_STEP = 2_000;

export interface BrokerSettings {
  readonly clock: Clock;
  readonly memoryLimitBytes: number;
  /** What messages may take of the JavaScript heap, beside their octets. */
  readonly heapLimitBytes?: number | undefined;
  readonly vhosts: readonly string[];
  /** 16 random octets. */
  randomBytes(): Buffer;
  /** Runs `fn` once the loop has looked at its sockets. */
  defer(fn: () => void): void;
  /** A listener of an event threw. */
  onListenerError(error: unknown, event: keyof BrokerEvents): void;
}

export class Broker implements BrokerContext {
  readonly clock: Clock;
  readonly events: Emitter<BrokerEvents>;
  readonly memory: Memory;
  readonly flow = new Flow();
  readonly replyQueues = new Map<string, Queue>();
  readonly #settings: BrokerSettings;
  readonly #vhosts = new Map<string, VirtualHost>();
  #compacting = false;
  /** Where else messages are held than in queues. */
  readonly #holders: (() => Iterable<Message>)[] = [];

  constructor(settings: BrokerSettings) {
    this.#settings = settings;
    this.clock = settings.clock;
    this.events = new Emitter<BrokerEvents>(settings.onListenerError);
    this.memory = new Memory(
      settings.memoryLimitBytes,
      (raised) => this.#onAlarm(raised),
      settings.heapLimitBytes,
    );
    for (const name of settings.vhosts) this.#vhosts.set(name, new VirtualHost(name, this));
  }

  vhost(name: string): VirtualHost | undefined {
    return this.#vhosts.get(name);
  }

  vhosts(): Iterable<VirtualHost> {
    return this.#vhosts.values();
  }

  randomName(prefix: string): string {
    return prefix + this.#settings.randomBytes().toString('base64url');
  }

  /**
   * Looks whether memory is held by remains of chunks, and if so starts moving messages together.
   */
  compactIfNeeded(): void {
    if (this.#compacting || !this.memory.wantsCompaction) return;
    this.#compacting = true;
    this.#compactStep(this.#heldMessages());
  }

  /** Tells where else messages are held, so that a compaction finds them. */
  addHolder(messages: () => Iterable<Message>): void {
    this.#holders.push(messages);
  }

  /** Deletes everything that clients declared, in all virtual hosts. */
  reset(): void {
    for (const vhost of this.#vhosts.values()) vhost.reset();
  }

  #compactStep(messages: Iterator<Message>): void {
    for (let left = COMPACTION_STEP; left > 0; left--) {
      const next = messages.next();
      if (next.done === true) {
        this.#compacting = false;
        this.memory.compacted();
        return;
      }
      this.memory.compact(next.value);
    }
    this.#settings.defer(() => this.#compactStep(messages));
  }

  /** A queue's messages as they are when its turn comes: it goes on changing between the steps. */
  *#heldMessages(): Iterator<Message> {
    for (const messages of this.#holders) yield* [...messages()];
    for (const vhost of [...this.#vhosts.values()]) {
      for (const queue of [...vhost.queues()]) {
        for (const { message } of [...queue.entries()]) yield message;
      }
    }
  }

  #onAlarm(raised: boolean): void {
    const { usedBytes, limitBytes } = this.memory;
    this.events.emit(raised ? 'alarm.set' : 'alarm.cleared', {
      resource: 'memory',
      usedBytes,
      limitBytes,
    });
  }
}
