/**
 * From the metadata store back to exchanges, queues and bindings, when a broker starts.
 *
 * Responsible for reading what definition-log.ts wrote and for making it again through the virtual
 * hosts. What cannot be read or does not fit is reported, stays in the store and stops nothing
 * else. Not responsible for messages.
 */
import type { FieldTable } from '../../protocol/table.ts';
import type { DefinitionLog } from './definition-log.ts';
import { tableFromJson } from './field-json.ts';
import type { PolicyDefinition } from './policies/policy.ts';
import { storesOf } from './queue-factory.ts';
import type { VirtualHost } from './vhost.ts';
import type { VhostMetadata } from './vhost-metadata.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Finds a virtual host, and makes it where there is none. */
export type Place = (vhost: string) => VirtualHost;

/** How many names follow the kind in a key. */
const NAMES: Readonly<Record<string, number>> = {
  vhost: 1,
  exchange: 2,
  queue: 2,
  binding: 6,
  delays: 1,
  policy: 2,
  'operator-policy': 2,
  'queue-number': 0,
  ...{ user: 1, permission: 2, 'topic-permission': 3, parameter: 3, 'global-parameter': 1 },
};
/** What is not the broker's own: it is handed on. */
const OTHERS = new Set(['user', 'permission', 'topic-permission', 'parameter', 'global-parameter']);

/** Takes a definition that is not the broker's own: its kind and names, and its value. */
export type TakeOther = (names: readonly string[], value: Fields) => void;

/** What was found, whether it could be made or not. */
export interface RecoveredDefinitions {
  /** The names of the virtual hosts that the store knows. */
  readonly vhosts: ReadonlySet<string>;
  /** The numbers of all queues that it knows. */
  readonly queueNumbers: ReadonlySet<number>;
}

/** Makes all definitions. */
export function recoverDefinitions(
  entries: Iterable<readonly [key: string, value: string]>,
  place: Place,
  numbers: Pick<DefinitionLog, 'numberTaken'>,
  report: (line: string) => void,
  takeOther: TakeOther,
): RecoveredDefinitions {
  const recovery = new Recovery(place, numbers);
  const attempt = (key: string, work: () => void) => {
    try {
      work();
    } catch (error) {
      report(`definition ${key} was not recovered: ${reasonOf(error)}`);
    }
  };
  const bindings: [key: string, work: () => void][] = [];
  for (const [key, value] of entries) {
    attempt(key, () => {
      const [kind, names] = parseKey(key);
      const fields = parseValue(value);
      // Last, when both ends are there whatever the order of the entries.
      if (OTHERS.has(kind)) takeOther([kind, ...names], fields);
      else if (kind === 'binding') bindings.push([key, () => recovery.binding(names, fields)]);
      else recovery.make(kind, names, fields);
    });
  }
  for (const [key, work] of bindings) attempt(key, work);
  return recovery;
}

class Recovery implements RecoveredDefinitions {
  readonly vhosts = new Set<string>();
  readonly queueNumbers = new Set<number>();
  readonly #place: Place;
  readonly #counter: Pick<DefinitionLog, 'numberTaken'>;

  constructor(place: Place, counter: Pick<DefinitionLog, 'numberTaken'>) {
    this.#place = place;
    this.#counter = counter;
  }

  make(kind: string, [vhost = '', name = '']: readonly string[], value: Fields): void {
    if (kind === 'queue-number') this.#counter.numberTaken(numberFrom(value));
    else if (kind === 'vhost') {
      this.#place(vhost).metadata = metadataFrom(value);
      this.vhosts.add(vhost);
    } else if (kind === 'delays') {
      this.#place(vhost).delays.restore(this.#take(numberFrom(value['number'])));
    } else if (kind === 'policy' || kind === 'operator-policy') {
      this.#place(vhost).policies.set(kind, { ...value, name } as unknown as PolicyDefinition);
    } else if (kind === 'queue') this.#queue(vhost, name, value);
    else this.#exchange(vhost, name, value);
  }

  binding(names: readonly string[], value: Fields): void {
    const [vhost, source, kind, destination, routingKey] = names as [
      ...[string, string, string, string, string],
    ];
    if (kind !== 'queue' && kind !== 'exchange') throw new Error(`it leads to no ${kind}`);
    const wanted = {
      source,
      kind,
      destination,
      routingKey,
      arguments: argumentsFrom(value),
    } as const;
    this.#place(vhost).bind(wanted, null);
  }

  #exchange(vhost: string, name: string, value: Fields): void {
    const { type, autoDelete, internal } = value;
    if (typeof type !== 'string') throw new Error('its type cannot be read');
    const { number } = value;
    this.#place(vhost).declareExchange({
      name,
      type,
      durable: true,
      autoDelete: autoDelete === true,
      internal: internal === true,
      arguments: argumentsFrom(value),
      number: number === undefined ? null : this.#take(numberFrom(number)),
    });
  }

  /** A number of what is no queue, which no other may have. */
  #take(number: number): number {
    this.#counter.numberTaken(number);
    if (this.queueNumbers.has(number)) throw new Error(`its number ${number} is another's`);
    this.queueNumbers.add(number);
    return number;
  }

  #queue(vhost: string, name: string, value: Fields): void {
    const number = numberFrom(value['number']);
    this.#counter.numberTaken(number);
    const args = argumentsFrom(value);
    const last = number + storesOf(args) - 1;
    this.#counter.numberTaken(last);
    for (let each = number; each <= last; each++) {
      if (this.queueNumbers.has(each)) throw new Error(`its number ${each} is another queue's`);
      this.queueNumbers.add(each);
    }
    const definition = {
      name,
      durable: true,
      exclusive: false,
      autoDelete: value['autoDelete'] === true,
      arguments: args,
    };
    this.#place(vhost).restoreQueue(definition, number);
  }
}

function metadataFrom({ description, tags, defaultQueueType }: Fields): VhostMetadata {
  return {
    description: typeof description === 'string' ? description : '',
    tags: Array.isArray(tags) ? tags : [],
    defaultQueueType: typeof defaultQueueType === 'string' ? defaultQueueType : undefined,
  };
}

function parseKey(key: string): [kind: string, names: string[]] {
  const parts: unknown = parseJson(key);
  if (!Array.isArray(parts) || !parts.every((each) => typeof each === 'string')) {
    throw new Error('its name cannot be read');
  }
  const [kind = '', ...names] = parts;
  if (!Object.hasOwn(NAMES, kind)) throw new Error('it is of no known kind');
  if (NAMES[kind] !== names.length) throw new Error('its name cannot be read');
  return [kind, names];
}

function parseValue(value: string): Fields {
  return (parseJson(value) ?? {}) as Fields;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is no JSON');
  }
}

function numberFrom(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) throw new Error('it has no number');
  return value as number;
}

function argumentsFrom(value: Fields): FieldTable {
  return tableFromJson(value['arguments']);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
