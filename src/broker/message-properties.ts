/**
 * A message's properties decoded, and messages with other ones: for what the broker does seldom
 * enough to decode them. The hot path looks at the octets (inspection.ts).
 */
import { decodeProperties, encodeProperties, type Properties } from '../../protocol/properties.ts';
import type { FieldTable } from '../../protocol/table.ts';
import { headersOf } from './inspection.ts';
import type { Address, Message } from './message.ts';

export function propertiesOf({ properties, propertiesStart, propertiesEnd }: Message): Properties {
  return decodeProperties(properties.bytes, propertiesStart, propertiesEnd);
}

/** `undefined` when it has none. */
export function headersIn(message: Message): FieldTable | undefined {
  const { properties, propertiesStart, propertiesEnd } = message;
  return headersOf(properties.bytes, propertiesStart, propertiesEnd);
}

/** The same body with these properties, at the same address unless another is given. */
export function withProperties(
  message: Message,
  properties: Properties,
  address: Address = message.address,
): Message {
  return message.with(address, encodeProperties(properties));
}
