/**
 * The table of options: kind, unit, default and meaning of each. Validation, error messages,
 * `--help` and the rows of docs/limits.md come from it or are held against it by a test. Filling in
 * defaults is options.ts' job.
 */
import { LOG_FORMATS, LOG_LEVELS } from '../lib/log.ts';
import {
  anyText,
  folder,
  integer,
  type Kind,
  listOf,
  number,
  oneOf,
  orNull,
  pathOrObject,
  recordOf,
  secret,
  shape,
  shortText,
  yesOrNo,
} from './kinds.ts';
import {
  type BrokerOptions,
  COMPATIBILITIES,
  DURABILITIES,
  type ListenerConfig,
  type PermissionConfig,
  type UserConfig,
} from './option-types.ts';

/** One option: everything that checks, help and documentation need to know about it. */
export interface OptionRow<T> {
  readonly kind: Kind<T>;
  /** Unit of the value; empty for texts and counts. */
  readonly unit: string;
  /** The default, in words. */
  readonly initially: string;
  /** Meaning, and for a limit what happens at it. */
  readonly about: string;
  /** Key in rabbitmq.conf; empty when there is none. */
  readonly conf: string;
  /** Is it a limit, with a row in docs/limits.md? */
  readonly limit: boolean;
}

const permission = shape<PermissionConfig>({ configure: anyText, write: anyText, read: anyText }, [
  'configure',
  'write',
  'read',
]);
const user = shape<UserConfig>(
  {
    name: shortText,
    password: secret,
    tags: listOf(shortText, 0),
    loopbackOnly: yesOrNo,
    permissions: recordOf(permission),
  },
  ['name', 'password'],
);
const port = integer(0, 65535);
const listener = shape<ListenerConfig>({ host: shortText, port }, ['host', 'port']);
const noLimit = [Number.POSITIVE_INFINITY];
const MAX_TIMER_MS = 2 ** 31 - 1;

const row = <T>(
  kind: Kind<T>,
  unit: string,
  initially: string,
  conf: string,
  about: string,
): OptionRow<T> => ({ kind, unit, initially, conf, about, limit: false });
const limit: typeof row = (...parts) => ({ ...row(...parts), limit: true });

/** All options. The order is that of the documentation. */
export const OPTIONS = {
  host: row(
    listOf(shortText),
    '',
    '127.0.0.1 and ::1',
    'listeners.tcp.NAME',
    'addresses to listen on; 0.0.0.0 or :: for all',
  ),
  port: row(
    port,
    '',
    '5672',
    'listeners.tcp.NAME',
    'TCP port; 0 lets the system choose a free one',
  ),
  listeners: row(
    listOf(listener),
    '',
    'host and port',
    'listeners.tcp.NAME',
    'addresses with a port each, in place of host and port',
  ),
  users: row(
    listOf(user),
    '',
    'guest with password guest, administrator, from loopback only',
    'default_user, default_pass',
    'who may log in, and what each may do',
  ),
  vhosts: row(listOf(shortText), '', '/', 'default_vhost', 'virtual hosts to create'),
  product: row(
    shortText,
    '',
    'RabbitMQ',
    'product.name',
    'product in the server properties; clients look at it',
  ),
  version: row(
    shortText,
    '',
    '3.13.7',
    'product.version',
    'version in the server properties; clients look at it',
  ),
  compatibility: row(
    oneOf(COMPATIBILITIES),
    '',
    '3.13',
    'leveret.compatibility',
    'the RabbitMQ that is followed where versions differ; defaults of 4.x: 4.3.5, 16 MiB, 0.6',
  ),
  clusterName: row(
    shortText,
    '',
    'rabbit@ and the name of the machine',
    'cluster_name',
    'cluster_name in the server properties',
  ),
  serverProperties: row(
    recordOf(anyText),
    '',
    'none',
    '',
    'further server properties, or other values for the usual ones',
  ),
  heartbeatSeconds: limit(
    integer(0, 65535),
    's',
    '60',
    'heartbeat',
    'heartbeat offered to clients; a peer silent for two of the agreed periods is cut off; 0: none',
  ),
  frameMaxBytes: limit(
    integer(4096, 2 ** 32 - 1, [0]),
    'octets',
    '131072',
    'frame_max',
    'largest frame; a larger one closes the connection with 501 FRAME_ERROR; 0: no limit',
  ),
  initialFrameMaxBytes: limit(
    integer(4096, 2 ** 32 - 1, [0]),
    'octets',
    '4096',
    'initial_frame_max',
    'largest frame before tune-ok, more for long tokens; a larger one ends the connection',
  ),
  channelMax: limit(
    integer(0, 65535),
    '',
    '2047',
    'channel_max',
    'channels of a connection; one more closes it with 530 NOT_ALLOWED; 0: no limit',
  ),
  maxMessageBytes: limit(
    integer(1, 512 * 1024 * 1024),
    'octets',
    '134217728',
    'max_message_size',
    'largest message body; a larger one closes the channel with 406 PRECONDITION_FAILED',
  ),
  handshakeTimeoutMs: limit(
    integer(1, MAX_TIMER_MS, noLimit),
    'ms',
    '10000',
    'handshake_timeout',
    'time from accepting a connection to its connection.open; then the socket is closed',
  ),
  maxConnections: limit(
    integer(0, 2 ** 31 - 1, noLimit),
    '',
    'Infinity',
    'connection_max',
    'open connections; one more is refused with 530 NOT_ALLOWED',
  ),
  consumerMaxPerChannel: limit(
    integer(1, 2 ** 31 - 1, noLimit),
    '',
    'Infinity',
    'consumer_max_per_channel',
    'consumers of a channel; one more closes the connection with 530 NOT_ALLOWED',
  ),
  consumerTimeoutMs: limit(
    orNull(integer(1, MAX_TIMER_MS)),
    'ms',
    '1800000',
    'consumer_timeout',
    'time for an acknowledgement; then the channel is closed with 406; null: any time',
  ),
  memoryHighWatermark: limit(
    number(0, 1),
    'share',
    '0.4',
    'vm_memory_high_watermark.relative',
    'what messages may hold, as a share of the memory of the machine or the container',
  ),
  memoryLimitBytes: limit(
    integer(0, Number.MAX_SAFE_INTEGER),
    'octets',
    'memoryHighWatermark of what there is',
    'vm_memory_high_watermark.absolute',
    'the same in octets; beyond it publishers are not read and told connection.blocked',
  ),
  dataDir: row(
    folder,
    '',
    'data; embedded: null',
    'leveret.data_dir',
    'folder of the durable storage; null: everything is kept in memory',
  ),
  durability: row(
    oneOf(DURABILITIES),
    '',
    'fsync',
    'leveret.durability',
    'when a message is confirmed: fsync: the disk has it; os: the operating system has it',
  ),
  diskFreeLimitBytes: limit(
    integer(0, Number.MAX_SAFE_INTEGER),
    'octets',
    '50000000',
    'disk_free_limit.absolute',
    'what is to stay free on the disk of dataDir; below it publishers are not read, and told so',
  ),
  diskFreeLimitRelative: limit(
    number(0, 1000),
    'share',
    'diskFreeLimitBytes',
    'disk_free_limit.relative',
    'the same as a share of the memory of the machine or the container',
  ),
  definitions: row(
    pathOrObject,
    '',
    'none',
    'load_definitions',
    'definitions to load at the start, as RabbitMQ exports them: a file, a folder, an object',
  ),
  eventExchangeVhost: row(
    orNull(shortText),
    '',
    'null',
    'event_exchange.vhost',
    'virtual host whose amq.rabbitmq.event tells what happens; null: none does',
  ),
  permittedDeprecated: row(
    recordOf(yesOrNo),
    '',
    'none',
    'deprecated_features.permit.*',
    'deprecated features that are permitted, or not: transient_nonexcl_queues, global_qos',
  ),
  anonymousUser: row(
    orNull(shortText),
    '',
    'guest',
    'anonymous_login_user',
    'who somebody is that logs in with ANONYMOUS, which 4.x offers; null: it is not offered',
  ),
  anonymousPassword: row(secret, '', 'guest', 'anonymous_login_pass', 'the password of that user'),
  logExchangeLevel: row(
    oneOf(LOG_LEVELS),
    '',
    'none',
    'log.exchange.level',
    'least severe level that goes to amq.rabbitmq.log in the first virtual host',
  ),
  logLevel: row(
    oneOf(LOG_LEVELS),
    '',
    'info; embedded: none',
    'log.console.level',
    'least severe level that is logged',
  ),
  logFormat: row(oneOf(LOG_FORMATS), '', 'text', 'log.console.formatter', 'form of the log lines'),
} as const satisfies Record<keyof BrokerOptions, OptionRow<unknown>>;
