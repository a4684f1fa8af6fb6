/**
 * Counts what a broker sends, straight from the socket's chunks.
 *
 * Responsible for walking frame headers: content (a deliver, or a publish when the null broker
 * listens) is counted when its last octet has come, confirms are counted by tag, every other
 * method is handed on. Bodies are skipped, never gathered, and nothing is allocated per frame.
 * Messages of one flow have one length, so after the first the walk jumps from message to
 * message, checking frame type, method and end octet on the way.
 * Not responsible for decoding anything else, nor for checking more of the frames than that.
 */
import { METHOD } from './frames.ts';

const METHOD_TYPE = 1;
const HEADER_TYPE = 2;
const BODY_TYPE = 3;
const FRAME_END = 0xce;
const HEADER_BYTES = 7;
const OVERHEAD = 8;
/** For the part of a frame that straddles chunks; grows for a longer one. */
const FIRST_CARRY_BYTES = 256;
const TWO_32 = 4294967296;

export interface ReceiverEvents {
  /** A complete content; the tag is 0 for publishes. Set only where tags are needed. */
  content?: ((deliveryTag: number) => void) | undefined;
  /** A content method's or header's payload; not called for messages that were jumped over. */
  contentFrame?: ((type: number, bytes: Buffer, start: number, end: number) => void) | undefined;
  /** Any other method but confirms. `payload` starts at the class id and is only valid now. */
  method: (channel: number, method: number, payload: Buffer) => void;
}

export class Receiver {
  /** Complete contents so far. */
  contents = 0;
  /** Publishes that the broker has confirmed so far, negative confirms included. */
  confirmed = 0;
  nacked = 0;
  private readonly events: ReceiverEvents;
  private readonly contentMethod: number;
  private carry: Buffer = Buffer.allocUnsafe(FIRST_CARRY_BYTES);
  private carried = 0;
  private skipBytes = 0;
  private bodyLeft = 0;
  private tag = 0;
  /** Octets of a whole message of this flow, 0 while unknown, and of its method frame. */
  private stride = 0;
  private methodBytes = 0;
  /** Low octets of the header frame's size and of the body's. */
  private headerLow = 0;
  private bodyLow = 0;
  private tagAt = 0;
  private messageStart = -1;
  private confirmedUpTo = 0;
  private readonly confirmedAhead = new Set<number>();

  constructor(events: ReceiverEvents, contentMethod: number = METHOD.basicDeliver) {
    this.events = events;
    this.contentMethod = contentMethod;
  }

  /**
   * Takes `length` octets of `bytes`; the buffer may be reused afterwards.
   * @throws Error when the stream is out of step: no frame begins where one must
   */
  push(bytes: Buffer, length: number): void {
    this.messageStart = -1;
    let at = this.finishSplitFrame(bytes, length);
    while (at < length) {
      if (this.stride > 0 && this.bodyLeft === 0) {
        at = this.jump(bytes, at, length);
        if (at === length) return;
      }
      if (!isFrameType(bytes[at])) throw new Error(`octet ${bytes[at]} where a frame begins`);
      if (length - at < HEADER_BYTES) break;
      const total = uint32(bytes, at + 3) + OVERHEAD;
      if (bytes[at] === BODY_TYPE) {
        this.bodyLeft -= total - OVERHEAD;
        if (length - at < total) {
          this.skipBytes = total - (length - at);
          return;
        }
        at += total;
        if (this.bodyLeft === 0) this.contentDone(at);
      } else {
        if (length - at < total) break;
        this.frame(bytes, at, total);
        at += total;
      }
    }
    if (at < length) this.fillCarry(bytes, at, length, length - at);
  }

  /** Counts whole messages of the known layout; returns where something else begins. */
  private jump(bytes: Buffer, start: number, length: number): number {
    const { stride, methodBytes, tagAt, headerLow, bodyLow } = this;
    const last = length - stride;
    const low = (methodBytes - OVERHEAD) & 0xff;
    const methodLow = this.contentMethod & 0xff;
    const onContent = this.events.content;
    let at = start;
    while (
      at <= last &&
      bytes[at] === METHOD_TYPE &&
      bytes[at + 6] === low &&
      bytes[at + 8] === 60 &&
      bytes[at + 10] === methodLow &&
      bytes[at + methodBytes] === HEADER_TYPE &&
      bytes[at + methodBytes + 6] === headerLow &&
      bytes[at + methodBytes + 17] === bodyLow >>> 8 &&
      bytes[at + methodBytes + 18] === (bodyLow & 0xff) &&
      bytes[at + stride - 1] === FRAME_END
    ) {
      this.contents++;
      if (onContent !== undefined) onContent(uint48(bytes, at + tagAt));
      at += stride;
    }
    return at;
  }

  private finishSplitFrame(bytes: Buffer, length: number): number {
    let at = 0;
    if (this.carried > 0) {
      at = this.fillCarry(bytes, at, length, HEADER_BYTES);
      if (this.carried < HEADER_BYTES) return at;
      const total = uint32(this.carry, 3) + OVERHEAD;
      if (this.carry[0] === BODY_TYPE) {
        this.bodyLeft -= total - OVERHEAD;
        this.skipBytes = total - this.carried;
        this.carried = 0;
      } else {
        at = this.fillCarry(bytes, at, length, total);
        if (this.carried < total) return at;
        this.carried = 0;
        this.frame(this.carry, 0, total);
        this.messageStart = -1;
      }
    }
    if (this.skipBytes > 0) {
      const step = Math.min(this.skipBytes, length - at);
      this.skipBytes -= step;
      at += step;
      if (this.skipBytes === 0 && this.bodyLeft === 0) this.contentDone(at);
    }
    return at;
  }

  /** Gathers octets until `wanted` are there or the chunk ends; returns where it stopped. */
  private fillCarry(bytes: Buffer, at: number, length: number, wanted: number): number {
    const step = Math.min(wanted - this.carried, length - at);
    if (step <= 0) return at;
    if (wanted > this.carry.length) {
      const wider = Buffer.allocUnsafe(wanted);
      this.carry.copy(wider, 0, 0, this.carried);
      this.carry = wider;
    }
    bytes.copy(this.carry, this.carried, at, at + step);
    this.carried += step;
    return at + step;
  }

  /** A complete method, header or heartbeat frame. */
  private frame(bytes: Buffer, at: number, total: number): void {
    const start = at + HEADER_BYTES;
    if (bytes[at + total - 1] !== FRAME_END) {
      throw new Error(`a frame of type ${bytes[at]} and ${total} octets does not end in 206`);
    }
    if (bytes[at] === HEADER_TYPE) {
      this.bodyLeft = uint48(bytes, start + 4);
      this.headerLow = (total - OVERHEAD) & 0xff;
      this.bodyLow = this.bodyLeft & 0xffff;
      this.events.contentFrame?.(HEADER_TYPE, bytes, start, at + total - 1);
      if (this.bodyLeft === 0) this.contentDone(at + total);
      return;
    }
    if (bytes[at] !== METHOD_TYPE) return;
    const method = uint32(bytes, start);
    if (method === this.contentMethod) {
      this.messageStart = at;
      this.methodBytes = total;
      if (method === METHOD.basicDeliver) {
        this.tagAt = HEADER_BYTES + 5 + (bytes[start + 4] as number);
        this.tag = uint48(bytes, at + this.tagAt);
      }
      this.events.contentFrame?.(METHOD_TYPE, bytes, start, at + total - 1);
    } else if (method === METHOD.basicAck || method === METHOD.basicNack) {
      const before = this.confirmed;
      this.confirm(uint48(bytes, start + 4), ((bytes[start + 12] as number) & 1) === 1);
      if (method === METHOD.basicNack) this.nacked += this.confirmed - before;
    } else {
      this.events.method(
        (bytes[at + 1] as number) * 256 + (bytes[at + 2] as number),
        method,
        bytes.subarray(start, at + total - 1),
      );
    }
  }

  private contentDone(end: number): void {
    this.contents++;
    if (this.messageStart >= 0) this.stride = end - this.messageStart;
    this.messageStart = -1;
    this.events.content?.(this.tag);
  }

  /** Single confirms may come out of order; a multiple one covers all that are below it. */
  private confirm(tag: number, multiple: boolean): void {
    const ahead = this.confirmedAhead;
    if (multiple) {
      if (tag <= this.confirmedUpTo) return;
      this.confirmedUpTo = tag;
      for (const one of ahead) if (one <= tag) ahead.delete(one);
    } else if (tag === this.confirmedUpTo + 1) this.confirmedUpTo = tag;
    else ahead.add(tag);
    while (ahead.size > 0 && ahead.delete(this.confirmedUpTo + 1)) this.confirmedUpTo++;
    this.confirmed = this.confirmedUpTo + ahead.size;
  }
}

function isFrameType(octet: number | undefined): boolean {
  return octet === METHOD_TYPE || octet === HEADER_TYPE || octet === BODY_TYPE || octet === 8;
}

function uint32(bytes: Buffer, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

/** A 64-bit field whose upper 16 bits are taken to be 0. */
function uint48(bytes: Buffer, at: number): number {
  return (
    (bytes[at + 2] as number) * 256 * TWO_32 +
    (bytes[at + 3] as number) * TWO_32 +
    uint32(bytes, at + 4)
  );
}
