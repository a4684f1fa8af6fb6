import { expect } from 'chai';
import { EMPTY_TABLE, type FieldTable, type FieldValue } from '../../../protocol/table.ts';
import {
  checkExchangeEquivalence,
  checkQueueEquivalence,
} from '../../../src/broker/arguments/equivalence.ts';
import { checkExchangeArguments } from '../../../src/broker/arguments/exchange-arguments.ts';
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
function answer(check: () => void): string {
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

describe('declaring a queue again', () => {
  const make = (entries: Entries, durable = false, autoDelete = false) => ({
    name: 'q',
    type: 'classic' as const,
    durable,
    autoDelete,
    arguments: table(entries),
  });
  const again = (existing: ReturnType<typeof make>, wanted: ReturnType<typeof make>) =>
    answer(() => checkQueueEquivalence('/', existing, wanted));
  const inequivalent = (name: string, rest: string) =>
    `inequivalent arg '${name}' for queue 'q' in vhost '/': ${rest}`;

  it('compares durable, then auto_delete, then the arguments', () => {
    const existing = make({}, true, true);
    const wanted = { 'x-max-length': int(1) };
    expect(again(existing, make(wanted, false, false))).to.equal(
      inequivalent('durable', "received 'false' but current is 'true'"),
    );
    expect(again(existing, make(wanted, true, false))).to.equal(
      inequivalent('auto_delete', "received 'false' but current is 'true'"),
    );
    expect(again(make({}), make({}, false, true))).to.equal(
      inequivalent('auto_delete', "received 'true' but current is 'false'"),
    );
    expect(again(existing, make(wanted, true, true))).to.equal(
      inequivalent(
        'x-max-length',
        "received the value '1' of type 'signedint' but current is none",
      ),
    );
    expect(again(existing, make({}, true, true))).to.equal('ok');
  });

  const TTL = { 'x-message-ttl': long(1800000) };
  const rows: readonly (readonly [Entries, Entries, string])[] = [
    [TTL, {}, "received none but current is the value '1800000' of type 'long'"],
    [TTL, TTL, 'ok'],
    [TTL, { 'x-message-ttl': int(1800000) }, 'ok'],
    [TTL, { 'x-message-ttl': { type: 'T', value: 1800000 } }, 'ok'],
    [TTL, { 'x-message-ttl': int(5) }, "received '5' but current is '1800000'"],
    [TTL, { 'x-message-ttl': text('1800000') }, "received '1800000' but current is '1800000'"],
    [TTL, { 'x-message-ttl': double(1800000) }, "received '1.8e6' but current is '1800000'"],
    [
      TTL,
      { 'x-message-ttl': { type: 'F', value: table({ a: int(1) }) } },
      "received '[{<<\"a\">>,signedint,1}]' but current is '1800000'",
    ],
    [
      TTL,
      { 'x-message-ttl': { type: 'A', value: [int(1), bool(true), text('a')] } },
      "received '[{signedint,1},{bool,true},{longstr,<<\"a\">>}]' but current is '1800000'",
    ],
    [TTL, { 'x-message-ttl': bool(true) }, "received 'true' but current is '1800000'"],
    [TTL, { 'x-message-ttl': VOID }, "received none but current is '1800000'"],
    [TTL, { 'x-message-ttl': octets('a') }, "received 'a' but current is '1800000'"],
    [{}, TTL, "received the value '1800000' of type 'long' but current is none"],
    [
      {},
      { 'x-message-ttl': double(1.5) },
      "received the value '1.5' of type 'double' but current is none",
    ],
    [
      {},
      { 'x-message-ttl': VOID },
      "received the value 'undefined' of type 'void' but current is none",
    ],
    [
      {},
      { 'x-message-ttl': text('é日"\'') },
      "received the value 'é日\"'' of type 'longstr' but current is none",
    ],
    [
      {},
      { 'x-max-length': int(-1) },
      "received the value '-1' of type 'signedint' but current is none",
    ],
    [
      {},
      { 'x-dead-letter-exchange': int(3) },
      "received the value '3' of type 'signedint' but current is none",
    ],
    [
      { 'x-single-active-consumer': bool(true) },
      {},
      "received none but current is the value 'true' of type 'bool'",
    ],
    [
      { 'x-single-active-consumer': bool(true) },
      { 'x-single-active-consumer': bool(false) },
      "received 'false' but current is 'true'",
    ],
    [
      { 'x-single-active-consumer': bool(true) },
      { 'x-single-active-consumer': text('true') },
      "received 'true' but current is 'true'",
    ],
    [{}, { 'x-queue-type': text('classic') }, 'ok'],
    [{ 'x-queue-type': text('classic') }, {}, 'ok'],
    [{ 'x-queue-type': text('classic') }, { 'x-queue-type': octets('classic') }, 'ok'],
    [
      { 'x-queue-type': text('classic') },
      { 'x-queue-type': text('stream') },
      "received 'stream' but current is 'classic'",
    ],
    [
      {},
      { 'x-queue-type': text('quorum') },
      "received the value 'quorum' of type 'longstr' but current is none",
    ],
    [
      {},
      { 'x-queue-type': octets('classic') },
      "received the value 'classic' of type 'binary' but current is none",
    ],
    [
      {},
      { 'x-queue-type': VOID },
      "received the value 'undefined' of type 'void' but current is none",
    ],
    [{}, { 'x-foo': int(1) }, 'ok'],
    [{ 'x-foo': int(1) }, { 'x-foo': text('a') }, 'ok'],
    [{}, { 'x-max-age': text('1D') }, 'ok'],
  ];
  for (const [existing, wanted, expected] of rows) {
    const name = [...Object.keys(existing), ...Object.keys(wanted)][0] ?? '';
    it(`${name}: ${expected}`, () => {
      expect(again(make(existing), make(wanted))).to.equal(
        expected === 'ok' ? 'ok' : inequivalent(name, expected),
      );
    });
  }

  it('compares the known arguments in RabbitMQ’s order', () => {
    const existing: Entries = {
      'x-queue-master-locator': text('client-local'),
      'x-single-active-consumer': bool(true),
      'x-queue-version': int(1),
      'x-queue-mode': text('lazy'),
      'x-overflow': text('drop-head'),
      'x-max-priority': int(5),
      'x-max-length-bytes': int(5),
      'x-max-length': int(5),
      'x-dead-letter-routing-key': text('k'),
      'x-dead-letter-exchange': text('e'),
      'x-message-ttl': int(5),
      'x-expires': int(5),
    };
    const wanted: Record<string, FieldValue> = {};
    const order: string[] = [];
    for (;;) {
      const name = /arg '(.+?)'/.exec(again(make(existing), make(wanted)))?.[1];
      if (name === undefined) break;
      order.push(name);
      wanted[name] = existing[name] as FieldValue;
    }
    expect(order).to.deep.equal([
      'x-expires',
      'x-message-ttl',
      'x-dead-letter-exchange',
      'x-dead-letter-routing-key',
      'x-max-length',
      'x-max-length-bytes',
      'x-max-priority',
      'x-overflow',
      'x-queue-mode',
      'x-queue-version',
      'x-single-active-consumer',
      'x-queue-master-locator',
    ]);
  });
});

describe('declaring an exchange', () => {
  it('refuses an alternate exchange that is no longstr', () => {
    const declare = (value: FieldValue) =>
      answer(() => checkExchangeArguments('/', 'x', table({ 'alternate-exchange': value })));
    expect(declare(text('ae'))).to.equal('ok');
    expect(answer(() => checkExchangeArguments('/', 'x', EMPTY_TABLE))).to.equal('ok');
    for (const [value, type] of [
      [int(1), 'signedint'],
      [octets('ae'), 'binary'],
      [VOID, 'void'],
      [bool(true), 'bool'],
      [{ type: 'A', value: [] }, 'array'],
    ] as const) {
      expect(declare(value)).to.equal(
        `invalid type '${type}' for arg 'alternate-exchange' in exchange 'x' in vhost '/'`,
      );
    }
  });

  interface Properties {
    readonly type?: string;
    readonly durable?: boolean;
    readonly autoDelete?: boolean;
    readonly internal?: boolean;
    readonly args?: Entries;
  }
  function again(current: Properties, wanted: Properties): string {
    const complete = ({ type = 'direct', args = {}, ...flags }: Properties) => ({
      type,
      ...{ durable: false, autoDelete: false, internal: false, ...flags },
      arguments: table(args),
    });
    const { type, ...rest } = complete(current);
    const existing = { name: 'x', type: { name: type }, ...rest };
    return answer(() => checkExchangeEquivalence('/', existing, complete(wanted)));
  }

  const AE = { 'alternate-exchange': text('ae') };
  const rows: readonly (readonly [Properties, Properties, string])[] = [
    [{}, {}, 'ok'],
    [{}, { type: 'topic' }, "type' @: received 'topic' but current is 'direct'"],
    [
      {},
      { type: 'topic', durable: true, autoDelete: true, internal: true },
      "type' @: received 'topic' but current is 'direct'",
    ],
    [{}, { durable: true }, "durable' @: received 'true' but current is 'false'"],
    [{ autoDelete: true }, {}, "auto_delete' @: received 'false' but current is 'true'"],
    [{}, { internal: true }, "internal' @: received 'true' but current is 'false'"],
    [
      { args: AE },
      {},
      "alternate-exchange' @: received none but current is the value 'ae' of type 'longstr'",
    ],
    [
      {},
      { args: AE },
      "alternate-exchange' @: received the value 'ae' of type 'longstr' but current is none",
    ],
    [
      { args: AE },
      { args: { 'alternate-exchange': text('z') } },
      "alternate-exchange' @: received 'z' but current is 'ae'",
    ],
    [
      { args: AE },
      { args: { 'alternate-exchange': int(3) } },
      "alternate-exchange' @: received '3' but current is 'ae'",
    ],
    [{ args: AE }, { args: { 'alternate-exchange': octets('ae') } }, 'ok'],
    [{ args: AE }, { args: AE }, 'ok'],
    [{ args: { foo: int(1) } }, { args: { foo: int(2) } }, 'ok'],
  ];
  rows.forEach(([current, wanted, expected], i) => {
    it(`again, row ${i}: ${expected}`, () => {
      const where = "for exchange 'x' in vhost '/'";
      const text = expected === 'ok' ? 'ok' : `inequivalent arg '${expected.replace('@', where)}`;
      expect(again(current, wanted)).to.equal(text);
    });
  });
});
