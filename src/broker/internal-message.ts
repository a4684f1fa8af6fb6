/** Messages that the broker itself publishes: events, traces. */
import { encodeNames } from '../../protocol/names.ts';
import { encodeProperties, type Properties } from '../../protocol/properties.ts';
import { Chunk, Message, type Part } from './message.ts';

/** Where the octets of a body lie that another message has already. */
export interface SharedBody {
  readonly body: Chunk;
  readonly bodyStart: number;
  readonly bodySize: number;
  readonly parts: readonly Part[] | null;
}

const EMPTY: SharedBody = {
  body: new Chunk(Buffer.alloc(0)),
  bodyStart: 0,
  bodySize: 0,
  parts: null,
};

/** A message to `exchange` with that key; without `body`, an empty one. */
export function internalMessage(
  exchange: string,
  routingKey: string,
  properties: Properties,
  { body, bodyStart, bodySize, parts }: SharedBody = EMPTY,
): Message {
  const address = { exchange, routingKey, names: encodeNames(exchange, routingKey) };
  const bytes = encodeProperties(properties);
  const chunk = new Chunk(bytes);
  return new Message(address, chunk, 0, bytes.length, body, bodyStart, bodySize, parts);
}

/** A name of ours as RabbitMQ writes names in headers: `messageId` is `message_id`. */
export function wireName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
