/**
 * Request and reply over direct reply-to.
 *
 * Responsible for one client, which keeps a fixed number of requests under way, and one server,
 * which answers each request to the address in its reply-to property. Latency is the whole round
 * trip. A consumed message is a reply.
 */
import type { BenchConnection } from '../support/connection.ts';
import { consume } from '../support/consumer.ts';
import { buildBlock, publishFrames } from '../support/frames.ts';
import { FifoLatency } from '../support/latency.ts';
import type { Sample } from '../support/measure.ts';
import { Publisher } from '../support/publisher.ts';
import { openWindow, type RunContext } from './shape.ts';

const REPLY_QUEUE = 'amq.rabbitmq.reply-to';
const BLOCK_BYTES = 8192;
const HEADER_TYPE = 2;
const REPLY_TO_FLAG = 0x0200;

export interface RpcPlan {
  readonly bodyBytes: number;
  /** Requests that wait for their reply at the same time. */
  readonly window: number;
}

export async function runRpc(context: RunContext, plan: RpcPlan): Promise<Sample> {
  const { rig } = context;
  const server = await rig.connect();
  const client = await rig.connect();
  const queue = `${rig.prefix}q`;
  const body = Buffer.alloc(plan.bodyBytes, 'x');
  await rig.declareQueue(server, queue);
  serve(server, body);
  const unlimited = { channel: 1, consumerTag: 'c', ackEvery: 0, prefetch: 0 };
  await rig.guard(consume(server, { ...unlimited, queue }));
  await rig.guard(consume(client, { ...unlimited, queue: REPLY_QUEUE }));
  const request = { channel: 1, exchange: '', routingKey: queue, body, replyTo: REPLY_QUEUE };
  const block = buildBlock([publishFrames(request)], BLOCK_BYTES);
  const latency = new FifoLatency();
  const { receiver } = client;
  const room = (): number => plan.window - publisher.published + receiver.contents;
  const publisher = new Publisher(client, block, room);
  let marked = 0;
  publisher.beforeWrite = (published) => {
    while (marked < published) latency.mark(++marked);
  };
  client.afterChunk = () => {
    latency.reach(receiver.contents);
    publisher.wake();
  };
  publisher.start();
  await rig.pause(context.warmupSeconds * 1e3);
  latency.samples.clear();
  const window = openWindow(context, 'consumed', () => ({
    published: publisher.published,
    consumed: receiver.contents,
  }));
  await rig.pause(context.seconds * 1e3);
  const sample = window.stop(latency.samples.percentiles());
  publisher.stop();
  return sample;
}

/** Answers every request. There is one client, so its first request tells the address of all. */
function serve(server: BenchConnection, body: Buffer): void {
  let replies: Publisher | undefined;
  server.listen({
    contentFrame: (type, bytes, start) => {
      if (type !== HEADER_TYPE || replies !== undefined) return;
      const routingKey = replyToOf(bytes, start);
      const reply = publishFrames({ channel: 1, exchange: '', routingKey, body });
      const block = buildBlock([reply], BLOCK_BYTES);
      const publisher = new Publisher(
        server,
        block,
        () => server.receiver.contents - publisher.published,
      );
      publisher.start();
      replies = publisher;
    },
  });
  server.afterChunk = () => replies?.wake();
}

/** The reply-to of a content header that has no other property. Throws when it is not so. */
function replyToOf(bytes: Buffer, start: number): string {
  if (bytes.readUInt16BE(start + 12) !== REPLY_TO_FLAG) {
    throw new Error('a request came without reply-to, or with other properties than were sent');
  }
  const length = bytes[start + 14] as number;
  return bytes.toString('utf8', start + 15, start + 15 + length);
}
