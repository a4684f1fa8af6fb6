/**
 * Putting definitions in force (B.3): users, virtual hosts, permissions, parameters and policies
 * replace those of the same name; queues, exchanges and bindings that exist stay as they are.
 * Nothing is ever deleted. As in RabbitMQ, names that begin with `amq.` are left out, and so are
 * bindings without both of their ends: an export of `rabbitmqctl` has those of internal exchanges,
 * but not the exchanges.
 *
 * Responsible for the order and for saying which entry is at fault. Stops at the first one, as
 * RabbitMQ does; what came before it stays.
 */
import type { Broker } from '../broker/broker.ts';
import type { VirtualHost } from '../broker/vhost.ts';
import type { Catalog } from './catalog.ts';
import {
  type BindingEntry,
  DefinitionsError,
  type DefinitionsFile,
  type QueueEntryDefinition,
} from './format.ts';
import { tableOf } from './values.ts';

/** @throws DefinitionsError naming the entry */
export function importDefinitions(file: DefinitionsFile, broker: Broker, catalog: Catalog): void {
  const each = <T>(section: string, entries: readonly T[], put: (entry: T) => void) => {
    for (const [at, entry] of entries.entries()) {
      try {
        put(entry);
      } catch (error) {
        throw new DefinitionsError(`${section}[${at}]: ${(error as Error).message}`);
      }
    }
  };
  const vhostOf = (name: string): VirtualHost => {
    const vhost = broker.vhost(name);
    if (vhost === undefined) throw new Error(`there is no vhost '${name}'`);
    return vhost;
  };
  each('users', file.users, (user) => catalog.putUser(user));
  each('vhosts', file.vhosts, ({ name, description, tags, default_queue_type, metadata }) => {
    const defaultQueueType = default_queue_type ?? metadata?.['default_queue_type'];
    broker.addVhost(name, {
      description: description ?? String(metadata?.['description'] ?? ''),
      tags: tags ?? (metadata?.['tags'] as readonly string[] | undefined) ?? [],
      defaultQueueType: typeof defaultQueueType === 'string' ? defaultQueueType : undefined,
    });
  });
  each('permissions', file.permissions, (entry) => catalog.putPermission(entry));
  each('topic_permissions', file.topic_permissions, (entry) => catalog.putTopicPermission(entry));
  each('parameters', file.parameters, (entry) => {
    const { vhost, component, name, value } = entry;
    if (component !== 'operator_policy') catalog.putParameter(entry);
    // RabbitMQ exports operator policies as parameters.
    else vhostOf(vhost).policies.set('operator-policy', { ...(value as object), name } as never);
  });
  each('global_parameters', file.global_parameters, (entry) => catalog.putGlobalParameter(entry));
  each('policies', file.policies, ({ vhost, ...policy }) => {
    vhostOf(vhost).policies.set('policy', policy);
  });
  each('queues', file.queues, (entry) => putQueue(entry, vhostOf(entry.vhost)));
  each('exchanges', file.exchanges, ({ vhost, name, type, durable, ...rest }) => {
    const place = vhostOf(vhost);
    if (name === '' || isReserved(name) || place.hasExchange(name)) return;
    const { auto_delete: autoDelete, internal = false, arguments: args } = rest;
    place.declareExchange({ name, type, durable, autoDelete, internal, arguments: tableOf(args) });
  });
  each('bindings', file.bindings, (entry) => putBinding(entry, vhostOf(entry.vhost)));
}

function putQueue(entry: QueueEntryDefinition, vhost: VirtualHost): void {
  const { name, durable, auto_delete: autoDelete, arguments: args } = entry;
  if (isReserved(name) || vhost.hasQueue(name)) return;
  // The type is that of the arguments: RabbitMQ writes `type`, and does not read it.
  const wanted = { name, durable, exclusive: false, autoDelete, arguments: tableOf(args) };
  vhost.declareQueue(wanted, null);
}

function putBinding(entry: BindingEntry, vhost: VirtualHost): void {
  const { source, destination_type: kind, destination, routing_key: routingKey } = entry;
  if (!hasExchange(vhost, source)) return;
  if (kind === 'queue' ? !vhost.hasQueue(destination) : !hasExchange(vhost, destination)) return;
  const wanted = { source, kind, destination, routingKey, arguments: tableOf(entry.arguments) };
  vhost.bind(wanted, null);
}

/** Whether there is one that can be bound: the default exchange cannot. */
function hasExchange(vhost: VirtualHost, name: string): boolean {
  return name !== '' && vhost.hasExchange(name);
}

function isReserved(name: string): boolean {
  return name.startsWith('amq.');
}
