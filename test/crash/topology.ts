/**
 * The queues that the clients of a run share, and the ways into them: every kind of exchange, and
 * one exchange behind another, so that one publish reaches several queues.
 */
import type { Channel } from 'amqplib';
import type { Ledger } from './ledger/ledger.ts';

/** How the messages of a queue are taken out. */
export type QueueUse = 'single' | 'shared' | 'polled' | 'unacked' | 'transactions';

interface QueueRow {
  readonly name: string;
  readonly use: QueueUse;
}

interface Binding {
  readonly exchange: string;
  readonly key: string;
  readonly queue: string;
}

/** Where to publish, and the queues that it reaches. */
export interface Route {
  readonly exchange: string;
  readonly key: string;
  readonly queues: readonly string[];
}

const USES: readonly QueueUse[] = [
  ...Array<QueueUse>(7).fill('single'),
  ...Array<QueueUse>(6).fill('shared'),
  'polled',
  'polled',
  'unacked',
  ...Array<QueueUse>(4).fill('transactions'),
];

export const QUEUES: readonly QueueRow[] = USES.map((use, index) => ({
  name: `crash.q${String(index).padStart(2, '0')}`,
  use,
}));

const DIRECT = 'crash.direct';
const FANOUT = 'crash.fanout';
const TOPIC = 'crash.topic';
/** The key with which the direct exchange leads to the fanout exchange. */
const TO_ALL = 'to-all';
/** Bound to nothing. */
export const NOWHERE_KEY = 'nowhere';

const EXCHANGES = [
  [DIRECT, 'direct'],
  [FANOUT, 'fanout'],
  [TOPIC, 'topic'],
] as const;

const queueAt = (index: number): string => (QUEUES[index % QUEUES.length] as QueueRow).name;

const DIRECT_BINDINGS: readonly Binding[] = QUEUES.flatMap((_, index) =>
  [index, index * 3 + 1, index * 7 + 4]
    .slice(0, 1 + (index % 3))
    .map((at) => ({ exchange: DIRECT, key: `key-${index}`, queue: queueAt(at) })),
);

const FANOUT_BINDINGS: readonly Binding[] = [0, 4, 8, 13, 16].map((at) => ({
  exchange: FANOUT,
  key: '',
  queue: queueAt(at),
}));

const TOPIC_PATTERNS = [
  ['orders.*', [1, 5, 17]],
  ['orders.#', [2, 9]],
  ['*.eu', [6, 10, 14]],
  ['*.*.eu', [11, 18]],
  ['#', [3]],
] as const;

const TOPIC_KEYS = ['orders', 'orders.eu', 'orders.us', 'orders.us.eu', 'stock.eu', 'a.b.c.d'];

const TOPIC_BINDINGS: readonly Binding[] = TOPIC_PATTERNS.flatMap(([key, queues]) =>
  queues.map((at) => ({ exchange: TOPIC, key, queue: queueAt(at) })),
);

const BINDINGS = [...DIRECT_BINDINGS, ...FANOUT_BINDINGS, ...TOPIC_BINDINGS];

/** Whether a routing key fits a topic pattern; `#` stands at the end only. */
function fits(pattern: string, key: string): boolean {
  const words = key.split('.');
  const parts = pattern.split('.');
  const isOpen = parts.at(-1) === '#';
  if (isOpen) parts.pop();
  const isLong = isOpen ? words.length >= parts.length : words.length === parts.length;
  return isLong && parts.every((part, index) => part === '*' || part === words[index]);
}

function queuesOf(bindings: readonly Binding[]): readonly string[] {
  return [...new Set(bindings.map(({ queue }) => queue))];
}

/** Every way into the queues, with more than one weight for those that reach several. */
export const ROUTES: readonly Route[] = [
  ...QUEUES.map(({ name }) => ({ exchange: '', key: name, queues: [name] })),
  ...[...new Set(DIRECT_BINDINGS.map(({ key }) => key))].map((key) => ({
    exchange: DIRECT,
    key,
    queues: queuesOf(DIRECT_BINDINGS.filter((each) => each.key === key)),
  })),
  { exchange: FANOUT, key: 'any', queues: queuesOf(FANOUT_BINDINGS) },
  { exchange: DIRECT, key: TO_ALL, queues: queuesOf(FANOUT_BINDINGS) },
  ...TOPIC_KEYS.map((key) => ({
    exchange: TOPIC,
    key,
    queues: queuesOf(TOPIC_BINDINGS.filter((each) => fits(each.key, key))),
  })),
];

/** A way that leads to no queue. */
export const DEAD_END: Route = { exchange: DIRECT, key: NOWHERE_KEY, queues: [] };

/** Declares and binds everything, and opens the books for it. */
export async function setUp(channel: Channel, ledger: Ledger): Promise<void> {
  for (const { name, use } of QUEUES) {
    await channel.assertQueue(name, { durable: true });
    ledger.addQueue(name, { isSingle: use === 'single', isLossy: use === 'unacked' });
  }
  for (const [name, type] of EXCHANGES) await channel.assertExchange(name, type);
  for (const { queue, exchange, key } of BINDINGS) await channel.bindQueue(queue, exchange, key);
  await channel.bindExchange(FANOUT, DIRECT, TO_ALL);
}
