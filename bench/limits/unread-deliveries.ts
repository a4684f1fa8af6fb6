/**
 * A consumer stops reading its socket while a publisher floods its queue with messages of 1 KiB.
 *
 * What must hold: memory stays bounded, bystanders go on, and nothing is lost once the consumer
 * reads again.
 */
import { buildBlock, publishFrames } from '../support/frames.ts';
import { Flood } from './flood.ts';
import { Pair } from './pair.ts';
import { MIB, type Scenario, type Stage } from './stage.ts';

const BODY = Buffer.alloc(1024, 'x');
const BLOCK_BYTES = 256 * 1024;
/** Until the alarm, but no longer. */
const MOST_SECONDS = 20;
const LEAST_SHARE = 0.2;
const MOST_DELAY_MS = 500;
const CATCH_UP_SECONDS = 30;

function play(mode: 'auto' | 'manual'): (stage: Stage) => Promise<void> {
  return async (stage) => {
    const pair = await Pair.start(stage);
    const consumer = await stage.client();
    await consumer.declare('q');
    await consumer.consume('q', mode);
    consumer.stopReading();
    const publisher = await stage.client({ announces: ['connection.blocked'] });
    const frames = publishFrames({ channel: 1, exchange: '', routingKey: 'q', body: BODY });
    const flood = new Flood(publisher, buildBlock([frames], BLOCK_BYTES));
    await pair.report();
    const startedMs = performance.now();
    flood.start();
    const blocked = await stage.comes(() => publisher.isBlocked, MOST_SECONDS);
    const seconds = (performance.now() - startedMs) / 1000;
    const report = await pair.report();
    flood.stop();
    stage.note('flood', flood.published / seconds, 'messages/s');
    stage.note(blocked ? 'alarm after' : 'no alarm within', seconds, 's');
    pair.judge(report, LEAST_SHARE, MOST_DELAY_MS);
    stage.note('RSS before the consumer reads', stage.broker.rssBytes / MIB, 'MiB');
    consumer.read();
    const all = (): boolean => consumer.receiver.contents >= flood.published;
    await stage.expect('everything arrives in the end', all, CATCH_UP_SECONDS);
    stage.equal('messages delivered', consumer.receiver.contents, flood.published);
  };
}

const common = {
  watermarkBytes: 128 * MIB,
  allowanceBytes: 160 * MIB,
  allowanceFor: 'process 60, garbage 100',
  limitSeconds: 90,
};

export const unreadAutoAck: Scenario = {
  ...common,
  name: 'unread-auto-ack',
  title: 'a consumer without acknowledgements stops reading, a publisher floods',
  play: play('auto'),
};

export const unreadManualAck: Scenario = {
  ...common,
  name: 'unread-manual-ack',
  title: 'a consumer without prefetch limit stops reading, a publisher floods',
  play: play('manual'),
};
