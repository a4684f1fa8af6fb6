/**
 * The fixed numbers of AMQP 0-9-1: frame types, the end octet, the protocol header, reply codes.
 *
 * Responsible for nothing but these values (spec 2.3, 4.2.2 and the list of reply codes). What a
 * reply text says is up to whoever refuses.
 */

/** Frame types (spec 4.2.3). */
export const FRAME_METHOD = 1;
export const FRAME_HEADER = 2;
export const FRAME_BODY = 3;
export const FRAME_HEARTBEAT = 8;

/** The last octet of every frame. */
export const FRAME_END = 206;

/** The smallest frame-max that may be negotiated, and the limit until it has been, in octets. */
export const FRAME_MIN_SIZE = 4096;

/** What a client opens the conversation with: `AMQP`, 0, 0, 9, 1. */
export const PROTOCOL_HEADER: Buffer = Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]);

/** Reply names with their codes; a hard one closes the connection, a soft one the channel. */
export const REPLY_CODES = {
  REPLY_SUCCESS: { code: 200, hard: false },
  CONTENT_TOO_LARGE: { code: 311, hard: false },
  NO_ROUTE: { code: 312, hard: false },
  NO_CONSUMERS: { code: 313, hard: false },
  CONNECTION_FORCED: { code: 320, hard: true },
  INVALID_PATH: { code: 402, hard: true },
  ACCESS_REFUSED: { code: 403, hard: false },
  NOT_FOUND: { code: 404, hard: false },
  RESOURCE_LOCKED: { code: 405, hard: false },
  PRECONDITION_FAILED: { code: 406, hard: false },
  FRAME_ERROR: { code: 501, hard: true },
  SYNTAX_ERROR: { code: 502, hard: true },
  COMMAND_INVALID: { code: 503, hard: true },
  CHANNEL_ERROR: { code: 504, hard: true },
  UNEXPECTED_FRAME: { code: 505, hard: true },
  RESOURCE_ERROR: { code: 506, hard: true },
  NOT_ALLOWED: { code: 530, hard: true },
  NOT_IMPLEMENTED: { code: 540, hard: true },
  INTERNAL_ERROR: { code: 541, hard: true },
} as const satisfies Record<string, { readonly code: number; readonly hard: boolean }>;

export type ReplyName = keyof typeof REPLY_CODES;
