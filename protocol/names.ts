/**
 * An exchange's name and a routing key as deliver, get-ok and return carry them: two short strings.
 *
 * A value, not a frame: the broker keeps it beside a route so that no delivery encodes it again.
 */
import { readText, shortStringBytes, writeShortString } from './text.ts';

/**
 * `exchange` and `routing key` as two short strings, with the octets that they were read from.
 * @throws RangeError over 255 octets
 */
export function encodeNames(exchange: string, routingKey: string): Buffer {
  const names = Buffer.allocUnsafe(shortStringBytes(exchange) + shortStringBytes(routingKey));
  writeShortString(names, routingKey, writeShortString(names, exchange, 0));
  return names;
}

/** The two names that fill `names`, and the octets themselves. @throws Error when they do not */
export function decodeNames(names: Buffer): {
  readonly exchange: string;
  readonly routingKey: string;
  readonly names: Buffer;
} {
  const exchangeEnd = 1 + (names[0] ?? 0);
  const keyStart = exchangeEnd + 1;
  if (keyStart + (names[exchangeEnd] ?? 0) !== names.length)
    throw new Error('not two short strings');
  return {
    exchange: readText(names, 1, exchangeEnd),
    routingKey: readText(names, keyStart, names.length),
    names,
  };
}
