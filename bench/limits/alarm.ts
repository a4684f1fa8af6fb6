/**
 * The memory alarm, as those see it who are and who are not the cause.
 *
 * What must hold: only those who publish are held back and only those who announced it are told;
 * consumers go on, and new connections are taken; all goes on when it is over; what was confirmed
 * is delivered.
 */
import { buildBlock, publishFrames } from '../support/frames.ts';
import { Flood } from './flood.ts';
import { MIB, type Scenario, type Stage } from './stage.ts';

const BODY = Buffer.alloc(1024, 'x');
const BLOCK_BYTES = 64 * 1024;
const SECONDS = 20;

async function play(stage: Stage): Promise<void> {
  const announces = ['connection.blocked'];
  const told = await stage.client({ announces });
  const untold = await stage.client();
  const consumer = await stage.client({ announces });
  await consumer.declare('q');
  await stage.guard(told.confirms());
  await stage.guard(untold.confirms());
  const frames = publishFrames({ channel: 1, exchange: '', routingKey: 'q', body: BODY });
  const block = buildBlock([frames], BLOCK_BYTES);
  const floods = [new Flood(told, block), new Flood(untold, block)];
  for (const flood of floods) flood.start();
  await stage.expect('a publisher is told that it is blocked', () => told.isBlocked, SECONDS);
  await stage.pause(1);
  for (const flood of floods) flood.stop();
  const confirmed = (): number => told.receiver.confirmed + untold.receiver.confirmed;
  const atAlarm = confirmed();
  await stage.pause(1);
  stage.equal('confirms that still come while it lasts', confirmed() - atAlarm, 0);
  stage.equal('times that one is told who did not announce it', untold.blockedTimes, 0);
  stage.equal('times that one is told who does not publish', consumer.blockedTimes, 0);
  const ready = await stage.guard(consumer.readyCount('q'));
  stage.equal('messages queued, beside those confirmed', ready - confirmed(), 0);

  const late = await stage.client({ announces });
  late.socket.write(frames);
  await stage.expect('who comes later and publishes is told', () => late.isBlocked, SECONDS);

  await consumer.consume('q', 'manual');
  await stage.expect('unblocked once it is consumed', () => !told.isBlocked, SECONDS);
  await stage.expect('the later one too', () => !late.isBlocked, SECONDS);
  const published = floods.reduce((total, flood) => total + flood.published, 0);
  await stage.expect('all the rest is confirmed', () => confirmed() === published, SECONDS);
  const all = (): boolean => consumer.receiver.contents >= published + 1;
  await stage.expect('and delivered', all, SECONDS);
  stage.equal('messages delivered', consumer.receiver.contents, published + 1);
  stage.note('alarms', stage.broker.alarms, '');
}

export const alarm: Scenario = {
  name: 'alarm',
  title: 'the memory alarm is raised by two publishers, and cleared by a consumer',
  watermarkBytes: 96 * MIB,
  allowanceBytes: 160 * MIB,
  allowanceFor: 'process 60, garbage 100',
  limitSeconds: 120,
  play,
};
