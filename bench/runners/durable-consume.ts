/**
 * Consuming a durable queue that was filled before.
 *
 * Responsible for preloading it with persistent messages, which is not measured, and for the time
 * from basic.consume until the queue is empty or, where acks are measured, until the run's time
 * is over.
 */
import { consume } from '../support/consumer.ts';
import type { Sample } from '../support/measure.ts';
import { preload } from '../support/preload.ts';
import { openStoreWindow, type RunContext } from './shape.ts';

const LOOK_MS = 50;
const MAX_LOOKS = 100;

export interface DurableConsumePlan {
  readonly bodyBytes: number;
  /** 0: auto-ack. n: one ack for every n messages. */
  readonly ackEvery: number;
  readonly prefetch: number;
  /** Goes on until the queue is empty, however long that takes. */
  readonly wholly: boolean;
}

export async function runDurableConsume(
  context: RunContext,
  plan: DurableConsumePlan,
): Promise<Sample> {
  const { rig, drainMessages: messages } = context;
  const publishing = await rig.connect();
  const consuming = await rig.connect();
  const queue = `${rig.prefix}q`;
  await rig.declareQueue(publishing, queue, true);
  await rig.selectConfirms(publishing);
  await rig.guard(preload(publishing, { queue, bodyBytes: plan.bodyBytes, messages }));
  // RabbitMQ counts a little behind what its channel has passed on.
  for (let look = 0; (await rig.settle(publishing, queue)) !== messages; look++) {
    if (look === MAX_LOOKS) throw new Error(`the queue does not come to hold ${messages} messages`);
    await rig.pause(LOOK_MS);
  }
  const emptied = new Promise<void>((resolve) => {
    consuming.afterChunk = () => {
      if (consuming.receiver.contents >= messages) resolve();
    };
  });
  const window = await openStoreWindow(context, 'consumed', () => ({
    consumed: consuming.receiver.contents,
  }));
  const { ackEvery, prefetch } = plan;
  await rig.guard(consume(consuming, { channel: 1, queue, consumerTag: 'c', ackEvery, prefetch }));
  if (plan.wholly) await rig.guard(emptied);
  else await Promise.race([rig.guard(emptied), rig.pause(context.seconds * 1e3)]);
  return window.stop();
}
