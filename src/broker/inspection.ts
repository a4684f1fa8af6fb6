/**
 * Looks into a published message's properties, as far as the broker acts on them.
 *
 * Responsible for refusing malformed properties, and for expiration, user-id, CC and BCC and the
 * address of direct reply-to. Not responsible for anything else they say: they are passed on as
 * octets. The usual message (no headers, none of those four) is checked in place and nothing is
 * decoded.
 */
import {
  checkProperties,
  decodeProperties,
  encodeProperties,
  FLAG_DELIVERY_MODE,
  FLAG_EXPIRATION,
  FLAG_HEADERS,
  FLAG_PRIORITY,
  FLAG_REPLY_TO,
  FLAG_USER_ID,
  hasSenderSelectedHeaders,
  type Properties,
  propertyFlags,
  propertyOffset,
} from '../../protocol/properties.ts';
import { FIELD_TYPE_NAMES, type FieldTable } from '../../protocol/table.ts';
import { errors } from './errors.ts';
import { textsIn } from './fields.ts';
import type { Message } from './message.ts';

/** What a requester puts in reply-to to be answered directly (A9.7). */
export const REPLY_TO_QUEUE = 'amq.rabbitmq.reply-to';

/** Ten years: RabbitMQ takes no longer times for anything that expires. */
const MAX_EXPIRY_MS = 315_360_000_000n;
const ACTED_ON = FLAG_EXPIRATION | FLAG_REPLY_TO | FLAG_USER_ID;

/** delivery-mode of messages that are to survive (spec 1.8.1). */
const PERSISTENT = 2;

/** Whether a message is to survive a restart in durable queues. */
export function isPersistent({ properties, propertiesStart, propertiesEnd }: Message): boolean {
  const { bytes } = properties;
  const at = propertyOffset(bytes, propertiesStart, propertiesEnd, FLAG_DELIVERY_MODE);
  return at !== -1 && bytes[at] === PERSISTENT;
}

/** The half of the flag that is in the first octet. */
const EXPIRATION_BIT = FLAG_EXPIRATION >> 8;

/** Whether a message has an expiration of its own. */
export function hasExpiration({ properties, propertiesStart }: Message): boolean {
  return ((properties.bytes[propertiesStart] as number) & EXPIRATION_BIT) !== 0;
}

/** For how long a message is to be kept, in milliseconds; null when it does not say. */
export function expirationOf({
  properties,
  propertiesStart,
  propertiesEnd,
}: Message): number | null {
  const { bytes } = properties;
  const at = propertyOffset(bytes, propertiesStart, propertiesEnd, FLAG_EXPIRATION);
  if (at === -1) return null;
  // It has been checked at the publish.
  return Number(bytes.toString('latin1', at + 1, at + 1 + (bytes[at] as number)));
}

/** A message's priority; 0 when it does not say. */
export function priorityOf({ properties, propertiesStart, propertiesEnd }: Message): number {
  const { bytes } = properties;
  const at = propertyOffset(bytes, propertiesStart, propertiesEnd, FLAG_PRIORITY);
  return at === -1 ? 0 : (bytes[at] as number);
}

/** Who publishes, as far as properties are checked against it. */
export interface Publisher {
  readonly user: string;
  /** May set any user-id (tag `impersonator`, A9.5). */
  readonly mayImpersonate: boolean;
  /** The channel's reply queue's name. @throws BrokerError when it has none */
  replyAddress(): string;
}

/** What was found that changes how the message goes on. */
export interface Findings {
  /** Routing keys beside the method's own, from CC and BCC. */
  readonly moreKeys: readonly string[];
  /** Those of them that are from BCC. */
  readonly blindKeys: readonly string[];
  /** Properties to pass on instead of the published ones; null when those stay. */
  readonly rewritten: Buffer | null;
}

const NOTHING: Findings = Object.freeze({ moreKeys: [], blindKeys: [], rewritten: null });

/**
 * Checks `bytes[start, end)`, the property flags and values of a publish.
 * @throws ProtocolError when they are malformed; BrokerError when one has a value it may not have
 */
export function inspectProperties(
  bytes: Buffer,
  start: number,
  end: number,
  publisher: Publisher,
): Findings {
  checkProperties(bytes, start, end);
  const flags = propertyFlags(bytes, start);
  const selected = (flags & FLAG_HEADERS) !== 0 && hasSenderSelectedHeaders(bytes, start, end);
  if ((flags & ACTED_ON) === 0 && !selected) return NOTHING;
  const properties = decodeProperties(bytes, start, end);
  const replyTo = properties.replyTo === REPLY_TO_QUEUE ? publisher.replyAddress() : null;
  if (properties.userId !== undefined && !publisher.mayImpersonate) {
    if (properties.userId !== publisher.user) {
      throw errors.userIdMismatch(properties.userId, publisher.user);
    }
  }
  if (properties.expiration !== undefined) checkExpiration(properties.expiration);
  return rewrite(properties, selected, replyTo);
}

/** The headers table of `bytes[start, end)`, decoded; undefined when there is none. */
export function headersOf(bytes: Buffer, start: number, end: number): FieldTable | undefined {
  const flags = propertyFlags(bytes, start);
  return (flags & FLAG_HEADERS) === 0 ? undefined : decodeProperties(bytes, start, end).headers;
}

function rewrite(properties: Properties, selected: boolean, replyTo: string | null): Findings {
  if (!selected && replyTo === null) return NOTHING;
  const headers = properties.headers;
  const blindKeys = keysIn(headers, 'BCC');
  const moreKeys = [...keysIn(headers, 'CC'), ...blindKeys];
  if (replyTo === null && !headers?.has('BCC')) return { moreKeys, blindKeys, rewritten: null };
  const changed: Properties = {
    ...properties,
    ...(replyTo === null ? {} : { replyTo }),
    ...(headers?.has('BCC') ? { headers: without(headers, 'BCC') } : {}),
  };
  return { moreKeys, blindKeys, rewritten: encodeProperties(changed) };
}

/** A9.6: an array of long strings. */
function keysIn(headers: FieldTable | undefined, name: 'CC' | 'BCC'): string[] {
  const field = headers?.get(name);
  if (field === undefined) return [];
  if (field.type !== 'A') throw errors.senderSelectedType(name, FIELD_TYPE_NAMES[field.type]);
  // RabbitMQ passes over what is no text.
  return textsIn(headers, name);
}

/** A whole number of milliseconds in decimal digits, not negative. */
function checkExpiration(value: string): void {
  const digits = /^[+-]?\d+/.exec(value)?.[0];
  if (digits === undefined) throw errors.invalidExpiration(value, 'no_integer');
  const rest = value.slice(digits.length);
  if (rest !== '') throw errors.invalidExpiration(value, `{leftover_string,"${rest}"}`);
  const milliseconds = BigInt(digits);
  if (milliseconds < 0n) {
    throw errors.invalidExpiration(value, `{value_negative,${milliseconds}}`);
  }
  if (milliseconds > MAX_EXPIRY_MS) {
    throw errors.invalidExpiration(value, `{value_too_large,${milliseconds}}`);
  }
}

function without(table: FieldTable, name: string): FieldTable {
  const kept = new Map(table);
  kept.delete(name);
  return kept;
}
