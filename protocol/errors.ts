/**
 * What the wire layer throws, and RabbitMQ's words for it.
 *
 * Responsible for the error class and for the texts of refusals that quote octets. Not responsible
 * for sending them: only the session knows how a reply becomes a close method and cuts it to 255
 * octets.
 */
import type { ReplyName } from './constants.ts';
import { escapeOctet } from './text.ts';

/**
 * A peer broke the protocol.
 *
 * `message` is what follows `NAME - ` in the reply text; RabbitMQ sends the bare name where it is
 * empty. `classId` and `methodId` are those of the failing method, 0 when there is none. `detail`
 * is for the log only: what was wrong where RabbitMQ tells the peer nothing.
 */
export class ProtocolError extends Error {
  readonly reply: ReplyName;
  readonly classId: number;
  readonly methodId: number;
  readonly detail: string;

  constructor(reply: ReplyName, message: string, classId = 0, methodId = 0, detail = '') {
    super(message);
    this.name = 'ProtocolError';
    this.reply = reply;
    this.classId = classId;
    this.methodId = methodId;
    this.detail = detail;
  }
}

/** How many octets of a refused frame the reply text shows. */
export const SNIPPET_BYTES = 16;
/** Octets quoted by `cannot decode`: more than the 255 characters that a reply text can show. */
const QUOTED_BYTES = 256;
/** Erlang's pretty printer breaks a term that would pass these columns (io_lib_pretty, `~p`). */
const LINE_COLUMNS = 79;
const TUPLE_END_COLUMN = 78;

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0b, '\\v'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x1b, '\\e'],
  [0x22, '\\"'],
  [0x5c, '\\\\'],
]);

function isPrintable(octet: number): boolean {
  return (octet >= 0x20 && octet < 0x7f) || octet >= 0xa0 || ESCAPES.has(octet);
}

/**
 * At most 16 octets as Erlang prints a binary with `~p`, after `column` columns of text. Octets
 * from A0 on go out as they are, as RabbitMQ sends them.
 */
function printBinary(octets: readonly number[], column: number): string {
  if (octets.length > 0 && octets.every(isPrintable)) {
    const text = octets.map((octet) => ESCAPES.get(octet) ?? escapeOctet(octet)).join('');
    return `<<"${text}">>`;
  }
  let line = '<<';
  let printed = '';
  octets.forEach((octet, index) => {
    const token = index === octets.length - 1 ? String(octet) : `${octet},`;
    if (column + line.length + token.length > LINE_COLUMNS) {
      printed = `${line}\n`;
      line = ' '.repeat(column + 2);
      column = 0;
    }
    line += token;
  });
  return `${printed}${line}>>`;
}

/**
 * `type T, all octets = <<...>>`, as RabbitMQ shows a frame that it refuses; `first 16` when there
 * are more.
 * @param size octets of the whole payload, of which `bytes[start, ...)` holds at least the first 16
 */
function describeFrame(type: number, bytes: Buffer, start: number, size: number): string {
  const shown = bytes.subarray(start, start + Math.min(size, SNIPPET_BYTES));
  const prefix = `type ${type}, ${size > SNIPPET_BYTES ? 'first 16' : 'all'} octets = `;
  return prefix + printBinary([...shown], prefix.length);
}

/** `{name,number}` as Erlang prints it with `~p` at the end of `text`. */
function appendPair(text: string, name: string, value: number): string {
  const column = text.length - (text.lastIndexOf('\n') + 1);
  const broken = column + name.length + String(value).length + 3 > TUPLE_END_COLUMN;
  return `${text}{${name},${broken ? `\n${' '.repeat(column + 1)}` : ''}${value}}`;
}

/**
 * 501 for a frame whose header announces more than the limit; `maxBytes` is frame-max without the
 * frame's own 8.
 */
export function frameTooLarge(type: number, size: number, maxBytes: number): ProtocolError {
  return new ProtocolError(
    'FRAME_ERROR',
    `type ${type}, all octets = <<>>: {frame_too_large,${size},${maxBytes}}`,
  );
}

/** 501 for a frame that does not end in 206 but in `endOctet`. */
export function badFrameEnd(
  type: number,
  bytes: Buffer,
  start: number,
  size: number,
  endOctet: number,
): ProtocolError {
  const text = `${describeFrame(type, bytes, start, size)}: `;
  return new ProtocolError('FRAME_ERROR', appendPair(text, 'invalid_frame_end_marker', endOctet));
}

/**
 * 501 for a frame of no known type, or of a known type with a payload that this type cannot have.
 */
export function unknownFrame(
  type: number,
  bytes: Buffer,
  start: number,
  size: number,
): ProtocolError {
  return new ProtocolError(
    'FRAME_ERROR',
    `${describeFrame(type, bytes, start, size)}: unknown_frame`,
  );
}

/**
 * 505 for a good frame in a place where it cannot be: a content on channel 0, a heartbeat
 * elsewhere.
 */
export function unexpectedFrame(
  type: number,
  bytes: Buffer,
  start: number,
  size: number,
): ProtocolError {
  return new ProtocolError('UNEXPECTED_FRAME', describeFrame(type, bytes, start, size));
}

/** 501 for a method whose arguments `bytes[start, end)` do not fit it exactly. */
export function cannotDecode(
  bytes: Buffer,
  start: number,
  end: number,
  classId: number,
  methodId: number,
): ProtocolError {
  const shown = bytes.subarray(start, Math.min(end, start + QUOTED_BYTES));
  const text = `cannot decode <<${shown.join(',')}>>`;
  return new ProtocolError('FRAME_ERROR', text, classId, methodId);
}

/** 501 for a method's short string that is not UTF-8; RabbitMQ names no method with it. */
export function malformedShortString(): ProtocolError {
  return new ProtocolError('FRAME_ERROR', 'Malformed UTF-8 in shortstr');
}

/** 503 for a class and method that do not exist, or that this side never takes. */
export function unimplementedMethod(classId: number, methodId: number): ProtocolError {
  return new ProtocolError('COMMAND_INVALID', 'unimplemented method', classId, methodId);
}

/** 541 for properties that do not fit their frame: RabbitMQ says no more than the name. */
export function malformedProperties(detail: string): ProtocolError {
  return new ProtocolError('INTERNAL_ERROR', '', 0, 0, `malformed properties: ${detail}`);
}
