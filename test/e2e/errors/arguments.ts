// Refusals about the optional arguments of queue.declare: wrong types, values out of range,
// arguments of another queue type. Reference: compatibility A.4 (bad value, arg of another queue
// type, DLX wrong type), A.5.
import type { FieldValue } from '../../../protocol/table.ts';
import { call, type Row, row } from '../../support/refusal.ts';

const text = (value: string): FieldValue => ({ type: 'S', value });
const int = (value: number): FieldValue => ({ type: 'I', value });
const long = (value: number): FieldValue => ({ type: 'l', value });
const double = (value: number): FieldValue => ({ type: 'd', value });
const bool = (value: boolean): FieldValue => ({ type: 't', value });

type Arguments = Readonly<Record<string, FieldValue>>;

/** `text`: the whole explanation; `?` stands for the queue. */
function refusal(title: string, args: Arguments, text: string): Row {
  return row(title, ({ q }) => ({
    when: call('queue.declare', { queue: q, arguments: new Map(Object.entries(args)) }),
    refused: [406, text.replace('?', `queue '${q}' in vhost '/'`)],
  }));
}

function invalid(name: string, title: string, value: FieldValue, why: string): Row {
  return refusal(`${name}: ${title}`, { [name]: value }, `invalid arg '${name}' for ?: ${why}`);
}

const MOST = 315_360_000_000;

/** What every argument that is a number refuses. */
const numbers = (name: string): Row[] => [
  invalid(name, 'a negative number', int(-1), '{value_negative,-1}'),
  invalid(name, 'a text', text('5'), '"expected integer, got longstr"'),
  invalid(name, 'a boolean', bool(true), '"expected integer, got bool"'),
  invalid(name, 'a double', double(5), '"expected integer, got double"'),
];

/** An argument that classic queues do not have. */
function otherType(name: string, value: FieldValue): Row {
  const text = `invalid arg '${name}' for ? of queue type rabbit_classic_queue`;
  return refusal(`${name} on a classic queue`, { [name]: value }, text);
}

export const queueArguments: readonly Row[] = [
  ...['x-expires', 'x-message-ttl', 'x-max-length', 'x-max-length-bytes', 'x-max-priority'].flatMap(
    numbers,
  ),
  invalid('x-expires', '0', int(0), '{value_zero,0}'),
  invalid('x-expires', 'too long', long(MOST + 1), `{value_too_large,${MOST + 1}}`),
  invalid('x-message-ttl', 'too long', long(MOST + 1), `{value_too_large,${MOST + 1}}`),
  invalid('x-max-priority', 'too many', int(256), '{max_value_exceeded,256}'),
  invalid('x-queue-type', 'an unknown one', text('bogus'), '"unsupported queue type \'bogus\'"'),
  invalid('x-queue-type', 'a number', int(1), '{unacceptable_type,signedint}'),
  invalid('x-overflow', 'an unknown word', text('bogus'), 'invalid_overflow'),
  invalid('x-overflow', 'a number', int(1), '{unacceptable_type,signedint}'),
  invalid('x-queue-mode', 'an unknown word', text('bogus'), '"unsupported queue mode \'bogus\'"'),
  invalid('x-queue-version', 'an unknown one', int(3), '"unsupported queue version \'3\'"'),
  invalid('x-single-active-consumer', 'a text', text('true'), '{unacceptable_type,longstr}'),
  invalid('x-dead-letter-routing-key', 'alone', text('k'), 'routing_key_but_no_dlx_defined'),
  refusal(
    'x-dead-letter-routing-key: a number',
    { 'x-dead-letter-exchange': text('x'), 'x-dead-letter-routing-key': int(1) },
    "invalid arg 'x-dead-letter-routing-key' for ?: {unacceptable_type,signedint}",
  ),
  refusal(
    'x-dead-letter-exchange: a number',
    { 'x-dead-letter-exchange': int(1) },
    "invalid type 'signedint' for arg 'x-dead-letter-exchange' in ?",
  ),
  refusal(
    'x-expires is looked at before x-max-length',
    { 'x-max-length': int(-1), 'x-expires': int(0) },
    "invalid arg 'x-expires' for ?: {value_zero,0}",
  ),
  otherType('x-max-age', text('1D')),
  otherType('x-max-in-memory-length', int(5)),
];
