/**
 * The shapes of the options: what somebody may ask for, and what the broker gets (complete,
 * checked, frozen). Defaults and limits stand in option-table.ts.
 */
import type { LogFormat, LogLevel } from '../lib/log.ts';

/** The three patterns of one user in one virtual host. The empty pattern matches nothing. */
export interface PermissionConfig {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/** A user. Without `permissions`: everything in every virtual host that is configured. */
export interface UserConfig {
  readonly name: string;
  readonly password: string;
  readonly tags?: readonly string[] | undefined;
  /** May log in over the loopback interface only. Default: true for the name guest, else false. */
  readonly loopbackOnly?: boolean | undefined;
  readonly permissions?: Readonly<Record<string, PermissionConfig>> | undefined;
}

/** An address to listen on. */
export interface ListenerConfig {
  readonly host: string;
  readonly port: number;
}

/**
 * When a persistent message counts as kept: once the disk has it (`fsync`), or once the operating
 * system has it, which a crash of the machine may undo (`os`).
 */
export const DURABILITIES = ['fsync', 'os'] as const;
export type Durability = (typeof DURABILITIES)[number];

/** docs/compatibility.md tells what differs between them. */
export const COMPATIBILITIES = ['3.13', '4.x'] as const;
export type Compatibility = (typeof COMPATIBILITIES)[number];

/** What `startBroker` takes; everything may be left out. Units are in the names. */
export interface BrokerOptions {
  readonly host?: string | readonly string[] | undefined;
  readonly port?: number | undefined;
  readonly listeners?: readonly ListenerConfig[] | undefined;
  readonly users?: readonly UserConfig[] | undefined;
  readonly vhosts?: string | readonly string[] | undefined;
  readonly product?: string | undefined;
  readonly version?: string | undefined;
  /** The versions of RabbitMQ whose behaviour is wanted where they differ. */
  readonly compatibility?: Compatibility | undefined;
  readonly clusterName?: string | undefined;
  readonly serverProperties?: Readonly<Record<string, string>> | undefined;
  readonly heartbeatSeconds?: number | undefined;
  readonly frameMaxBytes?: number | undefined;
  readonly initialFrameMaxBytes?: number | undefined;
  readonly channelMax?: number | undefined;
  readonly maxMessageBytes?: number | undefined;
  readonly handshakeTimeoutMs?: number | undefined;
  readonly maxConnections?: number | undefined;
  readonly consumerMaxPerChannel?: number | undefined;
  /** null: deliveries may stay unacknowledged for any time. */
  readonly consumerTimeoutMs?: number | null | undefined;
  readonly memoryHighWatermark?: number | undefined;
  readonly memoryLimitBytes?: number | undefined;
  /** null: everything is kept in memory. */
  readonly dataDir?: string | null | undefined;
  readonly durability?: Durability | undefined;
  readonly diskFreeLimitBytes?: number | undefined;
  readonly diskFreeLimitRelative?: number | undefined;
  /**
   * Definitions in RabbitMQ's export format, put in force at the start: an object, or the path of a
   * file or of a folder of them. Where they have users or vhosts, the defaults are not made.
   */
  readonly definitions?: string | object | undefined;
  /** The virtual host whose amq.rabbitmq.event tells what happens; null: none does. */
  readonly eventExchangeVhost?: string | null | undefined;
  /** Deprecated features by name, permitted or not. */
  readonly permittedDeprecated?: Readonly<Record<string, boolean>> | undefined;
  /** Who somebody is that logs in with ANONYMOUS (4.x); null: nobody can. */
  readonly anonymousUser?: string | null | undefined;
  readonly anonymousPassword?: string | undefined;
  /** Least severe level that goes to amq.rabbitmq.log in the first virtual host. */
  readonly logExchangeLevel?: LogLevel | undefined;
  readonly logLevel?: LogLevel | undefined;
  readonly logFormat?: LogFormat | undefined;
}

/**
 * `ifAvailable`: nobody asked for this address by name, so a machine without it (no IPv6) may go
 * without.
 */
export interface Listener extends ListenerConfig {
  readonly ifAvailable: boolean;
}

export interface ResolvedUser {
  readonly name: string;
  readonly password: string;
  readonly tags: readonly string[];
  readonly loopbackOnly: boolean;
  readonly permissions: Readonly<Record<string, PermissionConfig>>;
}

/** The options as the broker uses them: complete, checked, deeply frozen. */
export interface ResolvedOptions {
  /** Where to listen. All with port 0 share the port that the first one is given. */
  readonly listeners: readonly Listener[];
  readonly users: readonly ResolvedUser[];
  readonly vhosts: readonly string[];
  readonly product: string;
  readonly version: string;
  readonly compatibility: Compatibility;
  readonly clusterName: string;
  readonly serverProperties: Readonly<Record<string, string>>;
  readonly heartbeatSeconds: number;
  readonly frameMaxBytes: number;
  readonly initialFrameMaxBytes: number;
  readonly channelMax: number;
  readonly maxMessageBytes: number;
  readonly handshakeTimeoutMs: number;
  readonly maxConnections: number;
  readonly consumerMaxPerChannel: number;
  readonly consumerTimeoutMs: number | null;
  /** Octets that messages may hold; beyond it publishers are held back. */
  readonly memoryLimitBytes: number;
  /** Folder of the durable storage; null: everything is kept in memory. */
  readonly dataDir: string | null;
  readonly durability: Durability;
  /** Octets that are to stay free on the disk of `dataDir`; below, publishers are held back. */
  readonly diskFreeLimitBytes: number;
  readonly definitions: string | object | null;
  readonly eventExchangeVhost: string | null;
  readonly permittedDeprecated: Readonly<Record<string, boolean>>;
  readonly anonymousUser: string | null;
  readonly anonymousPassword: string;
  readonly logExchangeLevel: LogLevel;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}
