import { expect } from 'chai';
import fc from 'fast-check';
import { EMPTY_TABLE, type FieldTable, type FieldValue } from '../../../protocol/table.ts';
import { bindingKey, makeBinding, type RoutingTarget } from '../../../src/broker/binding.ts';

const queue: RoutingTarget = { kind: 'queue', name: 'q' };
const table = (...entries: [string, FieldValue][]): FieldTable => new Map(entries);
const int = (value: number): FieldValue => ({ type: 'I', value });
const text = (value: string): FieldValue => ({ type: 'S', value });
const key = (args: FieldTable): string => bindingKey(queue, 'k', args);

describe('binding identity', () => {
  it('is part of the binding', () => {
    const binding = makeBinding('x', queue, 'k', EMPTY_TABLE);
    expect(binding).to.include({ source: 'x', destination: queue, routingKey: 'k' });
    expect(binding.arguments).to.equal(EMPTY_TABLE);
    expect(binding.key).to.equal(key(EMPTY_TABLE));
  });

  it('tells queue from exchange, and names from keys', () => {
    const keys = [
      bindingKey({ kind: 'queue', name: 'n' }, '', EMPTY_TABLE),
      bindingKey({ kind: 'exchange', name: 'n' }, '', EMPTY_TABLE),
      bindingKey({ kind: 'queue', name: 'ab' }, 'c', EMPTY_TABLE),
      bindingKey({ kind: 'queue', name: 'a' }, 'bc', EMPTY_TABLE),
      bindingKey({ kind: 'queue', name: 'q1:' }, 'k', EMPTY_TABLE),
      bindingKey({ kind: 'queue', name: 'q' }, '1:k', EMPTY_TABLE),
      bindingKey({ kind: 'queue', name: 'n' }, '0{', EMPTY_TABLE),
    ];
    expect(new Set(keys).size).to.equal(keys.length);
  });

  // As a RabbitMQ 3.10 answered to bind, then unbind.
  it('does not depend on the order of the arguments', () => {
    expect(key(table(['a', int(1)], ['b', int(2)]))).to.equal(
      key(table(['b', int(2)], ['a', int(1)])),
    );
  });

  it('takes L for l', () => {
    expect(key(table(['a', { type: 'L', value: 1 }]))).to.equal(
      key(table(['a', { type: 'l', value: 1 }])),
    );
  });

  it('tells arguments of different type or value', () => {
    const values: FieldValue[] = [
      int(1),
      int(2),
      { type: 'l', value: 1 },
      { type: 's', value: 1 },
      { type: 'd', value: 1 },
      { type: 'f', value: 1 },
      { type: 'T', value: 1 },
      { type: 't', value: true },
      { type: 'D', value: { scale: 0, value: 1 } },
      { type: 'D', value: { scale: 1, value: 1 } },
      text('1'),
      text('é'),
      { type: 'S', value: Buffer.from([0xe9]) },
      { type: 'x', value: Buffer.from('1') },
      { type: 'V', value: null },
      { type: 'A', value: [] },
      { type: 'A', value: [int(1)] },
      { type: 'A', value: [int(1), int(1)] },
      { type: 'F', value: EMPTY_TABLE },
      { type: 'F', value: table(['x', int(1)], ['y', int(2)]) },
      { type: 'F', value: table(['y', int(2)], ['x', int(1)]) },
    ];
    const keys = [EMPTY_TABLE, ...values.map((value) => table(['a', value]))].map(key);
    expect(new Set(keys).size).to.equal(keys.length);
  });

  /** Strings full of what the key itself is written with. */
  const hostile = fc.string({
    unit: fc.constantFrom(
      'a',
      'q',
      'e',
      'S',
      'I',
      'F',
      'A',
      'V',
      '0',
      '1',
      '2',
      ':',
      ';',
      ',',
      '{',
      '[',
    ),
    maxLength: 5,
  });
  const { value } = fc.letrec<{ value: FieldValue; table: FieldTable }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 2 },
      hostile.map(text),
      fc.integer({ min: 0, max: 12 }).map(int),
      fc.constant<FieldValue>({ type: 'V', value: null }),
      hostile.map((each): FieldValue => ({ type: 'x', value: Buffer.from(each) })),
      fc
        .array(tie('value'), { maxLength: 2 })
        .map((each): FieldValue => ({ type: 'A', value: each })),
      tie('table').map((each): FieldValue => ({ type: 'F', value: each })),
    ),
    table: fc.array(fc.tuple(hostile, tie('value')), { maxLength: 2 }).map((each) => new Map(each)),
  }));
  const binding = fc.record({
    kind: fc.constantFrom('queue' as const, 'exchange' as const),
    name: hostile,
    routingKey: hostile,
    args: fc.array(fc.tuple(hostile, value), { maxLength: 3 }).map((each) => new Map(each)),
  });
  /** Another way to write the same things down: nested JSON. */
  const asJson = (each: { kind: string; name: string; routingKey: string; args: FieldTable }) => {
    const plain = (field: FieldValue): unknown => {
      if (field.type === 'F')
        return ['F', [...field.value].map(([name, inner]) => [name, plain(inner)])];
      if (field.type === 'A') return ['A', field.value.map(plain)];
      return [field.type, field.type === 'x' ? field.value.toString('hex') : field.value];
    };
    const args = [...each.args].map(([name, field]) => [name, plain(field)]);
    args.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    return JSON.stringify([each.kind, each.name, each.routingKey, args]);
  };

  it('is unambiguous whatever names, keys and arguments contain', () => {
    fc.assert(
      fc.property(binding, binding, (a, b) => {
        const same = bindingKey(a, a.routingKey, a.args) === bindingKey(b, b.routingKey, b.args);
        expect(same).to.equal(asJson(a) === asJson(b));
      }),
      { numRuns: 2000 },
    );
  });

  it('is unambiguous among many', () => {
    fc.assert(
      fc.property(fc.array(binding, { minLength: 30, maxLength: 60 }), (bindings) => {
        const keys = new Set(bindings.map((each) => bindingKey(each, each.routingKey, each.args)));
        expect(keys.size).to.equal(new Set(bindings.map(asJson)).size);
      }),
      { numRuns: 100 },
    );
  });
});
