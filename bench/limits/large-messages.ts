/**
 * A publisher of messages of 100 MiB: with a consumer, and without one until it is blocked.
 *
 * What must hold: a message is in memory once, the alarm stops the publisher after the message
 * under way, and taking the messages away lets it go on.
 */
import { buildBlock, publishFrames } from '../support/frames.ts';
import type { Client } from './client.ts';
import { Flood } from './flood.ts';
import { Pair } from './pair.ts';
import { MIB, type Scenario, type Stage } from './stage.ts';

const BODY_MIB = 100;
const WATERMARK_MIB = 256;
const SECONDS = 10;
const BLOCKED_SECONDS = 30;
/** 1.5 GiB/s fills both cores of a small machine: what counts is that nobody waits for long. */
const LEAST_SHARE = 0.05;
const MOST_DELAY_MS = 500;

function flooding(publisher: Client): Flood {
  const body = Buffer.alloc(BODY_MIB * MIB, 'x');
  const frames = publishFrames({ channel: 1, exchange: '', routingKey: 'q', body });
  return new Flood(publisher, buildBlock([frames], 1));
}

async function withConsumer(stage: Stage): Promise<void> {
  const pair = await Pair.start(stage);
  const consumer = await stage.client({ readBytes: MIB });
  await consumer.declare('q');
  await consumer.consume('q', 'auto');
  const flood = flooding(await stage.client({ announces: ['connection.blocked'] }));
  await pair.report();
  flood.start();
  await stage.pause(SECONDS);
  const report = await pair.report();
  flood.stop();
  stage.note('consumed', (consumer.receiver.contents * BODY_MIB) / SECONDS, 'MiB/s');
  pair.judge(report, LEAST_SHARE, MOST_DELAY_MS);
  const all = (): boolean => consumer.receiver.contents >= flood.published;
  await stage.expect('everything arrives in the end', all, BLOCKED_SECONDS);
}

async function withoutConsumer(stage: Stage): Promise<void> {
  const publisher = await stage.client({ announces: ['connection.blocked'] });
  const other = await stage.client({ readBytes: MIB });
  await other.declare('q');
  const flood = flooding(publisher);
  flood.start();
  await stage.expect('the publisher is blocked', () => publisher.isBlocked, BLOCKED_SECONDS);
  await stage.pause(1);
  const ready = await stage.guard(other.readyCount('q'));
  stage.atMost('queued then', ready * BODY_MIB, WATERMARK_MIB + BODY_MIB, 'MiB');
  stage.atMost('alarms until then', stage.broker.alarms, 1, '');
  await stage.guard(other.purge('q'));
  const again = (): boolean => publisher.blockedTimes >= 2;
  await stage.expect('unblocked by a purge, and blocked again', again, BLOCKED_SECONDS);
  flood.stop();
  await other.consume('q', 'auto');
  await stage.expect('unblocked by a consumer', () => !publisher.isBlocked, BLOCKED_SECONDS);
  const alarms = stage.broker.alarms;
  stage.note('alarms in all', alarms, '');
}

const common = {
  watermarkBytes: WATERMARK_MIB * MIB,
  limitSeconds: 120,
};

export const largeWithConsumer: Scenario = {
  ...common,
  name: 'large-consumed',
  title: `messages of ${BODY_MIB} MiB in a loop, with a consumer`,
  allowanceBytes: 360 * MIB,
  allowanceFor: 'process 60, garbage 100, one message arriving, one leaving',
  play: withConsumer,
};

export const largeWithoutConsumer: Scenario = {
  ...common,
  name: 'large-blocked',
  title: `messages of ${BODY_MIB} MiB in a loop, without a consumer`,
  allowanceBytes: 260 * MIB,
  allowanceFor: 'process 60, garbage 100, one message arriving',
  play: withoutConsumer,
};
