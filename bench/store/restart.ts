/**
 * Killed with SIGKILL and started again: how long until clients are served and the messages are
 * there.
 *
 * Responsible for two fillings, many messages in one queue and one message in each of many queues.
 */
import { nowMs } from '../support/latency.ts';
import { preload } from '../support/preload.ts';
import { usageOf } from '../support/usage.ts';
import { perSecond, type Stage, seconds } from './stage.ts';

const BODY_BYTES = 1024;
/** Connections that declare at the same time: each waits for its answer. */
const DECLARING = 50;
const MIB = 1024 * 1024;

export async function restartWithMessages(stage: Stage, messages: number): Promise<void> {
  await stage.start();
  const by = await stage.connect();
  await stage.declareDurable(by, 'q');
  await stage.confirms(by);
  const startedMs = nowMs();
  await stage.guard(preload(by, { queue: 'q', bodyBytes: BODY_BYTES, messages }));
  stage.note('published', perSecond(messages, nowMs() - startedMs));
  await startAgain(stage, ['q'], messages, '< 5 s');
}

export async function restartWithQueues(stage: Stage, count: number): Promise<void> {
  await stage.start();
  const queues = Array.from({ length: count }, (_, i) => `q${i.toString().padStart(6, '0')}`);
  const startedMs = nowMs();
  const lanes = Array.from({ length: DECLARING }, async (_, lane) => {
    const by = await stage.connect();
    for (let i = lane; i < count; i += DECLARING) {
      await stage.declareDurable(by, queues[i] as string);
    }
  });
  await stage.guard(Promise.all(lanes));
  stage.note('declared', perSecond(count, nowMs() - startedMs));
  const by = await stage.connect();
  await stage.confirms(by);
  await stage.guard(preload(by, { queue: queues, bodyBytes: BODY_BYTES, messages: count }));
  await startAgain(stage, queues, count, '< 10 s');
}

async function startAgain(
  stage: Stage,
  queues: readonly string[],
  messages: number,
  goal: string,
): Promise<void> {
  await stage.kill();
  const startedMs = nowMs();
  stage.note('answers', seconds(await stage.start()), goal);
  const by = await stage.connect();
  while ((await stage.countReady(by, queues)) !== messages) {
    await stage.guard(new Promise((resolve) => setTimeout(resolve, 10)));
  }
  stage.note('all messages are ready', seconds(nowMs() - startedMs), goal);
  const { pid } = stage.broker;
  const usage = pid === undefined ? undefined : usageOf(pid);
  if (usage !== undefined) stage.note('RSS then', `${Math.round(usage.rssBytes / MIB)} MiB`);
}
