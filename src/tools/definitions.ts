/**
 * The definitions of a data folder: made again by the very code that a start makes them with, in a
 * broker that keeps nothing.
 *
 * Responsible for what there is, for what could not be made, and for the form in which RabbitMQ
 * exports definitions. Not responsible for messages.
 */
import { type FieldTable, type FieldValue, toPlain } from '../../protocol/table.ts';
import { Broker } from '../broker/broker.ts';
import type { Exchange } from '../broker/exchange.ts';
import type { Queue } from '../broker/queue.ts';
import type { VirtualHost } from '../broker/vhost.ts';
import { systemClock } from '../lib/clock.ts';
import { MemoryStore } from '../store/memory.ts';

/** Which product writes an export. */
export interface Product {
  readonly name: string;
  readonly version: string;
  /** The version of RabbitMQ that its clients see. */
  readonly rabbitmqVersion: string;
}

export class Definitions {
  readonly vhosts: readonly VirtualHost[];
  /** Queues by number. */
  readonly queues: ReadonlyMap<number, Queue>;
  /** One line for each definition that is damaged or refers to what is missing. */
  readonly problems: readonly string[];

  constructor(entries: ReadonlyMap<string, string>) {
    const problems: string[] = [];
    const broker = brokerOf(entries);
    broker.recover((line) => problems.push(line));
    this.vhosts = [...broker.vhosts()];
    const queues = new Map<number, Queue>();
    for (const vhost of this.vhosts) {
      for (const queue of vhost.queues())
        if (queue.number !== null) queues.set(queue.number, queue);
    }
    this.queues = queues;
    for (const { name } of this.vhosts) {
      if (entries.has(JSON.stringify(['vhost', name]))) continue;
      problems.push(`vhost ${JSON.stringify(name)} has no definition, and others are in it`);
    }
    this.problems = problems;
  }

  /** Exchanges that were declared. */
  *exchanges(): Iterable<{ readonly vhost: string; readonly exchange: Exchange }> {
    for (const vhost of this.vhosts) {
      for (const exchange of vhost.exchanges()) {
        if (!exchange.isPredeclared) yield { vhost: vhost.name, exchange };
      }
    }
  }

  /** Bindings as RabbitMQ exports them. */
  *bindings(): Iterable<ExportedBinding> {
    for (const vhost of this.vhosts) {
      for (const exchange of vhost.exchanges()) {
        for (const binding of exchange.bindings()) {
          yield {
            source: binding.source,
            vhost: vhost.name,
            destination: binding.destination.name,
            destination_type: binding.destination.kind,
            routing_key: binding.routingKey,
            arguments: plain(binding.arguments),
          };
        }
      }
    }
  }

  /** All of it as RabbitMQ exports definitions; users and policies are not kept in the folder. */
  exported({ name, version, rabbitmqVersion }: Product): Record<string, unknown> {
    return {
      rabbit_version: rabbitmqVersion,
      rabbitmq_version: rabbitmqVersion,
      product_name: name,
      product_version: version,
      rabbitmq_definition_format: 'cluster',
      explanation: 'Definitions of a data folder, exported while no broker ran on it',
      users: [],
      vhosts: this.vhosts.map((vhost) => ({ name: vhost.name })),
      permissions: [],
      topic_permissions: [],
      parameters: [],
      global_parameters: [],
      policies: [],
      queues: Array.from(this.queues.values(), exportedQueue),
      exchanges: Array.from(this.exchanges(), ({ vhost, exchange }) =>
        exportedExchange(vhost, exchange),
      ),
      bindings: [...this.bindings()],
    };
  }
}

interface ExportedBinding {
  readonly source: string;
  readonly vhost: string;
  readonly destination: string;
  readonly destination_type: 'queue' | 'exchange';
  readonly routing_key: string;
  readonly arguments: unknown;
}

function exportedQueue(queue: Queue): object {
  const { vhost, name, durable, autoDelete } = queue;
  const args = plain(queue.arguments);
  return { vhost, name, type: 'classic', durable, auto_delete: autoDelete, arguments: args };
}

export function exportedExchange(vhost: string, exchange: Exchange): object {
  const { name, durable, autoDelete, internal } = exchange;
  const args = plain(exchange.arguments);
  const type = exchange.type.name;
  return { vhost, name, type, durable, auto_delete: autoDelete, internal, arguments: args };
}

/** Arguments as JSON can say them: RabbitMQ's export has no types, either. */
function plain(table: FieldTable): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, field] of table) object[key] = plainValue(field);
  return object;
}

function plainValue(field: FieldValue): unknown {
  if (field.type === 'F') return plain(field.value);
  if (field.type === 'A') return field.value.map(plainValue);
  const value = toPlain(field);
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  return typeof value === 'bigint' ? String(value) : value;
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
