// The core of a broker without sockets or real time, for unit tests: a clock that stands still, a
// loop whose turns are run by hand, names that are counted, and all events in a list.
import { EMPTY_TABLE, fromObject, toPlain } from '../../../protocol/table.ts';
import { Broker } from '../../../src/broker/broker.ts';
import type { BindingDefinition, QueueDefinition } from '../../../src/broker/definitions.ts';
import type { BrokerEvents } from '../../../src/broker/events.ts';
import type { ExchangeProperties } from '../../../src/broker/exchange.ts';
import { type Address, Chunk, Message, type QueueEntry } from '../../../src/broker/message.ts';
import { headersIn } from '../../../src/broker/message-properties.ts';
import type { PublishToken, Queue } from '../../../src/broker/queue.ts';
import { Route } from '../../../src/broker/routes.ts';
import type { VirtualHost } from '../../../src/broker/vhost.ts';
import { ManualClock } from '../../../src/lib/manual-clock.ts';
import { MemoryStore } from '../../../src/store/memory.ts';
import type { MetadataStore } from '../../../src/store/port.ts';

/** Takes what is put off to the end of the loop's turn, and runs it when told. */
export class ManualTurns {
  #due: (() => void)[] = [];
  readonly defer = (fn: () => void): void => void this.#due.push(fn);

  get pending(): number {
    return this.#due.length;
  }

  /** One turn: runs what is due now, not what it puts off again. */
  run(): void {
    const due = this.#due;
    this.#due = [];
    for (const fn of due) fn();
  }
}

const EVENTS: readonly (keyof BrokerEvents)[] = [
  ...(['vhost.created', 'exchange.created', 'exchange.deleted'] as const),
  ...(['queue.created', 'queue.deleted', 'binding.created', 'binding.deleted'] as const),
  ...(['consumer.created', 'consumer.deleted', 'alarm.set', 'alarm.cleared'] as const),
];

/** A broker with one virtual host `/`, and what a test needs to drive and watch it. */
export class BrokerParts {
  readonly clock = new ManualClock();
  readonly turns = new ManualTurns();
  /** What was emitted since the last `takeEvents`. */
  #events: unknown[] = [];
  readonly listenerErrors: unknown[] = [];
  readonly broker: Broker;
  readonly vhost: VirtualHost;
  #names = 0;

  constructor(
    memoryLimitBytes = 1_000_000_000,
    vhosts: readonly string[] = ['/'],
    metadata?: MetadataStore,
  ) {
    this.broker = new Broker({
      clock: this.clock,
      memoryLimitBytes,
      heapLimitBytes: Number.POSITIVE_INFINITY,
      vhosts,
      store: new MemoryStore(metadata),
      randomBytes: () => Buffer.alloc(16, this.#names++),
      defer: this.turns.defer,
      onReadError: (_queue, error) => {
        throw error;
      },
      onListenerError: (error, event) => this.listenerErrors.push([event, error]),
    });
    this.vhost = this.broker.vhost('/') as VirtualHost;
    for (const name of EVENTS) {
      this.broker.events.on(name, (event: object) => this.#events.push([name, event]));
    }
  }

  /** Passes time, and lets what follows on it happen. */
  advance(ms: number): void {
    this.clock.advance(ms);
    this.turns.run();
  }

  /** A queue in `/` with these arguments. */
  declareQueue(name: string, args: Record<string, unknown> = {}, durable = false): Queue {
    const wanted = queueOf(name, { durable, arguments: fromObject(args) });
    return this.vhost.declareQueue(wanted, null);
  }

  /** Bodies of what is ready in a queue, in order. */
  bodiesIn(name: string): string[] {
    const entries = this.vhost.queue(name, null).entries();
    return Array.from(entries, ({ message }) => `${bodyOf(message)}`);
  }

  /** Headers of the first message that is ready in a queue. */
  headersIn(name: string): Record<string, unknown> {
    const [entry] = [...this.vhost.queue(name, null).entries()];
    const value = headersIn((entry as QueueEntry).message) ?? EMPTY_TABLE;
    return toPlain({ type: 'F', value }) as Record<string, unknown>;
  }

  /** Name and payload of each event since the last call. */
  takeEvents(): unknown[] {
    return this.#events.splice(0);
  }

  /** The same without those of bindings that went with an end of theirs. */
  takeOtherEvents(): unknown[] {
    return this.takeEvents().filter((event) => (event as [string])[0] !== 'binding.deleted');
  }
}

/** A queue.declare: everything off but what is given. */
export function queueOf(name: string, more: Partial<QueueDefinition> = {}): QueueDefinition {
  return {
    name,
    durable: false,
    exclusive: false,
    autoDelete: false,
    arguments: EMPTY_TABLE,
    ...more,
  };
}

/** An exchange.declare: a direct exchange with everything off but what is given. */
export function exchangeOf(
  name: string,
  more: Partial<ExchangeProperties> = {},
): ExchangeProperties {
  return {
    name,
    type: 'direct',
    durable: false,
    autoDelete: false,
    internal: false,
    arguments: EMPTY_TABLE,
    ...more,
  };
}

/** A binding, to a queue and with an empty key but for what is given. */
export function bindingOf(
  source: string,
  destination: string,
  more: Partial<BindingDefinition> = {},
): BindingDefinition {
  return { source, destination, kind: 'queue', routingKey: '', arguments: EMPTY_TABLE, ...more };
}

export const ADDRESS: Address = new Route('some exchange', 'some.key');

/** No flags, no values. */
const NO_PROPERTIES = Buffer.alloc(2);

/** A message with that body, all in a chunk of its own. */
export function messageOf(body: string | Buffer, properties: Buffer = NO_PROPERTIES): Message {
  const octets = Buffer.from(body);
  const chunk = new Chunk(Buffer.concat([properties, octets]));
  const { length } = properties;
  return new Message(ADDRESS, chunk, 0, length, chunk, length, octets.length, null);
}

/** The octets of a message's body, put together. */
export function bodyOf(message: Message): Buffer {
  const { body, bodyStart, bodySize, parts } = message;
  if (parts === null) return body.bytes.subarray(bodyStart, bodyStart + bodySize);
  return Buffer.concat(parts.map(({ chunk, start, end }) => chunk.bytes.subarray(start, end)));
}

/** The octets of a message's property flags and values. */
export function propertiesOf(message: Message): Buffer {
  return message.properties.bytes.subarray(message.propertiesStart, message.propertiesEnd);
}

/** Writes down how it was settled. */
export class FakeToken implements PublishToken {
  readonly outcomes: string[] = [];

  settle(outcome: 'confirmed' | 'rejected'): void {
    this.outcomes.push(outcome);
  }
}
