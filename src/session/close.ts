/**
 * What an error does to a connection: the only place that knows reply codes (spec 1.1).
 *
 * Responsible for turning an error that any part threw into "close this channel" or "close the
 * connection" with code, text and method. Not responsible for sending it.
 */
import { REPLY_CODES, type ReplyName } from '../../protocol/constants.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { BrokerError, type BrokerErrorKind } from '../broker/errors.ts';

/** How long the answer to connection.close is waited for at most (A1.9). */
const CLOSE_TIMEOUT_MS = 30_000;
/** How long a peer that is not heard (any more, or yet) has to read the reason. */
const UNHEARD_CLOSE_MS = 3_000;

/**
 * How long a peer has to answer a close, or to end the stream, in milliseconds. `heartbeatSeconds`
 * is undefined for a peer that is not heard.
 */
export function closeTimeoutMs(heartbeatSeconds: number | undefined): number {
  if (heartbeatSeconds === undefined) return UNHEARD_CLOSE_MS;
  if (heartbeatSeconds === 0) return CLOSE_TIMEOUT_MS;
  return Math.min(heartbeatSeconds * 1000, CLOSE_TIMEOUT_MS);
}

/** An error that ends a channel or a connection, as it goes on the wire. */
export interface Closing {
  readonly scope: 'channel' | 'connection';
  readonly replyCode: number;
  /** `CONST - explanation`, at most 255 octets (A1.8). */
  readonly replyText: string;
  readonly classId: number;
  readonly methodId: number;
}

/** An error in the conversation itself, thrown by the session. */
export class SessionError extends Error {
  readonly reply: ReplyName;
  /** The method to name in the reply; undefined for the one under way. */
  readonly classId: number | undefined;
  readonly methodId: number | undefined;

  constructor(reply: ReplyName, explanation: string, classId?: number, methodId?: number) {
    super(explanation);
    this.name = 'SessionError';
    this.reply = reply;
    this.classId = classId;
    this.methodId = methodId;
  }
}

const REPLY_OF_KIND: Readonly<Record<BrokerErrorKind, ReplyName>> = {
  'access-refused': 'ACCESS_REFUSED',
  'not-found': 'NOT_FOUND',
  'resource-locked': 'RESOURCE_LOCKED',
  'precondition-failed': 'PRECONDITION_FAILED',
  'not-allowed': 'NOT_ALLOWED',
  'not-implemented': 'NOT_IMPLEMENTED',
  'internal-error': 'INTERNAL_ERROR',
};

const MAX_REPLY_TEXT_BYTES = 255;
const ELLIPSIS = '...';

/**
 * What `error` means for the client. `methodId` is `class << 16 | method` of what was being done, 0
 * when nothing was. Errors of unknown origin are a 541 INTERNAL_ERROR.
 */
export function closingFor(error: unknown, methodId: number): Closing {
  const reply = replyOf(error);
  const { code, hard } = REPLY_CODES[reply];
  // Nothing of a defect is told to the peer: RabbitMQ sends the bare name too.
  const isTold = error instanceof BrokerError || reply !== 'INTERNAL_ERROR';
  const explanation = error instanceof Error && isTold ? error.message : '';
  // The wire layer knows better than the method under way, also when it names none.
  const own = error instanceof ProtocolError || error instanceof SessionError ? error : null;
  return {
    scope: hard ? 'connection' : 'channel',
    replyCode: code,
    replyText: cutReplyText(explanation === '' ? reply : `${reply} - ${explanation}`),
    classId: own?.classId ?? methodId >>> 16,
    methodId: own?.methodId ?? methodId & 0xffff,
  };
}

/**
 * Whether nobody expected this error: a defect of ours, which belongs in the log with its stack.
 */
export function isDefect(error: unknown): boolean {
  return !(
    error instanceof BrokerError ||
    error instanceof ProtocolError ||
    error instanceof SessionError
  );
}

/** 3.13 cuts to 252 octets and adds `...`; never inside a character. */
export function cutReplyText(text: string): string {
  if (Buffer.byteLength(text) <= MAX_REPLY_TEXT_BYTES) return text;
  let end = MAX_REPLY_TEXT_BYTES - ELLIPSIS.length;
  const bytes = Buffer.from(text);
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end) + ELLIPSIS;
}

function replyOf(error: unknown): ReplyName {
  if (error instanceof BrokerError) return REPLY_OF_KIND[error.kind];
  if (error instanceof ProtocolError || error instanceof SessionError) return error.reply;
  return 'INTERNAL_ERROR';
}
