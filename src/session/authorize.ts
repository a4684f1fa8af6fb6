/**
 * Permission checks for what clients do with queues and exchanges (RabbitMQ's access control page).
 *
 * Responsible for asking the permissions and for the refusal's text. Not responsible for which
 * method needs which permission (handlers/) or for matching patterns (auth/permissions.ts).
 */
import { resourceName } from '../auth/permissions.ts';
import { errors } from '../broker/errors.ts';
import type { Connection } from './connection.ts';

/**
 * For looking at something, which in some profiles takes one permission of any kind.
 * @throws BrokerError access-refused
 */
export function authorizePassive(
  connection: Connection,
  what: 'queue' | 'exchange',
  name: string,
): void {
  const { user, vhost, host } = connection;
  if (!host.broker.profile.checksPassiveDeclare) return;
  const actions = ['configure', 'write', 'read'] as const;
  const isAllowed = actions.some((action) =>
    host.permissions.isAllowed(user, vhost.name, action, name),
  );
  if (!isAllowed) {
    throw errors.accessRefused('configure', what, resourceName(name), vhost.name, user.name);
  }
}

/** @throws BrokerError access-refused */
export function authorize(
  connection: Connection,
  action: 'configure' | 'write' | 'read',
  what: 'queue' | 'exchange',
  name: string,
): void {
  const { user, vhost, host } = connection;
  if (host.permissions.isAllowed(user, vhost.name, action, name)) return;
  throw errors.accessRefused(action, what, resourceName(name), vhost.name, user.name);
}
