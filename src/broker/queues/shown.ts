/**
 * Messages as consumers see them where that is not as they were published: with the count of
 * earlier deliveries in a header (A8.7).
 */
import type { Message } from '../message.ts';
import { propertiesOf, withProperties } from '../message-properties.ts';

const DELIVERY_COUNT_HEADER = 'x-delivery-count';

/** The message with the number of times that it came back. */
export function withReturns(message: Message, returns: number): Message {
  const known = propertiesOf(message);
  const headers = new Map(known.headers);
  headers.set(DELIVERY_COUNT_HEADER, { type: 'l', value: returns });
  return withProperties(message, { ...known, headers });
}
