/**
 * Chunks in, frames out: the hottest loop of the broker.
 *
 *     frame   type:1 | channel:2 | size:4 | payload (size octets) | 206
 *
 * Responsible for finding frames at any split of the stream, for the end octet, and for refusing
 * what is too large before a single octet of it is kept. Not responsible for what a payload means:
 * it goes to the sink as offsets into the chunk, without a view, a copy or an object.
 *
 * Only a method or header frame that straddles chunks is gathered, into one buffer of its exact
 * size. A body goes on in pieces as they arrive.
 */
import {
  FRAME_BODY,
  FRAME_END,
  FRAME_HEADER,
  FRAME_HEARTBEAT,
  FRAME_METHOD,
  FRAME_MIN_SIZE,
} from './constants.ts';
import { badFrameEnd, frameTooLarge, SNIPPET_BYTES, unknownFrame } from './errors.ts';

/**
 * Where frames go. A payload is `bytes[start, end)`, valid for as long as the sink keeps `bytes`.
 */
export interface FrameSink {
  /** At least 4 octets: class and method id. */
  method(channel: number, bytes: Buffer, start: number, end: number): void;
  /** At least 12 octets: class, weight and body size. */
  header(channel: number, bytes: Buffer, start: number, end: number): void;
  /**
   * A piece of a body frame; `last` says that the frame is complete. An empty frame is one empty
   * piece.
   */
  bodyPart(channel: number, bytes: Buffer, start: number, end: number, last: boolean): void;
  heartbeat(channel: number): void;
}

const START_BYTES = 7;
const OVERHEAD_BYTES = 8;
const METHOD_ID_BYTES = 4;
const CONTENT_HEADER_BYTES = 12;
/** RabbitMQ takes payloads of this much more than what frame-max leaves for them. */
const TOLERATED_BYTES = 8;
/** Without a negotiated limit: the most that is gathered of one method or header frame. */
const MAX_GATHERED_BYTES = 64 * 1024 * 1024;
/** The most that the four octets of a size can say. */
const HIGHEST_SIZE = 0xffff_ffff;

/** What the octets before this chunk have left open. */
const NOTHING = 0;
const START = 1;
const WHOLE = 2;
const PIECES = 3;

const NO_BYTES = Buffer.alloc(0);

export class FrameParser {
  readonly #sink: FrameSink;
  #maxFrameBytes: number;
  #maxPayload = 0;
  #maxBodyPayload = 0;
  #stopped = false;
  #paused = false;
  /** What came, or was left of a chunk, while paused. */
  #kept: Buffer[] = [];
  #open = NOTHING;
  /** The first octets of a frame whose start straddles chunks. */
  readonly #start = Buffer.alloc(START_BYTES);
  /** The payload so far, of a frame that is gathered; the first octets only, of a body. */
  #gathered: Buffer = NO_BYTES;
  readonly #snippet = Buffer.alloc(SNIPPET_BYTES);
  /** Octets in #start, or of the payload seen. */
  #have = 0;
  #type = 0;
  #channel = 0;
  #size = 0;

  /** @param maxFrameBytes the frame-max in force, in octets, 0 for none */
  constructor(sink: FrameSink, maxFrameBytes: number = FRAME_MIN_SIZE) {
    this.#sink = sink;
    this.#maxFrameBytes = maxFrameBytes;
    this.maxFrameBytes = maxFrameBytes;
  }

  get maxFrameBytes(): number {
    return this.#maxFrameBytes;
  }

  /** Holds from the next frame on; may be set from inside a sink call. */
  set maxFrameBytes(value: number) {
    this.#maxFrameBytes = value;
    const most = value - OVERHEAD_BYTES + TOLERATED_BYTES;
    this.#maxPayload = value === 0 ? MAX_GATHERED_BYTES : most;
    this.#maxBodyPayload = value === 0 ? HIGHEST_SIZE : most;
  }

  /**
   * No sink call after this one, and further octets are ignored. May be called from inside a sink
   * call.
   */
  stop(): void {
    this.#stopped = true;
    this.#kept = [];
    this.#gathered = NO_BYTES;
  }

  /** No sink call until `resume`; octets are kept. May be called from inside a sink call. */
  pause(): void {
    this.#paused = true;
  }

  /** Goes on with what was kept; may be paused again meanwhile. @throws as `push` */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const kept = this.#kept;
    this.#kept = [];
    for (const chunk of kept) this.push(chunk);
  }

  /**
   * Takes the next octets of the stream. The parser keeps no part of `chunk`; the sink may.
   * @throws ProtocolError FRAME_ERROR for a frame that is too large (as soon as its first 7 octets
   *   are here), does not end in 206 or is of no known kind; the parser is stopped then. What the
   *   sink throws passes through and stops the parser too.
   */
  push(chunk: Buffer): void {
    if (this.#stopped) return;
    if (this.#paused) {
      this.#kept.push(chunk);
      return;
    }
    let done = false;
    try {
      this.#consume(chunk);
      done = true;
    } finally {
      if (!done) this.stop();
    }
  }

  #consume(chunk: Buffer): void {
    const length = chunk.length;
    let at = this.#open === NOTHING ? 0 : this.#resume(chunk);
    while (length - at >= OVERHEAD_BYTES) {
      if (this.#stopped) return;
      if (this.#paused) {
        this.#kept.push(chunk.subarray(at));
        return;
      }
      const type = chunk[at] as number;
      const channel = ((chunk[at + 1] as number) << 8) | (chunk[at + 2] as number);
      const size = sizeAt(chunk, at);
      if (size > this.#maxPayload) this.#checkSize(type, size);
      const start = at + START_BYTES;
      const end = start + size;
      if (end >= length) break;
      if (chunk[end] !== FRAME_END) {
        throw badFrameEnd(type, chunk, start, size, chunk[end] as number);
      }
      this.#deliver(type, channel, chunk, start, end);
      at = end + 1;
    }
    if (at < length && !this.#stopped) this.#suspend(chunk, at);
  }

  /** Hands over a complete frame with a good end. */
  #deliver(type: number, channel: number, bytes: Buffer, start: number, end: number): void {
    const size = end - start;
    if (type === FRAME_BODY) this.#sink.bodyPart(channel, bytes, start, end, true);
    else if (type === FRAME_METHOD && size >= METHOD_ID_BYTES) {
      this.#sink.method(channel, bytes, start, end);
    } else if (type === FRAME_HEADER && size >= CONTENT_HEADER_BYTES) {
      this.#sink.header(channel, bytes, start, end);
    } else if (type === FRAME_HEARTBEAT && size === 0) this.#sink.heartbeat(channel);
    else throw unknownFrame(type, bytes, start, size);
  }

  /** Refuses a size over the limit; without a frame-max only what would be gathered has one. */
  #checkSize(type: number, size: number): void {
    if (type === FRAME_BODY && size <= this.#maxBodyPayload) return;
    throw frameTooLarge(type, size, this.#maxPayload - TOLERATED_BYTES);
  }

  /** Keeps what the frame at `at`, which this chunk does not complete, has so far. */
  #suspend(chunk: Buffer, at: number): void {
    if (chunk.length - at >= START_BYTES) {
      this.#begin(chunk, at);
      this.#continue(chunk, at + START_BYTES);
      return;
    }
    this.#have = chunk.copy(this.#start, 0, at);
    this.#open = START;
  }

  /** Goes on with the open frame; returns the position in `chunk` after what belongs to it. */
  #resume(chunk: Buffer): number {
    if (this.#open !== START) return this.#continue(chunk, 0);
    const copied = chunk.copy(this.#start, this.#have);
    this.#have += copied;
    if (this.#have < START_BYTES) return copied;
    this.#begin(this.#start, 0);
    return this.#continue(chunk, copied);
  }

  /** Opens the frame whose 7 first octets are at `at`. */
  #begin(bytes: Buffer, at: number): void {
    this.#type = bytes[at] as number;
    this.#channel = bytes.readUInt16BE(at + 1);
    this.#size = sizeAt(bytes, at);
    if (this.#size > this.#maxPayload) this.#checkSize(this.#type, this.#size);
    this.#have = 0;
    this.#open = this.#type === FRAME_BODY ? PIECES : WHOLE;
    if (this.#open === WHOLE) this.#gathered = Buffer.allocUnsafe(this.#size);
  }

  #continue(chunk: Buffer, at: number): number {
    const end = Math.min(at + this.#size - this.#have, chunk.length);
    const kept = this.#open === WHOLE ? this.#gathered : this.#snippet;
    if (this.#have < kept.length) chunk.copy(kept, this.#have, at, end);
    this.#have += end - at;
    const isComplete = end < chunk.length;
    if (isComplete) {
      if (chunk[end] !== FRAME_END) {
        throw badFrameEnd(this.#type, kept, 0, this.#size, chunk[end] as number);
      }
      this.#open = NOTHING;
    }
    if (kept === this.#snippet) {
      if (isComplete || end > at) {
        this.#sink.bodyPart(this.#channel, chunk, at, end, isComplete);
      }
    } else if (isComplete) {
      this.#gathered = NO_BYTES;
      this.#deliver(this.#type, this.#channel, kept, 0, this.#size);
    }
    return isComplete ? end + 1 : end;
  }
}

function sizeAt(bytes: Buffer, frame: number): number {
  return (
    (((bytes[frame + 3] as number) << 24) |
      ((bytes[frame + 4] as number) << 16) |
      ((bytes[frame + 5] as number) << 8) |
      (bytes[frame + 6] as number)) >>>
    0
  );
}
