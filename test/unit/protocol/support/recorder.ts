// A sink that writes down what a parser hands over, as copies, and the ways to feed a parser. Body
// frames are listed whole, and how many pieces each came in. Judges nothing.
import {
  FRAME_BODY,
  FRAME_HEADER,
  FRAME_HEARTBEAT,
  FRAME_METHOD,
} from '../../../../protocol/constants.ts';
import { FrameParser, type FrameSink } from '../../../../protocol/frame-parser.ts';

export interface Frame {
  readonly type: number;
  readonly channel: number;
  readonly payload: Buffer;
}

export class Recorder implements FrameSink {
  readonly frames: Frame[] = [];
  /** Pieces of each complete body frame. */
  readonly pieces: number[] = [];
  /** What a body frame that is not complete has so far. */
  partial: Buffer[] = [];
  /** Called after each complete frame. */
  onFrame: (frame: Frame) => void = () => undefined;

  #add(type: number, channel: number, payload: Buffer): void {
    const frame = { type, channel, payload };
    this.frames.push(frame);
    this.onFrame(frame);
  }

  method(channel: number, bytes: Buffer, start: number, end: number): void {
    this.#add(FRAME_METHOD, channel, Buffer.from(bytes.subarray(start, end)));
  }

  header(channel: number, bytes: Buffer, start: number, end: number): void {
    this.#add(FRAME_HEADER, channel, Buffer.from(bytes.subarray(start, end)));
  }

  bodyPart(channel: number, bytes: Buffer, start: number, end: number, last: boolean): void {
    this.partial.push(Buffer.from(bytes.subarray(start, end)));
    if (!last) return;
    const payload = Buffer.concat(this.partial);
    this.pieces.push(this.partial.length);
    this.partial = [];
    this.#add(FRAME_BODY, channel, payload);
  }

  heartbeat(channel: number): void {
    this.#add(FRAME_HEARTBEAT, channel, Buffer.alloc(0));
  }
}

/** What a parser makes of these chunks. @throws whatever push throws */
export function parse(chunks: readonly Buffer[], maxFrameBytes = 131_072): Recorder {
  const recorder = new Recorder();
  const parser = new FrameParser(recorder, maxFrameBytes);
  for (const chunk of chunks) parser.push(chunk);
  return recorder;
}

export function byteByByte(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
}

/** A frame of any kind, good or bad, written octet by octet. `size` may lie. */
export function rawFrame(
  type: number,
  channel: number,
  payload: Buffer,
  end = 0xce,
  size = payload.length,
): Buffer {
  const start = [type, channel >> 8, channel & 0xff];
  const length = [size >>> 24, (size >>> 16) & 0xff, (size >>> 8) & 0xff, size & 0xff];
  return Buffer.concat([Buffer.from([...start, ...length]), payload, Buffer.from([end])]);
}
