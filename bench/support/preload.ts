/**
 * Fills durable queues with persistent messages, all of them confirmed.
 *
 * Responsible for publishing a fixed number within a window. Not responsible for the queues.
 */
import type { BenchConnection } from './connection.ts';
import { buildBlock, publishFrames } from './frames.ts';
import { Publisher } from './publisher.ts';

const BLOCK_BYTES = 65536;
const WINDOW = 2000;

export interface PreloadPlan {
  /** One, or several in turn. */
  readonly queue: string | readonly string[];
  readonly bodyBytes: number;
  readonly messages: number;
}

/** `by` has confirms turned on, and has published nothing yet. Resolves when all are confirmed. */
export function preload(by: BenchConnection, plan: PreloadPlan): Promise<void> {
  const { receiver } = by;
  const body = Buffer.alloc(plan.bodyBytes, 'x');
  const queues = [plan.queue].flat();
  const messages = queues.map((routingKey) =>
    publishFrames({ channel: 1, exchange: '', routingKey, body, persistent: true }),
  );
  const block = buildBlock(messages, BLOCK_BYTES);
  return new Promise((resolve) => {
    const room = (): number =>
      Math.min(receiver.confirmed + WINDOW, plan.messages) - publisher.published;
    const publisher = new Publisher(by, block, room);
    by.afterChunk = () => {
      if (receiver.confirmed < plan.messages) publisher.wake();
      else resolve();
    };
    publisher.start();
  });
}
