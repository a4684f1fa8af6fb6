/**
 * Messages that can be told apart and checked: the body and all properties follow from the id, so
 * that a delivery can be compared octet by octet with what must have been sent.
 */
import type { Options, Message as RawMessage } from 'amqplib';
import { Random } from '../fuzz/random.ts';

export const MAX_BODY_BYTES = 1024 * 1024;

/** What bodies are cut from: no two places in it look alike. */
const pool = new Random(1).octets(2 * MAX_BODY_BYTES);

/** What there is to know of a message. */
export interface Label {
  readonly id: number;
  readonly stream: string;
  readonly bytes: number;
  readonly isPersistent: boolean;
}

export function bodyOf({ id, bytes }: Label): Buffer {
  const start = Math.imul(id, 0x9e3779b1) >>> 12;
  return pool.subarray(start, start + bytes);
}

export function propertiesOf(label: Label): Options.Publish {
  const { id, stream, bytes, isPersistent } = label;
  return {
    messageId: `${stream}:${id}`,
    persistent: isPersistent,
    contentType: 'application/octet-stream',
    correlationId: stream,
    headers: { id, bytes },
  };
}

/** The id of a delivered message; null when it is none of ours. */
export function readId({ properties }: RawMessage): number | null {
  const match = /^[\w.-]+:(\d+)$/.exec(String(properties.messageId));
  return match === null ? null : Number(match[1]);
}

/** How a delivered message differs from what was sent; null when it does not. */
export function describeDamage(raw: RawMessage, label: Label): string | null {
  const { id, stream, bytes, isPersistent } = label;
  const { properties, content } = raw;
  const { messageId, headers, correlationId, contentType, deliveryMode } = properties;
  const isAsSent =
    messageId === `${stream}:${id}` &&
    headers?.['id'] === id &&
    headers?.['bytes'] === bytes &&
    correlationId === stream &&
    contentType === 'application/octet-stream' &&
    (deliveryMode === 2) === isPersistent;
  if (!isAsSent) return `has other properties than were sent: ${JSON.stringify(properties)}`;
  const body = bodyOf(label);
  if (content.equals(body)) return null;
  if (content.length !== bytes) return `has ${content.length} octets instead of ${bytes}`;
  let at = 0;
  while (content[at] === body[at]) at++;
  return `has another octet at ${at} of ${bytes}`;
}

/** Mostly small, some of 100 KiB, now and then a large one. */
export function randomBytes(random: Random): number {
  const kind = random.below(1000);
  if (kind < 2) return MAX_BODY_BYTES;
  if (kind < 30) return random.below(100 * 1024 + 1);
  if (kind < 200) return random.below(10 * 1024);
  if (kind < 250) return 0;
  return random.below(1024);
}
