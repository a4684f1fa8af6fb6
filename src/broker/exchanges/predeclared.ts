/** The exchanges that are in every virtual host from its beginning, and stay (A3.5). */
import { EMPTY_TABLE } from '../../../protocol/table.ts';
import type { ExchangeProperties } from '../exchange.ts';

const NAMES: readonly (readonly [name: string, type: string, internal?: boolean])[] = [
  ['', 'direct'],
  ['amq.direct', 'direct'],
  ['amq.fanout', 'fanout'],
  ['amq.topic', 'topic'],
  ['amq.headers', 'headers'],
  ['amq.match', 'headers'],
  ['amq.rabbitmq.trace', 'topic', true],
];

export const PREDECLARED: readonly ExchangeProperties[] = NAMES.map(
  ([name, type, internal = false]) => ({
    name,
    type,
    durable: true,
    autoDelete: false,
    internal,
    arguments: EMPTY_TABLE,
  }),
);
