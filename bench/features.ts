/**
 * npm run bench:features: what priorities, dead-letter chains, delays and policies cost, inside one
 * process and without sockets, each beside the same without it where there is such a thing.
 *
 * Prints one line a figure. Nothing is asserted; machines differ.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeNames } from '../protocol/names.ts';
import { encodeProperties, type Properties } from '../protocol/properties.ts';
import { type FieldTable, fromObject } from '../protocol/table.ts';
import { Broker } from '../src/broker/broker.ts';
import type { Consumer } from '../src/broker/consumer.ts';
import { Chunk, Message, type QueueEntry } from '../src/broker/message.ts';
import type { Queue } from '../src/broker/queue.ts';
import type { VirtualHost } from '../src/broker/vhost.ts';
import { systemClock } from '../src/lib/clock.ts';
import { MemoryStore } from '../src/store/memory.ts';

const MESSAGES = 300_000;
const DELAYED = 1_000_000;
const SPREAD_MS = 20_000;
const MIB = 1024 * 1024;
const BODY = new Chunk(Buffer.alloc(16));

function makeVhost(): VirtualHost {
  const broker = new Broker({
    clock: systemClock,
    memoryLimitBytes: Number.POSITIVE_INFINITY,
    vhosts: ['/'],
    store: new MemoryStore(),
    randomBytes: () => Buffer.alloc(16),
    defer: (fn) => void setImmediate(fn),
    onReadError: (_queue, error) => {
      throw error;
    },
    onListenerError: (error) => {
      throw error;
    },
  });
  return broker.vhost('/') as VirtualHost;
}

function messageOf(exchange: string, routingKey: string, properties: Properties): Message {
  const address = { exchange, routingKey, names: encodeNames(exchange, routingKey) };
  const bytes = encodeProperties(properties);
  return new Message(address, new Chunk(bytes), 0, bytes.length, BODY, 0, 16, null);
}

function declare(vhost: VirtualHost, name: string, args: Record<string, unknown> = {}): Queue {
  const flags = { durable: false, exclusive: false, autoDelete: false };
  return vhost.declareQueue({ name, ...flags, arguments: fromObject(args) }, null);
}

function show(name: string, figure: string): void {
  console.log(`${name.padEnd(52)} ${figure}`);
}

function perSecond(count: number, startedMs: number): string {
  return `${Math.round(count / ((performance.now() - startedMs) / 1000)).toLocaleString('en')}/s`;
}

/** Messages in, then all out again. */
function throughQueue(name: string, args: Record<string, unknown>): void {
  const queue = declare(makeVhost(), 'q', args);
  const messages = Array.from({ length: 10 }, (_, priority) => messageOf('', 'q', { priority }));
  const started = performance.now();
  for (let i = 0; i < MESSAGES; i++) {
    const message = messages[i % 10] as Message;
    queue.publish(message.with(message.address, message.properties.bytes), null);
  }
  for (let i = 0; i < MESSAGES; i++) queue.get(true);
  show(name, perSecond(MESSAGES, started));
}

/** Takes what it is given, up to 100 at a time, and acks it in the next turn of `settle`. */
class Taker implements Consumer {
  readonly tag = 'taker';
  readonly noAck = false;
  readonly exclusive = false;
  readonly priority = 0;
  readonly queue: Queue;
  readonly arguments: FieldTable;
  parked = false;
  count = 0;
  #held: QueueEntry[] = [];

  constructor(queue: Queue, args: Readonly<Record<string, unknown>>) {
    this.queue = queue;
    this.arguments = fromObject(args);
    queue.consume(this);
  }

  isReady(): boolean {
    return this.#held.length < 100;
  }

  park(): void {
    // Woken by settle().
  }

  deliver(_message: Message, entry: QueueEntry | null): void {
    this.count++;
    if (entry !== null) this.#held.push(entry);
  }

  settle(): void {
    const held = this.#held;
    this.#held = [];
    for (const entry of held) this.queue.acknowledge(entry);
    if (this.parked) this.queue.activate(this);
    this.queue.dispatch();
  }

  cancelledByBroker(): void {
    throw new Error('the queue is gone');
  }
}

/** Four consumers, each with its own arguments, take what keys 0 to 99 come with. */
function throughConsumers(
  name: string,
  args: Readonly<Record<string, unknown>>,
  consumers: readonly Readonly<Record<string, unknown>>[],
): void {
  const queue = declare(makeVhost(), 'q', args);
  const messages = Array.from({ length: 100 }, (_, key) =>
    messageOf('', 'q', { headers: fromObject({ key }) }),
  );
  const takers = consumers.map((each) => new Taker(queue, each));
  const started = performance.now();
  for (let i = 0; i < MESSAGES; i++) {
    const message = messages[i % 100] as Message;
    queue.publish(message.with(message.address, message.properties.bytes), null);
    if (i % 50 === 0) for (const taker of takers) taker.settle();
  }
  while (takers.reduce((sum, { count }) => sum + count, 0) < MESSAGES) {
    for (const taker of takers) taker.settle();
  }
  show(name, perSecond(MESSAGES, started));
}

/** Rejected three times on its way to the last queue. */
function deadLetterChain(): void {
  const vhost = makeVhost();
  const names = ['a', 'b', 'c', 'd'];
  const queues = names.map((name, at) => {
    const next = names[at + 1];
    const args = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': next };
    return declare(vhost, name, next === undefined ? {} : args);
  });
  const count = MESSAGES / 10;
  const started = performance.now();
  for (let i = 0; i < count; i++) queues[0]?.publish(messageOf('', 'a', {}), null);
  for (const queue of queues.slice(0, -1)) {
    for (let entry = queue.get(false); entry !== null; entry = queue.get(false)) {
      queue.settle([entry], 'rejected');
    }
  }
  show('dead-letter chain of 3', `${perSecond(count * 3, started)} dead letters`);
}

async function delays(): Promise<void> {
  const vhost = makeVhost();
  const queue = declare(vhost, 'q');
  const args = fromObject({ 'x-delayed-type': 'fanout' });
  const flags = { durable: false, autoDelete: false, internal: false };
  vhost.declareExchange({ name: 'x', type: 'x-delayed-message', ...flags, arguments: args });
  const binding = { source: 'x', kind: 'queue', destination: 'q', routingKey: '' } as const;
  vhost.bind({ ...binding, arguments: new Map() }, null);
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const started = performance.now();
  const firstDueMs = Math.floor(systemClock.now()) + SPREAD_MS;
  for (let i = 0; i < DELAYED; i++) {
    const dueMs = firstDueMs + Math.floor((i * SPREAD_MS) / DELAYED);
    const message = messageOf('x', '', { timestamp: dueMs });
    vhost.delays.schedule(message, dueMs, { kind: 'exchange', name: 'x' }, null);
  }
  show('a million delayed: scheduling', perSecond(DELAYED, started));
  const rss = process.memoryUsage().rss - before;
  show('a million delayed: memory', `${Math.round(rss / MIB)} MiB (16 octets each)`);
  const late: number[] = [];
  while (late.length < DELAYED && systemClock.now() < firstDueMs + 3 * SPREAD_MS) {
    for (let entry = queue.get(true); entry !== null; entry = queue.get(true)) {
      const { bytes } = entry.message.properties;
      late.push(systemClock.now() - Number(bytes.readBigUInt64BE(bytes.length - 8)));
    }
    await sleep(1);
  }
  late.sort((a, b) => a - b);
  const at = (share: number) => (late[Math.floor(share * (late.length - 1))] ?? 0).toFixed(1);
  show('a million delayed: handed on', `${late.length} of ${DELAYED}, 50,000 due a second`);
  show('a million delayed: late, ms', `p50 ${at(0.5)}  p99 ${at(0.99)}  most ${at(1)}`);
}

async function policies(): Promise<void> {
  const vhost = makeVhost();
  const definition = { 'max-length': 10 };
  for (let i = 0; i < 1_000; i++) {
    vhost.policies.set('policy', { name: `p${i}`, pattern: `^some-${i}\\.`, definition });
  }
  let started = performance.now();
  for (let i = 0; i < 1_000; i++) declare(vhost, `some-${i}.queue`);
  const each = (performance.now() - started) / 1_000;
  show('1,000 policies: declaring a queue', `${each.toFixed(3)} ms`);
  const other = makeVhost();
  for (let i = 0; i < 10_000; i++) declare(other, `queue-${i}`);
  const last = other.queue('queue-9999', null);
  let longest = 0;
  let began = performance.now();
  started = began;
  other.policies.set('policy', { name: 'p', pattern: '', definition });
  while (last.settings.maxLength !== 10) {
    longest = Math.max(longest, performance.now() - began);
    await new Promise((resolve) => setImmediate(resolve));
    longest = Math.max(longest, performance.now() - began);
    began = performance.now();
  }
  const times = [performance.now() - started, longest].map((ms) => ms.toFixed(1));
  show('10,000 queues: setting a policy', `${times[0]} ms, the longest turn ${times[1]} ms`);
}

for (let round = 0; round < 2; round++) {
  throughQueue('a plain queue, in and out', {});
  throughQueue('x-max-priority 9, ten priorities, in and out', { 'x-max-priority': 9 });
  throughQueue('x-message-ttl, in and out', { 'x-message-ttl': 3_600_000 });
  throughQueue('x-max-length, in and out', { 'x-max-length': MESSAGES });
  deadLetterChain();
  const four = [0, 1, 2, 3];
  throughConsumers(
    'four consumers',
    {},
    four.map(() => ({})),
  );
  const filters = four.map((n) => ({ 'x-filter': `key % 4 = ${n}` }));
  throughConsumers('four consumers, each with an x-filter of its own', {}, filters);
  throughConsumers(
    'four consumers, x-group-key with 100 keys',
    { 'x-group-key': 'key' },
    four.map(() => ({})),
  );
}
await policies();
await delays();
