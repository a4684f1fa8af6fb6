/**
 * When a second declare is the same as the first, and RabbitMQ's words for when it is not (A.4,
 * A.5).
 *
 * Only arguments that the type of the queue knows are compared, in the table's order. Not
 * responsible for exclusive queues, whose owner the virtual host checks.
 */
import { FIELD_TYPE_NAMES, type FieldTable, type FieldValue } from '../../../protocol/table.ts';
import { formatPlain, sameTerm } from '../erlang-terms.ts';
import { errors } from '../errors.ts';
import type { Queue } from '../queue.ts';
import { argumentsOf } from './queue-arguments.ts';
import type { Subject } from './subject.ts';

const COMPARED_EXCHANGE_ARGUMENTS = ['alternate-exchange'];

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
  existing: DeclaredQueue & { readonly name: string; readonly type: Queue['type'] },
  wanted: DeclaredQueue,
): void {
  const subject: Subject = { what: 'queue', name: existing.name, vhost };
  checkProperty(subject, 'durable', existing.durable, wanted.durable);
  checkProperty(subject, 'auto_delete', existing.autoDelete, wanted.autoDelete);
  checkArguments(subject, argumentsOf(existing.type), existing.arguments, wanted.arguments);
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
