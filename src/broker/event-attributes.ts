/**
 * The headers that RabbitMQ's event exchange gives each event, in its order and with its types
 * (B7.6; compared with 3.10).
 *
 * Responsible for what stands in them. Where RabbitMQ names Erlang processes and terms, names of
 * connections and channels and the same terms stand here.
 */
import type { FieldTable, FieldValue } from '../../protocol/table.ts';
import { toFieldValue } from '../../protocol/table.ts';
import { formatBinary, formatTyped } from './erlang-terms.ts';
import type { BindingEvent, BrokerEvents, ConnectionDetails, LoginEvent } from './events.ts';
import { wireName } from './internal-message.ts';

type Attributes = readonly (readonly [name: string, value: unknown])[];
type Describe<N extends keyof BrokerEvents> = (event: BrokerEvents[N]) => Attributes;

/** Events about the broker itself are nobody's doing. */
const NOBODYS: readonly string[] = ['alarm.set', 'alarm.cleared', 'connection.closed'];

const binding = (event: BindingEvent): Attributes => [
  ['source_name', event.source],
  ['source_kind', 'exchange'],
  ['destination_name', event.destination],
  ['destination_kind', event.destinationKind],
  ['routing_key', event.routingKey],
  ['arguments', terms(event.arguments)],
  ['vhost', event.vhost],
];

const login = (event: LoginEvent): Attributes => [
  ['connection_type', 'network'],
  ['name', event.name],
  ['host', address(event.host)],
  ['connection_name', event.connection],
  ['peer_host', address(event.peerHost)],
  ['peer_port', event.peerPort],
  ['protocol', PROTOCOL],
  ['auth_mechanism', event.mechanism],
  ['ssl', false],
];

const clientName = ({ clientName: name }: { readonly clientName: string }): Attributes =>
  name === '' ? [] : [['user_provided_name', name]];

/** AMQP 0-9-1 as an Erlang term. */
const PROTOCOL = '{0,9,1}';
const NO_TLS = ['peer_cert_subject', 'peer_cert_issuer', 'peer_cert_validity'] as const;
const NO_TLS_EITHER = ['ssl_protocol', 'ssl_key_exchange', 'ssl_cipher', 'ssl_hash'] as const;
const empty = (names: readonly string[]): Attributes => names.map((name) => [name, ''] as const);

const ends = ({ port, peerPort, host, peerHost }: ConnectionDetails): Attributes => [
  ['port', port],
  ['peer_port', peerPort],
  ['host', address(host)],
  ['peer_host', address(peerHost)],
];

const DESCRIBE: { readonly [N in keyof BrokerEvents]?: Describe<N> } = {
  'exchange.created': (event) => [
    ['vhost', event.vhost],
    ['name', event.name],
    ['type', event.type],
    ['durable', event.durable],
    ['auto_delete', event.autoDelete],
    ['internal', event.internal],
    ['arguments', terms(event.arguments)],
    ['policy', ''],
  ],
  'queue.created': (event) => [
    ['vhost', event.vhost],
    ['name', event.name],
    ['durable', event.durable],
    ['auto_delete', event.autoDelete],
    ['arguments', terms(event.arguments)],
    ['owner_pid', ''],
    ['exclusive', event.exclusive],
  ],
  'queue.deleted': ({ vhost, name }) => [
    ['vhost', vhost],
    ['name', name],
  ],
  'binding.created': binding,
  'binding.deleted': binding,
  'connection.created': (event) => [
    ...clientName(event),
    ['type', 'network'],
    ['pid', event.id],
    ['name', event.name],
    ...ends(event),
    ['ssl', false],
    ...empty(NO_TLS),
    ['auth_mechanism', event.mechanism],
    ...empty(NO_TLS_EITHER),
    ['protocol', PROTOCOL],
    ['user', event.user],
    ['vhost', event.vhost],
    ['timeout', event.heartbeatSeconds],
    ['frame_max', event.frameMax],
    ['channel_max', event.channelMax],
    ['client_properties', terms(event.clientProperties)],
    ['connected_at', Math.floor(event.connectedAtMs)],
  ],
  'connection.closed': (event) => [
    ...clientName(event),
    ['name', event.name],
    ['pid', event.id],
    ['client_properties', terms(event.clientProperties)],
  ],
  'channel.created': (event) => [
    ['pid', event.id],
    ['name', `${event.connection} (${event.number})`],
    ['connection', event.connectionId],
    ['number', event.number],
    ['user', event.user],
    ['vhost', event.vhost],
  ],
  'channel.closed': ({ id }) => [['pid', id]],
  'consumer.created': (event) => [
    ['consumer_tag', event.tag],
    ['exclusive', event.exclusive],
    ['ack_required', !event.noAck],
    ['channel', event.channelId],
    ['vhost', event.vhost],
    ['queue', event.queue],
    ['prefetch_count', event.prefetch],
    ['arguments', terms(event.arguments)],
  ],
  'consumer.deleted': (event) => [
    ['consumer_tag', event.tag],
    ['channel', event.channelId],
    ['vhost', event.vhost],
    ['queue', event.queue],
  ],
  'user.authentication.success': login,
  'user.authentication.failure': (event) => [...login(event), ['error', event.error]],
};

/** The headers of an event, without its time. */
export function attributesOf<N extends keyof BrokerEvents>(
  name: N,
  event: BrokerEvents[N],
  actor: string,
): Map<string, FieldValue> {
  const describe = DESCRIBE[name] as Describe<N> | undefined;
  const known =
    describe?.(event) ??
    Object.entries(event).map(([key, value]) => [wireName(key), value] as const);
  const isSomebodys = !NOBODYS.includes(name) && !name.startsWith('user.authentication.');
  const all: Attributes = isSomebodys ? [...known, ['user_who_performed_action', actor]] : known;
  return new Map(all.map(([key, value]) => [key, fieldOf(value)]));
}

/** Whole numbers are 64 bits wide. */
function fieldOf(value: unknown): FieldValue {
  return Number.isInteger(value) ? { type: 'l', value: value as number } : toFieldValue(value);
}

/** A table as a list of Erlang's triples. */
function terms(table: FieldTable): string[] {
  return Array.from(table, ([name, value]) => `{${formatBinary(name)},${formatTyped(value)}}`);
}

/** An address as an Erlang tuple. */
function address(text: string): string {
  if (/^\d+(\.\d+){3}$/.test(text)) return `{${text.replaceAll('.', ',')}}`;
  return text.includes(':') ? `{${groupsOf(text).join(',')}}` : text;
}

/** The eight numbers of an IPv6 address. */
function groupsOf(text: string): number[] {
  const [head = '', tail] = text.split('%')[0]?.split('::') ?? [];
  const numbers = (part: string) =>
    part === '' ? [] : part.split(':').map((each) => Number.parseInt(each, 16));
  const [before, after] = [numbers(head), numbers(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...new Array<number>(zeros).fill(0), ...after];
}
