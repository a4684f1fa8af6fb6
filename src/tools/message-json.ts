/**
 * A message as a line of JSON from which it can be published again: nothing of it is lost.
 *
 *     properties   by RabbitMQ's names; headers as [[key, letter, value], ...]
 *                  (broker/field-json.ts)
 *     bcc          keys of a BCC header, which is no part of the properties any more
 *     payload      text where the octets are UTF-8, else base64; payload_encoding says which:
 *                  string or base64, as in RabbitMQ's HTTP API
 *
 * Octets in short strings that are no UTF-8 are lone surrogates (protocol/text.ts).
 */
import { checkProperties, decodeProperties } from '../../protocol/properties.ts';
import { DELAYED_VERSION, readDelayed } from '../broker/delays/delayed-record.ts';
import { readSeen, SEEN_VERSION } from '../broker/exchanges/seen-values.ts';
import { tableToJson } from '../broker/field-json.ts';
import type { Message } from '../broker/message.ts';
import { RecordReader } from '../broker/message-record.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const checker = new RecordReader();

/** The message of a record of either kind, and what it waits for if it does. */
export function readRecord(
  reader: RecordReader,
  bytes: Buffer,
  start: number,
  end: number,
): { message: Message; waiting: object } {
  if (bytes[start] !== DELAYED_VERSION) {
    return { message: reader.read(bytes, start, end), waiting: {} };
  }
  const { message, dueAtMs, target } = readDelayed(reader, bytes, start, end);
  const due_at = new Date(dueAtMs).toISOString();
  return { message, waiting: { delayed: { due_at, [`to_${target.kind}`]: target.name } } };
}

/** What an exchange remembers, for a person and a program; null for a record of another kind. */
export function seenJson(bytes: Buffer, start: number, end: number): object | null {
  if (bytes[start] !== SEEN_VERSION) return null;
  const { value, untilMs } = readSeen(bytes, start, end);
  return { value, until: Number.isFinite(untilMs) ? new Date(untilMs).toISOString() : null };
}

/** Why the record `bytes[start, end)` is none that can be read; null when it is one. */
export function messageProblem(bytes: Buffer, start: number, end: number): string | null {
  try {
    if (bytes[start] === SEEN_VERSION) {
      readSeen(bytes, start, end);
      return null;
    }
    const { message } = readRecord(checker, bytes, start, end);
    const { properties, propertiesStart, propertiesEnd } = message;
    checkProperties(properties.bytes, propertiesStart, propertiesEnd);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message || error.name : String(error);
  }
}

/** @throws Error when the properties cannot be decoded */
export function messageJson(message: Message): Record<string, unknown> {
  const { address, body, bodyStart, bodySize } = message;
  const payload = body.bytes.subarray(bodyStart, bodyStart + bodySize);
  const text = textOf(payload);
  return {
    exchange: address.exchange,
    routing_key: address.routingKey,
    properties: propertiesOf(message),
    ...(message.blindKeys.length === 0 ? {} : { bcc: message.blindKeys }),
    payload_bytes: bodySize,
    payload_encoding: text === null ? 'base64' : 'string',
    payload: text ?? payload.toString('base64'),
  };
}

function textOf(octets: Buffer): string | null {
  try {
    return utf8.decode(octets);
  } catch {
    return null;
  }
}

function propertiesOf({ properties, propertiesStart, propertiesEnd }: Message): object {
  const decoded = decodeProperties(properties.bytes, propertiesStart, propertiesEnd);
  const named: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(decoded)) {
    const key = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (value instanceof Map) named[key] = tableToJson(value);
    else named[key] = typeof value === 'bigint' ? String(value) : value;
  }
  return named;
}
