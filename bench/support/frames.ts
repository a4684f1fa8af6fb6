/**
 * Assembles AMQP 0-9-1 frames for the load generator.
 *
 * Responsible for the few methods that a benchmark sends, laid out by hand, and for blocks of
 * publishes that are written whole. It shares no code with `protocol/` on purpose: a mistake there
 * must not be answered by the same mistake here, and other brokers are measured with it too.
 * Everything here runs before the clock starts. Not responsible for reading (receiver.ts).
 */

const FRAME_METHOD = 1;
const FRAME_HEADER = 2;
const FRAME_BODY = 3;
const FRAME_END = 0xce;
const BASIC_CLASS = 60;
/** Frame size agreed on in the handshake, in octets, frame overhead included. */
export const FRAME_MAX_BYTES = 131072;
const FRAME_OVERHEAD = 8;

/** `class << 16 | method` of the methods that a benchmark sends or waits for. */
export const METHOD = {
  connectionStart: 0x000a000a,
  connectionStartOk: 0x000a000b,
  connectionTune: 0x000a001e,
  connectionTuneOk: 0x000a001f,
  connectionOpen: 0x000a0028,
  connectionOpenOk: 0x000a0029,
  connectionClose: 0x000a0032,
  connectionCloseOk: 0x000a0033,
  channelOpen: 0x0014000a,
  channelOpenOk: 0x0014000b,
  channelClose: 0x00140028,
  exchangeDeclare: 0x0028000a,
  exchangeDeclareOk: 0x0028000b,
  exchangeDelete: 0x00280014,
  exchangeDeleteOk: 0x00280015,
  queueDeclare: 0x0032000a,
  queueDeclareOk: 0x0032000b,
  queueBind: 0x00320014,
  queueBindOk: 0x00320015,
  queuePurge: 0x0032001e,
  queuePurgeOk: 0x0032001f,
  queueDelete: 0x00320028,
  queueDeleteOk: 0x00320029,
  basicQos: 0x003c000a,
  basicQosOk: 0x003c000b,
  basicConsume: 0x003c0014,
  basicConsumeOk: 0x003c0015,
  basicPublish: 0x003c0028,
  basicDeliver: 0x003c003c,
  basicAck: 0x003c0050,
  basicNack: 0x003c0078,
  confirmSelect: 0x0055000a,
  confirmSelectOk: 0x0055000b,
} as const;

/** Appends AMQP's elementary types to a growing buffer. */
export class Writer {
  private bytes = Buffer.allocUnsafe(256);
  private length = 0;

  octet(value: number): this {
    const at = this.reserve(1);
    this.bytes.writeUInt8(value, at);
    return this;
  }

  short(value: number): this {
    const at = this.reserve(2);
    this.bytes.writeUInt16BE(value, at);
    return this;
  }

  long(value: number): this {
    const at = this.reserve(4);
    this.bytes.writeUInt32BE(value, at);
    return this;
  }

  longLong(value: number): this {
    const at = this.reserve(8);
    this.bytes.writeBigUInt64BE(BigInt(value), at);
    return this;
  }

  /** Throws RangeError above 255 octets. */
  shortString(value: string): this {
    const octets = Buffer.from(value);
    if (octets.length > 255) throw new RangeError(`short string over 255 octets: ${value}`);
    return this.octet(octets.length).raw(octets);
  }

  longString(value: string): this {
    const octets = Buffer.from(value);
    return this.long(octets.length).raw(octets);
  }

  raw(octets: Uint8Array): this {
    const at = this.reserve(octets.length);
    this.bytes.set(octets, at);
    return this;
  }

  finish(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.length));
  }

  private reserve(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const wider = Buffer.allocUnsafe(this.length * 2);
      wider.set(this.bytes);
      this.bytes = wider;
    }
    return at;
  }
}

function frame(type: number, channel: number, payload: Uint8Array): Buffer {
  return new Writer()
    .octet(type)
    .short(channel)
    .long(payload.length)
    .raw(payload)
    .octet(FRAME_END)
    .finish();
}

/** One method frame; `fields` writes the arguments. */
export function methodFrame(
  channel: number,
  method: number,
  fields: (to: Writer) => Writer = (to) => to,
): Buffer {
  return frame(FRAME_METHOD, channel, fields(new Writer().long(method)).finish());
}

export interface PublishPlan {
  readonly channel: number;
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Uint8Array;
  /** reply-to property; absent: no property at all. */
  readonly replyTo?: string;
  /** delivery-mode 2. */
  readonly persistent?: boolean;
}

/** The frames of one basic.publish: method, header, and as many body frames as it takes. */
export function publishFrames(plan: PublishPlan): Buffer {
  const method = methodFrame(plan.channel, METHOD.basicPublish, (to) =>
    to.short(0).shortString(plan.exchange).shortString(plan.routingKey).octet(0),
  );
  return Buffer.concat([method, ...contentFrames(plan.channel, plan.body, plan)]);
}

export interface DeliverPlan {
  readonly channel: number;
  readonly consumerTag: string;
  readonly deliveryTag: number;
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Uint8Array;
}

/** The frames of one basic.deliver, for the null broker and for tests. */
export function deliverFrames(plan: DeliverPlan): Buffer {
  const method = methodFrame(plan.channel, METHOD.basicDeliver, (to) =>
    to
      .shortString(plan.consumerTag)
      .longLong(plan.deliveryTag)
      .octet(0)
      .shortString(plan.exchange)
      .shortString(plan.routingKey),
  );
  return Buffer.concat([method, ...contentFrames(plan.channel, plan.body, {})]);
}

function contentFrames(
  channel: number,
  body: Uint8Array,
  { persistent = false, replyTo }: Pick<PublishPlan, 'persistent' | 'replyTo'>,
): Buffer[] {
  const header = new Writer().short(BASIC_CLASS).short(0).longLong(body.length);
  header.short((persistent ? 0x1000 : 0) | (replyTo === undefined ? 0 : 0x0200));
  if (persistent) header.octet(2);
  if (replyTo !== undefined) header.shortString(replyTo);
  const frames = [frame(FRAME_HEADER, channel, header.finish())];
  const step = FRAME_MAX_BYTES - FRAME_OVERHEAD;
  for (let at = 0; at < body.length; at += step) {
    frames.push(frame(FRAME_BODY, channel, body.subarray(at, at + step)));
  }
  return frames;
}

/** basic.ack as clients and brokers both send it. */
export function ackFrame(channel: number, deliveryTag: number, multiple: boolean): Buffer {
  return methodFrame(channel, METHOD.basicAck, (to) =>
    to.longLong(deliveryTag).octet(multiple ? 1 : 0),
  );
}

/** Messages one behind the other in one buffer; `ends[i]` is where message i ends. */
export interface Block {
  readonly bytes: Buffer;
  readonly ends: Uint32Array;
}

/**
 * Repeats `messages` in order, whole rounds of them, until the block holds at least `wantedBytes`
 * or `maxMessages` messages. Every message is in it at least once.
 */
export function buildBlock(
  messages: readonly Buffer[],
  wantedBytes: number,
  maxMessages: number = Number.POSITIVE_INFINITY,
): Block {
  const parts: Buffer[] = [];
  const ends: number[] = [];
  let total = 0;
  do {
    for (const message of messages) {
      parts.push(message);
      total += message.length;
      ends.push(total);
    }
  } while (total < wantedBytes && parts.length < maxMessages);
  return { bytes: Buffer.concat(parts), ends: Uint32Array.from(ends) };
}
