/**
 * Writes a message behind a method frame: deliver, get-ok or return, then header and body frames.
 *
 * Responsible for copying small contents into the output and for handing large bodies on as slices,
 * cut to the receiver's frame-max. Not responsible for which method frame it is.
 */
import { FRAME_BODY, FRAME_END } from '../../protocol/constants.ts';
import {
  FRAME_OVERHEAD,
  headerFrameBytes,
  writeBodyFrame,
  writeFrameStart,
  writeHeaderFrame,
} from '../../protocol/hot.ts';
import { Octets } from '../../protocol/octets.ts';
import type { Message } from '../broker/message.ts';
import type { Output } from './output.ts';

/** Method frame, header and body together up to this many octets are copied in one go. */
const COPY_BYTES = 8_192;

/** Octets of header and body frames when they can follow a method frame in one stretch; else 0. */
export function copyableContentBytes(message: Message, frameMax: number): number {
  const size = message.bodySize;
  if (message.parts !== null || size > COPY_BYTES) return 0;
  if (size + FRAME_OVERHEAD > frameMax && frameMax !== 0) return 0;
  const properties = message.propertiesEnd - message.propertiesStart;
  const bytes = headerFrameBytes(properties) + (size === 0 ? 0 : size + FRAME_OVERHEAD);
  return bytes > 2 * COPY_BYTES ? 0 : bytes;
}

/** Writes what `copyableContentBytes` counted into `slab` at `at`. */
export function copyContent(slab: Octets, at: number, channel: number, message: Message): void {
  const size = message.bodySize;
  const p = writeHeaderFrame(
    slab,
    at,
    channel,
    size,
    message.properties,
    message.propertiesStart,
    message.propertiesEnd,
  );
  if (size === 0) return;
  writeBodyFrame(slab, p, channel, message.body, message.bodyStart, message.bodyStart + size);
}

/** Writes a whole method frame and the content after it, whatever their size. */
export function writeWithContent(
  output: Output,
  methodFrame: Buffer,
  channel: number,
  message: Message,
  frameMax: number,
): void {
  output.append(methodFrame);
  const properties = message.propertiesEnd - message.propertiesStart;
  const header = new Octets(Buffer.allocUnsafe(headerFrameBytes(properties)));
  writeHeaderFrame(
    header,
    0,
    channel,
    message.bodySize,
    message.properties,
    message.propertiesStart,
    message.propertiesEnd,
  );
  output.append(header.bytes);
  if (message.bodySize !== 0) writeBody(output, channel, message, frameMax);
}

function writeBody(output: Output, channel: number, message: Message, frameMax: number): void {
  const most = frameMax === 0 ? message.bodySize : frameMax - FRAME_OVERHEAD;
  const source = new BodySource(message);
  for (let left = message.bodySize; left > 0; ) {
    const size = Math.min(left, most);
    const at = output.reserve(7);
    writeFrameStart(output.slab.view, at, FRAME_BODY, channel, size);
    source.copyTo(output, size);
    const end = output.reserve(1);
    output.slab.bytes[end] = FRAME_END;
    left -= size;
  }
}

/** Gives a body out in stretches of any length. */
class BodySource {
  readonly #message: Message;
  #part = 0;
  #offset = 0;

  constructor(message: Message) {
    this.#message = message;
  }

  copyTo(output: Output, bytes: number): void {
    const { parts, body, bodyStart, bodySize } = this.#message;
    for (let left = bytes; left > 0; ) {
      const part =
        parts === null
          ? { chunk: body, start: bodyStart, end: bodyStart + bodySize }
          : (parts[this.#part] as NonNullable<typeof parts>[number]);
      const start = part.start + this.#offset;
      const end = Math.min(part.end, start + left);
      output.append(part.chunk.bytes.subarray(start, end));
      left -= end - start;
      this.#offset += end - start;
      if (end === part.end) {
        this.#part++;
        this.#offset = 0;
      }
    }
  }
}
