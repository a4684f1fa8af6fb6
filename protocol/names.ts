/**
 * An exchange's name and a routing key as deliver, get-ok and return carry them: two short strings.
 *
 * A value, not a frame: the broker keeps it beside a route so that no delivery encodes it again.
 */
import { shortStringBytes, writeShortString } from './text.ts';

/**
 * `exchange` and `routing key` as two short strings, with the octets that they were read from.
 * @throws RangeError over 255 octets
 */
export function encodeNames(exchange: string, routingKey: string): Buffer {
  const names = Buffer.allocUnsafe(shortStringBytes(exchange) + shortStringBytes(routingKey));
  writeShortString(names, routingKey, writeShortString(names, exchange, 0));
  return names;
}
