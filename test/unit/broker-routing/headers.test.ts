import { expect } from 'chai';
import fc from 'fast-check';
import { EMPTY_TABLE, type FieldTable, type FieldValue } from '../../../protocol/table.ts';
import { makeBinding, type RoutingTarget } from '../../../src/broker/binding.ts';
import { BrokerError } from '../../../src/broker/errors.ts';
import { headers } from '../../../src/broker/exchanges/headers.ts';
import { exchangeServices } from '../support/exchange-services.ts';

type Entries = Readonly<Record<string, FieldValue>>;

const table = (entries: Entries): FieldTable => new Map(Object.entries(entries));
const text = (value: string): FieldValue => ({ type: 'S', value });
const int = (value: number): FieldValue => ({ type: 'I', value });
const VOID: FieldValue = { type: 'V', value: null };

const check = (args: FieldTable) =>
  headers.checkBinding?.(args, '', { kind: 'queue', name: 'q' }, EMPTY_TABLE, 'x');

function isMatch(args: FieldTable, message: FieldTable | undefined): boolean {
  const index = headers.create(EMPTY_TABLE, exchangeServices());
  index.add(makeBinding('x', { kind: 'queue', name: 'q' }, 'k', args));
  const found: RoutingTarget[] = [];
  index.match('', message, found);
  return found.length === 1;
}

const matches = (args: Entries, message: Entries | undefined): boolean =>
  isMatch(table(args), message && table(message));

/** Values that are all "five", of every type that can be. */
const FIVES: Entries = {
  I: int(5),
  i: { type: 'i', value: 5 },
  l: { type: 'l', value: 5 },
  L: { type: 'L', value: 5 },
  s: { type: 's', value: 5 },
  u: { type: 'u', value: 5 },
  b: { type: 'b', value: 5 },
  B: { type: 'B', value: 5 },
  T: { type: 'T', value: 5 },
  f: { type: 'f', value: 5 },
  d: { type: 'd', value: 5 },
  D: { type: 'D', value: { scale: 0, value: 5 } },
  S: text('5'),
  x: { type: 'x', value: Buffer.from('5') },
  t: { type: 't', value: true },
};
/** Types whose values are the same term in RabbitMQ 3.13. */
const ALIKE = ['IilLsubBT', 'fd', 'D', 'Sx', 't'];

describe('headers routing', () => {
  for (const [letter, value] of Object.entries(FIVES)) {
    const alike = ALIKE.find((each) => each.includes(letter)) ?? '';
    it(`compares a ${letter} in a binding with ${[...alike].join(', ')} only`, () => {
      const matching = Object.keys(FIVES).filter((other) =>
        matches({ a: value }, { a: FIVES[other] as FieldValue }),
      );
      expect(matching.sort()).to.deep.equal([...alike].sort());
    });
  }

  it('compares values of the same type', () => {
    const pairs: readonly (readonly [FieldValue, FieldValue])[] = [
      [int(5), int(6)],
      [text('a'), text('A')],
      [text('é'), { type: 'S', value: Buffer.from([0xe9]) }],
      [
        { type: 'x', value: Buffer.of(1) },
        { type: 'x', value: Buffer.of(2) },
      ],
      [
        { type: 't', value: true },
        { type: 't', value: false },
      ],
      [
        { type: 'd', value: 0.1 },
        { type: 'f', value: Math.fround(0.1) },
      ],
      [
        { type: 'l', value: 2n ** 62n },
        { type: 'l', value: 2n ** 62n + 1n },
      ],
      [
        { type: 'D', value: { scale: 1, value: 50 } },
        { type: 'D', value: { scale: 0, value: 5 } },
      ],
      [
        { type: 'A', value: [int(1)] },
        { type: 'A', value: [int(1), int(2)] },
      ],
      [
        { type: 'A', value: [int(1)] },
        { type: 'A', value: [{ type: 'l', value: 1 }] },
      ],
      [
        { type: 'F', value: table({ a: int(1) }) },
        { type: 'F', value: EMPTY_TABLE },
      ],
      [
        { type: 'F', value: table({ a: int(1) }) },
        { type: 'F', value: table({ b: int(1) }) },
      ],
      [
        { type: 'F', value: table({ a: int(1), b: int(2) }) },
        { type: 'F', value: table({ b: int(2), a: int(1) }) },
      ],
    ];
    for (const [one, other] of pairs) {
      expect(matches({ a: one }, { a: one })).to.equal(true);
      expect(matches({ a: other }, { a: other })).to.equal(true);
      expect(matches({ a: one }, { a: other })).to.equal(false);
      expect(matches({ a: other }, { a: one })).to.equal(false);
    }
  });

  // What a RabbitMQ 3.10 answered, one column per x-match.
  const KINDS = ['all', 'any', 'all-with-x', 'any-with-x'];
  const rows: readonly (readonly [string, Entries, Entries | undefined, readonly boolean[]])[] = [
    ['no arguments, no headers', {}, undefined, [true, false, true, false]],
    ['no arguments, a header', {}, { a: text('1') }, [true, false, true, false]],
    ['no arguments, x-match', {}, { 'x-match': text('all') }, [true, false, true, false]],
    ['x-a that is there', { 'x-a': text('1') }, { 'x-a': text('1') }, [true, false, true, true]],
    ['x-a that differs', { 'x-a': text('1') }, { 'x-a': text('2') }, [true, false, false, false]],
    ['x-a that is missing', { 'x-a': text('1') }, {}, [true, false, false, false]],
    [
      'a and x-a, of which a is there',
      { a: text('1'), 'x-a': text('1') },
      { a: text('1') },
      [true, true, false, true],
    ],
    [
      'a and x-a, of which x-a is there',
      { a: text('1'), 'x-a': text('1') },
      { 'x-a': text('1') },
      [false, false, false, true],
    ],
    ['void, there', { a: VOID }, { a: text('1') }, [true, true, true, true]],
    ['void, missing', { a: VOID }, { b: text('1') }, [false, false, false, false]],
    ['void, void there', { a: VOID }, { a: VOID }, [true, true, true, true]],
    ['a text, void there', { a: text('1') }, { a: VOID }, [false, false, false, false]],
    ['a text, no headers', { a: text('1') }, undefined, [false, false, false, false]],
    ['X-A is no x- argument', { 'X-A': text('1') }, {}, [false, false, false, false]],
    ['x is no x- argument', { x: text('1') }, {}, [false, false, false, false]],
    [
      'two, both there',
      { a: int(1), b: int(2) },
      { a: int(1), b: int(2) },
      [true, true, true, true],
    ],
    ['two, one there', { a: int(1), b: int(2) }, { b: int(2) }, [false, true, false, true]],
    [
      'two, one differs',
      { a: int(1), b: int(2) },
      { a: int(9), b: int(2) },
      [false, true, false, true],
    ],
  ];
  for (const [title, args, message, expected] of rows) {
    it(title, () => {
      const answers = KINDS.map((kind) => matches({ 'x-match': text(kind), ...args }, message));
      expect(answers).to.deep.equal(expected);
      expect(matches(args, message), 'without x-match').to.equal(expected[0]);
    });
  }

  it('accepts the four kinds of match, and none', () => {
    for (const kind of KINDS) check(table({ 'x-match': text(kind) }));
    check(EMPTY_TABLE);
  });

  const refusals: readonly (readonly [FieldValue, string])[] = [
    [text('x'), 'value <<"x">>; expected all, any, all-with-x, or any-with-x'],
    [text(''), 'value <<>>; expected all, any, all-with-x, or any-with-x'],
    [text('a"b\\'), 'value <<"a\\"b\\\\">>; expected all, any, all-with-x, or any-with-x'],
    [text('\u0001'), 'value <<1>>; expected all, any, all-with-x, or any-with-x'],
    [int(5), 'type signedint (value 5); expected longstr'],
    [VOID, 'type void (value undefined); expected longstr'],
    [{ type: 't', value: true }, 'type bool (value true); expected longstr'],
    [{ type: 'x', value: Buffer.from('all') }, 'type binary (value <<"all">>); expected longstr'],
    [
      { type: 'F', value: table({ a: int(1) }) },
      'type table (value [{<<"a">>,signedint,1}]); expected longstr',
    ],
    [
      { type: 'A', value: [text('all')] },
      'type array (value [{longstr,<<"all">>}]); expected longstr',
    ],
  ];
  for (const [xMatch, rest] of refusals) {
    it(`refuses an x-match ${rest.split(';')[0]}`, () => {
      const bind = () => check(table({ 'x-match': xMatch }));
      expect(bind).to.throw(BrokerError).with.property('message', `Invalid x-match field ${rest}`);
      expect(bind).to.throw(BrokerError).with.property('kind', 'precondition-failed');
    });
  }

  it('takes an x-match that was not checked for all', () => {
    expect(matches({ 'x-match': int(1), a: int(1), b: int(2) }, { a: int(1) })).to.equal(false);
  });

  it('agrees with the definition on random bindings and messages', () => {
    const value: fc.Arbitrary<FieldValue> = fc.constantFrom(
      text('1'),
      text('2'),
      int(1),
      VOID,
      { type: 'l', value: 1 } as const,
      { type: 'd', value: 1 } as const,
      { type: 'x', value: Buffer.from('1') } as const,
    );
    const entries = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'x-a', 'x-b'), value, {
      maxKeys: 4,
    });
    const group = (field: FieldValue) =>
      ALIKE.find((each) => each.includes(field.type)) ?? field.type;
    const isMet = (wanted: FieldValue, given: FieldValue | undefined) =>
      given !== undefined &&
      (wanted.type === 'V' ||
        (group(wanted) === group(given) && String(wanted.value) === String(given.value)));
    fc.assert(
      fc.property(entries, entries, fc.constantFrom(undefined, ...KINDS), (args, message, kind) => {
        const counted = Object.entries(args).filter(
          ([name]) => kind?.endsWith('-with-x') || !name.startsWith('x-'),
        );
        const test = ([name, wanted]: [string, FieldValue]) => isMet(wanted, message[name]);
        const expected = kind?.startsWith('any') ? counted.some(test) : counted.every(test);
        const xMatch: Entries = kind === undefined ? {} : { 'x-match': text(kind) };
        expect(matches({ ...args, ...xMatch }, message)).to.equal(expected);
      }),
      { numRuns: 1000 },
    );
  });
});
