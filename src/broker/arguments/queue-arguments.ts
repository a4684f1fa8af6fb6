/**
 * The arguments of queue.declare: which there are, what each accepts and which types of queues have
 * it (A.5).
 *
 * Responsible for that table, and for refusing what a new queue cannot have. Arguments that nobody
 * knows are kept and never looked at. Not responsible for what the arguments do.
 */
import type { FieldTable } from '../../../protocol/table.ts';
import { formatString } from '../erlang-terms.ts';
import { errors } from '../errors.ts';
import type { Queue } from '../queue.ts';
import { GROUP_KEY_ARGUMENT } from '../queues/message-groups.ts';
import { RETRY_ARGUMENT, retryFault } from '../queues/retry.ts';
import {
  anything,
  type Check,
  deadLetterKey,
  expiry,
  integer,
  name,
  nonNegative,
  oneOf,
  priority,
  queueVersion,
  text,
  timeToLive,
  truth,
} from './checks.ts';
import { checkNameArgument } from './subject.ts';

type QueueType = Queue['type'];

interface QueueArgument {
  readonly name: string;
  readonly check: Check;
  /** The types of queues that take it; the others refuse it. */
  readonly types: readonly QueueType[];
}

const OVERFLOWS = ['drop-head', 'reject-publish', 'reject-publish-dlx'];
const STRATEGIES = ['at-most-once', 'at-least-once'];
const LEADER_LOCATORS = ['client-local', 'balanced', 'random', 'least-leaders'];
const QUEUE_MODES = ['default', 'lazy'];
const TYPES_BY_NAME: Readonly<Record<string, QueueType>> = {
  classic: 'classic',
  rabbit_classic_queue: 'classic',
  quorum: 'quorum',
  rabbit_quorum_queue: 'quorum',
};

const queueType = oneOf(Object.keys(TYPES_BY_NAME), (value) =>
  formatString(`unsupported queue type '${value}'`),
);

const argument = (name: string, check: Check, ...types: readonly QueueType[]): QueueArgument => ({
  name,
  check,
  types,
});
const ofBoth = (name: string, check: Check) => argument(name, check, 'classic', 'quorum');
const ofClassic = (name: string, check: Check) => argument(name, check, 'classic');
const ofQuorum = (name: string, check: Check) => argument(name, check, 'quorum');
const ofStreams = (name: string) => argument(name, anything);

/** A.5, in the order in which RabbitMQ looks at them; ours behind them. */
const QUEUE_ARGUMENTS: readonly QueueArgument[] = [
  ofBoth('x-expires', expiry),
  ofBoth('x-message-ttl', timeToLive),
  ofBoth('x-dead-letter-exchange', text),
  ofBoth('x-dead-letter-routing-key', deadLetterKey),
  ofQuorum(
    'x-dead-letter-strategy',
    oneOf(STRATEGIES, () => 'invalid_dlx_strategy'),
  ),
  ofBoth('x-max-length', nonNegative),
  ofBoth('x-max-length-bytes', nonNegative),
  ofQuorum('x-max-in-memory-length', nonNegative),
  ofQuorum('x-max-in-memory-bytes', nonNegative),
  ofClassic('x-max-priority', priority),
  ofBoth(
    'x-overflow',
    oneOf(OVERFLOWS, () => 'invalid_overflow'),
  ),
  ofClassic(
    'x-queue-mode',
    oneOf(QUEUE_MODES, (value) => formatString(`unsupported queue mode '${value}'`)),
  ),
  ofClassic('x-queue-version', queueVersion),
  ofBoth('x-single-active-consumer', truth),
  ofBoth('x-queue-type', queueType),
  ofClassic('x-queue-master-locator', text),
  ofBoth(
    'x-queue-leader-locator',
    oneOf(LEADER_LOCATORS, () => 'invalid_queue_locator_arg'),
  ),
  ofStreams('x-max-age'),
  ofStreams('x-stream-max-segment-size-bytes'),
  ofStreams('x-stream-filter-size-bytes'),
  ofStreams('x-initial-cluster-size'),
  ofQuorum('x-quorum-initial-group-size', nonNegative),
  // RabbitMQ has it for quorum queues alone.
  ofBoth('x-delivery-limit', integer),
  ofClassic('x-message-deduplication', truth),
  ofBoth(RETRY_ARGUMENT, retryFault),
  ofBoth(GROUP_KEY_ARGUMENT, name),
];

/** The type of queue that arguments ask for; they have been checked. */
export function queueTypeOf(args: FieldTable): QueueType {
  const field = args.get('x-queue-type');
  return (field?.type === 'S' && TYPES_BY_NAME[String(field.value)]) || 'classic';
}

/** The arguments that a type of queue knows, in the order of the table. */
export function argumentsOf(type: QueueType): readonly string[] {
  return NAMES[type];
}

const NAMES: Readonly<Record<QueueType, readonly string[]>> = {
  classic: namesOf('classic'),
  quorum: namesOf('quorum'),
};

function namesOf(type: QueueType): readonly string[] {
  return QUEUE_ARGUMENTS.filter(({ types }) => types.includes(type)).map(({ name }) => name);
}

function checkValue(
  { name, check }: QueueArgument,
  vhost: string,
  queue: string,
  args: FieldTable,
): void {
  const field = args.get(name);
  if (field === undefined) return;
  const reason = check(field, args);
  if (reason !== undefined) throw errors.invalidArgument(name, queue, vhost, reason);
}

const QUEUE_TYPE = ofBoth('x-queue-type', queueType);

/**
 * Refuses a queue type that is not there. A queue that exists is compared first: for it another
 * type is an inequivalent argument.
 * @throws BrokerError precondition-failed
 */
export function checkQueueType(vhost: string, queue: string, args: FieldTable): void {
  checkValue(QUEUE_TYPE, vhost, queue, args);
}

/**
 * Refuses arguments that a new queue cannot have: an unknown queue type, a value that is not
 * accepted, or an argument of another type of queue.
 * @throws BrokerError precondition-failed
 */
export function checkQueueArguments(vhost: string, queue: string, args: FieldTable): void {
  if (args.size === 0) return;
  checkNameArgument({ what: 'queue', name: queue, vhost }, 'x-dead-letter-exchange', args);
  checkQueueType(vhost, queue, args);
  const type = queueTypeOf(args);
  for (const each of QUEUE_ARGUMENTS) {
    if (each.types.includes(type)) checkValue(each, vhost, queue, args);
  }
  for (const name of args.keys()) {
    const known = QUEUE_ARGUMENTS.find((each) => each.name === name);
    if (known !== undefined && !known.types.includes(type)) {
      throw errors.foreignArgument(name, queue, vhost, type);
    }
  }
}
