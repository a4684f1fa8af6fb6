/**
 * Small messages of which one in 500 stays, so that each may keep the chunk of 64 KiB alive in
 * which it came.
 *
 * What must hold: the memory of a message that stays is bounded, so that no alarm comes from
 * remains.
 */
import { buildBlock, publishFrames } from '../support/frames.ts';
import type { Client } from './client.ts';
import { Flood } from './flood.ts';
import { Pair } from './pair.ts';
import { MIB, type Scenario, type Stage } from './stage.ts';

const BODY = Buffer.alloc(16, 'x');
const EVERY = 500;
const MESSAGES = 10_000_000;
const SECONDS = 30;
const LONG_QUEUE_MESSAGES = 300_000;
const UNMOVABLE = 6_000;

/** Publishes to two queues in turn: `gone` has a consumer, one in 500 goes to `kept`. */
function flooding(publisher: Client, messages: number): Flood {
  const to = (routingKey: string): Buffer =>
    publishFrames({ channel: 1, exchange: '', routingKey, body: BODY });
  const round = [...Array.from({ length: EVERY - 1 }, () => to('gone')), to('kept')];
  return new Flood(publisher, buildBlock(round, 256 * 1024), messages);
}

/** Messages published, once the broker has them all; 0 when it does not take them. */
async function publish(stage: Stage, publisher: Client): Promise<number> {
  const flood = flooding(publisher, MESSAGES);
  const startedMs = performance.now();
  flood.start();
  const taken = (): boolean => flood.isDone && publisher.socket.writableLength === 0;
  if (!(await stage.expect('all are published', taken, SECONDS))) return 0;
  await stage.guard(publisher.readyCount('kept'));
  const seconds = (performance.now() - startedMs) / 1000;
  stage.note('published', flood.published / seconds, 'messages/s');
  return flood.published;
}

async function play(stage: Stage, keep: (keeper: Client) => Promise<void>): Promise<void> {
  const publisher = await stage.client({ announces: ['connection.blocked'] });
  const consumer = await stage.client();
  const keeper = await stage.client();
  await consumer.declare('gone');
  await consumer.declare('kept');
  await consumer.consume('gone', 'auto');
  await keep(keeper);
  const before = stage.broker.rssBytes;
  const published = await publish(stage, publisher);
  stage.equal('alarms', stage.broker.alarms, 0);
  if (published === 0) return;
  const kept = published / EVERY;
  const grown = (stage.broker.rssBytes - before) / kept;
  stage.note('RSS grown, for each message that stays', grown / 1024, 'KiB');
  const gone = (): boolean => consumer.receiver.contents === published - kept;
  await stage.expect('the others are delivered', gone, SECONDS);
  const ready = await stage.guard(publisher.readyCount('kept'));
  stage.equal('messages that stay', ready + keeper.receiver.contents, kept);
}

const common = {
  watermarkBytes: 128 * MIB,
  allowanceBytes: 160 * MIB,
  allowanceFor: 'process 60, garbage 100',
  limitSeconds: 90,
};

export const remainsReady: Scenario = {
  ...common,
  name: 'remains-ready',
  title: 'one small message in 500 stays in a queue',
  play: (stage) => play(stage, async () => undefined),
};

export const remainsUnacked: Scenario = {
  ...common,
  name: 'remains-unacked',
  title: 'one small message in 500 stays with a consumer that does not acknowledge',
  play: (stage) => play(stage, (keeper) => keeper.consume('kept', 'never')),
};

/**
 * Remains that cannot be moved, beside a long queue: looking for something to move must not become
 * all that the broker does.
 */
async function playBesideQueue(stage: Stage): Promise<void> {
  const publisher = await stage.client({ announces: ['connection.blocked'] });
  const consumer = await stage.client();
  const keeper = await stage.client();
  for (const queue of ['gone', 'kept', 'long']) await stage.guard(consumer.declare(queue));
  await consumer.consume('gone', 'auto');
  await keeper.consume('kept', 'never');
  const pair = await Pair.start(stage);
  const long = publishFrames({ channel: 1, exchange: '', routingKey: 'long', body: BODY });
  const filling = new Flood(publisher, buildBlock([long], 256 * 1024), LONG_QUEUE_MESSAGES);
  filling.start();
  await stage.expect('a queue is filled', () => filling.isDone, SECONDS);
  await stage.guard(publisher.readyCount('long'));
  await pair.report();
  await stage.pause(3);
  const without = await pair.report();
  stage.note('bystanders beside a long queue, longest delay', without.longest, 'ms');
  const flood = flooding(publisher, UNMOVABLE * EVERY);
  flood.start();
  await stage.expect('remains are made', () => flood.isDone, SECONDS);
  await stage.guard(publisher.readyCount('kept'));
  await pair.report();
  await stage.pause(5);
  pair.judge(await pair.report(), 0.5, 250);
}

export const remainsBesideQueue: Scenario = {
  ...common,
  name: 'remains-beside',
  title: 'remains of unacknowledged messages beside a long queue',
  watermarkBytes: 512 * MIB,
  allowanceBytes: 300 * MIB,
  allowanceFor: 'process 60, garbage 240',
  play: playBesideQueue,
};
