/**
 * The shapes of the macro benchmark, one row each.
 *
 * Responsible for their names, sizes and order; those that need a disk are in durable-shapes.ts.
 * How a row is carried out is in runners/. A new shape of a kind that exists is a row here.
 */
import { DURABLE_SHAPES } from './durable-shapes.ts';
import { runDrain } from './runners/drain.ts';
import { type FlowPlan, runFlow } from './runners/flow.ts';
import { runPublishOnly } from './runners/publish-only.ts';
import { runRpc } from './runners/rpc.ts';
import type { Shape } from './runners/shape.ts';
import { runSteady } from './runners/steady.ts';

const SMALL = 16;
const KIB = 1024;
const SET_UP_SECONDS = 20;
/** A preload that takes longer than this is a failed run. */
const PRELOAD_SECONDS = 120;
const TOPIC_QUEUES = 10;
const TOPIC_BINDINGS = 1000;
const ROOMS = 4;

function flow(name: string, title: string, plan: FlowPlan, ceiling = true): Shape {
  const confirms = plan.confirmWindow !== undefined;
  const timed = plan.pairs !== true;
  return {
    name,
    title,
    headline: confirms ? 'confirmed' : 'consumed',
    ...(timed ? { latencyOf: confirms ? 'publish to confirm' : 'under saturation' } : {}),
    ceiling,
    extraSeconds: SET_UP_SECONDS,
    run: (context) => runFlow(context, plan),
  };
}

function rpc(name: string, title: string, window: number): Shape {
  return {
    name,
    title,
    headline: 'consumed',
    latencyOf: 'request to reply',
    ceiling: false,
    extraSeconds: SET_UP_SECONDS,
    run: (context) => runRpc(context, { bodyBytes: SMALL, window }),
  };
}

function device(index: number): string {
  return `d${index.toString().padStart(4, '0')}`;
}

/** The bindings of one of the topic queues: a third with `*`, a third with `#`, a third plain. */
export function topicBindings(queue: number): string[] {
  const perQueue = TOPIC_BINDINGS / TOPIC_QUEUES;
  return Array.from({ length: perQueue }, (_, i) => {
    const index = queue * perQueue + i;
    const pattern = ['*.temp', '#', 'r0.temp'][index % 3] as string;
    return `${device(index)}.${pattern}`;
  });
}

/** Routing keys that each match exactly one of the topic bindings; all of one length. */
export function topicRoutingKeys(): string[] {
  const keys: string[] = [];
  for (let room = 0; room < ROOMS; room++) {
    for (let index = 0; index < TOPIC_BINDINGS; index++) {
      keys.push(`${device(index)}.r${index % 3 === 2 ? 0 : room}.temp`);
    }
  }
  return keys;
}

export const SHAPES: readonly Shape[] = [
  flow('auto-ack-16b', '1 to 1, auto-ack, 16 B', { bodyBytes: SMALL }),
  flow('auto-ack-1k', '1 to 1, auto-ack, 1 KiB', { bodyBytes: KIB }),
  flow('auto-ack-64k', '1 to 1, auto-ack, 64 KiB', { bodyBytes: 64 * KIB }),
  flow('ack-prefetch-1', 'ack one by one, prefetch 1, 16 B', {
    bodyBytes: SMALL,
    ackEvery: 1,
    prefetch: 1,
  }),
  flow('ack-prefetch-10', 'ack one by one, prefetch 10, 16 B', {
    bodyBytes: SMALL,
    ackEvery: 1,
    prefetch: 10,
  }),
  flow('ack-prefetch-100', 'ack one by one, prefetch 100, 16 B', {
    bodyBytes: SMALL,
    ackEvery: 1,
    prefetch: 100,
  }),
  flow('ack-batch-50', 'acks of 50, prefetch 100, 16 B', {
    bodyBytes: SMALL,
    ackEvery: 50,
    prefetch: 100,
  }),
  flow('confirm-1', 'confirms, window 1, 16 B', { bodyBytes: SMALL, confirmWindow: 1 }),
  flow('confirm-100', 'confirms, window 100, 16 B', { bodyBytes: SMALL, confirmWindow: 100 }),
  flow('confirm-1000', 'confirms, window 1,000, 16 B', { bodyBytes: SMALL, confirmWindow: 1000 }),
  {
    name: 'publish-only',
    title: 'publish only, 1 KiB',
    headline: 'published',
    ceiling: true,
    extraSeconds: SET_UP_SECONDS * 2,
    run: (context) => runPublishOnly(context, KIB),
  },
  {
    name: 'drain',
    title: 'drain only of a preloaded queue, 16 B',
    headline: 'consumed',
    ceiling: true,
    extraSeconds: PRELOAD_SECONDS,
    run: (context) => runDrain(context, SMALL),
  },
  flow('fanout-10', '1 to 10 fan-out, 16 B', {
    bodyBytes: SMALL,
    queues: 10,
    exchange: { type: 'fanout', bindings: () => [''], routingKeys: [''] },
  }),
  flow(
    'topic-1000',
    'topic exchange, 1,000 bindings, 16 B',
    {
      bodyBytes: SMALL,
      queues: TOPIC_QUEUES,
      exchange: { type: 'topic', bindings: topicBindings, routingKeys: topicRoutingKeys() },
    },
    false,
  ),
  flow('pairs-100', '100 connections, each 1 publisher and 1 consumer, 16 B', {
    bodyBytes: SMALL,
    queues: 100,
    pairs: true,
  }),
  {
    name: 'steady-10k',
    title: 'steady 10,000/s, 16 B',
    headline: 'p99',
    latencyOf: 'due to delivered',
    ceiling: true,
    extraSeconds: SET_UP_SECONDS,
    run: (context) => runSteady(context, { bodyBytes: SMALL, messagesPerSecond: 10_000 }),
  },
  rpc('rpc-1', 'RPC over direct reply-to, 1 outstanding, 16 B', 1),
  rpc('rpc-32', 'RPC over direct reply-to, 32 outstanding, 16 B', 32),
  ...DURABLE_SHAPES,
];
