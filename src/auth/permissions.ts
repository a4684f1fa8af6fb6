/**
 * What a user may do (B1.3): a pattern per virtual host for each of configure, write and read.
 *
 * Responsible for the answer. Not responsible for which action an operation needs
 * (session/authorize.ts), nor for the words of a refusal.
 */

import type { User } from './users.ts';

export type Action = 'configure' | 'write' | 'read';

/** The name under which the default exchange is checked, and shown in refusals. */
const DEFAULT_EXCHANGE_NAME = 'amq.default';

/** A resource's name as permissions see it. */
export const resourceName = (name: string): string => (name === '' ? DEFAULT_EXCHANGE_NAME : name);

export class Permissions {
  /** Whether the user may open connections to the virtual host at all. */
  hasAccess(user: User, vhost: string): boolean {
    return user.permissions === undefined || user.permissions.has(vhost);
  }

  /** Whether the user may do this with the queue or exchange; `''` is the default exchange. */
  isAllowed(user: User, vhost: string, action: Action, resource: string): boolean {
    if (user.permissions === undefined) return true;
    const patterns = user.permissions.get(vhost);
    return patterns?.[action].matches(resourceName(resource)) ?? false;
  }
}
