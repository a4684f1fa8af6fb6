/**
 * What is in force for a queue or an exchange: its arguments, the policy and the operator policy
 * that match it, merged as RabbitMQ merges them (B.2, A.5,
 * https://www.rabbitmq.com/docs/policies#operator-policies).
 *
 * Times, lengths and limits: the lesser value. Everything else: the operator's before the
 * argument's before the policy's; for the overflow of a quorum queue the policy's before the
 * argument's.
 */
import type { FieldTable } from '../../../protocol/table.ts';
import type { Queue } from '../queue.ts';
import {
  type DeadLetterStrategy,
  type Overflow,
  type QueueSettings,
  settingsOf,
} from '../queue-settings.ts';
import type { Policy } from './policy.ts';

type Definition = Readonly<Record<string, unknown>>;

/** Of a policy and an operator policy the lesser counts; of other keys the operator's. */
const LESSER = new Set([
  'expires',
  'message-ttl',
  'max-length',
  'max-length-bytes',
  'max-in-memory-length',
  'max-in-memory-bytes',
  'delivery-limit',
]);

/** What the two policies say together. */
export function mergedDefinition(policy: Policy | null, operator: Policy | null): Definition {
  if (operator === null) return policy?.definition ?? {};
  const merged: Record<string, unknown> = { ...policy?.definition };
  for (const [key, value] of Object.entries(operator.definition)) {
    const known = merged[key];
    merged[key] =
      known !== undefined && LESSER.has(key) ? Math.min(Number(known), Number(value)) : value;
  }
  return merged;
}

export function effectiveSettings(
  args: FieldTable,
  type: Queue['type'],
  policy: Policy | null,
  operator: Policy | null,
): QueueSettings {
  const own = settingsOf(args);
  if (policy === null && operator === null) return own;
  const merged = mergedDefinition(policy, operator);
  const text = (key: string) => (merged[key] as string | undefined) ?? null;
  const least = (key: string, value: number | null) => lesser(number(merged[key]), value);
  const overflow = merged['overflow'] as Overflow | undefined;
  const isPolicyFirst = type === 'quorum' || operator?.definition['overflow'] !== undefined;
  const hasOverflow = args.has('x-overflow');
  return {
    expiresMs: least('expires', own.expiresMs),
    messageTtlMs: least('message-ttl', own.messageTtlMs),
    deadLetterExchange: own.deadLetterExchange ?? text('dead-letter-exchange'),
    deadLetterRoutingKey: own.deadLetterRoutingKey ?? text('dead-letter-routing-key'),
    deadLetterStrategy: args.has('x-dead-letter-strategy')
      ? own.deadLetterStrategy
      : ((merged['dead-letter-strategy'] as DeadLetterStrategy | undefined) ?? 'at-most-once'),
    maxLength: least('max-length', own.maxLength),
    maxLengthBytes: least('max-length-bytes', own.maxLengthBytes),
    overflow: overflow === undefined || (hasOverflow && !isPolicyFirst) ? own.overflow : overflow,
    deliveryLimit: lesserLimit(number(merged['delivery-limit']), own.deliveryLimit),
    consumerTimeoutMs: least('consumer-timeout', own.consumerTimeoutMs),
  };
}

/** What policies say about an exchange. */
export interface ExchangeSettings {
  readonly alternate: string | undefined;
  readonly delaysMessages: boolean;
}

export function exchangeSettings(policy: Policy | null): ExchangeSettings {
  const { 'alternate-exchange': alternate, delayed } = policy?.definition ?? {};
  return { alternate: alternate as string | undefined, delaysMessages: delayed === true };
}

function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function lesser(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

/** A negative one is no limit, and wins over any. */
function lesserLimit(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return a < 0 || b < 0 ? Math.max(Math.min(a, b), -1) : Math.min(a, b);
}
