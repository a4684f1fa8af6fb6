/**
 * What the keys of rabbitmq.conf mean here: one table, key pattern to effect. Limits are not
 * repeated: a value ends in the kind of its option (options.ts), which knows them. Keys that
 * RabbitMQ has and this table has not are no error, since a file is often shared with a RabbitMQ:
 * each gives one warning.
 */
import type { LogLevel } from '../lib/log.ts';
import type { ConfEntry } from './conf-file.ts';
import { ConfigError } from './errors.ts';
import { shortText } from './kinds.ts';
import { type ConfigLayer, emptyLayer } from './layers.ts';
import { OPTIONS } from './option-table.ts';
import type { ListenerConfig } from './option-types.ts';
import { decimalNumber, frameSize, memorySize, wholeNumber } from './units.ts';

/**
 * A value with everything an error message needs. `name` is the part of the key that `*` stood for.
 */
interface Setting {
  readonly value: string;
  readonly at: string;
  readonly name: string;
}

type Effect = (layer: ConfigLayer, setting: Setting, listeners: ListenerConfig[]) => void;

const KEYS: Readonly<Record<string, Effect>> = {
  'listeners.tcp': (_layer, { value, at }) => {
    throw new ConfigError(`${at}: '${value}' is not supported: AMQP over TCP is the only way in`);
  },
  'listeners.tcp.*': (_layer, setting, listeners) => {
    listeners.push(readListener(setting));
  },
  default_user: (layer, { value, at }) => {
    layer.defaultUser.name = shortText.read(value, at);
  },
  default_pass: (layer, { value }) => {
    layer.defaultUser.password = value;
  },
  default_vhost: (layer, { value, at }) => {
    layer.options.vhosts = OPTIONS.vhosts.kind.read(value, at);
  },
  'default_permissions.configure': (layer, { value }) => permit(layer, { configure: value }),
  'default_permissions.write': (layer, { value }) => permit(layer, { write: value }),
  'default_permissions.read': (layer, { value }) => permit(layer, { read: value }),
  'default_user_tags.*': (layer, setting) => {
    layer.defaultUser.tags ??= [];
    if (readBoolean(setting)) layer.defaultUser.tags.push(setting.name);
  },
  loopback_users: (layer, setting) => {
    readWord(setting, { none: true });
    layer.loopbackUsers = [];
  },
  'loopback_users.*': (layer, setting) => {
    layer.loopbackUsers ??= [];
    if (readBoolean(setting)) layer.loopbackUsers.push(setting.name);
  },
  heartbeat: numeric('heartbeatSeconds', wholeNumber),
  frame_max: numeric('frameMaxBytes', frameSize),
  initial_frame_max: numeric('initialFrameMaxBytes', frameSize),
  channel_max: numeric('channelMax', wholeNumber),
  max_message_size: numeric('maxMessageBytes', wholeNumber),
  handshake_timeout: numeric('handshakeTimeoutMs', wholeNumberOrInfinity),
  connection_max: numeric('maxConnections', wholeNumberOrInfinity),
  consumer_max_per_channel: numeric('consumerMaxPerChannel', wholeNumberOrInfinity),
  'vm_memory_high_watermark.relative': numeric('memoryHighWatermark', decimalNumber),
  'vm_memory_high_watermark.absolute': numeric('memoryLimitBytes', memorySize),
  'disk_free_limit.absolute': numeric('diskFreeLimitBytes', memorySize),
  'disk_free_limit.relative': numeric('diskFreeLimitRelative', decimalNumber),
  // RabbitMQ has no such keys, so theirs is a prefix that says whose they are.
  'leveret.data_dir': (layer, { value, at }) => {
    layer.options.dataDir = OPTIONS.dataDir.kind.read(value, at);
  },
  'leveret.compatibility': (layer, { value, at }) => {
    layer.options.compatibility = OPTIONS.compatibility.kind.read(value, at);
  },
  consumer_timeout: (layer, { value, at }) => {
    // RabbitMQ's way to say: none.
    const isNone = value === 'undefined' || value === 'infinity';
    const parsed = isNone ? null : (wholeNumber(value) ?? value);
    layer.options.consumerTimeoutMs = OPTIONS.consumerTimeoutMs.kind.read(parsed, at);
  },
  'leveret.durability': (layer, { value, at }) => {
    layer.options.durability = OPTIONS.durability.kind.read(value, at);
  },
  'log.console': (layer, setting) => {
    if (!readBoolean(setting)) layer.options.logLevel = 'none';
  },
  'log.console.level': (layer, setting) => {
    layer.options.logLevel = readWord(setting, LEVELS);
  },
  'deprecated_features.permit.*': (layer, setting) => {
    const permitted = { ...layer.options.permittedDeprecated };
    permitted[setting.name] = readBoolean(setting);
    layer.options.permittedDeprecated = permitted;
  },
  anonymous_login_user: (layer, { value, at }) => {
    const name = value === 'none' ? null : value;
    layer.options.anonymousUser = OPTIONS.anonymousUser.kind.read(name, at);
  },
  anonymous_login_pass: (layer, { value, at }) => {
    layer.options.anonymousPassword = OPTIONS.anonymousPassword.kind.read(value, at);
  },
  'log.exchange': (layer, setting) => {
    if (!readBoolean(setting)) layer.options.logExchangeLevel = 'none';
    else layer.options.logExchangeLevel ??= 'info';
  },
  'log.exchange.level': (layer, setting) => {
    layer.options.logExchangeLevel = readWord(setting, LEVELS);
  },
  'log.console.formatter': (layer, setting) => {
    layer.options.logFormat = readWord(setting, { plaintext: 'text', json: 'json' });
  },
  'event_exchange.vhost': (layer, { value, at }) => {
    layer.options.eventExchangeVhost = OPTIONS.eventExchangeVhost.kind.read(value, at);
  },
  load_definitions: definitionsPath,
  'management.load_definitions': definitionsPath,
  'definitions.import_backend': (_layer, setting) => {
    readWord(setting, { local_filesystem: true });
  },
  'definitions.local.path': definitionsPath,
  cluster_name: textual('clusterName'),
  'product.name': textual('product'),
  'product.version': textual('version'),
};

// RabbitMQ's level names, as Erlang's logger has them, to the nearest of ours.
const LEVELS: Readonly<Record<string, LogLevel>> = {
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warning: 'warning',
  error: 'error',
  critical: 'error',
  alert: 'error',
  emergency: 'error',
  none: 'none',
};

const EFFECTS = new Map(Object.entries(KEYS));

/**
 * The names of all keys that have an effect; `*` stands for a name. The documentation is held
 * against it.
 */
export const CONF_KEYS: readonly string[] = [...EFFECTS.keys()];

/** Turns the entries of a file into a layer, and the keys that have no effect into warnings. */
export function readEntries(entries: readonly ConfEntry[]): {
  readonly layer: ConfigLayer;
  readonly warnings: readonly string[];
} {
  const layer = emptyLayer();
  const warnings: string[] = [];
  const listeners: ListenerConfig[] = [];
  for (const { key, value, at } of lastOfEach(entries)) {
    const whole = key.join('.');
    const name = key.at(-1) ?? '';
    const effect = EFFECTS.get(whole) ?? EFFECTS.get([...key.slice(0, -1), '*'].join('.'));
    if (effect === undefined)
      warnings.push(`${at}: '${whole}' is not a key of this version; ignored`);
    else effect(layer, { value, name, at: `${at}: ${whole}` }, listeners);
  }
  if (listeners.length > 0) layer.options.listeners = listeners;
  // RabbitMQ: the relative limits count when a file has both.
  if (layer.options.memoryHighWatermark !== undefined) delete layer.options.memoryLimitBytes;
  if (layer.options.diskFreeLimitRelative !== undefined) delete layer.options.diskFreeLimitBytes;
  return { layer, warnings };
}

/** A key may be given twice, as in RabbitMQ: the last one counts. */
function lastOfEach(entries: readonly ConfEntry[]): Iterable<ConfEntry> {
  return new Map(entries.map((entry) => [JSON.stringify(entry.key), entry])).values();
}

type NumericOption =
  | 'heartbeatSeconds'
  | 'frameMaxBytes'
  | 'initialFrameMaxBytes'
  | 'channelMax'
  | 'maxMessageBytes'
  | 'handshakeTimeoutMs'
  | 'maxConnections'
  | 'consumerMaxPerChannel'
  | 'memoryHighWatermark'
  | 'memoryLimitBytes'
  | 'diskFreeLimitBytes'
  | 'diskFreeLimitRelative';

function numeric(option: NumericOption, parse: (text: string) => number | undefined): Effect {
  return (layer, { value, at }) => {
    layer.options[option] = OPTIONS[option].kind.read(parse(value) ?? value, at);
  };
}

function textual(option: 'clusterName' | 'product' | 'version'): Effect {
  return (layer, { value, at }) => {
    layer.options[option] = OPTIONS[option].kind.read(value, at);
  };
}

function definitionsPath(layer: ConfigLayer, { value, at }: Setting): void {
  layer.options.definitions = OPTIONS.definitions.kind.read(value, at);
}

function wholeNumberOrInfinity(text: string): number | undefined {
  return text === 'infinity' ? Number.POSITIVE_INFINITY : wholeNumber(text);
}

function permit(layer: ConfigLayer, permissions: ConfigLayer['defaultUser']['permissions']): void {
  layer.defaultUser.permissions = { ...layer.defaultUser.permissions, ...permissions };
}

function readBoolean(setting: Setting): boolean {
  return readWord(setting, { true: true, false: false });
}

function readWord<T>({ value, at }: Setting, words: Readonly<Record<string, T>>): T {
  if (!Object.hasOwn(words, value)) {
    throw new ConfigError(`${at}: expected ${Object.keys(words).join(', ')}, got '${value}'`);
  }
  return words[value] as T;
}

/**
 * A port stands for every address of the machine, as in RabbitMQ; else `address:port`, IPv6 with or
 * without [].
 */
function readListener({ value, at }: Setting): ListenerConfig {
  const [, bracketed, plain, digits] = /^(?:(?:\[(.+)\]|(.+)):)?(\d+)$/.exec(value) ?? [];
  if (digits === undefined) {
    throw new ConfigError(`${at}: expected a port or address:port, got '${value}'`);
  }
  const port = OPTIONS.port.kind.read(Number(digits), at);
  return { host: bracketed ?? plain ?? '::', port };
}
