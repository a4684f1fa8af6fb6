/**
 * Puts a content together: after a method that carries content, one header frame, then body frames.
 *
 * Responsible for the order of frames on one channel and for collecting where the octets lie. Not
 * responsible for what a message means, its largest size, or its properties' validity. Three
 * states, no I/O, no copies: the parts point into the chunks that the frames arrived in.
 */
import { ProtocolError } from './errors.ts';
import { uint32At, uint64At } from './hot.ts';

const BASIC_CLASS = 60;
const METHOD = 0;
const HEADER = 1;
const BODY = 2;

/** Stretches shorter than this are copied together, unless the body is a single one. */
const SMALL_PART_BYTES = 512;
const TAIL_BYTES = 8_192;
const NOTHING = Buffer.alloc(0);

/** A stretch of a body: `bytes[start, end)`. */
export interface BodyPart {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** What one channel's frames have added up to. One per channel, reused for each content. */
export class ContentAssembler {
  #state = METHOD;
  #methodId = 0;
  #left = 0;
  /** Where small stretches are copied together, and how much of it is used. */
  #tail: Buffer | null = null;
  #tailUsed = 0;
  /** Declared by the header, in octets. */
  bodySize = 0;
  /** Property flags and values: `properties[propertiesStart, propertiesEnd)`. */
  properties: Buffer = NOTHING;
  propertiesStart = 0;
  propertiesEnd = 0;
  /** The body while it lies in one stretch: `body[bodyStart, bodyEnd)`. */
  body: Buffer = NOTHING;
  bodyStart = 0;
  bodyEnd = 0;
  /** All stretches, once there is more than one; null before. */
  parts: BodyPart[] | null = null;

  /** Whether a header or body frame is due next. */
  get expectsContent(): boolean {
    return this.#state !== METHOD;
  }

  /** A method with content was seen. `methodId` is the low half of its id, for error replies. */
  begin(methodId: number): void {
    this.#state = HEADER;
    this.#methodId = methodId;
  }

  /** Forgets what was collected and waits for a method. */
  abort(): void {
    this.#state = METHOD;
    this.forget();
  }

  /** Lets go of the octets of the last content. */
  forget(): void {
    this.parts = null;
    this.#tail = null;
    this.properties = NOTHING;
    this.body = NOTHING;
  }

  /** The error for a method frame that came where content was due. */
  interrupted(): ProtocolError {
    return this.#state === HEADER
      ? this.#unexpected(
          `expected content header for class ${BASIC_CLASS}, got non content header frame instead`,
        )
      : this.#unexpected('expected content body, got non content body frame instead');
  }

  /**
   * Takes a header frame's payload. Returns whether the content is complete (an empty body).
   * @throws ProtocolError UNEXPECTED_FRAME (spec 4.2.6) or FRAME_ERROR
   */
  header(bytes: Buffer, start: number, end: number): boolean {
    if (this.#state === METHOD) throw methodExpected();
    if (this.#state === BODY) throw this.interrupted();
    const classId = ((bytes[start] as number) << 8) | (bytes[start + 1] as number);
    if (classId !== BASIC_CLASS) {
      throw this.#unexpected(
        `expected content header for class ${BASIC_CLASS}, got one for class ${classId} instead`,
      );
    }
    if (bytes[start + 2] !== 0 || bytes[start + 3] !== 0) throw this.interrupted();
    const high = uint32At(bytes, start + 4);
    // A size beyond 2^53 is over every limit: the double's rounding changes no decision.
    this.bodySize = high === 0 ? uint32At(bytes, start + 8) : Number(uint64At(bytes, start + 4));
    this.properties = bytes;
    this.propertiesStart = start + 12;
    this.propertiesEnd = end;
    this.#left = this.bodySize;
    this.body = bytes;
    this.bodyStart = 0;
    this.bodyEnd = 0;
    this.parts = null;
    this.#state = this.bodySize === 0 ? METHOD : BODY;
    return this.bodySize === 0;
  }

  /**
   * Takes a stretch of a body frame; `last` says that it ends that frame. Returns whether the
   * content is complete.
   * @throws ProtocolError UNEXPECTED_FRAME where no body is due; FRAME_ERROR past the declared size
   */
  bodyPart(bytes: Buffer, start: number, end: number, last: boolean): boolean {
    if (this.#state === METHOD) throw methodExpected();
    if (this.#state === HEADER) throw this.interrupted();
    const length = end - start;
    const left = this.#left - length;
    if (left < 0)
      throw new ProtocolError('FRAME_ERROR', 'body frames exceed the declared body size');
    this.#left = left;
    if (length !== 0) this.#collect(bytes, start, end);
    if (left !== 0 || !last) return false;
    this.#state = METHOD;
    return true;
  }

  #collect(bytes: Buffer, start: number, end: number): void {
    if (this.bodyEnd === this.bodyStart) {
      this.body = bytes;
      this.bodyStart = start;
      this.bodyEnd = end;
      return;
    }
    this.parts ??= [{ bytes: this.body, start: this.bodyStart, end: this.bodyEnd }];
    if (end - start < SMALL_PART_BYTES) this.#collectSmall(this.parts, bytes, start, end);
    else this.parts.push({ bytes, start, end });
  }

  /** A body in thousands of tiny frames must not cost an object, or keep a chunk, for each. */
  #collectSmall(parts: BodyPart[], bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.#tail === null || this.#tailUsed + length > this.#tail.length) {
      this.#tail = Buffer.allocUnsafeSlow(TAIL_BYTES);
      this.#tailUsed = 0;
    }
    const tail = this.#tail;
    const from = this.#tailUsed;
    bytes.copy(tail, from, start, end);
    this.#tailUsed += length;
    const last = parts[parts.length - 1] as BodyPart;
    if (last.bytes === tail && last.end === from) {
      parts[parts.length - 1] = { bytes: tail, start: last.start, end: this.#tailUsed };
    } else parts.push({ bytes: tail, start: from, end: this.#tailUsed });
  }

  #unexpected(text: string): ProtocolError {
    return new ProtocolError('UNEXPECTED_FRAME', text, BASIC_CLASS, this.#methodId);
  }
}

/** The error for a header or body frame where no content was announced. */
export function methodExpected(): ProtocolError {
  return new ProtocolError(
    'UNEXPECTED_FRAME',
    'expected method frame, got non method frame instead',
  );
}
