/**
 * What the arguments of a declare may be, and when a second declare is the same as the first.
 *
 * One table lists the arguments that RabbitMQ knows, with what each accepts and whether a classic
 * queue has it; only those are compared on redeclare, in the table's order (A.5). Arguments that
 * nobody knows are kept and never looked at. The texts are RabbitMQ's (A.4), compared with a
 * running one. Not responsible for what the arguments do, nor for exclusive queues, whose owner the
 * virtual host checks.
 */

import { FIELD_TYPE_NAMES, type FieldTable, type FieldValue } from '../../protocol/table.ts';
import { formatPlain, formatString, sameTerm } from './erlang-terms.ts';
import { errors } from './errors.ts';

/** Says what is wrong with a value, as an Erlang term; `undefined` when nothing is. */
type Check = (field: FieldValue, args: FieldTable) => string | undefined;

interface QueueArgument {
  readonly name: string;
  readonly check: Check;
  /** False for arguments of other queue types, which a classic queue refuses. */
  readonly classic: boolean;
}

/** 10 years in milliseconds: the longest time that RabbitMQ takes. */
const MAX_EXPIRY_MS = 315_360_000_000;
const MAX_PRIORITY = 255;
const INTEGER_TYPES = 'bBsuIilL';
const OVERFLOWS = ['drop-head', 'reject-publish', 'reject-publish-dlx'];
const LEADER_LOCATORS = ['client-local', 'balanced', 'random', 'least-leaders'];
const QUEUE_MODES = ['default', 'lazy'];
const CLASSIC_NAMES = ['classic', 'rabbit_classic_queue'];

const unacceptable = (field: FieldValue): string =>
  `{unacceptable_type,${FIELD_TYPE_NAMES[field.type]}}`;

const anything: Check = () => undefined;

const nonNegative: Check = (field) => {
  if (!INTEGER_TYPES.includes(field.type)) {
    return formatString(`expected integer, got ${FIELD_TYPE_NAMES[field.type]}`);
  }
  return (field.value as number | bigint) < 0 ? `{value_negative,${field.value}}` : undefined;
};

const timeToLive: Check = (field, args) =>
  nonNegative(field, args) ??
  ((field.value as number | bigint) > MAX_EXPIRY_MS
    ? `{value_too_large,${field.value}}`
    : undefined);

const expiry: Check = (field, args) =>
  timeToLive(field, args) ?? (field.value === 0 ? '{value_zero,0}' : undefined);

const priority: Check = (field, args) =>
  nonNegative(field, args) ??
  ((field.value as number | bigint) > MAX_PRIORITY
    ? `{max_value_exceeded,${field.value}}`
    : undefined);

const queueVersion: Check = (field, args) =>
  nonNegative(field, args) ??
  (field.value === 1 || field.value === 2
    ? undefined
    : formatString(`unsupported queue version '${field.value}'`));

const truth: Check = (field) => (field.type === 't' ? undefined : unacceptable(field));

const text: Check = (field) => (field.type === 'S' ? undefined : unacceptable(field));

const oneOf =
  (values: readonly string[], refusal: (value: string) => string): Check =>
  (field, args) =>
    text(field, args) ??
    (values.includes(String(field.value)) ? undefined : refusal(String(field.value)));

const deadLetterKey: Check = (field, args) =>
  text(field, args) ??
  (args.has('x-dead-letter-exchange') ? undefined : 'routing_key_but_no_dlx_defined');

const queueType = oneOf(CLASSIC_NAMES, (value) =>
  formatString(`unsupported queue type '${value}'`),
);

const ofClassic = (name: string, check: Check): QueueArgument => ({ name, check, classic: true });
const ofOthers = (name: string): QueueArgument => ({ name, check: anything, classic: false });

/** A.5, in the order in which RabbitMQ looks at them. */
const QUEUE_ARGUMENTS: readonly QueueArgument[] = [
  ofClassic('x-expires', expiry),
  ofClassic('x-message-ttl', timeToLive),
  ofClassic('x-dead-letter-exchange', text),
  ofClassic('x-dead-letter-routing-key', deadLetterKey),
  ofOthers('x-dead-letter-strategy'),
  ofClassic('x-max-length', nonNegative),
  ofClassic('x-max-length-bytes', nonNegative),
  ofOthers('x-max-in-memory-length'),
  ofOthers('x-max-in-memory-bytes'),
  ofClassic('x-max-priority', priority),
  ofClassic(
    'x-overflow',
    oneOf(OVERFLOWS, () => 'invalid_overflow'),
  ),
  ofClassic(
    'x-queue-mode',
    oneOf(QUEUE_MODES, (value) => formatString(`unsupported queue mode '${value}'`)),
  ),
  ofClassic('x-queue-version', queueVersion),
  ofClassic('x-single-active-consumer', truth),
  ofClassic('x-queue-type', queueType),
  ofClassic('x-queue-master-locator', text),
  ofClassic(
    'x-queue-leader-locator',
    oneOf(LEADER_LOCATORS, () => 'invalid_queue_locator_arg'),
  ),
  ofOthers('x-max-age'),
  ofOthers('x-stream-max-segment-size-bytes'),
  ofOthers('x-stream-filter-size-bytes'),
  ofOthers('x-initial-cluster-size'),
  ofOthers('x-quorum-initial-group-size'),
  ofOthers('x-delivery-limit'),
];

const COMPARED_QUEUE_ARGUMENTS = QUEUE_ARGUMENTS.filter((each) => each.classic).map(
  (each) => each.name,
);
const FOREIGN_ARGUMENTS = new Set(
  QUEUE_ARGUMENTS.filter((each) => !each.classic).map((each) => each.name),
);
const STREAM_CONSUMER_ARGUMENTS = [
  'x-stream-offset',
  'x-stream-filter',
  'x-stream-match-unfiltered',
];
const COMPARED_EXCHANGE_ARGUMENTS = ['alternate-exchange'];

/** What is declared, for the texts. */
interface Subject {
  readonly what: 'queue' | 'exchange';
  readonly name: string;
  readonly vhost: string;
}

/** A name that must be a text, and is looked at before anything else. */
function checkNameArgument(subject: Subject, argument: string, args: FieldTable): void {
  const field = args.get(argument);
  if (field === undefined || field.type === 'S') return;
  const { what, name, vhost } = subject;
  throw errors.argumentType(FIELD_TYPE_NAMES[field.type], argument, what, name, vhost);
}

function checkValue(argument: QueueArgument, vhost: string, queue: string, args: FieldTable): void {
  const field = args.get(argument.name);
  if (field === undefined) return;
  const reason = argument.check(field, args);
  if (reason !== undefined) throw errors.invalidArgument(argument.name, queue, vhost, reason);
}

const QUEUE_TYPE: QueueArgument = ofClassic('x-queue-type', queueType);

/**
 * Refuses a queue type that is not there. A queue that exists is compared first: for it another
 * type is an inequivalent argument.
 * @throws BrokerError precondition-failed
 */
export function checkQueueType(vhost: string, queue: string, args: FieldTable): void {
  checkValue(QUEUE_TYPE, vhost, queue, args);
}

/**
 * Refuses arguments that a new classic queue cannot have: an unknown queue type, an argument of
 * another type of queue, or a value that is not accepted.
 * @throws BrokerError precondition-failed
 */
export function checkQueueArguments(vhost: string, queue: string, args: FieldTable): void {
  if (args.size === 0) return;
  checkNameArgument({ what: 'queue', name: queue, vhost }, 'x-dead-letter-exchange', args);
  checkQueueType(vhost, queue, args);
  for (const argument of QUEUE_ARGUMENTS) checkValue(argument, vhost, queue, args);
  for (const name of args.keys()) {
    if (FOREIGN_ARGUMENTS.has(name)) throw errors.foreignArgument(name, queue, vhost);
  }
}

/**
 * Refuses arguments that a new exchange cannot have.
 * @throws BrokerError precondition-failed
 */
export function checkExchangeArguments(vhost: string, exchange: string, args: FieldTable): void {
  checkNameArgument({ what: 'exchange', name: exchange, vhost }, 'alternate-exchange', args);
}

const quoted = (value: string | boolean): string => `'${value}'`;

function inequivalent(subject: Subject, argument: string, received: string, current: string) {
  const { what, name, vhost } = subject;
  return errors.inequivalent(argument, what, name, vhost, received, current);
}

function checkProperty(
  subject: Subject,
  property: string,
  current: string | boolean,
  received: string | boolean,
): void {
  if (current !== received) {
    throw inequivalent(subject, property, quoted(received), quoted(current));
  }
}

/** How a value is told when the other side has one too: void counts as having none. */
const bare = (field: FieldValue): string =>
  field.type === 'V' ? 'none' : quoted(formatPlain(field));

/** How a value is told when the other side has none. */
const typed = (field: FieldValue | undefined): string =>
  field === undefined
    ? 'none'
    : `the value ${quoted(formatPlain(field))} of type '${FIELD_TYPE_NAMES[field.type]}'`;

const isClassic = (field: FieldValue | undefined): boolean =>
  field === undefined || (field.type === 'S' && field.value === 'classic');

function checkArguments(
  subject: Subject,
  names: readonly string[],
  current: FieldTable,
  received: FieldTable,
): void {
  if (current.size === 0 && received.size === 0) return;
  for (const name of names) {
    const old = current.get(name);
    const now = received.get(name);
    if (old === now) continue;
    if (name === 'x-queue-type' && isClassic(old) && isClassic(now)) continue;
    if (old === undefined || now === undefined) {
      throw inequivalent(subject, name, typed(now), typed(old));
    }
    if (!sameTerm(old, now)) throw inequivalent(subject, name, bare(now), bare(old));
  }
}

interface DeclaredQueue {
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly arguments: FieldTable;
}

/**
 * Refuses to declare a queue again with other properties or other known arguments. Whether it may
 * be used at all (exclusive queues) must have been checked.
 * @throws BrokerError precondition-failed
 */
export function checkQueueEquivalence(
  vhost: string,
  existing: DeclaredQueue & { readonly name: string },
  wanted: DeclaredQueue,
): void {
  const subject: Subject = { what: 'queue', name: existing.name, vhost };
  checkProperty(subject, 'durable', existing.durable, wanted.durable);
  checkProperty(subject, 'auto_delete', existing.autoDelete, wanted.autoDelete);
  checkArguments(subject, COMPARED_QUEUE_ARGUMENTS, existing.arguments, wanted.arguments);
}

interface DeclaredExchange {
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  readonly arguments: FieldTable;
}

/**
 * Refuses to declare an exchange again with another type, other properties or another alternate
 * exchange.
 * @throws BrokerError precondition-failed
 */
export function checkExchangeEquivalence(
  vhost: string,
  existing: DeclaredExchange & { readonly name: string; readonly type: { readonly name: string } },
  wanted: DeclaredExchange & { readonly type: string },
): void {
  const subject: Subject = { what: 'exchange', name: existing.name, vhost };
  checkProperty(subject, 'type', existing.type.name, wanted.type);
  checkProperty(subject, 'durable', existing.durable, wanted.durable);
  checkProperty(subject, 'auto_delete', existing.autoDelete, wanted.autoDelete);
  checkProperty(subject, 'internal', existing.internal, wanted.internal);
  checkArguments(subject, COMPARED_EXCHANGE_ARGUMENTS, existing.arguments, wanted.arguments);
}

/**
 * A consumer's x-priority: any integer, 0 when it is not given (A7.3).
 * @throws BrokerError precondition-failed for anything else
 */
export function consumerPriority(vhost: string, queue: string, args: FieldTable): number {
  const field = args.get('x-priority');
  if (field === undefined) return 0;
  if (!INTEGER_TYPES.includes(field.type)) {
    const reason = formatString(`expected integer, got ${FIELD_TYPE_NAMES[field.type]}`);
    throw errors.invalidArgument('x-priority', queue, vhost, reason);
  }
  return Number(field.value);
}

/**
 * Checks what a consumer of a classic queue asks for.
 * @returns its priority (`consumerPriority`)
 * @throws BrokerError precondition-failed, also for an argument of streams
 */
export function checkConsumerArguments(vhost: string, queue: string, args: FieldTable): number {
  if (args.size === 0) return 0;
  const foreign = STREAM_CONSUMER_ARGUMENTS.find((name) => args.has(name));
  if (foreign !== undefined) throw errors.foreignArgument(foreign, queue, vhost);
  return consumerPriority(vhost, queue, args);
}

/** Accepted, kept and compared, but without effect yet: docs/compatibility.md A.5. */
const WITHOUT_EFFECT = [
  'x-expires',
  'x-message-ttl',
  'x-dead-letter-exchange',
  'x-max-length',
  'x-max-length-bytes',
  'x-overflow',
  'x-max-priority',
  'x-single-active-consumer',
];

/** The names of those arguments of a queue that this version does not act on. */
export function argumentsWithoutEffect(args: FieldTable): readonly string[] {
  return args.size === 0 ? [] : WITHOUT_EFFECT.filter((name) => args.has(name));
}
