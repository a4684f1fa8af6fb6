/**
 * The journeys of the crash test: ways on which the broker itself moves messages, by time, by what
 * consumers do with them, or by what queues count.
 */
import type { Channel, MessageProperties, Options } from 'amqplib';
import type { Random } from '../../fuzz/random.ts';

export type Settling = 'ack' | 'requeue' | 'reject';

export interface JourneyPlan {
  readonly name: string;
  /** Where messages are published. */
  readonly exchange: string;
  readonly key: string;
  /** All queues that they may be in. */
  readonly queues: readonly string[];
  /** Those that are consumed, and in the end emptied. */
  readonly ends: readonly string[];
  /** Whether messages come to their end in the order in which they were sent. */
  readonly keepsOrder: boolean;
  setUp(channel: Channel): Promise<void>;
  /** What a message has beside its label. */
  properties(random: Random): Options.Publish;
  settle(random: Random, queue: string): Settling;
  /** What is wrong with a message that came out of `queue`; null for nothing. */
  fault(queue: string, properties: MessageProperties, nowMs: number): string | null;
}

const STEP_MS = [40, 150, 10];
const MOST_DELAY_MS = 1_500;
const MAX_PRIORITY = 5;
const DELIVERY_LIMIT = 3;
/** The clocks of client and broker are one, read at different times. */
const EARLY_MS = 2;
const DUE_HEADER = 'due';

const persistent = { durable: true };

/** From queue to queue as each one's time to live says. */
const chain: JourneyPlan = {
  name: 'chain',
  exchange: '',
  key: 'journey.chain0',
  queues: ['journey.chain0', 'journey.chain1', 'journey.chain2', 'journey.chain-end'],
  ends: ['journey.chain-end'],
  keepsOrder: true,
  async setUp(channel) {
    await channel.assertQueue('journey.chain-end', persistent);
    for (const [i, messageTtl] of STEP_MS.entries()) {
      const next = i + 1 === STEP_MS.length ? 'journey.chain-end' : `journey.chain${i + 1}`;
      const more = { messageTtl, deadLetterExchange: '', deadLetterRoutingKey: next };
      await channel.assertQueue(`journey.chain${i}`, { ...persistent, ...more });
    }
  },
  properties: () => ({}),
  settle: () => 'ack',
  fault: (_queue, { headers }) => deathsFault(headers, STEP_MS.length, 'expired'),
};

/** What consumers reject comes to another queue. */
const rejected: JourneyPlan = {
  name: 'rejected',
  exchange: '',
  key: 'journey.work',
  queues: ['journey.work', 'journey.rejected'],
  ends: ['journey.work', 'journey.rejected'],
  keepsOrder: false,
  async setUp(channel) {
    await channel.assertQueue('journey.rejected', persistent);
    const more = { deadLetterExchange: '', deadLetterRoutingKey: 'journey.rejected' };
    await channel.assertQueue('journey.work', { ...persistent, ...more });
  },
  properties: () => ({}),
  settle: (random, queue) =>
    queue === 'journey.work' && !random.oneIn(4) ? 'reject' : random.oneIn(5) ? 'requeue' : 'ack',
  fault: (queue, { headers }) =>
    queue === 'journey.work' ? null : deathsFault(headers, 1, 'rejected'),
};

/** Messages wait in an exchange, each as long as it says. */
const delayed: JourneyPlan = {
  name: 'delayed',
  exchange: 'journey.delays',
  key: 'delayed',
  queues: ['journey.delayed'],
  ends: ['journey.delayed'],
  keepsOrder: false,
  async setUp(channel) {
    const more = { arguments: { 'x-delayed-type': 'direct' } };
    await channel.assertExchange('journey.delays', 'x-delayed-message', { ...persistent, ...more });
    await channel.assertQueue('journey.delayed', persistent);
    await channel.bindQueue('journey.delayed', 'journey.delays', 'delayed');
  },
  properties(random) {
    const delay = random.oneIn(5) ? 0 : random.below(MOST_DELAY_MS);
    return { headers: { 'x-delay': delay, [DUE_HEADER]: Date.now() + delay } };
  },
  settle: () => 'ack',
  fault(_queue, { headers }, nowMs) {
    const dueMs = Number(headers?.[DUE_HEADER]);
    return nowMs >= dueMs - EARLY_MS ? null : `came ${dueMs - nowMs} ms too early`;
  },
};

/** A queue with priorities. */
const priorities: JourneyPlan = {
  name: 'priorities',
  exchange: '',
  key: 'journey.priorities',
  queues: ['journey.priorities'],
  ends: ['journey.priorities'],
  keepsOrder: false,
  async setUp(channel) {
    const more = { maxPriority: MAX_PRIORITY };
    await channel.assertQueue('journey.priorities', { ...persistent, ...more });
  },
  properties: (random) => ({ priority: random.below(MAX_PRIORITY + 1) }),
  settle: (random) => (random.oneIn(4) ? 'requeue' : 'ack'),
  fault: () => null,
};

/**
 * A quorum queue that counts returns; what comes back too often goes to a queue that is full at
 * times, and then waits.
 */
const counted: JourneyPlan = {
  name: 'counted',
  exchange: '',
  key: 'journey.counted',
  queues: ['journey.counted', 'journey.too-often'],
  ends: ['journey.counted', 'journey.too-often'],
  keepsOrder: false,
  async setUp(channel) {
    const full = { maxLength: 200, arguments: { 'x-overflow': 'reject-publish' } };
    await channel.assertQueue('journey.too-often', { ...persistent, ...full });
    await channel.assertQueue('journey.counted', {
      ...persistent,
      deadLetterExchange: '',
      deadLetterRoutingKey: 'journey.too-often',
      arguments: {
        'x-queue-type': 'quorum',
        'x-delivery-limit': DELIVERY_LIMIT,
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
      },
    });
  },
  properties: () => ({}),
  settle: (random, queue) => (queue === 'journey.counted' && !random.oneIn(4) ? 'requeue' : 'ack'),
  fault(queue, { headers }) {
    if (queue !== 'journey.counted') return deathsFault(headers, 1, 'delivery_limit');
    const returns = returnsOf(headers);
    return returns <= DELIVERY_LIMIT ? null : `came back ${returns} times`;
  },
};

export const JOURNEYS: readonly JourneyPlan[] = [chain, rejected, delayed, priorities, counted];

/** How often a message came back, as the broker counts it. */
export function returnsOf(headers: MessageProperties['headers']): number {
  return Number(headers?.['x-delivery-count'] ?? 0);
}

function deathsFault(
  headers: MessageProperties['headers'],
  count: number,
  reason: string,
): string | null {
  const deaths = (headers?.['x-death'] ?? []) as unknown as { count: number; reason: string }[];
  const isRight = deaths.length === count && deaths.every((each) => each.reason === reason);
  const isOnce = deaths.every((each) => each.count === 1);
  return isRight && isOnce ? null : `has these deaths: ${JSON.stringify(deaths)}`;
}
