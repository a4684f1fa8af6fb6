/**
 * Definitions in RabbitMQ's export format: its shapes, and reading one from what a file holds (B.3,
 * https://www.rabbitmq.com/docs/definitions).
 *
 * Responsible for the shape of every entry, so that what follows can rely on it. Not responsible
 * for values that the broker checks itself (arguments, policies, patterns).
 */
import type { PolicyDefinition } from '../broker/policies/policy.ts';

/** Definitions that cannot be read; the message says where and why. */
export class DefinitionsError extends Error {
  override readonly name = 'DefinitionsError';
}

type Json = Readonly<Record<string, unknown>>;

export interface UserEntry {
  readonly name: string;
  readonly password_hash?: string | undefined;
  /** In place of the hash, in a file that somebody wrote. */
  readonly password?: string | undefined;
  readonly hashing_algorithm?: string | undefined;
  /** Older exports have them as one text, with commas. */
  readonly tags: readonly string[] | string;
  readonly limits?: Json | undefined;
}

export interface VhostEntry {
  readonly name: string;
  readonly description?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly default_queue_type?: string | undefined;
  readonly metadata?: Json | undefined;
}

export interface PermissionEntry {
  readonly user: string;
  readonly vhost: string;
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

export interface TopicPermissionEntry {
  readonly user: string;
  readonly vhost: string;
  readonly exchange: string;
  readonly write: string;
  readonly read: string;
}

export interface ParameterEntry {
  readonly vhost: string;
  readonly component: string;
  readonly name: string;
  readonly value: unknown;
}

export interface GlobalParameterEntry {
  readonly name: string;
  readonly value: unknown;
}

export type PolicyEntry = PolicyDefinition & { readonly vhost: string };

export interface QueueEntryDefinition {
  readonly name: string;
  readonly vhost: string;
  readonly type?: string | undefined;
  readonly durable: boolean;
  readonly auto_delete: boolean;
  readonly arguments?: Json | undefined;
}

export interface ExchangeEntry {
  readonly name: string;
  readonly vhost: string;
  readonly type: string;
  readonly durable: boolean;
  readonly auto_delete: boolean;
  readonly internal?: boolean | undefined;
  readonly arguments?: Json | undefined;
}

export interface BindingEntry {
  readonly source: string;
  readonly vhost: string;
  readonly destination: string;
  readonly destination_type: 'queue' | 'exchange';
  readonly routing_key: string;
  readonly arguments?: Json | undefined;
}

/** Everything, each list empty where the file has none. */
export interface DefinitionsFile {
  readonly users: readonly UserEntry[];
  readonly vhosts: readonly VhostEntry[];
  readonly permissions: readonly PermissionEntry[];
  readonly topic_permissions: readonly TopicPermissionEntry[];
  readonly parameters: readonly ParameterEntry[];
  readonly global_parameters: readonly GlobalParameterEntry[];
  readonly policies: readonly PolicyEntry[];
  readonly queues: readonly QueueEntryDefinition[];
  readonly exchanges: readonly ExchangeEntry[];
  readonly bindings: readonly BindingEntry[];
}

type Section = keyof DefinitionsFile;
type Type = 'string' | 'boolean' | 'object';

/** What each entry must have, beside what it may have. */
const REQUIRED: Readonly<Record<Section, Readonly<Record<string, Type>>>> = {
  users: { name: 'string' },
  vhosts: { name: 'string' },
  permissions: {
    user: 'string',
    vhost: 'string',
    configure: 'string',
    write: 'string',
    read: 'string',
  },
  topic_permissions: {
    user: 'string',
    vhost: 'string',
    exchange: 'string',
    write: 'string',
    read: 'string',
  },
  parameters: { vhost: 'string', component: 'string', name: 'string' },
  global_parameters: { name: 'string' },
  policies: { vhost: 'string', name: 'string', pattern: 'string', definition: 'object' },
  queues: { vhost: 'string', name: 'string', durable: 'boolean', auto_delete: 'boolean' },
  exchanges: {
    vhost: 'string',
    name: 'string',
    type: 'string',
    durable: 'boolean',
    auto_delete: 'boolean',
  },
  bindings: {
    vhost: 'string',
    source: 'string',
    destination: 'string',
    destination_type: 'string',
    routing_key: 'string',
  },
};
const SECTIONS = Object.keys(REQUIRED) as Section[];

/**
 * The definitions that `given` is: an object, or its JSON text.
 * @throws DefinitionsError
 */
export function readDefinitions(given: unknown): DefinitionsFile {
  const object = typeof given === 'string' ? parse(given) : given;
  if (!isObject(object)) throw new DefinitionsError('definitions must be a JSON object');
  const read: Partial<Record<Section, readonly unknown[]>> = {};
  for (const section of SECTIONS) read[section] = readSection(object, section);
  return read as unknown as DefinitionsFile;
}

function readSection(object: Json, section: Section): readonly unknown[] {
  const entries = object[section];
  if (entries === undefined) return [];
  if (!Array.isArray(entries)) throw new DefinitionsError(`${section}: expected a list`);
  const implied = impliedVhost(object);
  return entries.map((entry: unknown, at) => {
    if (!isObject(entry)) throw new DefinitionsError(`${section}[${at}]: expected an object`);
    const whole = implied === undefined ? entry : { vhost: implied, ...entry };
    for (const [key, type] of Object.entries(REQUIRED[section])) {
      const actual: string = typeof whole[key];
      if (actual === type && whole[key] !== null) continue;
      const what = whole[key] === undefined ? 'is missing' : `must be of type ${type}`;
      throw new DefinitionsError(`${section}[${at}]: ${key} ${what}`);
    }
    return whole;
  });
}

/** An export of a single virtual host leaves its name out of the entries. */
function impliedVhost(object: Json): string | undefined {
  if (object['rabbitmq_definition_format'] !== 'single_virtual_host') return undefined;
  return String(object['original_vhost_name'] ?? '/');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DefinitionsError(`definitions are no JSON: ${(error as Error).message}`);
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
