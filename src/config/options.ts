/**
 * From what somebody asked for to what the broker gets: `resolveOptions` checks options against the
 * table, fills in every default and freezes the result. Reading files, flags and the environment is
 * done elsewhere (conf-file.ts, env.ts, cli/); all of it ends here.
 */
import { hostname } from 'node:os';
import { ConfigError } from './errors.ts';
import { availableMemoryBytes } from './memory-limit.ts';
import { OPTIONS, type OptionRow } from './option-table.ts';
import type {
  BrokerOptions,
  Listener,
  PermissionConfig,
  ResolvedOptions,
  ResolvedUser,
  UserConfig,
} from './option-types.ts';

export type * from './option-types.ts';

/** As in RabbitMQ: half an hour. */
const CONSUMER_TIMEOUT_MS = 1_800_000;
/** Defaults that RabbitMQ changed from one version to another. */
const DEFAULTS = {
  '3.13': { version: '3.13.7', maxMessageBytes: 128 * 1024 * 1024, memoryHighWatermark: 0.4 },
  '4.x': { version: '4.3.5', maxMessageBytes: 16 * 1024 * 1024, memoryHighWatermark: 0.6 },
} as const;

/** RabbitMQ's default, too. */
const DISK_FREE_LIMIT_BYTES = 50_000_000;

/**
 * What the machine offers; a parameter of `resolveOptions` so that tests need no particular
 * machine.
 */
export interface Machine {
  memoryBytes(): number;
  hostname(): string;
}

const thisMachine: Machine = { memoryBytes: availableMemoryBytes, hostname };

/** What messages may hold: a share of the memory there is, or octets. */
export type MemoryLimit = number | { readonly bytes: number };
/** What is to stay free on the disk: octets, or a share of the memory there is. */
export type DiskFreeLimit = { readonly bytes: number } | { readonly relative: number };

/** A limit that is set while the broker runs. Throws ConfigError as `resolveOptions` does. */
export function memoryLimitBytes(limit: MemoryLimit, machine: Machine = thisMachine): number {
  const asked =
    typeof limit === 'number' ? { memoryHighWatermark: limit } : { memoryLimitBytes: limit.bytes };
  return resolveMemory(checked(asked), machine);
}

/** The same of the disk. */
export function diskFreeLimitBytes(limit: DiskFreeLimit, machine: Machine = thisMachine): number {
  const asked =
    'bytes' in limit
      ? { diskFreeLimitBytes: limit.bytes }
      : { diskFreeLimitRelative: limit.relative };
  return resolveDiskFree(checked(asked), machine);
}

/**
 * Checks options and fills in defaults. Throws ConfigError on an unknown option, a value of the
 * wrong kind or out of range, and options that contradict each other.
 */
export function resolveOptions(
  options: BrokerOptions = {},
  machine: Machine = thisMachine,
): ResolvedOptions {
  const given = checked(options);
  const vhosts = unique(given.vhosts ?? ['/'], 'vhosts');
  const users = resolveUsers(given.users, vhosts);
  const { compatibility = '3.13' } = given;
  const defaults = DEFAULTS[compatibility];
  return deepFreeze({
    listeners: resolveListeners(given),
    users,
    vhosts,
    product: given.product ?? 'RabbitMQ',
    version: given.version ?? defaults.version,
    compatibility,
    clusterName: given.clusterName ?? `rabbit@${machine.hostname().split('.', 1)[0]}`,
    serverProperties: { ...given.serverProperties },
    heartbeatSeconds: given.heartbeatSeconds ?? 60,
    initialFrameMaxBytes: given.initialFrameMaxBytes ?? 4096,
    frameMaxBytes: given.frameMaxBytes ?? 131072,
    channelMax: given.channelMax ?? 2047,
    maxMessageBytes: given.maxMessageBytes ?? defaults.maxMessageBytes,
    handshakeTimeoutMs: given.handshakeTimeoutMs ?? 10000,
    maxConnections: given.maxConnections ?? Number.POSITIVE_INFINITY,
    consumerMaxPerChannel: given.consumerMaxPerChannel ?? Number.POSITIVE_INFINITY,
    consumerTimeoutMs:
      given.consumerTimeoutMs === undefined ? CONSUMER_TIMEOUT_MS : given.consumerTimeoutMs,
    memoryLimitBytes: resolveMemory(given, machine),
    dataDir: given.dataDir ?? null,
    durability: given.durability ?? 'fsync',
    diskFreeLimitBytes: resolveDiskFree(given, machine),
    definitions: given.definitions ?? null,
    eventExchangeVhost: given.eventExchangeVhost ?? null,
    permittedDeprecated: { ...given.permittedDeprecated },
    anonymousUser: given.anonymousUser === undefined ? 'guest' : given.anonymousUser,
    anonymousPassword: given.anonymousPassword ?? 'guest',
    logExchangeLevel: given.logExchangeLevel ?? 'none',
    logLevel: given.logLevel ?? 'none',
    logFormat: given.logFormat ?? 'text',
  });
}

type Checked = {
  -readonly [K in keyof typeof OPTIONS]?: (typeof OPTIONS)[K] extends OptionRow<infer T>
    ? T
    : never;
};

function checked(options: BrokerOptions): Checked {
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(options)) {
    if (!Object.hasOwn(OPTIONS, key)) throw new ConfigError(`unknown option '${key}'`);
    if (value === undefined) continue;
    read[key] = OPTIONS[key as keyof typeof OPTIONS].kind.read(value, `option '${key}'`);
  }
  return read as Checked;
}

function unique(values: readonly string[], key: string): readonly string[] {
  const twice = values.find((value, at) => values.indexOf(value) !== at);
  if (twice !== undefined) throw new ConfigError(`option '${key}': '${twice}' is given twice`);
  return values;
}

function resolveListeners(given: Checked): Listener[] {
  if (given.listeners !== undefined) {
    if (given.host !== undefined || given.port !== undefined) {
      throw new ConfigError(
        "option 'listeners' stands in place of 'host' and 'port': give one form",
      );
    }
    return given.listeners.map((each) => ({ ...each, ifAvailable: false }));
  }
  const port = given.port ?? 5672;
  if (given.host !== undefined) {
    return given.host.map((host) => ({ host, port, ifAvailable: false }));
  }
  return [
    { host: '127.0.0.1', port, ifAvailable: false },
    { host: '::1', port, ifAvailable: true },
  ];
}

function resolveUsers(
  given: readonly UserConfig[] | undefined,
  vhosts: readonly string[],
): ResolvedUser[] {
  const users = given ?? [{ name: 'guest', password: 'guest' }];
  unique(
    users.map((each) => each.name),
    'users',
  );
  return users.map((each) => {
    for (const vhost of Object.keys(each.permissions ?? {})) {
      if (!vhosts.includes(vhost)) {
        throw new ConfigError(
          `option 'users': no vhost '${vhost}' for the permissions of '${each.name}'`,
        );
      }
    }
    return {
      name: each.name,
      password: each.password,
      tags: each.tags ?? ['administrator'],
      loopbackOnly: each.loopbackOnly ?? each.name === 'guest',
      permissions: each.permissions ?? everywhere(vhosts),
    };
  });
}

function everywhere(vhosts: readonly string[]): Record<string, PermissionConfig> {
  const all = { configure: '.*', write: '.*', read: '.*' };
  return Object.fromEntries(vhosts.map((vhost) => [vhost, { ...all }]));
}

function resolveMemory(given: Checked, machine: Machine): number {
  if (given.memoryLimitBytes !== undefined) {
    if (given.memoryHighWatermark !== undefined) {
      throw new ConfigError(
        "options 'memoryLimitBytes' and 'memoryHighWatermark' say the same thing twice: give one",
      );
    }
    return given.memoryLimitBytes;
  }
  const { memoryHighWatermark } = DEFAULTS[given.compatibility ?? '3.13'];
  return Math.floor((given.memoryHighWatermark ?? memoryHighWatermark) * machine.memoryBytes());
}

function resolveDiskFree(given: Checked, machine: Machine): number {
  const { diskFreeLimitBytes: bytes, diskFreeLimitRelative: relative } = given;
  if (relative === undefined) return bytes ?? DISK_FREE_LIMIT_BYTES;
  if (bytes !== undefined) {
    throw new ConfigError(
      "options 'diskFreeLimitBytes' and 'diskFreeLimitRelative' say the same thing twice: give one",
    );
  }
  return Math.floor(relative * machine.memoryBytes());
}

function deepFreeze<T extends object>(value: T): T {
  for (const each of Object.values(value)) {
    if (typeof each === 'object' && each !== null) deepFreeze(each);
  }
  return Object.freeze(value);
}
