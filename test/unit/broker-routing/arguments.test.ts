import { expect } from 'chai';
import { EMPTY_TABLE, type FieldTable, type FieldValue } from '../../../protocol/table.ts';
import { consumerPriority } from '../../../src/broker/arguments/consumer-arguments.ts';
import {
  checkQueueArguments,
  checkQueueType,
} from '../../../src/broker/arguments/queue-arguments.ts';
import { BrokerError } from '../../../src/broker/errors.ts';

type Entries = Readonly<Record<string, FieldValue>>;

const table = (entries: Entries): FieldTable => new Map(Object.entries(entries));
const text = (value: string): FieldValue => ({ type: 'S', value });
const octets = (value: string): FieldValue => ({ type: 'x', value: Buffer.from(value) });
const int = (value: number): FieldValue => ({ type: 'I', value });
const long = (value: number | bigint): FieldValue => ({ type: 'l', value });
const bool = (value: boolean): FieldValue => ({ type: 't', value });
const double = (value: number): FieldValue => ({ type: 'd', value });
const VOID: FieldValue = { type: 'V', value: null };

/** The explanation of a refusal, `ok` when there is none. */
function answer(check: () => unknown): string {
  try {
    check();
    return 'ok';
  } catch (error) {
    expect(error).to.be.instanceOf(BrokerError);
    expect((error as BrokerError).kind).to.equal('precondition-failed');
    return (error as BrokerError).message;
  }
}

// All texts as a RabbitMQ 3.10 gave them, unless a comment says otherwise.

describe('arguments of a new queue', () => {
  const declare = (entries: Entries) => answer(() => checkQueueArguments('/', 'q', table(entries)));
  const invalid = (name: string, reason: string) =>
    `invalid arg '${name}' for queue 'q' in vhost '/': ${reason}`;

  const INTEGERS: readonly FieldValue[] = [
    { type: 'b', value: 1 },
    { type: 'B', value: 1 },
    { type: 's', value: 1 },
    { type: 'u', value: 1 },
    int(1),
    { type: 'i', value: 1 },
    long(1),
    { type: 'L', value: 1 },
  ];
  const OTHERS: readonly (readonly [FieldValue, string])[] = [
    [{ type: 'f', value: 1 }, 'float'],
    [double(1), 'double'],
    [{ type: 'T', value: 1 }, 'timestamp'],
    [{ type: 'D', value: { scale: 0, value: 1 } }, 'decimal'],
    [octets('1'), 'binary'],
    [{ type: 'F', value: EMPTY_TABLE }, 'table'],
    [{ type: 'A', value: [] }, 'array'],
    [VOID, 'void'],
  ];

  for (const name of [
    'x-expires',
    'x-message-ttl',
    'x-max-length',
    'x-max-length-bytes',
    'x-max-priority',
    'x-queue-version',
  ]) {
    it(`${name} is an integer of any width`, () => {
      for (const value of INTEGERS) expect(declare({ [name]: value }), value.type).to.equal('ok');
      for (const [value, type] of [
        ...OTHERS,
        [text('1'), 'longstr'],
        [bool(true), 'bool'],
      ] as const) {
        expect(declare({ [name]: value })).to.equal(
          invalid(name, `"expected integer, got ${type}"`),
        );
      }
      expect(declare({ [name]: int(-1) })).to.equal(invalid(name, '{value_negative,-1}'));
      expect(declare({ [name]: long(-(2n ** 62n)) })).to.equal(
        invalid(name, `{value_negative,${-(2n ** 62n)}}`),
      );
    });
  }

  for (const [name, good] of [
    ['x-overflow', text('drop-head')],
    ['x-queue-mode', text('lazy')],
    ['x-queue-type', text('classic')],
    ['x-queue-leader-locator', text('balanced')],
    ['x-queue-master-locator', text('min-masters')],
    ['x-single-active-consumer', bool(false)],
  ] as const) {
    it(`${name} is a ${good.type === 't' ? 'bool' : 'longstr'}`, () => {
      expect(declare({ [name]: good })).to.equal('ok');
      const other =
        good.type === 't' ? ([text('1'), 'longstr'] as const) : ([bool(true), 'bool'] as const);
      for (const [value, type] of [...OTHERS, other, [int(1), 'signedint']] as const) {
        expect(declare({ [name]: value })).to.equal(invalid(name, `{unacceptable_type,${type}}`));
      }
    });
  }

  const rows: readonly (readonly [name: string, value: FieldValue, reason: string])[] = [
    ['x-expires', int(0), '{value_zero,0}'],
    ['x-expires', long(315360000000), 'ok'],
    ['x-expires', long(315360000001), '{value_too_large,315360000001}'],
    ['x-message-ttl', int(0), 'ok'],
    ['x-message-ttl', long(315360000000), 'ok'],
    ['x-message-ttl', long(315360000001), '{value_too_large,315360000001}'],
    ['x-message-ttl', long(2n ** 62n), '{value_too_large,4611686018427387904}'],
    ['x-max-length', int(0), 'ok'],
    ['x-max-length', long(2n ** 62n), 'ok'],
    ['x-max-length-bytes', int(0), 'ok'],
    ['x-max-priority', int(0), 'ok'],
    ['x-max-priority', int(255), 'ok'],
    ['x-max-priority', int(256), '{max_value_exceeded,256}'],
    ['x-max-priority', long(2n ** 62n), '{max_value_exceeded,4611686018427387904}'],
    ['x-queue-version', int(2), 'ok'],
    ['x-queue-version', int(0), '"unsupported queue version \'0\'"'],
    ['x-queue-version', int(3), '"unsupported queue version \'3\'"'],
    ['x-overflow', text('reject-publish'), 'ok'],
    ['x-overflow', text('reject-publish-dlx'), 'ok'],
    ['x-overflow', text('abc'), 'invalid_overflow'],
    ['x-queue-mode', text('default'), 'ok'],
    ['x-queue-mode', text('abc'), '"unsupported queue mode \'abc\'"'],
    ['x-queue-type', text('abc'), '"unsupported queue type \'abc\'"'],
    ['x-queue-type', text('Classic'), '"unsupported queue type \'Classic\'"'],
    ['x-queue-type', text(''), '"unsupported queue type \'\'"'],
    ['x-queue-type', text('a"b'), '"unsupported queue type \'a\\"b\'"'],
    // 3.13 takes module names as well.
    ['x-queue-type', text('rabbit_classic_queue'), 'ok'],
    ['x-queue-type', text('quorum'), 'ok'],
    // Not there yet; a RabbitMQ has them.
    ['x-queue-type', text('stream'), '"unsupported queue type \'stream\'"'],
    // 3.13; before, a classic queue refused the argument.
    ['x-queue-leader-locator', text('client-local'), 'ok'],
    ['x-queue-leader-locator', text('abc'), 'invalid_queue_locator_arg'],
    ['x-dead-letter-routing-key', text('k'), 'routing_key_but_no_dlx_defined'],
    ['x-dead-letter-routing-key', int(1), '{unacceptable_type,signedint}'],
    ['x-dead-letter-exchange', text(''), 'ok'],
  ];
  for (const [name, value, reason] of rows) {
    it(`${name} ${value.type} ${String(value.value)}: ${reason}`, () => {
      expect(declare({ [name]: value })).to.equal(reason === 'ok' ? 'ok' : invalid(name, reason));
    });
  }

  it('x-dead-letter-exchange is a longstr, said in words of its own', () => {
    for (const [value, type] of [...OTHERS, [int(1), 'signedint'], [bool(true), 'bool']] as const) {
      expect(declare({ 'x-dead-letter-exchange': value })).to.equal(
        `invalid type '${type}' for arg 'x-dead-letter-exchange' in queue 'q' in vhost '/'`,
      );
    }
    expect(
      declare({ 'x-dead-letter-exchange': text('e'), 'x-dead-letter-routing-key': text('k') }),
    ).to.equal('ok');
  });

  for (const name of [
    'x-dead-letter-strategy',
    'x-max-in-memory-length',
    'x-max-in-memory-bytes',
    'x-max-age',
    'x-quorum-initial-group-size',
    'x-initial-cluster-size',
    'x-stream-max-segment-size-bytes',
    'x-stream-filter-size-bytes',
  ]) {
    it(`${name} is for other types of queue`, () => {
      expect(declare({ [name]: int(1) })).to.equal(
        `invalid arg '${name}' for queue 'q' in vhost '/' of queue type rabbit_classic_queue`,
      );
    });
  }

  it('any other argument may be anything', () => {
    for (const name of ['x-foo', 'alternate-exchange', 'x-priority', 'x-consumer-timeout', '']) {
      for (const [value] of [...OTHERS, [int(-1)], [text('')]] as const) {
        expect(declare({ [name]: value })).to.equal('ok');
      }
    }
    expect(declare({})).to.equal('ok');
  });

  it('are looked at in RabbitMQ’s order', () => {
    const wrong = new Map<string, FieldValue>([
      ['x-delivery-limit', text('1')],
      ['x-max-age', text('1D')],
      ['x-single-active-consumer', int(8)],
      ['x-queue-version', int(8)],
      ['x-queue-mode', text('x')],
      ['x-overflow', text('a')],
      ['x-max-priority', int(999)],
      ['x-max-length-bytes', int(-1)],
      ['x-max-length', int(-1)],
      ['x-dead-letter-routing-key', int(1)],
      ['x-message-ttl', int(-1)],
      ['x-expires', int(-1)],
      ['x-queue-type', text('zzz')],
      ['x-dead-letter-exchange', int(1)],
    ]);
    const order: string[] = [];
    for (;;) {
      const message = answer(() => checkQueueArguments('/', 'q', wrong));
      const name = /arg '(.+?)'/.exec(message)?.[1];
      if (name === undefined) break;
      order.push(name);
      wrong.delete(name);
    }
    expect(order).to.deep.equal([
      'x-dead-letter-exchange',
      'x-queue-type',
      'x-expires',
      'x-message-ttl',
      'x-dead-letter-routing-key',
      'x-max-length',
      'x-max-length-bytes',
      'x-max-priority',
      'x-overflow',
      'x-queue-mode',
      'x-queue-version',
      'x-single-active-consumer',
      'x-delivery-limit',
      'x-max-age',
    ]);
  });

  it('the queue type can be looked at alone', () => {
    const args = table({ 'x-queue-type': text('stream'), 'x-expires': int(-1) });
    expect(answer(() => checkQueueType('v', 'q', args))).to.equal(
      "invalid arg 'x-queue-type' for queue 'q' in vhost 'v': \"unsupported queue type 'stream'\"",
    );
    expect(answer(() => checkQueueType('v', 'q', table({ 'x-expires': int(-1) })))).to.equal('ok');
  });
});

describe('x-priority of a consumer', () => {
  const priority = (entries: Entries) => consumerPriority('/', 'q', table(entries));

  it('is an integer of any width, 0 when not given', () => {
    expect(priority({})).to.equal(0);
    expect(priority({ 'x-priority': int(-5) })).to.equal(-5);
    expect(priority({ 'x-priority': long(2n ** 62n) })).to.equal(2 ** 62);
  });

  it('is refused otherwise', () => {
    expect(answer(() => priority({ 'x-priority': text('5') }))).to.equal(
      "invalid arg 'x-priority' for queue 'q' in vhost '/': \"expected integer, got longstr\"",
    );
  });
});
