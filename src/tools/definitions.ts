/**
 * The definitions of a data folder: made again by the very code that a start makes them with, in a
 * broker that keeps nothing.
 *
 * Responsible for what there is and for what could not be made. Not responsible for messages.
 */
import { Users } from '../auth/users.ts';
import { Broker } from '../broker/broker.ts';
import type { Queue } from '../broker/queue.ts';
import { storesOf } from '../broker/queue-factory.ts';
import type { VirtualHost } from '../broker/vhost.ts';
import { Catalog } from '../definitions/catalog.ts';
import { exportDefinitions, type Product } from '../definitions/export.ts';
import { systemClock } from '../lib/clock.ts';
import { MemoryStore } from '../store/memory.ts';
import { nameOf } from './words.ts';

/** What is in the store without being a queue's. */
export interface Aside {
  readonly vhost: string;
  /** Whose values they are that it remembers; null: messages that wait for their time. */
  readonly exchange: string | null;
}

export class Definitions {
  readonly vhosts: readonly VirtualHost[];
  /** Queues by number. */
  readonly queues: ReadonlyMap<number, Queue>;
  /** By number. */
  readonly asides: ReadonlyMap<number, Aside>;
  /** One line for each definition that is damaged or refers to what is missing. */
  readonly problems: readonly string[];
  readonly #broker: Broker;
  readonly #users = new Users([]);
  readonly #catalog: Catalog;

  constructor(entries: ReadonlyMap<string, string>) {
    const problems: string[] = [];
    const broker = brokerOf(entries);
    this.#broker = broker;
    this.#catalog = new Catalog(this.#users, broker.definitions, broker.events);
    broker.recover(
      (line) => problems.push(line),
      (names, value) => this.#catalog.recover(names, value),
    );
    this.vhosts = [...broker.vhosts()];
    const queues = new Map<number, Queue>();
    for (const vhost of this.vhosts) {
      for (const queue of vhost.queues()) {
        if (queue.number !== null) {
          const last = queue.number + storesOf(queue.arguments) - 1;
          for (let each = queue.number; each <= last; each++) queues.set(each, queue);
        }
      }
    }
    this.queues = queues;
    this.asides = asidesIn(entries, this.vhosts);
    for (const { name } of this.vhosts) {
      if (entries.has(JSON.stringify(['vhost', name]))) continue;
      problems.push(`vhost ${JSON.stringify(name)} has no definition, and others are in it`);
    }
    this.problems = problems;
  }

  /** Whether anything is known of whose the messages of a number are. */
  knows(number: number): boolean {
    return this.queues.has(number) || this.asides.has(number);
  }

  /** Whose the messages of a number are, for a person. */
  ownerOf(number: number): string {
    const queue = this.queues.get(number);
    if (queue !== undefined) return `queue ${nameOf(queue.name)} in vhost ${nameOf(queue.vhost)}`;
    const aside = this.asides.get(number);
    if (aside !== undefined) {
      const { vhost, exchange } = aside;
      if (exchange === null) return `the delayed messages of vhost ${nameOf(vhost)}`;
      return `what exchange ${nameOf(exchange)} in vhost ${nameOf(vhost)} remembers`;
    }
    return `queue number ${number}, which has no definition`;
  }

  /** All of it as RabbitMQ exports definitions, with the users that came with definitions. */
  exported(product: Product): Record<string, unknown> {
    return exportDefinitions(this.#broker, this.#users, this.#catalog, product);
  }
}

function asidesIn(
  entries: ReadonlyMap<string, string>,
  vhosts: readonly VirtualHost[],
): Map<number, Aside> {
  const found = new Map<number, Aside>();
  for (const [key, value] of entries) {
    if (!key.startsWith('["delays",')) continue;
    const [, vhost] = JSON.parse(key) as [string, string];
    found.set((JSON.parse(value) as { number: number }).number, { vhost, exchange: null });
  }
  for (const vhost of vhosts) {
    for (const { name: exchange, number } of vhost.exchanges()) {
      if (number !== null) found.set(number, { vhost: vhost.name, exchange });
    }
  }
  return found;
}

function brokerOf(entries: ReadonlyMap<string, string>): Broker {
  const store = new MemoryStore({
    isPending: false,
    entries: () => entries,
    put: () => undefined,
    delete: () => undefined,
    whenDurable: (done) => done(),
  });
  return new Broker({
    clock: systemClock,
    memoryLimitBytes: Number.POSITIVE_INFINITY,
    vhosts: [],
    store,
    onReadError: () => undefined,
    randomBytes: () => Buffer.alloc(16),
    defer: (fn) => fn(),
    onListenerError: () => undefined,
  });
}
