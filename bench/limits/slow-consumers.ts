/**
 * A thousand connections that each read one message a second, from queues with a backlog.
 *
 * Most acknowledge with a prefetch limit, as applications do; some take deliveries without
 * acknowledgement, so that what waits for them waits in the broker's output and in the system's
 * socket buffers. (All of them without acknowledgement would fill the system's memory for TCP, 4
 * MiB each, and show nothing but that.) What must hold: memory stays bounded, every consumer gets
 * its message each second, bystanders go on.
 */
import { buildBlock, publishFrames } from '../support/frames.ts';
import type { Client } from './client.ts';
import { Flood } from './flood.ts';
import { Pair } from './pair.ts';
import { MIB, type Scenario, type Stage } from './stage.ts';

const CONSUMERS = 1_000;
/** One in so many takes deliveries without acknowledgement. */
const AUTO_ACK_EVERY = 5;
const QUEUES = 50;
const PREFETCH = 10;
const BODY = Buffer.alloc(4096, 'x');
const MESSAGE_BYTES = 4_300;
const BLOCK_BYTES = 256 * 1024;
const OPENED_AT_ONCE = 50;
const SECONDS = 20;
const TICKS_PER_SECOND = 20;
const LEAST_SHARE = 0.2;
const MOST_DELAY_MS = 500;
/** Output: 64 MiB on all connections together, and 64 KiB on each beyond that. */
const OUTPUT_BYTES = 64 * MIB + CONSUMERS * 64 * 1024;

const queueName = (index: number): string => `q${index % QUEUES}`;

async function openConsumers(stage: Stage): Promise<Client[]> {
  const consumers: Client[] = [];
  while (consumers.length < CONSUMERS) {
    const opening = Array.from({ length: OPENED_AT_ONCE }, async (_, i) => {
      const index = consumers.length + i;
      const consumer = await stage.client({ readBytes: MESSAGE_BYTES });
      const auto = index % AUTO_ACK_EVERY === 0;
      await consumer.consume(queueName(index), auto ? 'auto' : 'manual', auto ? 0 : PREFETCH);
      consumer.readsOnce = true;
      return consumer;
    });
    consumers.push(...(await Promise.all(opening)));
  }
  return consumers;
}

/** Each reads once a second, spread over the second. */
function readSlowly(stage: Stage, consumers: readonly Client[]): void {
  let tick = 0;
  const timer = setInterval(() => {
    for (let i = tick % TICKS_PER_SECOND; i < consumers.length; i += TICKS_PER_SECOND) {
      consumers[i]?.read();
    }
    tick++;
  }, 1000 / TICKS_PER_SECOND);
  stage.atEnd(() => clearInterval(timer));
}

async function play(stage: Stage): Promise<void> {
  const pair = await Pair.start(stage);
  const publisher = await stage.client({ announces: ['connection.blocked'] });
  for (let i = 0; i < QUEUES; i++) await stage.guard(publisher.declare(queueName(i)));
  const consumers = await openConsumers(stage);
  stage.note('RSS with the consumers there', stage.broker.rssBytes / MIB, 'MiB');
  readSlowly(stage, consumers);
  const frames = Array.from({ length: QUEUES }, (_, i) =>
    publishFrames({ channel: 1, exchange: '', routingKey: queueName(i), body: BODY }),
  );
  const flood = new Flood(publisher, buildBlock(frames, BLOCK_BYTES));
  await pair.report();
  flood.start();
  const blocked = await stage.comes(() => publisher.isBlocked, SECONDS);
  const report = await pair.report();
  stage.note(blocked ? 'published until the alarm' : 'published', flood.published, 'messages');
  pair.judge(report, LEAST_SHARE, MOST_DELAY_MS);
  const before = consumers.map(({ receiver }) => receiver.contents);
  await stage.pause(5);
  flood.stop();
  const fewest = Math.min(...consumers.map(({ receiver }, i) => receiver.contents - before[i]!));
  stage.atLeast('fewest messages of any consumer in 5 s', fewest, 4, '');
}

export const slowConsumers: Scenario = {
  name: 'slow-consumers',
  title: '1,000 consumers that read one message a second, queues with a backlog',
  watermarkBytes: 256 * MIB,
  allowanceBytes: OUTPUT_BYTES + 200 * MIB,
  allowanceFor: 'process and connections 100, garbage 100, output 64 in all and 64 KiB each',
  limitSeconds: 120,
  play,
};
