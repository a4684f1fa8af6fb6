/**
 * What definitions hold beside exchanges, queues, bindings and policies: users, permissions,
 * parameters. Kept in the metadata store under keys of their own:
 *
 *     ["user", name]                              {passwordHash, hashing, tags, limits}
 *     ["permission", vhost, user]                 {configure, write, read}
 *     ["topic-permission", vhost, user, exchange] {write, read}
 *     ["parameter", vhost, component, name]       {value}
 *     ["global-parameter", name]                  {value}
 *
 * Responsible for these entries, and for putting users and permissions in force. Topic permissions,
 * limits and parameters are kept and given back, and have no effect yet.
 */
import {
  DEFAULT_HASHING,
  type HashingAlgorithm,
  hashPassword,
  isHashingAlgorithm,
} from '../auth/passwords.ts';
import type { Users } from '../auth/users.ts';
import type { BrokerEvents } from '../broker/events.ts';
import type { Emitter } from '../lib/emitter.ts';
import type {
  GlobalParameterEntry,
  ParameterEntry,
  PermissionEntry,
  TopicPermissionEntry,
  UserEntry,
} from './format.ts';

/** Where entries are written down. */
export interface Keeper {
  keep(names: readonly string[], value: unknown): void;
}

type Fields = Readonly<Record<string, unknown>>;

export class Catalog {
  readonly #users: Users;
  readonly #keeper: Keeper;
  readonly #events: Emitter<BrokerEvents>;
  readonly #topicPermissions = new Map<string, TopicPermissionEntry>();
  readonly #parameters = new Map<string, ParameterEntry>();
  readonly #globalParameters = new Map<string, GlobalParameterEntry>();
  /** The limits of users that came with definitions, by name. */
  readonly #limits = new Map<string, Fields>();

  constructor(users: Users, keeper: Keeper, events: Emitter<BrokerEvents>) {
    this.#users = users;
    this.#keeper = keeper;
    this.#events = events;
  }

  /** Whether any user came with definitions. */
  get hasUsers(): boolean {
    return this.#limits.size !== 0;
  }

  /** Whether this user did. */
  has(user: string): boolean {
    return this.#limits.has(user);
  }

  /** The limits of a user; none of one that did not come with definitions. */
  limitsOf(user: string): Fields {
    return this.#limits.get(user) ?? {};
  }

  /** The limits of a virtual host, which are a parameter: pairs of a name and a value. */
  vhostLimitsOf(vhost: string): readonly (readonly [string, unknown])[] {
    const limits = this.#parameters.get(JSON.stringify([vhost, 'vhost-limits', 'limits']));
    return Object.entries(limits?.value ?? {});
  }

  get topicPermissions(): Iterable<TopicPermissionEntry> {
    return this.#topicPermissions.values();
  }

  get parameters(): Iterable<ParameterEntry> {
    return this.#parameters.values();
  }

  get globalParameters(): Iterable<GlobalParameterEntry> {
    return this.#globalParameters.values();
  }

  /** @throws Error for an algorithm that is not known, or a password that cannot be used */
  putUser(entry: UserEntry): void {
    const { name, limits = {} } = entry;
    const { passwordHash, hashing } = hashOf(entry);
    const tags = tagList(entry.tags);
    const isNew = this.#users.get(name) === undefined;
    this.#users.put({ name, passwordHash, hashing, tags });
    this.#limits.set(name, limits);
    if (isNew) this.#events.emit('user.created', { name });
    this.#events.emit('user.tags.set', { name, tags });
    this.#keeper.keep(['user', name], { passwordHash, hashing, tags, limits });
  }

  /** @throws PatternError */
  putPermission(entry: PermissionEntry): void {
    this.#putPermission(entry);
    const { user, vhost, configure, write, read } = entry;
    this.#events.emit('permission.created', { user, vhost, configure, write, read });
    this.#keeper.keep(['permission', vhost, user], { configure, write, read });
  }

  putTopicPermission(entry: TopicPermissionEntry): void {
    const { user, vhost, exchange, write, read } = entry;
    this.#topicPermissions.set(JSON.stringify([user, vhost, exchange]), entry);
    this.#events.emit('topic.permission.created', { user, vhost, exchange, write, read });
    this.#keeper.keep(['topic-permission', vhost, user, exchange], { write, read });
  }

  putParameter(entry: ParameterEntry): void {
    const { vhost, component, name, value } = entry;
    this.#parameters.set(JSON.stringify([vhost, component, name]), entry);
    this.#events.emit('parameter.set', { vhost, component, name, value });
    this.#keeper.keep(['parameter', vhost, component, name], { value });
  }

  putGlobalParameter(entry: GlobalParameterEntry): void {
    this.#globalParameters.set(entry.name, entry);
    this.#keeper.keep(['global-parameter', entry.name], { value: entry.value });
  }

  /** Takes back what was kept; whether it is one of these entries. @throws Error for a bad one */
  recover([kind, ...names]: readonly string[], fields: Fields): boolean {
    const [first = '', second = '', third = ''] = names;
    const text = (key: string) => String(fields[key] ?? '');
    const patterns = () => ({
      configure: text('configure'),
      write: text('write'),
      read: text('read'),
    });
    const { value } = fields;
    if (kind === 'user') {
      const hashing = fields['hashing'] as HashingAlgorithm;
      if (!isHashingAlgorithm(hashing)) throw new Error('its hash cannot be read');
      const tags = (fields['tags'] ?? []) as readonly string[];
      this.#users.put({ name: first, passwordHash: text('passwordHash'), hashing, tags });
      this.#limits.set(first, (fields['limits'] ?? {}) as Fields);
    } else if (kind === 'permission') {
      this.#putPermission({ vhost: first, user: second, ...patterns() });
    } else if (kind === 'topic-permission') {
      const { write, read } = patterns();
      const entry = { user: second, vhost: first, exchange: third, write, read };
      this.#topicPermissions.set(JSON.stringify([second, first, third]), entry);
    } else if (kind === 'parameter') {
      const entry = { vhost: first, component: second, name: third, value };
      this.#parameters.set(JSON.stringify(names), entry);
    } else if (kind === 'global-parameter') {
      this.#globalParameters.set(first, { name: first, value });
    } else return false;
    return true;
  }

  #putPermission(entry: PermissionEntry): void {
    const { user, vhost, configure, write, read } = entry;
    this.#users.permit(user, vhost, { configure, write, read });
  }
}

/** The hash of a user's password. Without either of them nobody can log in with one. */
function hashOf(entry: UserEntry): { passwordHash: string; hashing: HashingAlgorithm } {
  const { name, password, password_hash: given, hashing_algorithm } = entry;
  const hashing = hashing_algorithm ?? DEFAULT_HASHING;
  if (!isHashingAlgorithm(hashing)) {
    throw new Error(`user '${name}': unknown hashing algorithm ${hashing}`);
  }
  for (const [key, value] of Object.entries({ password, password_hash: given })) {
    if (value !== undefined && typeof value !== 'string') {
      throw new Error(`user '${name}': ${key} must be of type string`);
    }
  }
  if (password === undefined) return { passwordHash: given ?? '', hashing };
  if (given !== undefined) throw new Error(`user '${name}' has a password and a password_hash`);
  return { passwordHash: hashPassword(password), hashing: DEFAULT_HASHING };
}

function tagList(tags: UserEntry['tags'] | undefined): readonly string[] {
  if (typeof tags !== 'string') return tags ?? [];
  return tags.split(',').flatMap((tag) => (tag.trim() === '' ? [] : [tag.trim()]));
}
