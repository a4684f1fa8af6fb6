/**
 * Consumes from one queue and acknowledges as a shape asks.
 *
 * Responsible for basic.qos, basic.consume and for the acks: one by one or one for every n
 * messages (multiple). The acks of one received chunk leave in one write.
 * Not responsible for counting (receiver.ts).
 */
import type { BenchConnection } from './connection.ts';
import { ackFrame, METHOD, methodFrame } from './frames.ts';

export interface ConsumePlan {
  readonly channel: number;
  readonly queue: string;
  readonly consumerTag: string;
  /** 0: the broker takes deliveries as acknowledged. n: one ack for every n messages. */
  readonly ackEvery: number;
  /** 0: no limit. */
  readonly prefetch: number;
}

const ACK_BYTES = 21;
const TAG_AT = 11;
const SCRATCH_ACKS = 4096;

/** Starts consuming; resolves when the broker has said consume-ok. */
export async function consume(connection: BenchConnection, plan: ConsumePlan): Promise<void> {
  if (plan.prefetch > 0) {
    const qos = methodFrame(plan.channel, METHOD.basicQos, (to) =>
      to.long(0).short(plan.prefetch).octet(0),
    );
    await connection.call(qos, METHOD.basicQosOk);
  }
  if (plan.ackEvery > 0) {
    const acks = new AckWriter(connection, plan.channel, plan.ackEvery);
    connection.listen({ content: (tag) => acks.add(tag) });
    connection.flushAcks = () => acks.flush();
  }
  const start = methodFrame(plan.channel, METHOD.basicConsume, (to) =>
    to
      .short(0)
      .shortString(plan.queue)
      .shortString(plan.consumerTag)
      .octet(plan.ackEvery === 0 ? 2 : 0)
      .long(0),
  );
  await connection.call(start, METHOD.basicConsumeOk);
}

/** Collects the ack frames of one chunk. */
class AckWriter {
  private readonly connection: BenchConnection;
  private readonly every: number;
  private readonly scratch: Buffer;
  private length = 0;
  private unacked = 0;

  constructor(connection: BenchConnection, channel: number, every: number) {
    this.connection = connection;
    this.every = every;
    const frame = ackFrame(channel, 0, every > 1);
    this.scratch = Buffer.concat(Array.from({ length: SCRATCH_ACKS }, () => frame));
  }

  add(tag: number): void {
    if (++this.unacked < this.every) return;
    this.unacked = 0;
    if (this.length === this.scratch.length) this.flush();
    const at = this.length + TAG_AT;
    this.scratch.writeUInt32BE(Math.floor(tag / 4294967296), at);
    this.scratch.writeUInt32BE(tag >>> 0, at + 4);
    this.length += ACK_BYTES;
  }

  flush(): void {
    if (this.length === 0) return;
    this.connection.socket.write(Buffer.from(this.scratch.subarray(0, this.length)));
    this.length = 0;
  }
}
