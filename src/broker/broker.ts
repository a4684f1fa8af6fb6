/**
 * The core of one broker: its virtual hosts and what they share.
 *
 * Responsible for nothing that a client can see by itself: it holds the parts together. Clock,
 * randomness and limits are handed in, so that several brokers live in one process undisturbed.
 */
import type { Clock } from '../lib/clock.ts';
import { Emitter } from '../lib/emitter.ts';
import { StoppableClock } from '../lib/stoppable-clock.ts';
import type { Store } from '../store/port.ts';
import { Alarms, type Resource } from './alarms.ts';
import type { BrokerContext } from './context.ts';
import { DefinitionLog } from './definition-log.ts';
import { DiskMonitor, type DiskMonitorParts } from './disk-monitor.ts';
import type { AlarmEvent, BrokerEvents } from './events.ts';
import { Flow } from './flow.ts';
import { Memory } from './memory.ts';
import type { Message } from './message.ts';
import { type Profile, profileOf } from './profile.ts';
import type { Queue } from './queue.ts';
import { recoverDefinitions, type TakeOther } from './recovery.ts';
import { Relief } from './relief.ts';
import { VirtualHost } from './vhost.ts';
import { NO_METADATA, type VhostMetadata } from './vhost-metadata.ts';

/** Messages looked at in one step of a compaction. */
const COMPACTION_STEP = 2_000;

export interface BrokerSettings {
  readonly clock: Clock;
  readonly memoryLimitBytes: number;
  /** What messages may take of the JavaScript heap, beside their octets. */
  readonly heapLimitBytes?: number | undefined;
  readonly vhosts: readonly string[];
  /** What is durable is kept there. */
  readonly store: Store;
  /** That of RabbitMQ 3.13 when undefined. */
  readonly profile?: Profile | undefined;
  /** From 0, below 1; `Math.random` when undefined. */
  readonly random?: (() => number) | undefined;
  /** 16 random octets. */
  randomBytes(): Buffer;
  /** Runs `fn` once the loop has looked at its sockets. */
  defer(fn: () => void): void;
  /** Messages of a queue cannot be read back from the disk. */
  onReadError(queue: Queue, error: unknown): void;
  /** The same of messages that wait for their time; ignored when undefined. */
  readonly onDelaysReadError?: ((error: unknown) => void) | undefined;
  /** A listener of an event threw. */
  onListenerError(error: unknown, event: keyof BrokerEvents): void;
}

/** As RabbitMQ calls itself where a user's name should stand. */
const INTERNAL_ACTOR = 'rmq-internal';

export class Broker implements BrokerContext {
  readonly clock: StoppableClock;
  readonly profile: Profile;
  readonly random: () => number;
  readonly events: Emitter<BrokerEvents>;
  readonly alarms: Alarms;
  readonly memory: Memory;
  /** null: no disk is watched. */
  disk: DiskMonitor | null = null;
  readonly flow = new Flow();
  readonly defer: (fn: () => void) => void;
  readonly onReadError: (queue: Queue, error: unknown) => void;
  readonly onDelaysReadError: (error: unknown) => void;
  readonly definitions: DefinitionLog;
  readonly store: Store;
  readonly relief: Relief;
  readonly replyQueues = new Map<string, Queue>();
  readonly #settings: BrokerSettings;
  readonly #vhosts = new Map<string, VirtualHost>();
  #compacting = false;
  #isHalted = false;
  #actor = INTERNAL_ACTOR;
  /** Where else messages are held than in queues. */
  readonly #holders: (() => Iterable<Message>)[] = [];

  constructor(settings: BrokerSettings) {
    this.#settings = settings;
    this.clock = new StoppableClock(settings.clock);
    this.profile = settings.profile ?? profileOf('3.13');
    this.random = settings.random ?? Math.random;
    this.defer = (fn) => {
      settings.defer(() => {
        if (!this.#isHalted) fn();
      });
    };
    this.onReadError = settings.onReadError;
    this.onDelaysReadError = settings.onDelaysReadError ?? (() => undefined);
    this.events = new Emitter<BrokerEvents>(settings.onListenerError);
    this.alarms = new Alarms((resource, raised) => {
      this.events.emit(raised ? 'alarm.set' : 'alarm.cleared', this.#describe(resource));
    });
    this.memory = new Memory(
      settings.memoryLimitBytes,
      (raised) => {
        if (raised) {
          this.alarms.raise('memory', 'limit');
          this.relief.alarmRaised();
        } else this.alarms.clear('memory', 'limit');
      },
      settings.heapLimitBytes,
    );
    this.store = settings.store;
    this.relief = new Relief({
      clock: this.clock,
      memory: this.memory,
      store: this.store,
      queues: () => this.#queues(),
      compact: () => this.compactIfNeeded(),
    });
    this.memory.setLimit(settings.memoryLimitBytes);
    this.definitions = new DefinitionLog(settings.store.metadata);
    for (const name of settings.vhosts) this.#vhosts.set(name, new VirtualHost(name, this));
  }

  vhost(name: string): VirtualHost | undefined {
    return this.#vhosts.get(name);
  }

  /** Makes a virtual host, or gives one that is there other metadata. */
  addVhost(name: string, metadata: VhostMetadata = NO_METADATA): VirtualHost {
    const vhost = this.#place(name);
    vhost.metadata = metadata;
    this.definitions.vhostAdded(name, metadata);
    return vhost;
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

  /** Raises the disk alarm while less is free than is to be. Resolves after the first look. */
  watchDisk(parts: Omit<DiskMonitorParts, 'clock' | 'alarms'>): Promise<void> {
    const { clock, alarms } = this;
    this.disk = new DiskMonitor({ ...parts, clock, alarms });
    return this.disk.start();
  }

  /**
   * Makes everything again that the metadata store knows; once, before anybody declares anything.
   * `report` is told one line of each definition that could not be made; it stays in the store.
   * `takeOther` is given those that are not the broker's own.
   */
  recover(report: (line: string) => void, takeOther: TakeOther = () => undefined): void {
    const { definitions, store } = this;
    const place = (name: string) => this.#place(name);
    const { vhosts, queueNumbers } = definitions.withoutRecording(() =>
      recoverDefinitions(store.metadata.entries(), place, definitions, report, takeOther),
    );
    for (const name of this.#vhosts.keys()) if (!vhosts.has(name)) definitions.vhostAdded(name);
    definitions.numberTaken(store.started(queueNumbers));
    this.relief.relieveIfNeeded();
  }

  /** Reads what exchanges remember, before messages come. @throws the system's error */
  async load(): Promise<void> {
    for (const vhost of this.#vhosts.values()) {
      for (const exchange of vhost.exchanges()) await exchange.load();
    }
  }

  /** Whose doing is what happens now: a user's, or the broker's own. */
  get actor(): string {
    return this.#actor;
  }

  /** Does what a user asked for. */
  actFor(user: string, work: () => void): void {
    const before = this.#actor;
    this.#actor = user;
    try {
      work();
    } finally {
      this.#actor = before;
    }
  }

  /**
   * Nothing happens by itself any more: no message expires, none moves on. Before the store is
   * closed.
   */
  halt(): void {
    this.#isHalted = true;
    this.clock.stop();
  }

  /** Gives everything back at the end of the process; what is durable stays in the store. */
  close(): void {
    this.definitions.stop();
    for (const vhost of this.#vhosts.values()) vhost.delays.stop();
    this.reset();
  }

  /** Deletes everything that clients declared, in all virtual hosts. */
  reset(): void {
    for (const vhost of this.#vhosts.values()) vhost.reset();
  }

  /** The virtual host, made if it is not there. */
  #place(name: string): VirtualHost {
    const vhost = this.#vhosts.get(name) ?? new VirtualHost(name, this);
    this.#vhosts.set(name, vhost);
    return vhost;
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
    this.defer(() => this.#compactStep(messages));
  }

  *#queues(): Iterable<Queue> {
    for (const vhost of this.#vhosts.values()) yield* vhost.queues();
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

  #describe(resource: Resource): AlarmEvent {
    if (resource === 'disk') {
      return {
        resource,
        freeBytes: this.disk?.freeBytes ?? 0,
        limitBytes: this.disk?.limitBytes ?? 0,
      };
    }
    const { usedBytes, limitBytes } = this.memory;
    return { resource, usedBytes, limitBytes };
  }
}
