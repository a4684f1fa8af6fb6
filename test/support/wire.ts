// The receiving half of the scripted peer: bytes from a stream become methods with their content,
// filed by channel in the order of arrival, and tests wait for them. Waiting is driven by what
// arrives; the one timer is the deadline after which a wait has failed. What to send, and what a
// right answer would be, is peer.ts's business and the tests'.
import type { Duplex } from 'node:stream';
import { FrameParser } from '../../protocol/frame-parser.ts';
import { decodeMethod } from '../../protocol/methods.ts';
import { decodeProperties, type Properties } from '../../protocol/properties.ts';
import { type Method, type MethodName, SPEC } from '../../protocol/spec.ts';

/** A wait that takes longer has failed; in milliseconds. */
export const DEADLINE_MS = 6_000;

/** The content of a publish, deliver, return or get-ok, as it came in. */
export interface Content {
  readonly properties: Properties;
  /** Flags and values exactly as they were on the wire. */
  readonly propertyBytes: Buffer;
  readonly body: Buffer;
  /** The payload size of each body frame, in octets. */
  readonly bodyFrameSizes: readonly number[];
}

export interface Arrival {
  readonly channel: number;
  readonly method: Method;
  readonly content?: Content;
}

/** A content whose frames are still coming. */
interface Pending {
  readonly method: Method;
  size: number;
  got: number;
  propertyBytes: Buffer;
  parts: Buffer[];
  frames: number[];
  frame: number;
}

interface Wait {
  attempt(): void;
}

function carriesContent(name: MethodName): boolean {
  return 'content' in SPEC[name];
}

export class Wire {
  readonly stream: Duplex;
  /** Everything that arrived, in order, whether a test has taken it or not. */
  readonly history: Arrival[] = [];
  /** All octets that came in, kept only for a wire opened with `raw`. */
  readonly rawParts: Buffer[] = [];
  heartbeats = 0;
  ended = false;
  failure: Error | undefined;
  readonly #parser: FrameParser;
  readonly #inboxes = new Map<number, Arrival[]>();
  readonly #pending = new Map<number, Pending>();
  readonly #waits = new Set<Wait>();

  constructor(stream: Duplex, options: { raw?: boolean } = {}) {
    this.stream = stream;
    this.#parser = new FrameParser(
      {
        method: (channel, bytes, start, end) => this.#onMethod(channel, bytes, start, end),
        header: (channel, bytes, start, end) => this.#onHeader(channel, bytes, start, end),
        bodyPart: (channel, bytes, start, end, last) =>
          this.#onBody(channel, bytes, start, end, last),
        heartbeat: () => {
          this.heartbeats += 1;
        },
      },
      0,
    );
    stream.on('data', (chunk: Buffer) => this.#onData(chunk, options.raw === true));
    stream.on('end', () => this.#onEnd(undefined));
    stream.on('close', () => this.#onEnd(undefined));
    stream.on('error', (error: Error) => this.#onEnd(error));
  }

  /** Sets the limit on what this side accepts: a longer frame fails every wait. 0 for none. */
  limitFrames(maxFrameBytes: number): void {
    this.#parser.maxFrameBytes = maxFrameBytes;
  }

  write(bytes: Buffer): void {
    if (!this.stream.writableEnded && !this.stream.destroyed) this.stream.write(bytes);
  }

  inbox(channel: number): Arrival[] {
    let box = this.#inboxes.get(channel);
    if (box === undefined) {
      box = [];
      this.#inboxes.set(channel, box);
    }
    return box;
  }

  /**
   * Calls `attempt` now and after whatever arrives until it gives a value; what it throws fails the
   * wait. `what` says, for the message, what is being waited for.
   */
  until<T>(attempt: () => T | undefined, what: () => string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waits.delete(wait);
        settle();
      };
      const wait: Wait = {
        attempt: () => {
          try {
            const value = attempt();
            if (value !== undefined) finish(() => resolve(value));
          } catch (error) {
            finish(() => reject(error as Error));
          }
        },
      };
      const timer = setTimeout(() => {
        finish(() => reject(new Error(`${what()}: nothing came within ${DEADLINE_MS} ms`)));
      }, DEADLINE_MS);
      this.#waits.add(wait);
      wait.attempt();
    });
  }

  /** Fires every wait; for state that a test changes itself. */
  wake(): void {
    for (const wait of [...this.#waits]) wait.attempt();
  }

  #onData(chunk: Buffer, raw: boolean): void {
    if (raw) this.rawParts.push(chunk);
    else {
      try {
        this.#parser.push(chunk);
      } catch (error) {
        this.failure = error as Error;
      }
    }
    this.wake();
  }

  #onEnd(error: Error | undefined): void {
    // A reset in place of an end is how a socket closes on data that nobody read: the same to us.
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    if (error !== undefined && code !== 'ECONNRESET' && code !== 'EPIPE') this.failure ??= error;
    this.ended = true;
    this.wake();
  }

  #onMethod(channel: number, bytes: Buffer, start: number, end: number): void {
    const method = decodeMethod(bytes, start, end);
    if (this.#pending.has(channel)) {
      throw new Error(`${method.name} came on channel ${channel} in the middle of a content`);
    }
    if (!carriesContent(method.name)) {
      this.#file({ channel, method });
      return;
    }
    const empty = Buffer.alloc(0);
    this.#pending.set(channel, {
      method,
      size: -1,
      got: 0,
      propertyBytes: empty,
      parts: [],
      frames: [],
      frame: 0,
    });
  }

  #onHeader(channel: number, bytes: Buffer, start: number, end: number): void {
    const pending = this.#pending.get(channel);
    if (pending === undefined || pending.size >= 0) {
      throw new Error(`a content header came on channel ${channel} where none is due`);
    }
    pending.size = Number(bytes.readBigUInt64BE(start + 4));
    pending.propertyBytes = Buffer.from(bytes.subarray(start + 12, end));
    if (pending.size === 0) this.#complete(channel, pending);
  }

  #onBody(channel: number, bytes: Buffer, start: number, end: number, last: boolean): void {
    const pending = this.#pending.get(channel);
    if (pending === undefined || pending.size < 0) {
      throw new Error(`a content body came on channel ${channel} where none is due`);
    }
    pending.parts.push(Buffer.from(bytes.subarray(start, end)));
    pending.got += end - start;
    pending.frame += end - start;
    if (!last) return;
    pending.frames.push(pending.frame);
    pending.frame = 0;
    if (pending.got > pending.size) {
      throw new Error(`${pending.got} octets of body came where ${pending.size} were announced`);
    }
    if (pending.got === pending.size) this.#complete(channel, pending);
  }

  #complete(channel: number, pending: Pending): void {
    this.#pending.delete(channel);
    const { propertyBytes } = pending;
    this.#file({
      channel,
      method: pending.method,
      content: {
        properties: decodeProperties(propertyBytes, 0, propertyBytes.length),
        propertyBytes,
        body: Buffer.concat(pending.parts),
        bodyFrameSizes: pending.frames,
      },
    });
  }

  #file(arrival: Arrival): void {
    this.history.push(arrival);
    this.inbox(arrival.channel).push(arrival);
  }
}
