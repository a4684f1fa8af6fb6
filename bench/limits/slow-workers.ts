/**
 * A work queue as most are: workers with a prefetch limit, a backlog that grows, and publishers who
 * wait for each confirm before they go on, on a broker that others keep busy.
 *
 * What must hold: that the workers are slow is no reason to hold the publishers back.
 */
import { buildBlock, publishFrames } from '../support/frames.ts';
import type { Client } from './client.ts';
import { Flood } from './flood.ts';
import { Pair } from './pair.ts';
import { MIB, type Scenario, type Stage } from './stage.ts';

const SMALL = Buffer.alloc(1024, 'x');
const LARGE = Buffer.alloc(128 * 1024, 'x');
const BACKLOG = 2_000;
const SECONDS = 3;
/** Of what the same publisher does to a queue without workers. */
const LEAST_SHARE = 0.2;

/** Publishes one at a time, each after the confirm of the one before; confirms a second. */
async function oneByOne(stage: Stage, queue: string): Promise<number> {
  const publisher = await stage.client();
  await stage.guard(publisher.confirms());
  const frames = publishFrames({ channel: 1, exchange: '', routingKey: queue, body: SMALL });
  let isRunning = true;
  publisher.afterChunk = () => {
    if (isRunning) publisher.socket.write(frames);
  };
  publisher.socket.write(frames);
  await stage.pause(SECONDS);
  isRunning = false;
  return publisher.receiver.confirmed / SECONDS;
}

/** Publishes 125 MiB as fast as it may, far from where memory gets short; MiB a second. */
async function asFastAsItMay(stage: Stage, to: Client, queue: string): Promise<number> {
  const publisher = await stage.client();
  const frames = publishFrames({ channel: 1, exchange: '', routingKey: queue, body: LARGE });
  const [before, startedMs] = [await to.readyCount(queue), performance.now()];
  const flood = new Flood(publisher, buildBlock([frames], 1), 1_000);
  flood.start();
  await stage.comes(() => flood.isDone && publisher.socket.writableLength === 0, SECONDS);
  flood.stop();
  const seconds = (performance.now() - startedMs) / 1000;
  const published = (await stage.guard(to.readyCount(queue))) - before;
  return (published * LARGE.length) / MIB / seconds;
}

async function play(stage: Stage): Promise<void> {
  const [worker, publisher] = [await stage.client(), await stage.client()];
  for (const queue of ['work', 'idle']) {
    await stage.guard(publisher.declare(queue));
    const frames = publishFrames({ channel: 1, exchange: '', routingKey: queue, body: SMALL });
    const backlog = new Flood(publisher, buildBlock([frames], 1), BACKLOG);
    backlog.start();
    await stage.expect(`a backlog in '${queue}'`, () => backlog.isDone, SECONDS);
  }
  await stage.guard(worker.consume('work', 'never', 10));
  await Pair.start(stage);
  for (const { what, unit, measure } of [
    { what: 'confirmed one by one', unit: 'messages/s', measure: oneByOne },
    {
      what: 'published in 128 KiB',
      unit: 'MiB/s',
      measure: (on: Stage, queue: string) => asFastAsItMay(on, worker, queue),
    },
  ]) {
    const idle = await measure(stage, 'idle');
    const work = await measure(stage, 'work');
    stage.note(`${what}, nobody consumes`, idle, unit);
    stage.note(`${what}, slow workers`, work, unit);
    stage.atLeast(`${what}, share`, (work / idle) * 100, LEAST_SHARE * 100, '%');
  }
}

export const slowWorkers: Scenario = {
  name: 'slow-workers',
  title: 'publishers to a queue whose workers are slow, on a busy broker',
  watermarkBytes: 1024 * MIB,
  allowanceBytes: 300 * MIB,
  allowanceFor: 'process 60, garbage 240',
  limitSeconds: 60,
  play,
};
