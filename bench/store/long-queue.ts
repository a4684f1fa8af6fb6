/**
 * One very long queue: published, then consumed from its head, and the memory meanwhile.
 */
import type { BenchConnection } from '../support/connection.ts';
import { consume } from '../support/consumer.ts';
import { nowMs } from '../support/latency.ts';
import { preload } from '../support/preload.ts';
import { PeakRss, usageOf } from '../support/usage.ts';
import { perSecond, type Stage, seconds } from './stage.ts';

const BODY_BYTES = 1024;
const PREFETCH = 1000;
const ACK_EVERY = 50;
const MIB = 1024 * 1024;
const MEMORY_GOAL = '< 500 MB';
const DELAY_GOAL = '< 20 ms';

export async function longQueue(stage: Stage, messages: number): Promise<void> {
  await stage.start();
  const publishing = await stage.connect();
  await stage.declareDurable(publishing, 'q');
  await stage.confirms(publishing);
  await measured(stage, 'published', messages, () =>
    preload(publishing, { queue: 'q', bodyBytes: BODY_BYTES, messages }),
  );
  const consuming = await stage.connect();
  await measured(stage, 'consumed', messages, () => consumeAll(consuming, messages));
}

async function consumeAll(by: BenchConnection, messages: number): Promise<void> {
  const all = new Promise<void>((resolve) => {
    by.afterChunk = () => {
      if (by.receiver.contents >= messages) resolve();
    };
  });
  await consume(by, {
    channel: 1,
    queue: 'q',
    consumerTag: 'c',
    ackEvery: ACK_EVERY,
    prefetch: PREFETCH,
  });
  await all;
}

async function measured(
  stage: Stage,
  what: string,
  messages: number,
  work: () => Promise<void>,
): Promise<void> {
  const { pid, probe } = stage.broker;
  await probe?.reset();
  const peak = new PeakRss(pid);
  const startedMs = nowMs();
  await stage.guard(work()).finally(() => peak.stop());
  const tookMs = nowMs() - startedMs;
  stage.note(what, `${seconds(tookMs)}, ${perSecond(messages, tookMs)}`);
  const rss = pid === undefined ? undefined : usageOf(pid)?.rssBytes;
  const mib = (bytes: number | undefined): string =>
    bytes === undefined ? '-' : `${Math.round(bytes / MIB)} MiB`;
  stage.note(`${what}: RSS at the end`, mib(rss), MEMORY_GOAL);
  stage.note(`${what}: peak RSS`, mib(peak.stop()), MEMORY_GOAL);
  const reading = await probe?.read();
  if (reading === undefined) return;
  const { delayP99Ms, delayMaxMs } = reading;
  stage.note(`${what}: loop delay p99`, `${delayP99Ms.toFixed(1)} ms`, DELAY_GOAL);
  stage.note(`${what}: loop delay, longest`, `${delayMaxMs.toFixed(1)} ms`);
}
