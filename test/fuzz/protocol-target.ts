// The wire layer as a fuzz target: the frame parser, and behind it every codec that reads what a
// client sends. Stateless like them: it puts contents together, but asks for no order of methods.
import { ContentAssembler } from '../../protocol/assembler.ts';
import { PROTOCOL_HEADER, type ReplyName } from '../../protocol/constants.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { FrameParser, type FrameSink } from '../../protocol/frame-parser.ts';
import { BASIC_PUBLISH, methodIdAt, PublishFields } from '../../protocol/hot.ts';
import { decodeMethod, encodeMethod } from '../../protocol/methods.ts';
import {
  checkProperties,
  decodeProperties,
  encodeProperties,
  FLAG_HEADERS,
  hasSenderSelectedHeaders,
  propertyOffset,
} from '../../protocol/properties.ts';
import { decodeTable, encodeTable, tableEquals } from '../../protocol/table.ts';
import { skipTable } from '../../protocol/table-scan.ts';
import type { FuzzTarget, Outcome } from './target.ts';

const MAX_FRAME_BYTES = 4096;
const PUBLISH_METHOD = 40;

/** A broken promise of our own: never an answer to a peer. */
function insist(holds: boolean, promise: string): void {
  if (!holds) throw new Error(`not so: ${promise}`);
}

/** Whether `read` refuses the octets of a peer. */
function refuses(read: () => void): boolean {
  try {
    read();
    return false;
  } catch (error) {
    if (error instanceof ProtocolError) return true;
    throw error;
  }
}

/** Decodes all that the parser hands over, and checks what the codecs promise each other. */
class DecodingSink implements FrameSink {
  readonly #assembler = new ContentAssembler();
  readonly #publish = new PublishFields();

  method(channel: number, bytes: Buffer, start: number, end: number): void {
    if (this.#assembler.expectsContent) throw this.#assembler.interrupted();
    const isPublish = methodIdAt(bytes, start) === BASIC_PUBLISH;
    if (isPublish) {
      const isRefused = refuses(() => this.#publish.read(bytes, start, end));
      const byTable = refuses(() => decodeMethod(bytes, start, end));
      insist(isRefused === byTable, 'hot and table agree on a publish');
    }
    const method = decodeMethod(bytes, start, end);
    const frame = encodeMethod(channel, method);
    const again = encodeMethod(channel, decodeMethod(frame, 7, frame.length - 1));
    insist(frame.equals(again), 'a decoded method encodes, and decodes to itself');
    if (isPublish) this.#assembler.begin(PUBLISH_METHOD);
  }

  header(_channel: number, bytes: Buffer, start: number, end: number): void {
    this.#assembler.header(bytes, start, end);
    const { propertiesStart } = this.#assembler;
    const isRefused = refuses(() => checkProperties(bytes, propertiesStart, end));
    const byDecoding = refuses(() => decodeProperties(bytes, propertiesStart, end));
    insist(isRefused === byDecoding, 'what is checked is what decodes');
    const properties = decodeProperties(bytes, propertiesStart, end);
    const again = encodeProperties(properties);
    insist(again.length <= end - propertiesStart, 'properties encode to no more than they were');
    const { headers } = properties;
    const selected = headers !== undefined && (headers.has('CC') || headers.has('BCC'));
    const found = hasSenderSelectedHeaders(bytes, propertiesStart, end);
    insist(selected === found, 'CC is found where it is');
    if (headers === undefined) return;
    const at = propertyOffset(bytes, propertiesStart, end, FLAG_HEADERS);
    const { next } = decodeTable(bytes, at, end);
    insist(skipTable(bytes, at, end) === next, 'a table ends where it is skipped to');
    const table = encodeTable(headers);
    insist(tableEquals(decodeTable(table, 0, table.length).table, headers), 'a table comes back');
  }

  bodyPart(_channel: number, bytes: Buffer, start: number, end: number, last: boolean): void {
    insist(start <= end && end <= bytes.length, 'a part lies in its chunk');
    this.#assembler.bodyPart(bytes, start, end, last);
  }

  heartbeat(channel: number): void {
    if (channel !== 0) throw new ProtocolError('UNEXPECTED_FRAME', 'heartbeat');
  }
}

/** The chunks behind the protocol header, where they start with it. */
function withoutHeader(input: readonly Buffer[]): readonly Buffer[] {
  const bytes = PROTOCOL_HEADER.length;
  const start = Buffer.concat(input.slice(0, bytes)).subarray(0, bytes);
  if (!start.equals(PROTOCOL_HEADER)) return input;
  let left = bytes;
  return input.map((chunk) => {
    const rest = chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
    return rest;
  });
}

export const protocolTarget: FuzzTarget = {
  name: 'protocol',
  expected: new Set<ReplyName>([
    'FRAME_ERROR',
    'SYNTAX_ERROR',
    'COMMAND_INVALID',
    'UNEXPECTED_FRAME',
    'INTERNAL_ERROR',
  ]),
  feed(input): Outcome {
    const parser = new FrameParser(new DecodingSink(), MAX_FRAME_BYTES);
    try {
      for (const chunk of withoutHeader(input)) parser.push(chunk);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return { kind: 'refused', reply: error.reply, message: error.message };
    }
    return { kind: 'accepted' };
  },
};
