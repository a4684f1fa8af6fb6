/**
 * The firehose: a copy of every message that is published to a virtual host, and of every one that
 * is delivered from it, to amq.rabbitmq.trace (B7.5, https://www.rabbitmq.com/docs/firehose).
 *
 * Responsible for what a copy says. It is there only while somebody wants it; a restart turns it
 * off. Not responsible for when something is published or delivered (session).
 */
import type { Properties } from '../../protocol/properties.ts';
import type { FieldTable, FieldValue } from '../../protocol/table.ts';
import { text } from './fields.ts';
import { internalMessage, wireName } from './internal-message.ts';
import type { Message } from './message.ts';
import { propertiesOf } from './message-properties.ts';

export const TRACE_EXCHANGE = 'amq.rabbitmq.trace';

/** Who published a message, or got it. */
export interface Party {
  readonly connection: string;
  readonly channel: number;
  readonly user: string;
}

const integer = (value: number): FieldValue => ({ type: 'I', value });
const texts = (values: readonly string[]): FieldValue => ({ type: 'A', value: values.map(text) });

export class Firehose {
  readonly #vhost: string;
  readonly #node: string;
  readonly #publish: (copy: Message) => void;

  constructor(vhost: string, node: string, publish: (copy: Message) => void) {
    this.#vhost = vhost;
    this.#node = node;
    this.#publish = publish;
  }

  /** A message was published with those keys, and went to those queues. */
  published(
    message: Message,
    routingKeys: readonly string[],
    queues: readonly string[],
    party: Party,
  ): void {
    const { exchange } = message.address;
    if (exchange === TRACE_EXCHANGE) return;
    const more = [['routed_queues', texts(queues)] as const];
    this.#copy(message, `publish.${exchange}`, routingKeys, party, more);
  }

  /** A message was delivered from a queue, or got from it. */
  delivered(message: Message, queue: string, redelivered: boolean, party: Party): void {
    const { exchange, routingKey } = message.address;
    if (exchange === TRACE_EXCHANGE) return;
    const more = [['redelivered', integer(redelivered ? 1 : 0)] as const];
    this.#copy(message, `deliver.${queue}`, [routingKey], party, more);
  }

  #copy(
    message: Message,
    key: string,
    routingKeys: readonly string[],
    { connection, channel, user }: Party,
    more: readonly (readonly [string, FieldValue])[],
  ): void {
    const headers: FieldTable = new Map<string, FieldValue>([
      ['exchange_name', text(message.address.exchange)],
      ['routing_keys', texts(routingKeys)],
      ['properties', { type: 'F', value: asTable(propertiesOf(message)) }],
      ['node', text(this.#node)],
      ['vhost', text(this.#vhost)],
      ['connection', text(connection)],
      ['channel', integer(channel)],
      ['user', text(user)],
      ...more,
    ]);
    this.#publish(internalMessage(TRACE_EXCHANGE, key, { headers }, message));
  }
}

/** As RabbitMQ writes it: the last property first, every number as a signed integer. */
function asTable(properties: Properties): FieldTable {
  const table = new Map<string, FieldValue>();
  for (const [name, value] of Object.entries(properties).reverse()) {
    if (value === undefined) continue;
    const key = wireName(name);
    if (typeof value === 'string') table.set(key, text(value));
    else if (value instanceof Map) table.set(key, { type: 'F', value });
    else table.set(key, integer(Number(value) | 0));
  }
  return table;
}
