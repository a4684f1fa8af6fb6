/**
 * Configuration in layers: a file, then the environment, then flags; what stands later wins. A
 * layer holds options, plus what RabbitMQ says piecemeal about its one default user, so that a
 * password from the environment can join a name from the file. Pure; reading the sources is done by
 * conf-keys.ts, env.ts and the CLI.
 */
import type { BrokerOptions, PermissionConfig, UserConfig } from './option-types.ts';

/** What may be said about the default user, a piece at a time. */
export interface DefaultUser {
  name?: string;
  password?: string;
  tags?: string[];
  permissions?: Partial<PermissionConfig>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface ConfigLayer {
  readonly options: Mutable<BrokerOptions>;
  readonly defaultUser: DefaultUser;
  /** Names that may log in from loopback only; undefined: nothing said. */
  loopbackUsers?: string[];
}

export function emptyLayer(): ConfigLayer {
  return { options: {}, defaultUser: {} };
}

/** Puts layers together, the strongest last, into what `resolveOptions` takes. */
export function combineLayers(layers: readonly ConfigLayer[]): BrokerOptions {
  const options: Mutable<BrokerOptions> = {};
  const defaultUser: DefaultUser = {};
  let loopbackUsers: readonly string[] | undefined;
  for (const layer of layers) {
    replaceWhere(options, layer.options);
    Object.assign(options, layer.options);
    Object.assign(defaultUser, layer.defaultUser);
    loopbackUsers = layer.loopbackUsers ?? loopbackUsers;
  }
  const users = options.users ?? oneUser(defaultUser, vhostList(options));
  if (users !== undefined || loopbackUsers !== undefined) {
    options.users = markLoopback(users ?? [{ name: 'guest', password: 'guest' }], loopbackUsers);
  }
  return options;
}

/**
 * Options that say the same thing in two forms: the form of the stronger layer removes the weaker
 * one's.
 */
function replaceWhere(options: Mutable<BrokerOptions>, stronger: BrokerOptions): void {
  if (stronger.listeners !== undefined) {
    delete options.host;
    delete options.port;
  }
  if (stronger.host !== undefined || stronger.port !== undefined) {
    const hosts = options.listeners?.map((each) => each.host);
    if (hosts !== undefined) options.host = [...new Set(hosts)];
    delete options.listeners;
  }
  if (stronger.memoryLimitBytes !== undefined) delete options.memoryHighWatermark;
  if (stronger.memoryHighWatermark !== undefined) delete options.memoryLimitBytes;
  if (stronger.diskFreeLimitBytes !== undefined) delete options.diskFreeLimitRelative;
  if (stronger.diskFreeLimitRelative !== undefined) delete options.diskFreeLimitBytes;
}

function vhostList({ vhosts = ['/'] }: BrokerOptions): readonly string[] {
  return typeof vhosts === 'string' ? [vhosts] : vhosts;
}

function oneUser(said: DefaultUser, vhosts: readonly string[]): UserConfig[] | undefined {
  if (Object.keys(said).length === 0) return undefined;
  const all = { configure: '.*', write: '.*', read: '.*', ...said.permissions };
  return [
    {
      name: said.name ?? 'guest',
      password: said.password ?? 'guest',
      tags: said.tags,
      permissions: Object.fromEntries(vhosts.map((vhost) => [vhost, all])),
    },
  ];
}

function markLoopback(
  users: readonly UserConfig[],
  loopbackUsers: readonly string[] | undefined,
): readonly UserConfig[] {
  if (loopbackUsers === undefined) return users;
  return users.map((user) => ({ ...user, loopbackOnly: loopbackUsers.includes(user.name) }));
}
