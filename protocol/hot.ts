/**
 * Hand-written codecs for the methods that carry traffic: publish, ack, nack, reject in;
 * deliver, get-ok, ack, nack and content frames out.
 *
 * Responsible for reading them in place and writing them straight into a caller's buffer, without
 * an object or a view per message. Not responsible for any other method (methods.ts interprets
 * those from the table) or for limits (frame-parser.ts has applied them). The tests hold each
 * function here against the table.
 *
 *     method frame  | 1 | channel:2 | size:4 | class:2 | method:2 | fields... | CE |
 *     header frame  | 2 | channel:2 | size:4 | class:2 | weight:2 | body size:8 | props | CE |
 *     body frame    | 3 | channel:2 | size:4 | octets | CE |
 */
import { FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_METHOD } from './constants.ts';
import { cannotDecode } from './errors.ts';
import { Octets } from './octets.ts';

export const BASIC_PUBLISH = 0x003c0028;
export const BASIC_ACK = 0x003c0050;
export const BASIC_REJECT = 0x003c005a;
export const BASIC_NACK = 0x003c0078;
const BASIC_DELIVER = 0x003c003c;
const BASIC_GET_OK = 0x003c0047;
/** Class basic and weight 0, as the first four octets of a content header. */
const CLASS_AND_WEIGHT = 60 << 16;

/** Octets that a frame adds around its payload. */
export const FRAME_OVERHEAD = 8;
/** Octets of a header frame's payload before the properties. */
export const CONTENT_HEADER_BYTES = 12;
const TWO_32 = 4294967296;
const HIGHEST_SAFE_WORD = 0x1fffff;

/** `class << 16 | method` of the method payload at `start`. */
export function methodIdAt(bytes: Buffer, start: number): number {
  return (
    ((bytes[start] as number) << 24) |
    ((bytes[start + 1] as number) << 16) |
    ((bytes[start + 2] as number) << 8) |
    (bytes[start + 3] as number)
  );
}

/** Unsigned 32 bits at `at`. */
export function uint32At(bytes: Buffer, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

/** Unsigned 64 bits at `at`: a number while a double holds it exactly, else a bigint. */
export function uint64At(bytes: Buffer, at: number): number | bigint {
  const high = uint32At(bytes, at);
  const low = uint32At(bytes, at + 4);
  if (high > HIGHEST_SAFE_WORD) return (BigInt(high) << 32n) | BigInt(low);
  return high === 0 ? low : high * TWO_32 + low;
}

/**
 * The fields of one basic.publish as offsets into the frame: reused, never allocated per message.
 * `nameStart`..`nameEnd` spans both short strings with their lengths (exchange, then routing key),
 * so that "same target as before" is one comparison of octets.
 */
export class PublishFields {
  nameStart = 0;
  nameEnd = 0;
  mandatory = false;
  immediate = false;

  /**
   * Reads the payload `bytes[start, end)` of a basic.publish.
   * @throws ProtocolError FRAME_ERROR when the fields do not fit the payload exactly
   */
  read(bytes: Buffer, start: number, end: number): void {
    const exchangeAt = start + 6;
    const keyAt = exchangeAt + 1 + (exchangeAt < end ? (bytes[exchangeAt] as number) : 0);
    const flagsAt = keyAt + 1 + (keyAt < end ? (bytes[keyAt] as number) : 0);
    if (flagsAt + 1 !== end) throw cannotDecode(bytes, start + 4, end, 60, 40);
    const flags = bytes[flagsAt] as number;
    this.nameStart = exchangeAt;
    this.nameEnd = flagsAt;
    this.mandatory = (flags & 1) !== 0;
    this.immediate = (flags & 2) !== 0;
  }
}

/** Writes a 64-bit unsigned value that a double holds exactly. */
export function writeUint64(target: DataView, at: number, value: number): void {
  target.setUint32(at, value < TWO_32 ? 0 : Math.floor(value / TWO_32));
  target.setUint32(at + 4, value >>> 0);
}

/** Writes type, channel and payload size: the first 7 octets of a frame. */
export function writeFrameStart(
  target: DataView,
  at: number,
  type: number,
  channel: number,
  size: number,
): number {
  target.setUint8(at, type);
  target.setUint16(at + 1, channel);
  target.setUint32(at + 3, size);
  return at + 7;
}

/** Octets of the content header frame for properties of that length. */
export function headerFrameBytes(propertyBytes: number): number {
  return FRAME_OVERHEAD + CONTENT_HEADER_BYTES + propertyBytes;
}

/** Writes a content header frame; returns the position after it. */
export function writeHeaderFrame(
  target: Octets,
  at: number,
  channel: number,
  bodySize: number,
  properties: Octets,
  start: number,
  end: number,
): number {
  const { view } = target;
  let p = writeFrameStart(view, at, FRAME_HEADER, channel, CONTENT_HEADER_BYTES + end - start);
  view.setUint32(p, CLASS_AND_WEIGHT);
  writeUint64(view, p + 4, bodySize);
  p = target.put(p + 12, properties, start, end);
  view.setUint8(p, FRAME_END);
  return p + 1;
}

/** Writes one whole body frame; returns the position after it. */
export function writeBodyFrame(
  target: Octets,
  at: number,
  channel: number,
  body: Octets,
  start: number,
  end: number,
): number {
  let p = writeFrameStart(target.view, at, FRAME_BODY, channel, end - start);
  p = target.put(p, body, start, end);
  target.view.setUint8(p, FRAME_END);
  return p + 1;
}

function methodFrame(channel: number, id: number, fieldBytes: number): Octets {
  const frame = new Octets(Buffer.alloc(7 + 4 + fieldBytes + 1));
  writeFrameStart(frame.view, 0, FRAME_METHOD, channel, 4 + fieldBytes);
  frame.view.setUint32(7, id);
  frame.view.setUint8(frame.bytes.length - 1, FRAME_END);
  return frame;
}

/** Octets of the delivery tag and the redelivered bit. */
const TAG_AND_BIT_BYTES = 9;

/**
 * What basic.deliver frames of one consumer have in common: all up to exchange and routing key,
 * with size and delivery tag to be filled in, and redelivered false.
 */
export function deliverStart(channel: number, consumerTag: string): Buffer {
  const tag = Buffer.from(consumerTag);
  const { bytes } = methodFrame(channel, BASIC_DELIVER, 1 + tag.length + TAG_AND_BIT_BYTES);
  bytes[11] = tag.length;
  tag.copy(bytes, 12);
  return bytes.subarray(0, -1);
}

/**
 * A whole basic.deliver frame with delivery tag 0 and redelivered false: one per consumer and
 * target, copied for each message and then patched at `deliverTagOffset`.
 */
export function deliverTemplate(start: Buffer, names: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(start.length + names.length + 1);
  frame.set(start);
  frame.set(names, start.length);
  frame.writeUInt32BE(frame.length - FRAME_OVERHEAD, 3);
  frame[frame.length - 1] = FRAME_END;
  return frame;
}

/**
 * Where in a deliver template the 8 octets of the delivery tag are; the redelivered bit follows.
 */
export function deliverTagOffset(start: Buffer): number {
  return start.length - TAG_AND_BIT_BYTES;
}

/**
 * Copies a deliver template to `target` and fills in what varies; returns the position after it.
 */
export function writeDeliver(
  target: Octets,
  at: number,
  template: Buffer,
  tagOffset: number,
  deliveryTag: number,
  redelivered: boolean,
): number {
  target.bytes.set(template, at);
  writeUint64(target.view, at + tagOffset, deliveryTag);
  if (redelivered) target.view.setUint8(at + tagOffset + 8, 1);
  return at + template.length;
}

/** A whole basic.get-ok frame. `messageCount` is what is still ready after it. */
export function encodeGetOk(
  channel: number,
  deliveryTag: number,
  redelivered: boolean,
  names: Buffer,
  messageCount: number,
): Buffer {
  const { bytes, view } = methodFrame(channel, BASIC_GET_OK, 9 + names.length + 4);
  writeUint64(view, 11, deliveryTag);
  if (redelivered) view.setUint8(19, 1);
  names.copy(bytes, 20);
  view.setUint32(20 + names.length, messageCount);
  return bytes;
}

/** Octets of an ack or nack frame. */
export const CONFIRM_FRAME_BYTES = 21;

/** Writes a basic.ack (or basic.nack) frame from the broker; returns the position after it. */
export function writeConfirm(
  target: DataView,
  at: number,
  channel: number,
  id: typeof BASIC_ACK | typeof BASIC_NACK,
  deliveryTag: number,
  multiple: boolean,
): number {
  const p = writeFrameStart(target, at, FRAME_METHOD, channel, 13);
  target.setUint32(p, id);
  writeUint64(target, p + 4, deliveryTag);
  // A nack's requeue bit means nothing to a publisher; RabbitMQ leaves it at its default.
  target.setUint8(p + 12, (multiple ? 1 : 0) | (id === BASIC_NACK ? 2 : 0));
  target.setUint8(p + 13, FRAME_END);
  return p + 14;
}
