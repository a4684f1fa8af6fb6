/**
 * What selectors can ask of a message: its headers by their names, its properties as
 * `properties.message_id` or `p.message_id`, and the names that Jakarta Messaging gives them
 * (`JMSMessageID`). A name in double quotes is always a header's.
 */
import type { Properties } from '../../../protocol/properties.ts';
import type { FieldTable, FieldValue } from '../../../protocol/table.ts';
import type { Message } from '../message.ts';
import { propertiesOf } from '../message-properties.ts';
import type { Fields, Value } from './operators.ts';

/** Marks the name of a field as that of a header, whatever it looks like. */
export const HEADER_MARK = '"';

type Look = (properties: Properties, message: Message) => Value;

const PERSISTENT = 2;

const PROPERTIES: Readonly<Record<string, Look>> = {
  content_type: ({ contentType }) => contentType,
  content_encoding: ({ contentEncoding }) => contentEncoding,
  delivery_mode: ({ deliveryMode }) => deliveryMode,
  priority: ({ priority }) => priority,
  correlation_id: ({ correlationId }) => correlationId,
  reply_to: ({ replyTo }) => replyTo,
  expiration: ({ expiration }) => expiration,
  message_id: ({ messageId }) => messageId,
  timestamp: ({ timestamp }) => timestamp,
  type: ({ type }) => type,
  user_id: ({ userId }) => userId,
  app_id: ({ appId }) => appId,
  exchange: (_, { address }) => address.exchange,
  routing_key: (_, { address }) => address.routingKey,
};

const JMS: Readonly<Record<string, Look>> = {
  JMSMessageID: ({ messageId }) => messageId,
  JMSCorrelationID: ({ correlationId }) => correlationId,
  JMSType: ({ type }) => type,
  JMSPriority: ({ priority }) => priority,
  JMSTimestamp: ({ timestamp }) => timestamp && BigInt(timestamp) * 1000n,
  JMSDeliveryMode: ({ deliveryMode }) =>
    deliveryMode === PERSISTENT ? 'PERSISTENT' : 'NON_PERSISTENT',
};

const LOOKS: ReadonlyMap<string, Look> = new Map([
  ...Object.entries(PROPERTIES).map(([name, look]) => [`properties.${name}`, look] as const),
  ...Object.entries(PROPERTIES).map(([name, look]) => [`p.${name}`, look] as const),
  ...Object.entries(JMS),
]);

/** Whether a name without quotes is one that no message has. */
export function isUnknownProperty(name: string): boolean {
  return /^(properties|p)\./.test(name) && !LOOKS.has(name);
}

export function fieldsOf(message: Message): Fields {
  const properties = propertiesOf(message);
  return (name) => {
    if (name.startsWith(HEADER_MARK)) return headerValue(properties.headers, name.slice(1));
    const look = LOOKS.get(name);
    return look === undefined ? headerValue(properties.headers, name) : look(properties, message);
  };
}

/** A header as a selector sees it; lists, tables and octets are not seen. */
export function headerValue(headers: FieldTable | undefined, name: string): Value {
  const found = headers?.get(name);
  return found === undefined ? undefined : seenAs(found);
}

function seenAs(found: FieldValue): Value {
  switch (found.type) {
    case 'S':
      return found.value.toString();
    case 'D':
      return found.value.value / 10 ** found.value.scale;
    case 'x':
    case 'F':
    case 'A':
    case 'V':
      return undefined;
    default:
      return found.value;
  }
}
