/**
 * An exchange's name and a routing key as deliver, get-ok and return carry them: two short strings.
 *
 * A value, not a frame: the broker keeps it beside a route so that no delivery encodes it again.
 */

/** Octets that a short string's one-octet length allows (spec 4.2.5.3). */
export const MAX_SHORT_STRING_BYTES = 255;

/**
 * `exchange` and `routing key` as two short strings, in UTF-8, as deliver and get-ok carry them.
 */
export function encodeNames(exchange: string, routingKey: string): Buffer {
  const exchangeBytes = Buffer.byteLength(exchange);
  const keyBytes = Buffer.byteLength(routingKey);
  if (exchangeBytes > MAX_SHORT_STRING_BYTES || keyBytes > MAX_SHORT_STRING_BYTES)
    throw new RangeError('short string over 255 octets');
  const names = Buffer.allocUnsafe(2 + exchangeBytes + keyBytes);
  names[0] = exchangeBytes;
  names.write(exchange, 1);
  names[1 + exchangeBytes] = keyBytes;
  names.write(routingKey, 2 + exchangeBytes);
  return names;
}
