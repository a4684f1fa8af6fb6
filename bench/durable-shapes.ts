/**
 * The shapes that need a disk: persistent messages in durable queues.
 *
 * Responsible for their names, sizes and order, as shapes.ts is for the others. Confirm shapes are
 * called durable-confirm-<window>-<body>, with <publishers>x before the window where there is more
 * than one.
 */
import { type DurableConfirmPlan, runDurableConfirm } from './runners/durable-confirm.ts';
import { type DurableConsumePlan, runDurableConsume } from './runners/durable-consume.ts';
import { runFlow } from './runners/flow.ts';
import type { Shape } from './runners/shape.ts';

const KIB = 1024;
const SET_UP_SECONDS = 60;
/** A preload, and the drain behind it. */
const PRELOAD_SECONDS = 240;
const MANY_QUEUES = 1000;
const BODIES: readonly (readonly [string, string, number])[] = [
  ['100b', '100 B', 100],
  ['1k', '1 KiB', KIB],
  ['64k', '64 KiB', 64 * KIB],
];

function confirm(name: string, title: string, run: Shape['run']): Shape {
  return {
    name,
    title: `durable: ${title}`,
    headline: 'confirmed',
    latencyOf: 'publish to confirm',
    ceiling: false,
    keeping: 'durable',
    floor: true,
    extraSeconds: SET_UP_SECONDS,
    run,
  };
}

function publish(name: string, title: string, plan: DurableConfirmPlan): Shape {
  return { ...confirm(name, title, (context) => runDurableConfirm(context, plan)), ceiling: true };
}

function confirms(): Shape[] {
  const shapes: Shape[] = [];
  for (const publishers of [1, 20]) {
    for (const window of [1, 100, 1000]) {
      for (const [short, long, bodyBytes] of BODIES) {
        const one = publishers === 1;
        const name = `durable-confirm-${one ? '' : `${publishers}x`}${window}-${short}`;
        const who = one ? 'confirms' : `${publishers} publishers, confirms`;
        const title = `${who}, window ${window.toLocaleString('en-US')}, ${long}`;
        shapes.push(publish(name, title, { bodyBytes, window, publishers, queues: 1 }));
      }
    }
  }
  return shapes;
}

function consume(name: string, title: string, plan: DurableConsumePlan): Shape {
  return {
    name,
    title: `durable: ${title}`,
    headline: 'consumed',
    ceiling: false,
    keeping: 'durable',
    extraSeconds: PRELOAD_SECONDS,
    run: (context) => runDurableConsume(context, plan),
  };
}

export const DURABLE_SHAPES: readonly Shape[] = [
  ...confirms(),
  publish('durable-queues-1000', '1,000 queues in turn, confirms, window 1,000, 1 KiB', {
    bodyBytes: KIB,
    window: 1000,
    publishers: 1,
    queues: MANY_QUEUES,
  }),
  confirm('durable-flow-1k', 'confirms, window 1,000, consumed with acks of 50, 1 KiB', (context) =>
    runFlow(context, {
      bodyBytes: KIB,
      durable: true,
      confirmWindow: 1000,
      ackEvery: 50,
      prefetch: 1000,
    }),
  ),
  consume('durable-consume-ack-1', 'preloaded, ack one by one, prefetch 100, 1 KiB', {
    bodyBytes: KIB,
    ackEvery: 1,
    prefetch: 100,
    wholly: false,
  }),
  consume('durable-consume-ack-50', 'preloaded, acks of 50, prefetch 100, 1 KiB', {
    bodyBytes: KIB,
    ackEvery: 50,
    prefetch: 100,
    wholly: false,
  }),
  consume('durable-drain-1k', 'preloaded, drained, auto-ack, 1 KiB', {
    bodyBytes: KIB,
    ackEvery: 0,
    prefetch: 0,
    wholly: true,
  }),
];
