/**
 * Worker thread with one publisher and one consumer who mind their own business on their own queue.
 *
 * Responsible for keeping a fixed number of messages under way and for how long each takes: what
 * others do to the broker shows in both. A thread of its own, so that it does not wait for the
 * flood's. Reports and begins anew whenever it is asked.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { buildBlock, publishFrames } from '../support/frames.ts';
import { FifoLatency, nowMs } from '../support/latency.ts';
import type { Target } from '../support/target.ts';
import { Client } from './client.ts';

export interface PairPlan {
  readonly target: Target;
  readonly queue: string;
  readonly bodyBytes: number;
  /** Messages under way at any time. */
  readonly window: number;
}

/** What came of the pair since the report before. Times in milliseconds. */
export interface PairReport {
  readonly messagesPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** The longest that any message took, those that are still under way included. */
  readonly longest: number;
}

async function run(plan: PairPlan): Promise<void> {
  const onFailure = (error: Error): never => {
    throw error;
  };
  const publisher = await Client.open(plan.target, { onFailure });
  const consumer = await Client.open(plan.target, { onFailure });
  await consumer.declare(plan.queue);
  await consumer.consume(plan.queue, 'auto');
  const body = Buffer.alloc(plan.bodyBytes, 'x');
  const message = publishFrames({ channel: 1, exchange: '', routingKey: plan.queue, body });
  const block = buildBlock([message], plan.window * message.length, plan.window);
  const latency = new FifoLatency();
  let published = 0;
  let sinceMs = nowMs();
  let contentsBefore = 0;
  let lastArrivalMs = sinceMs;

  const publish = (): void => {
    const count = plan.window - published + consumer.receiver.contents;
    if (count <= 0) return;
    for (let i = 0; i < count; i++) latency.mark(++published);
    publisher.socket.write(block.bytes.subarray(0, block.ends[count - 1]));
  };
  consumer.afterChunk = () => {
    latency.reach(consumer.receiver.contents);
    lastArrivalMs = nowMs();
    publish();
  };
  parentPort?.on('message', () => {
    const now = nowMs();
    const { contents } = consumer.receiver;
    const samples = latency.samples.percentiles();
    const report: PairReport = {
      messagesPerSecond: ((contents - contentsBefore) * 1000) / (now - sinceMs),
      p50: samples?.p50 ?? now - lastArrivalMs,
      p99: samples?.p99 ?? now - lastArrivalMs,
      longest: Math.max(samples?.max ?? 0, now - lastArrivalMs),
    };
    latency.samples.clear();
    contentsBefore = contents;
    sinceMs = now;
    parentPort?.postMessage(report);
  });
  publish();
}

await run(workerData as PairPlan);
