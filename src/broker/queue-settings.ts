/**
 * What is in force for a queue: its arguments, and what policies add to them.
 *
 * Responsible for the shape that queues act on and for reading it from arguments. A queue gets it
 * when it is made and again whenever a policy changes (`Queue.apply`). Not responsible for whether
 * a value may be given (arguments.ts) or for merging in policies (policies).
 */
import type { FieldTable } from '../../protocol/table.ts';
import { numberIn, textIn } from './fields.ts';

export type Overflow = 'drop-head' | 'reject-publish' | 'reject-publish-dlx';
export type DeadLetterStrategy = 'at-most-once' | 'at-least-once';

/** null: nothing is set. Times are in milliseconds. */
export interface QueueSettings {
  readonly expiresMs: number | null;
  readonly messageTtlMs: number | null;
  readonly deadLetterExchange: string | null;
  readonly deadLetterRoutingKey: string | null;
  readonly deadLetterStrategy: DeadLetterStrategy;
  readonly maxLength: number | null;
  readonly maxLengthBytes: number | null;
  readonly overflow: Overflow;
  /** -1: any number of deliveries, whatever the queue's type says. */
  readonly deliveryLimit: number | null;
  readonly consumerTimeoutMs: number | null;
}

export const NO_SETTINGS: QueueSettings = Object.freeze({
  expiresMs: null,
  messageTtlMs: null,
  deadLetterExchange: null,
  deadLetterRoutingKey: null,
  deadLetterStrategy: 'at-most-once',
  maxLength: null,
  maxLengthBytes: null,
  overflow: 'drop-head',
  deliveryLimit: null,
  consumerTimeoutMs: null,
});

/** What the arguments of a queue ask for; they have been checked. */
export function settingsOf(args: FieldTable): QueueSettings {
  if (args.size === 0) return NO_SETTINGS;
  return {
    expiresMs: numberIn(args, 'x-expires') ?? null,
    messageTtlMs: numberIn(args, 'x-message-ttl') ?? null,
    deadLetterExchange: textIn(args, 'x-dead-letter-exchange') ?? null,
    deadLetterRoutingKey: textIn(args, 'x-dead-letter-routing-key') ?? null,
    deadLetterStrategy:
      (textIn(args, 'x-dead-letter-strategy') as DeadLetterStrategy | undefined) ?? 'at-most-once',
    maxLength: numberIn(args, 'x-max-length') ?? null,
    maxLengthBytes: numberIn(args, 'x-max-length-bytes') ?? null,
    overflow: (textIn(args, 'x-overflow') as Overflow | undefined) ?? 'drop-head',
    deliveryLimit: numberIn(args, 'x-delivery-limit') ?? null,
    consumerTimeoutMs: numberIn(args, 'x-consumer-timeout') ?? null,
  };
}

/** Arguments that no policy can give. */
const RULING_ARGUMENTS = ['x-message-deduplication', 'x-retry'];

/** Whether messages of the queue are to be looked at; its own life (x-expires) does not count. */
export function hasRules(settings: QueueSettings, args: FieldTable): boolean {
  return (
    RULING_ARGUMENTS.some((name) => args.has(name)) ||
    settings.messageTtlMs !== null ||
    settings.deadLetterExchange !== null ||
    settings.maxLength !== null ||
    settings.maxLengthBytes !== null ||
    settings.deliveryLimit !== null
  );
}
