/**
 * What connection.start says about this broker (A.2): RabbitMQ's keys, product and version as
 * configured.
 */
import { type FieldTable, fromObject } from '../../protocol/table.ts';
import type { SessionOptions } from './host.ts';

const CAPABILITIES = [
  'publisher_confirms',
  'exchange_exchange_bindings',
  'basic.nack',
  'consumer_cancel_notify',
  'connection.blocked',
  'consumer_priorities',
  'authentication_failure_close',
  'per_consumer_qos',
  'direct_reply_to',
];

export function serverProperties(options: SessionOptions): FieldTable {
  return fromObject({
    capabilities: Object.fromEntries(CAPABILITIES.map((name) => [name, true])),
    cluster_name: options.clusterName,
    copyright: 'Copyright (c) Leveret contributors',
    information: 'Licensed under the MIT License. Leveret, an AMQP 0-9-1 broker on Node.js',
    platform: `Node.js ${process.version}`,
    product: options.product,
    version: options.version,
    ...options.serverProperties,
  });
}
