/** What basic.consume may ask for in its arguments (A.5, A7.3). */
import type { FieldTable } from '../../../protocol/table.ts';
import { errors } from '../errors.ts';
import { FILTER_ARGUMENT } from '../queues/selection.ts';
import { filter, integer } from './checks.ts';

const STREAM_CONSUMER_ARGUMENTS = [
  'x-stream-offset',
  'x-stream-filter',
  'x-stream-match-unfiltered',
];

/**
 * A consumer's x-priority: any integer, 0 when it is not given (A7.3).
 * @throws BrokerError precondition-failed for anything else
 */
export function consumerPriority(vhost: string, queue: string, args: FieldTable): number {
  const field = args.get('x-priority');
  if (field === undefined) return 0;
  const reason = integer(field, args);
  if (reason !== undefined) throw errors.invalidArgument('x-priority', queue, vhost, reason);
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
  const selector = args.get(FILTER_ARGUMENT);
  const reason = selector === undefined ? undefined : filter(selector, args);
  if (reason !== undefined) throw errors.invalidArgument(FILTER_ARGUMENT, queue, vhost, reason);
  return consumerPriority(vhost, queue, args);
}
