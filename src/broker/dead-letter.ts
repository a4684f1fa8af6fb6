/**
 * What is written on a message when it is dead-lettered (A8.2, A8.3, A8.5,
 * https://www.rabbitmq.com/docs/dlx#effects), and which ways it may not go (A8.4).
 *
 * Responsible for the new address, properties and keys, as a function of the message and its death
 * alone. Not responsible for where that leads (dead-letters.ts).
 */
import { encodeNames } from '../../protocol/names.ts';
import type { FieldTable, FieldValue } from '../../protocol/table.ts';
import { numberIn, text, textIn, textsIn } from './fields.ts';
import type { Message } from './message.ts';
import { propertiesOf, withProperties } from './message-properties.ts';
import { NotedMessage } from './noted-message.ts';

/** A8.1. */
export const DEATH_REASONS = ['rejected', 'expired', 'maxlen', 'delivery_limit'] as const;
export type DeathReason = (typeof DEATH_REASONS)[number];

export interface Death {
  /** Name of the queue where it died. */
  readonly queue: string;
  readonly reason: DeathReason;
  /** Epoch milliseconds. */
  readonly timeMs: number;
  /** The dead-letter exchange. */
  readonly exchange: string;
  /** x-dead-letter-routing-key; null: it keeps the keys that it had. */
  readonly routingKey: string | null;
  /** Whether deaths that a client wrote on the message count, too (A8.6). */
  readonly trustsClients: boolean;
}

export interface DeadLetter {
  /** Addressed to the dead-letter exchange; it shares the body of the one that died. */
  readonly message: Message;
  readonly routingKeys: readonly string[];
  readonly headers: FieldTable;
}

type Table = Map<string, FieldValue>;

/** The message that goes on in place of one that died. */
export function deadLetterOf(message: Message, death: Death): DeadLetter {
  const { address } = message;
  const known = propertiesOf(message);
  const headers: Table = new Map(known.headers);
  const keys = [address.routingKey, ...textsIn(headers, 'CC')];
  const entry = deathEntry(death, address.exchange, keys, known.expiration);
  const isContinued = death.trustsClients || message.isDeadLetter;
  const earlier = isContinued ? headers.get('x-death') : undefined;
  headers.set('x-death', { type: 'A', value: withDeath(earlier, entry) });
  if (!isContinued || !headers.has('x-first-death-reason')) {
    noteDeath(headers, 'first', address.exchange, death);
  }
  noteDeath(headers, 'last', address.exchange, death);
  if (death.routingKey !== null) headers.delete('CC');
  const routingKey = death.routingKey ?? address.routingKey;
  const { exchange } = death;
  const next = { exchange, routingKey, names: encodeNames(exchange, routingKey) };
  const going = withProperties(message, { ...known, expiration: undefined, headers }, next);
  const blindKeys = death.routingKey === null ? message.blindKeys : [];
  return {
    message: NotedMessage.of(going, { isDeadLetter: true, blindKeys }),
    routingKeys: death.routingKey === null ? [...keys, ...blindKeys] : [routingKey],
    headers,
  };
}

/**
 * Whether a dead letter with these headers would go round in a circle if it came to `queue` again
 * (A8.4). One that somebody rejected on the way does not count: that is how it is tried again.
 */
export function isCycle(headers: FieldTable, queue: string): boolean {
  const deaths = headers.get('x-death');
  if (deaths?.type !== 'A') return false;
  for (const death of deaths.value) {
    if (death.type !== 'F') continue;
    if (textIn(death.value, 'reason') === 'rejected') return false;
    if (textIn(death.value, 'queue') === queue) return true;
  }
  return false;
}

/** The queues where a message with these headers died, the last one first. */
export function deathPlaces(headers: FieldTable): string[] {
  const deaths = headers.get('x-death');
  if (deaths?.type !== 'A') return [];
  return deaths.value.flatMap(({ value }) =>
    value instanceof Map ? (textIn(value, 'queue') ?? []) : [],
  );
}

function deathEntry(
  { reason, queue, timeMs }: Death,
  exchange: string,
  keys: readonly string[],
  expiration: string | undefined,
): Table {
  const entry: Table = new Map<string, FieldValue>([
    ['count', { type: 'l', value: 1 }],
    ['reason', text(reason)],
    ['queue', text(queue)],
    ['time', { type: 'T', value: Math.floor(timeMs / 1000) }],
    ['exchange', text(exchange)],
    ['routing-keys', { type: 'A', value: keys.map(text) }],
  ]);
  if (expiration !== undefined) entry.set('original-expiration', text(expiration));
  return entry;
}

/** The deaths with this one in front: the same queue and reason again are counted. */
function withDeath(known: FieldValue | undefined, entry: Table): FieldValue[] {
  const earlier = known?.type === 'A' ? grouped(known.value) : [];
  const isSame = ({ value }: FieldValue): boolean =>
    value instanceof Map && groupOf(value) === groupOf(entry);
  const same = earlier.find(isSame);
  const others = earlier.filter((each) => each !== same);
  if (same?.type !== 'F') return [{ type: 'F', value: entry }, ...others];
  return [counted(same.value, countOf(same) + 1), ...others];
}

/** One entry for each queue and reason: brokers of old wrote one for each death. */
function grouped(entries: readonly FieldValue[]): FieldValue[] {
  const groups = new Map<unknown, FieldValue[]>();
  for (const entry of entries) {
    const key = entry.type === 'F' ? groupOf(entry.value) : entry;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return Array.from(groups.values(), (group) => {
    const [first] = group as [FieldValue];
    if (group.length === 1 || first.type !== 'F') return first;
    return counted(
      first.value,
      group.reduce((sum, each) => sum + countOf(each), 0),
    );
  });
}

function groupOf(entry: FieldTable): string {
  return JSON.stringify([textIn(entry, 'queue'), textIn(entry, 'reason')]);
}

/** As RabbitMQ writes it: in the order of the names. */
function counted(entry: FieldTable, count: number): FieldValue {
  const table: Table = new Map(entry).set('count', { type: 'l', value: count });
  return { type: 'F', value: new Map([...table].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** One without a count was one death. */
function countOf(entry: FieldValue): number {
  return (entry.type === 'F' ? numberIn(entry.value, 'count') : undefined) ?? 1;
}

function noteDeath(headers: Table, which: 'first' | 'last', exchange: string, death: Death): void {
  const name = `x-${which}-death-`;
  headers.set(`${name}exchange`, text(exchange));
  headers.set(`${name}queue`, text(death.queue));
  headers.set(`${name}reason`, text(death.reason));
}
