/** Everything that is defined, in RabbitMQ's export format (B.3). */
import type { Users } from '../auth/users.ts';
import type { Broker } from '../broker/broker.ts';
import type { PolicyKind } from '../broker/policies/policies.ts';
import type { VirtualHost } from '../broker/vhost.ts';
import type { Catalog } from './catalog.ts';
import { declaredExchanges, exportedBindings, sharedQueues } from './topology.ts';

/** Which product writes an export. */
export interface Product {
  readonly name: string;
  readonly version: string;
  /** The version of RabbitMQ that its clients see. */
  readonly rabbitmqVersion: string;
}

/** What an export begins with. */
export function exportHead({ name, version, rabbitmqVersion }: Product, explanation: string) {
  return {
    rabbit_version: rabbitmqVersion,
    rabbitmq_version: rabbitmqVersion,
    product_name: name,
    product_version: version,
    rabbitmq_definition_format: 'cluster',
    explanation,
  };
}

export function exportDefinitions(
  broker: Broker,
  users: Users,
  catalog: Catalog,
  product: Product,
): Record<string, unknown> {
  const vhosts = [...broker.vhosts()];
  return {
    ...exportHead(product, 'Definitions of a broker, exported while it ran'),
    users: Array.from(users, ({ name, passwordHash, hashing, tags }) => ({
      name,
      password_hash: passwordHash,
      hashing_algorithm: hashing,
      tags,
      limits: catalog.limitsOf(name),
    })),
    vhosts: vhosts.map((vhost) => exportedVhost(vhost, catalog.vhostLimitsOf(vhost.name))),
    permissions: exportedPermissions(users),
    topic_permissions: [...catalog.topicPermissions],
    parameters: [...catalog.parameters, ...operatorPolicies(vhosts)],
    global_parameters: [...catalog.globalParameters],
    policies: policiesOf(vhosts, 'policy'),
    queues: [...sharedQueues(vhosts)],
    exchanges: [...declaredExchanges(vhosts)],
    bindings: [...exportedBindings(vhosts)],
  };
}

function exportedVhost({ name, metadata }: VirtualHost, limits: readonly unknown[]): object {
  const { description, tags, defaultQueueType } = metadata;
  const type = defaultQueueType === undefined ? {} : { default_queue_type: defaultQueueType };
  return { name, description, tags, ...type, limits, metadata: { description, tags, ...type } };
}

export function policiesOf(vhosts: Iterable<VirtualHost>, kind: PolicyKind): object[] {
  return [...vhosts].flatMap((vhost) =>
    Array.from(vhost.policies.all(kind), (policy) => ({ vhost: vhost.name, ...policy.toJSON() })),
  );
}

/** RabbitMQ has them among the parameters. */
export function operatorPolicies(vhosts: readonly VirtualHost[]): object[] {
  return vhosts.flatMap((vhost) =>
    Array.from(vhost.policies.all('operator-policy'), (policy) => {
      const { name, ...value } = policy.toJSON();
      return { vhost: vhost.name, component: 'operator_policy', name, value };
    }),
  );
}

function exportedPermissions(users: Users): object[] {
  return Array.from(users).flatMap(({ name, permissions = new Map() }) =>
    Array.from(permissions, ([vhost, { configure, write, read }]) => ({
      user: name,
      vhost,
      configure: configure.source,
      write: write.source,
      read: read.source,
    })),
  );
}
