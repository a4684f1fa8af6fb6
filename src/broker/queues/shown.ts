/**
 * Messages as consumers see them where that is not as they were published: with the count of
 * earlier deliveries in a header (A8.7).
 */
import { decodeProperties, encodeProperties } from '../../../protocol/properties.ts';
import type { Message } from '../message.ts';

export const DELIVERY_COUNT_HEADER = 'x-delivery-count';

/** The message with the number of times that it came back. */
export function withReturns(message: Message, returns: number): Message {
  const { properties, propertiesStart, propertiesEnd } = message;
  const known = decodeProperties(properties.bytes, propertiesStart, propertiesEnd);
  const headers = new Map(known.headers);
  headers.set(DELIVERY_COUNT_HEADER, { type: 'l', value: returns });
  return message.with(message.address, encodeProperties({ ...known, headers }));
}
