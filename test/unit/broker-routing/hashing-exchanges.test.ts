// x-consistent-hash, x-modulus-hash, x-random and x-local-random: each message goes one way.
import { expect } from 'chai';
import { encodeProperties } from '../../../protocol/properties.ts';
import { EMPTY_TABLE, type FieldTable, fromObject } from '../../../protocol/table.ts';
import { makeBinding, type RoutingTarget } from '../../../src/broker/binding.ts';
import type { BindingIndex } from '../../../src/broker/exchange-type.ts';
import { consistentHash } from '../../../src/broker/exchanges/consistent-hash.ts';
import { modulusHash } from '../../../src/broker/exchanges/modulus-hash.ts';
import { localRandom, random } from '../../../src/broker/exchanges/random.ts';
import { messageOf } from '../support/broker-parts.ts';
import { exchangeServices } from '../support/exchange-services.ts';

const queue = (name: string): RoutingTarget => ({ kind: 'queue', name });
const bound = (index: BindingIndex, weights: Readonly<Record<string, string>>) => {
  const bindings = Object.entries(weights).map(([name, key]) =>
    makeBinding('x', queue(name), key, EMPTY_TABLE),
  );
  for (const binding of bindings) index.add(binding);
  return bindings;
};
const way = (index: BindingIndex, key: string, headers?: FieldTable, messageId?: string) => {
  const found: RoutingTarget[] = [];
  const message =
    messageId === undefined ? undefined : messageOf('', encodeProperties({ messageId }));
  index.select?.({ routingKeys: [key], headers, message }, found, []);
  return found.map(({ name }) => name);
};
const keys = Array.from({ length: 4_000 }, (_, i) => `key ${i}`);
const shares = (index: BindingIndex) => {
  const counts: Record<string, number> = {};
  for (const key of keys) {
    const [name = 'none'] = way(index, key);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

describe('x-consistent-hash (A6.5)', () => {
  const make = (args: FieldTable = EMPTY_TABLE) => consistentHash.create(args, exchangeServices());

  it('sends each message one way, as weights say', () => {
    const index = make();
    bound(index, { a: '1', b: '1', c: '2' });
    const { a = 0, b = 0, c = 0 } = shares(index);
    expect(a + b + c).to.equal(keys.length);
    expect(a).to.be.within(800, 1_200);
    expect(c).to.be.within(1_700, 2_300);
    expect(way(index, 'same')).to.deep.equal(way(index, 'same'));
  });

  it('moves few keys when a destination comes', () => {
    const index = make();
    bound(index, { a: '1', b: '1', c: '1' });
    const before = keys.map((key) => way(index, key)[0]);
    bound(index, { d: '1' });
    const moved = keys.filter((key, i) => way(index, key)[0] !== before[i]);
    expect(moved.length).to.be.within(800, 1_200);
    expect(moved.every((key) => way(index, key)[0] === 'd')).to.equal(true);
  });

  it('counts a destination once, until its last binding goes', () => {
    const index = make();
    const [first] = bound(index, { a: '5' });
    const second = makeBinding(
      'x',
      (first as { destination: RoutingTarget }).destination,
      '9',
      EMPTY_TABLE,
    );
    index.add(second);
    index.remove(first as typeof second);
    expect(way(index, 'k')).to.deep.equal(['a']);
    index.remove(second);
    expect(way(index, 'k')).to.deep.equal([]);
  });

  it('hashes a header or a property instead of the key', () => {
    const byHeader = make(fromObject({ 'hash-header': 'h' }));
    const byId = make(fromObject({ 'hash-property': 'message_id' }));
    for (const index of [byHeader, byId]) bound(index, { a: '1', b: '1', c: '1', d: '1' });
    const ways = (ask: (value: string) => string[]) =>
      new Set(keys.slice(0, 50).map((key) => ask(key)[0]));
    expect(ways((value) => way(byHeader, 'same', fromObject({ h: value }))).size).to.equal(4);
    expect(ways((value) => way(byHeader, value, fromObject({ h: 'same' }))).size).to.equal(1);
    expect(ways((value) => way(byId, 'same', undefined, value)).size).to.equal(4);
  });

  it('refuses what RabbitMQ refuses', () => {
    const declare = (args: Record<string, unknown>) => () =>
      consistentHash.checkArguments?.(fromObject(args));
    const both = { 'hash-header': 'h', 'hash-property': 'message_id' };
    expect(declare(both)).to.throw('hash-header and hash-property are mutually exclusive');
    expect(declare({ 'hash-property': 'app_id' })).to.throw('Unsupported property: app_id');
    const bind = (key: string) => () =>
      consistentHash.checkBinding?.(EMPTY_TABLE, key, queue('q'), EMPTY_TABLE, 'x');
    expect(bind('x')).to.throw('The binding key must be an integer: <<"x">>');
    expect(bind('0')).to.throw('The binding key must be greater than 0');
    expect(bind('10')).not.to.throw();
  });
});

describe('x-modulus-hash (A6.6)', () => {
  it('spreads by the key over destinations in the order of their names', () => {
    const [one, other] = [0, 1].map(() => modulusHash.create(EMPTY_TABLE, exchangeServices()));
    bound(one as BindingIndex, { a: '', b: '', c: '' });
    bound(other as BindingIndex, { c: '', a: '', b: '' });
    const { a = 0, b = 0, c = 0 } = shares(one as BindingIndex);
    for (const share of [a, b, c]) expect(share).to.be.within(1_150, 1_550);
    for (const key of keys.slice(0, 100)) {
      expect(way(one as BindingIndex, key)).to.deep.equal(way(other as BindingIndex, key));
    }
  });
});

describe('x-random and x-local-random (A6.6)', () => {
  it('take one destination by chance', () => {
    let chance = 0;
    const index = random.create(EMPTY_TABLE, exchangeServices({ random: () => chance }));
    expect(way(index, 'k')).to.deep.equal([]);
    bound(index, { a: 'x', b: 'y' });
    expect(way(index, 'k')).to.deep.equal(['a']);
    chance = 0.99;
    expect(way(index, 'k')).to.deep.equal(['b']);
  });

  it('the local one is for classic queues, with an empty key', () => {
    const bind = (key: string, target: object) => () =>
      localRandom.checkBinding?.(EMPTY_TABLE, key, target as RoutingTarget, EMPTY_TABLE, 'x');
    expect(bind('', { kind: 'queue', name: 'q', type: 'classic' })).not.to.throw();
    expect(bind('k', { kind: 'queue', name: 'q', type: 'classic' })).to.throw(
      "Non empty binding 'k' key not permitted",
    );
    expect(bind('', { kind: 'queue', name: 'q', type: 'quorum' })).to.throw('Queue type quorum');
    expect(bind('', { kind: 'exchange', name: 'x' })).to.throw('Destination type exchange');
  });
});
