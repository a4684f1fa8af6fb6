/**
 * Shapes in which messages flow from publishers through queues to consumers without a pause.
 *
 * Responsible for auto-ack, acks, confirms, fan-out, topic and many-connections shapes: they
 * differ only in a FlowPlan. What was published but not yet consumed is bounded, so that a broker
 * whose consumers lag does not fill the machine; a confirm window bounds further.
 */

import type { BenchConnection } from '../support/connection.ts';
import { consume } from '../support/consumer.ts';
import { buildBlock, publishFrames } from '../support/frames.ts';
import { FifoLatency } from '../support/latency.ts';
import type { Sample } from '../support/measure.ts';
import { Publisher } from '../support/publisher.ts';
import { openStoreWindow, type RunContext } from './shape.ts';

/** Backlog that a run may build up at the broker, whichever bound is reached first. */
const MAX_BACKLOG_MESSAGES = 250_000;
const MAX_BACKLOG_BYTES = 128 * 1024 * 1024;
const BLOCK_BYTES = 65536;
const SMALL_READ_BYTES = 65536;

export interface FlowPlan {
  readonly bodyBytes: number;
  /** Persistent messages and durable queues; absent: neither. */
  readonly durable?: boolean;
  /** Default 1. Queues of the flow; each has one consumer. */
  readonly queues?: number;
  /** true: for each queue a connection of its own that publishes and consumes, on two channels. */
  readonly pairs?: boolean;
  /** 0 or absent: auto-ack. n: one ack for every n messages. */
  readonly ackEvery?: number;
  readonly prefetch?: number;
  /** Publishes without confirm that may be under way; absent: no confirms. */
  readonly confirmWindow?: number;
  /** Absent: the default exchange, one queue. */
  readonly exchange?: {
    readonly type: 'fanout' | 'topic';
    /** The binding keys of queue number `queue`. */
    readonly bindings: (queue: number) => readonly string[];
    /** Routing keys of the messages, in turn. */
    readonly routingKeys: readonly string[];
  };
}

/** Runs `plan`. Consumed counts deliveries: n times what is published in a fan-out to n queues. */
export async function runFlow(context: RunContext, plan: FlowPlan): Promise<Sample> {
  const flow = new Flow(context, plan);
  if (plan.pairs === true) await flow.setUpPairs();
  else await flow.setUp();
  return flow.measure();
}

interface Lane {
  readonly by: BenchConnection;
  /** The connections that its messages come back on, and how many times each message does. */
  readonly arriving: readonly BenchConnection[];
  readonly copies: number;
  /** Its part of the bound on the backlog. */
  readonly share: number;
}

class Flow {
  private readonly context: RunContext;
  private readonly plan: FlowPlan;
  private readonly lanes: Lane[] = [];
  private readonly publishers: Publisher[] = [];
  private readonly receiving = new Set<BenchConnection>();
  /** One sample for each block: at a window of 1 that is one for each message. */
  private readonly latency = new FifoLatency();

  constructor(context: RunContext, plan: FlowPlan) {
    this.context = context;
    this.plan = plan;
  }

  /** One publishing connection, and a consuming one for each queue. */
  async setUp(): Promise<void> {
    const { rig } = this.context;
    const { plan } = this;
    const publishing = await rig.connect();
    const copies = plan.exchange?.type === 'fanout' ? this.queueCount : 1;
    const exchange = plan.exchange === undefined ? '' : `${rig.prefix}x`;
    if (plan.exchange !== undefined) {
      await rig.declareExchange(publishing, exchange, plan.exchange.type);
    }
    for (let i = 0; i < this.queueCount; i++) {
      const consuming = await rig.connect();
      await rig.declareQueue(consuming, this.queueName(i), plan.durable);
      for (const key of plan.exchange?.bindings(i) ?? []) {
        await rig.bind(consuming, this.queueName(i), exchange, key);
      }
      await rig.guard(this.startConsumer(consuming, 1, i));
    }
    const keys = plan.exchange?.routingKeys ?? [this.queueName(0)];
    const arriving = [...this.receiving];
    await this.addLane({ by: publishing, arriving, copies, share: 1 }, exchange, keys);
  }

  /** For each queue a connection that both publishes (channel 1) and consumes (channel 2). */
  async setUpPairs(): Promise<void> {
    const { rig } = this.context;
    for (let i = 0; i < this.queueCount; i++) {
      const connection = await rig.connect({ readBytes: SMALL_READ_BYTES });
      await rig.guard(connection.openChannel(2));
      await rig.declareQueue(connection, this.queueName(i));
      await rig.guard(this.startConsumer(connection, 2, i));
      const lane = {
        by: connection,
        arriving: [connection],
        copies: 1,
        share: 1 / this.queueCount,
      };
      await this.addLane(lane, '', [this.queueName(i)]);
    }
  }

  async measure(): Promise<Sample> {
    const { context } = this;
    for (const publisher of this.publishers) publisher.start();
    await context.rig.pause(context.warmupSeconds * 1e3);
    this.latency.samples.clear();
    const confirms = this.plan.confirmWindow !== undefined;
    const window = await openStoreWindow(context, confirms ? 'confirmed' : 'consumed', () => ({
      published: this.publishers.reduce((total, one) => total + one.published, 0),
      ...(confirms ? { confirmed: this.sum((lane) => lane.by.receiver.confirmed) } : {}),
      consumed: contentsOf(this.receiving),
    }));
    await context.rig.pause(context.seconds * 1e3);
    const sample = await window.stop(this.latency.samples.percentiles());
    for (const publisher of this.publishers) publisher.stop();
    const nacked = this.sum((lane) => lane.by.receiver.nacked);
    return nacked === 0 ? sample : { ...sample, note: `${nacked} nacked` };
  }

  private get queueCount(): number {
    return this.plan.queues ?? 1;
  }

  private sum(of: (lane: Lane) => number): number {
    return this.lanes.reduce((total, lane) => total + of(lane), 0);
  }

  private queueName(index: number): string {
    return `${this.context.rig.prefix}q${index.toString().padStart(2, '0')}`;
  }

  private async startConsumer(by: BenchConnection, channel: number, index: number): Promise<void> {
    this.receiving.add(by);
    await consume(by, {
      channel,
      queue: this.queueName(index),
      consumerTag: `c${index.toString().padStart(2, '0')}`,
      ackEvery: this.plan.ackEvery ?? 0,
      prefetch: this.plan.prefetch ?? 0,
    });
  }

  private async addLane(
    lane: Lane,
    exchange: string,
    routingKeys: readonly string[],
  ): Promise<void> {
    const { by } = lane;
    const { bodyBytes, durable: persistent = false } = this.plan;
    const body = Buffer.alloc(bodyBytes, 'x');
    const messages = routingKeys.map((routingKey) =>
      publishFrames({ channel: 1, exchange, routingKey, body, persistent }),
    );
    const block = buildBlock(messages, BLOCK_BYTES);
    const bytesBound = MAX_BACKLOG_BYTES / Math.max(bodyBytes, 1);
    const bound = Math.max(Math.min(MAX_BACKLOG_MESSAGES, bytesBound) * lane.share, 16);
    const { confirmWindow } = this.plan;
    const free = (): number => Math.floor(bound - publisher.published + arrived(lane));
    const step = Math.min(block.ends.length, bound);
    const room =
      confirmWindow === undefined
        ? () => (free() >= step ? step : 0)
        : () => Math.min(confirmWindow - publisher.published + by.receiver.confirmed, free());
    const publisher = new Publisher(by, block, room);
    if (confirmWindow !== undefined) await this.context.rig.selectConfirms(by);
    this.lanes.push(lane);
    this.publishers.push(publisher);
    this.watch(lane, publisher);
  }

  private watch(lane: Lane, publisher: Publisher): void {
    const { latency } = this;
    const confirms = this.plan.confirmWindow !== undefined;
    const timed = lane.share === 1;
    if (timed) publisher.beforeWrite = (published) => latency.mark(published);
    for (const connection of lane.arriving) {
      connection.afterChunk = () => {
        if (timed && !confirms) latency.reach(arrived(lane));
        publisher.wake();
      };
    }
    if (!confirms) return;
    lane.by.afterChunk = () => {
      latency.reach(lane.by.receiver.confirmed);
      publisher.wake();
    };
  }
}

/** How many of the lane's messages have come back; of copies, their mean. */
function arrived(lane: Lane): number {
  return contentsOf(lane.arriving) / lane.copies;
}

function contentsOf(connections: Iterable<BenchConnection>): number {
  let total = 0;
  for (const connection of connections) total += connection.receiver.contents;
  return total;
}
