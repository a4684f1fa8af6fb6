/**
 * Clients that ask and ask and do not read the answers; and many consumers that stop in the middle
 * of a large message.
 *
 * What waits for them in the broker's output belongs to no queue. What must hold: it is bounded all
 * the same.
 */
import { buildBlock, METHOD, methodFrame, publishFrames } from '../support/frames.ts';
import { Flood } from './flood.ts';
import { MIB, type Scenario, type Stage } from './stage.ts';

const BASIC_GET = 0x003c0046;
const MANDATORY = 1;
const FRAME_HEADER_BYTES = 7;
const SECONDS = 10;
/** A hundred thousand answers, on a slow machine, too. */
const ANSWERED_SECONDS = 30;
const RETURNED_BYTES = 16 * 1024;
/** Small enough to be copied for each delivery. */
const GOT_BYTES = 450;
/** More than the watermark and the allowance by far, and little enough for any machine. */
const ANSWER_BYTES = 1024 * MIB;
const CONSUMERS = 40;
const LARGE_BYTES = 16 * MIB;

/** The block until `ANSWER_BYTES` would have been answered, or the time is over. */
async function ask(stage: Stage, asked: Buffer, answerBytes: number): Promise<void> {
  const client = await stage.client();
  client.stopReading();
  const block = buildBlock([asked], 64 * 1024);
  const flood = new Flood(client, block, Math.ceil(ANSWER_BYTES / answerBytes));
  flood.start();
  await stage.comes(() => flood.isDone && client.socket.writableLength === 0, SECONDS);
  await stage.pause(1);
  stage.note('answers asked for', (flood.published * answerBytes) / MIB, 'MiB');
  stage.note('RSS then', stage.broker.rssBytes / MIB, 'MiB');
  client.read();
  await stage.expect(
    'all is answered once they are read',
    () => client.receiver.contents >= flood.published,
    ANSWERED_SECONDS,
  );
}

/** basic.return of messages without a queue. */
async function playReturns(stage: Stage): Promise<void> {
  const body = Buffer.alloc(RETURNED_BYTES, 'x');
  const frames = publishFrames({ channel: 1, exchange: '', routingKey: 'nowhere', body });
  const bitsAt = FRAME_HEADER_BYTES + 4 + 2 + 1 + 1 + 'nowhere'.length;
  frames.writeUInt8(MANDATORY, bitsAt);
  await ask(stage, frames, RETURNED_BYTES);
}

/** basic.get of one message, over and over: each is given back by a nack. */
async function playGets(stage: Stage): Promise<void> {
  const publisher = await stage.client();
  await publisher.declare('q');
  const body = Buffer.alloc(GOT_BYTES, 'x');
  publisher.socket.write(publishFrames({ channel: 1, exchange: '', routingKey: 'q', body }));
  await stage.guard(publisher.readyCount('q'));
  const get = methodFrame(1, BASIC_GET, (to) => to.short(0).shortString('q').octet(0));
  const nackAll = methodFrame(1, METHOD.basicNack, (to) => to.longLong(0).octet(3));
  await ask(stage, Buffer.concat([get, nackAll]), GOT_BYTES);
}

/** Each consumer takes the beginning of its first message and no more. */
async function playLarge(stage: Stage): Promise<void> {
  const publisher = await stage.client({ announces: ['connection.blocked'] });
  await publisher.declare('q');
  for (let i = 0; i < CONSUMERS; i++) {
    const consumer = await stage.client();
    await consumer.consume('q', 'auto');
    consumer.stopReading();
  }
  const body = Buffer.alloc(LARGE_BYTES, 'x');
  const frames = publishFrames({ channel: 1, exchange: '', routingKey: 'q', body });
  const flood = new Flood(publisher, buildBlock([frames], 1), 2 * CONSUMERS);
  flood.start();
  await stage.comes(() => publisher.isBlocked || flood.isDone, SECONDS);
  await stage.pause(1);
  stage.note('published', (flood.published * LARGE_BYTES) / MIB, 'MiB');
}

const common = {
  watermarkBytes: 128 * MIB,
  limitSeconds: 60,
  allowanceBytes: 160 * MIB,
  allowanceFor: 'process 60, garbage 100',
};

export const unreadReturns: Scenario = {
  ...common,
  name: 'unread-returns',
  title: 'a publisher of unroutable mandatory messages that does not read the returns',
  play: playReturns,
};

export const unreadGets: Scenario = {
  ...common,
  name: 'unread-gets',
  title: 'a client that asks for messages and does not read them',
  play: playGets,
};

export const unreadLarge: Scenario = {
  ...common,
  name: 'unread-large',
  title: `${CONSUMERS} consumers that stop reading within a message of ${LARGE_BYTES / MIB} MiB`,
  allowanceBytes: 200 * MIB,
  allowanceFor: 'process 60, garbage 100, a message arriving, the system waits for one',
  play: playLarge,
};
