/**
 * Publishing into a queue that nobody reads.
 *
 * Responsible for rounds of a bounded number of messages: a round ends when the broker has
 * answered a passive declare behind them on the same channel, so that what lies in socket buffers
 * is not taken for published. The queue is purged between rounds, outside the measured time.
 */
import { buildBlock, publishFrames } from '../support/frames.ts';
import { nowMs } from '../support/latency.ts';
import type { Sample } from '../support/measure.ts';
import { Publisher } from '../support/publisher.ts';
import { openWindow, type RunContext } from './shape.ts';

const ROUND_BYTES = 128 * 1024 * 1024;
const MAX_ROUND_MESSAGES = 200_000;
const BLOCK_BYTES = 65536;

export async function runPublishOnly(context: RunContext, bodyBytes: number): Promise<Sample> {
  const { rig } = context;
  const connection = await rig.connect();
  const queue = `${rig.prefix}q`;
  await rig.declareQueue(connection, queue);
  const body = Buffer.alloc(bodyBytes, 'x');
  const message = publishFrames({ channel: 1, exchange: '', routingKey: queue, body });
  const perRound = Math.min(MAX_ROUND_MESSAGES, Math.floor(ROUND_BYTES / bodyBytes));
  let allowed = 0;
  const block = buildBlock([message], BLOCK_BYTES);
  const publisher = new Publisher(connection, block, () => allowed - publisher.published);
  publisher.start();
  const round = async (): Promise<void> => {
    allowed += perRound;
    await rig.guard(
      new Promise<void>((resolve) => {
        publisher.afterWrite = () => {
          if (publisher.published === allowed) resolve();
        };
        publisher.wake();
      }),
    );
    await rig.settle(connection, queue);
  };
  const warmUntil = nowMs() + context.warmupSeconds * 1e3;
  do {
    await round();
    await rig.purge(connection, queue);
  } while (nowMs() < warmUntil);
  const window = openWindow(context, 'published', () => ({ published: publisher.published }));
  do {
    await round();
    await window.without(() => rig.purge(connection, queue));
  } while (window.elapsedMs < context.seconds * 1e3);
  publisher.stop();
  return window.stop();
}
