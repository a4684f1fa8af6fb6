/**
 * The users that there are: names, hashed passwords, tags and permission patterns.
 *
 * Responsible for keeping them, not for deciding: `authenticator.ts` says who may log in and
 * `permissions.ts` what a user may do. Passwords are kept as hashes only.
 */

import { Pattern, PatternError } from '../lib/pattern.ts';
import { DEFAULT_HASHING, type HashingAlgorithm, hashPassword } from './passwords.ts';

/**
 * What a user may do in one virtual host: patterns of the names that may be configured, and so on.
 */
export interface PermissionPatterns {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/** A user as configured. */
export interface UserDefinition {
  readonly name: string;
  readonly password: string;
  readonly tags?: readonly string[] | undefined;
  /** May log in over the loopback interface only. Default: true for `guest`. */
  readonly loopbackOnly?: boolean | undefined;
  /** By virtual host. Default: everything everywhere. */
  readonly permissions?: Readonly<Record<string, PermissionPatterns>> | undefined;
}

export interface CompiledPermissions {
  readonly configure: Pattern;
  readonly write: Pattern;
  readonly read: Pattern;
}

/** A user as definitions give one: without the password. */
export interface HashedUser {
  readonly name: string;
  readonly passwordHash: string;
  readonly hashing: HashingAlgorithm;
  readonly tags: readonly string[];
}

export interface User extends HashedUser {
  readonly loopbackOnly: boolean;
  /** By virtual host; `undefined`: everything everywhere. */
  readonly permissions: ReadonlyMap<string, CompiledPermissions> | undefined;
}

const ACTIONS = ['configure', 'write', 'read'] as const;

function compilePermissions(
  user: string,
  vhost: string,
  patterns: PermissionPatterns,
): CompiledPermissions {
  const compiled = ACTIONS.map((action): [string, Pattern] => {
    try {
      return [action, new Pattern(patterns[action])];
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      const where = `${action} permission of user '${user}' in vhost '${vhost}'`;
      throw new PatternError(`${where}: cannot use '${patterns[action]}': ${error.message}`);
    }
  });
  return Object.fromEntries(compiled) as unknown as CompiledPermissions;
}

function makeUser(definition: UserDefinition): User {
  const { name, password, tags = [], loopbackOnly = name === 'guest', permissions } = definition;
  const byVhost =
    permissions &&
    new Map(
      Object.entries(permissions).map(([vhost, patterns]) => [
        vhost,
        compilePermissions(name, vhost, patterns),
      ]),
    );
  return {
    name,
    tags,
    loopbackOnly,
    passwordHash: hashPassword(password),
    hashing: DEFAULT_HASHING,
    permissions: byVhost,
  };
}

export class Users implements Iterable<User> {
  readonly #byName = new Map<string, User>();

  /** @throws PatternError for a permission pattern that cannot be used */
  constructor(definitions: readonly UserDefinition[]) {
    for (const definition of definitions) this.#byName.set(definition.name, makeUser(definition));
  }

  /** Adds a user, or changes one: what it may do stays; one that is new may do nothing. */
  put(user: HashedUser): void {
    const { loopbackOnly = user.name === 'guest', permissions = new Map() } =
      this.#byName.get(user.name) ?? {};
    this.#byName.set(user.name, { ...user, loopbackOnly, permissions });
  }

  delete(name: string): void {
    this.#byName.delete(name);
  }

  /**
   * Lets a user do this in a virtual host, in place of what it might before. A user that is not
   * there is fine: nothing changes. @throws PatternError
   */
  permit(name: string, vhost: string, patterns: PermissionPatterns): void {
    const compiled = compilePermissions(name, vhost, patterns);
    const user = this.#byName.get(name);
    if (user === undefined) return;
    // The same map, so that open connections see it.
    if (user.permissions instanceof Map) user.permissions.set(vhost, compiled);
    else {
      const permissions = new Map([[vhost, compiled]]);
      this.#byName.set(name, { ...user, permissions });
    }
  }

  get(name: string): User | undefined {
    return this.#byName.get(name);
  }

  [Symbol.iterator](): IterableIterator<User> {
    return this.#byName.values();
  }
}
