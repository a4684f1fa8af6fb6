/**
 * Persistent messages to durable queues, with confirms, and nobody who consumes them.
 *
 * Responsible for publishers that each keep a window of unconfirmed messages under way, to one
 * queue or to many in turn. Without a consumer, since a message that is delivered and settled at
 * once need not be written by every broker. Ends before its time where the queues have got long.
 */
import type { BenchConnection } from '../support/connection.ts';
import { type Block, buildBlock, publishFrames } from '../support/frames.ts';
import { FifoLatency } from '../support/latency.ts';
import type { Sample } from '../support/measure.ts';
import { Publisher } from '../support/publisher.ts';
import { openStoreWindow, type RunContext } from './shape.ts';

const BLOCK_BYTES = 65536;
/** Published by one run at the most. */
const MAX_RUN_BYTES = 6 * 1024 * 1024 * 1024;
const LOOK_MS = 20;

export interface DurableConfirmPlan {
  readonly bodyBytes: number;
  /** Of each publisher. */
  readonly window: number;
  /** Connections that publish. */
  readonly publishers: number;
  /** Queues that each publisher publishes to in turn. */
  readonly queues: number;
}

export async function runDurableConfirm(
  context: RunContext,
  plan: DurableConfirmPlan,
): Promise<Sample> {
  const { rig } = context;
  const first = await rig.connect();
  const queues = Array.from({ length: plan.queues }, (_, i) => {
    return `${rig.prefix}q${i.toString().padStart(4, '0')}`;
  });
  for (const queue of queues) await rig.declareQueue(first, queue, true);
  const block = blockFor(queues, plan.bodyBytes);
  const latency = new FifoLatency();
  const publishers: Publisher[] = [];
  const connections: BenchConnection[] = [];
  for (let i = 0; i < plan.publishers; i++) {
    const by = i === 0 ? first : await rig.connect();
    await rig.selectConfirms(by);
    connections.push(by);
    publishers.push(publisherOn(by, block, plan.window, i === 0 ? latency : undefined));
  }
  const published = (): number => publishers.reduce((sum, one) => sum + one.published, 0);
  const confirmed = (): number =>
    connections.reduce((sum, { receiver }) => sum + receiver.confirmed, 0);
  for (const publisher of publishers) publisher.start();
  await rig.pause(context.warmupSeconds * 1e3);
  latency.samples.clear();
  const counts = () => ({ published: published(), confirmed: confirmed() });
  const window = await openStoreWindow(context, 'confirmed', counts);
  const limit = Math.floor(MAX_RUN_BYTES / plan.bodyBytes);
  for (let ms = 0; ms < context.seconds * 1e3 && published() < limit; ms += LOOK_MS) {
    await rig.pause(LOOK_MS);
  }
  const sample = await window.stop(latency.samples.percentiles());
  for (const publisher of publishers) publisher.stop();
  const nacked = connections.reduce((sum, { receiver }) => sum + receiver.nacked, 0);
  return nacked === 0 ? sample : { ...sample, note: `${nacked} nacked` };
}

function blockFor(queues: readonly string[], bodyBytes: number): Block {
  const body = Buffer.alloc(bodyBytes, 'x');
  const messages = queues.map((routingKey) =>
    publishFrames({ channel: 1, exchange: '', routingKey, body, persistent: true }),
  );
  return buildBlock(messages, BLOCK_BYTES);
}

function publisherOn(
  by: BenchConnection,
  block: Block,
  confirmWindow: number,
  latency: FifoLatency | undefined,
): Publisher {
  const { receiver } = by;
  const room = (): number => confirmWindow - publisher.published + receiver.confirmed;
  const publisher = new Publisher(by, block, room);
  publisher.beforeWrite = (count) => latency?.mark(count);
  by.afterChunk = () => {
    latency?.reach(receiver.confirmed);
    publisher.wake();
  };
  return publisher;
}
