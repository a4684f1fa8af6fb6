/**
 * Emptying a long queue.
 *
 * Responsible for preloading a queue without a consumer and for the time from basic.consume
 * (auto-ack) to the last message. The preload is not measured.
 */
import type { BenchConnection } from '../support/connection.ts';
import { consume } from '../support/consumer.ts';
import { buildBlock, publishFrames } from '../support/frames.ts';
import type { Sample } from '../support/measure.ts';
import { Publisher } from '../support/publisher.ts';
import { openWindow, type RunContext } from './shape.ts';

const BLOCK_BYTES = 65536;
const LOOK_MS = 50;
const MAX_LOOKS = 100;

export async function runDrain(context: RunContext, bodyBytes: number): Promise<Sample> {
  const { rig, drainMessages } = context;
  const publishing = await rig.connect();
  const consuming = await rig.connect();
  const queue = `${rig.prefix}q`;
  await rig.declareQueue(publishing, queue);
  const body = Buffer.alloc(bodyBytes, 'x');
  const message = publishFrames({ channel: 1, exchange: '', routingKey: queue, body });
  const block = buildBlock([message], BLOCK_BYTES);
  const publisher = new Publisher(publishing, block, () => drainMessages - publisher.published);
  await rig.guard(
    new Promise<void>((resolve) => {
      publisher.afterWrite = () => {
        if (publisher.published === drainMessages) resolve();
      };
      publisher.start();
    }),
  );
  await filled(context, publishing, queue);
  const drained = new Promise<void>((resolve) => {
    consuming.afterChunk = () => {
      if (consuming.receiver.contents >= drainMessages) resolve();
    };
  });
  const window = openWindow(context, 'consumed', () => ({
    consumed: consuming.receiver.contents,
  }));
  const plan = { channel: 1, queue, consumerTag: 'c', ackEvery: 0, prefetch: 0 };
  await rig.guard(consume(consuming, plan));
  await rig.guard(drained);
  return window.stop();
}

/** RabbitMQ counts a little behind what its channel has passed on: asks until all are there. */
async function filled(
  { rig, drainMessages }: RunContext,
  publishing: BenchConnection,
  queue: string,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_LOOKS; attempt++) {
    if ((await rig.settle(publishing, queue)) === drainMessages) return;
    await rig.pause(LOOK_MS);
  }
  throw new Error(`the queue does not come to hold ${drainMessages} messages`);
}
