// Exchanges and what they route: the types, bindings between exchanges, alternate, internal and
// auto-delete exchanges. Reference: compatibility A.6, A3.1, A3.3, A3.5.
import { expect } from 'chai';
import { type FieldTable, type FieldValue, fromObject } from '../../protocol/table.ts';
import { useTarget } from '../support/target.ts';
import { bind, counts, exchange, put, queue, take } from '../support/topology.ts';

describe('a direct exchange', () => {
  const target = useTarget();

  it('routes by the whole key, to every queue bound with it, once each', async () => {
    const peer = await target.channel();
    const x = await exchange(target, peer, 'direct');
    const a = await queue(target, peer);
    const b = await queue(target, peer);
    const c = await queue(target, peer);
    await bind(peer, a, x, 'k');
    await bind(peer, b, x, 'k');
    await bind(peer, b, x, 'other');
    await bind(peer, c, x, 'k.more');
    await put(peer, { exchange: x, routingKey: 'k' });
    expect(await counts(peer, a, b, c)).to.deep.equal([1, 1, 0]);
  });

  it('forgets a binding that was undone, and only that', async () => {
    const peer = await target.channel();
    const x = await exchange(target, peer, 'direct');
    const a = await queue(target, peer);
    await bind(peer, a, x, 'k');
    await bind(peer, a, x, 'l');
    await peer.call(1, 'queue.unbind', { queue: a, exchange: x, routingKey: 'k' });
    await put(peer, { exchange: x, routingKey: 'k' });
    await put(peer, { exchange: x, routingKey: 'l' });
    expect(await counts(peer, a)).to.deep.equal([1]);
  });

  it('is bound once however often it is asked', async () => {
    const peer = await target.channel();
    const x = await exchange(target, peer, 'direct');
    const a = await queue(target, peer);
    await bind(peer, a, x, 'k');
    await bind(peer, a, x, 'k');
    await put(peer, { exchange: x, routingKey: 'k' });
    expect(await counts(peer, a)).to.deep.equal([1]);
    await peer.call(1, 'queue.unbind', { queue: a, exchange: x, routingKey: 'k' });
    await put(peer, { exchange: x, routingKey: 'k' });
    expect(await counts(peer, a)).to.deep.equal([1]);
  });

  it('tells bindings apart by their arguments', async () => {
    const peer = await target.channel();
    const x = await exchange(target, peer, 'direct');
    const a = await queue(target, peer);
    await bind(peer, a, x, 'k', fromObject({ n: 1 }));
    await bind(peer, a, x, 'k', fromObject({ n: 2 }));
    await peer.call(1, 'queue.unbind', {
      queue: a,
      exchange: x,
      routingKey: 'k',
      arguments: fromObject({ n: 1 }),
    });
    await put(peer, { exchange: x, routingKey: 'k' });
    expect(await counts(peer, a)).to.deep.equal([1]);
  });

  it('forgets the bindings of a deleted queue', async () => {
    const peer = await target.channel();
    const x = await exchange(target, peer, 'direct');
    const a = await queue(target, peer);
    await bind(peer, a, x, 'k');
    await peer.call(1, 'queue.delete', { queue: a });
    await peer.call(1, 'queue.declare', { queue: a });
    await put(peer, { exchange: x, routingKey: 'k' });
    expect(await counts(peer, a)).to.deep.equal([0]);
  });
});

const TOPICS: readonly [pattern: string, matching: string[], other: string[]][] = [
  ['a.b', ['a.b'], ['a', 'a.b.c', 'a.c', '']],
  ['*', ['a'], ['a.b', '.', '']],
  ['#', ['', 'a', 'a.b.c', '.', '..'], []],
  ['a.*', ['a.b', 'a.'], ['a', 'a.b.c', 'b.a']],
  ['a.#', ['a', 'a.b', 'a.b.c'], ['ab', 'b.a', '']],
  ['#.z', ['z', 'a.z', 'a.b.z'], ['z.a', 'az']],
  ['a.#.z', ['a.z', 'a.b.z', 'a.b.c.z', 'a.z.z'], ['a', 'z', 'a.z.b']],
  ['*.#', ['a', 'a.b', '.'], ['']],
  ['#.*', ['a', 'a.b', '.'], ['']],
  ['*.*', ['a.b', '.'], ['a', 'a.b.c']],
  ['#.#', ['', 'a', 'a.b'], []],
  ['#.b.#', ['b', 'a.b', 'b.c', 'a.b.c'], ['a.c', '']],
  ['a.*b', ['a.*b'], ['a.xb']],
  ['a..b', ['a..b'], ['a.b']],
  ['\u00e9t\u00e9.*', ['\u00e9t\u00e9.\u{1f407}'], ['ete.x']],
];

describe('a topic exchange', () => {
  const target = useTarget();

  for (const [pattern, matching, other] of TOPICS) {
    it(`with '${pattern}'`, async () => {
      const peer = await target.channel();
      const x = await exchange(target, peer, 'topic');
      const a = await queue(target, peer);
      await bind(peer, a, x, pattern);
      for (const routingKey of [...matching, ...other]) {
        await put(peer, { exchange: x, routingKey }, {}, routingKey);
      }
      expect(await counts(peer, a)).to.deep.equal([matching.length]);
      for (const routingKey of matching) {
        expect((await take(peer, a)).routingKey).to.equal(routingKey);
      }
    });
  }

  it('gives a queue one copy however many of its patterns match', async () => {
    const peer = await target.channel();
    const x = await exchange(target, peer, 'topic');
    const a = await queue(target, peer);
    const b = await queue(target, peer);
    for (const pattern of ['#', 'k.*', '*.l', 'k.l']) await bind(peer, a, x, pattern);
    await bind(peer, b, x, 'k.#');
    await put(peer, { exchange: x, routingKey: 'k.l' });
    expect(await counts(peer, a, b)).to.deep.equal([1, 1]);
  });
});

const int = (value: number): FieldValue => ({ type: 'I', value });
const long = (value: number): FieldValue => ({ type: 'l', value });
const text = (value: string): FieldValue => ({ type: 'S', value });
const array = (...value: FieldValue[]): FieldValue => ({ type: 'A', value });
const nothing: FieldValue = { type: 'V', value: null };
const table = (fields: Record<string, FieldValue>): FieldTable => new Map(Object.entries(fields));

type HeadersCase = [
  title: string,
  binding: Record<string, FieldValue>,
  headers: Record<string, FieldValue> | undefined,
  matches: boolean,
];

const HEADERS: readonly HeadersCase[] = [
  ['all, by default', { a: int(1), b: text('x') }, { a: int(1), b: text('x'), c: int(3) }, true],
  ['all, one missing', { a: int(1), b: text('x') }, { a: int(1) }, false],
  ['all, one different', { 'x-match': text('all'), a: int(1) }, { a: int(2) }, false],
  ['all, of nothing', {}, { a: int(1) }, true],
  ['all, of nothing, without headers', {}, undefined, true],
  ['any, one the same', { 'x-match': text('any'), a: int(1), b: int(2) }, { b: int(2) }, true],
  ['any, none the same', { 'x-match': text('any'), a: int(1) }, { a: int(2) }, false],
  ['any, of nothing', { 'x-match': text('any') }, { a: int(1) }, false],
  ['any, without headers', { 'x-match': text('any'), a: int(1) }, undefined, false],
  ['a number of another type', { a: int(1) }, { a: long(1) }, true],
  ['a whole number and a double', { a: int(1) }, { a: { type: 'd', value: 1 } }, false],
  [
    'a text and the same octets',
    { a: text('x') },
    { a: { type: 'x', value: Buffer.from('x') } },
    true,
  ],
  ['a number and a boolean', { a: int(1) }, { a: { type: 't', value: true } }, false],
  ['arrays, the same', { a: array(int(1), text('x')) }, { a: array(int(1), text('x')) }, true],
  ['a number and a text', { a: int(1) }, { a: text('1') }, false],
  ['void: there, whatever it is', { a: nothing }, { a: text('anything') }, true],
  ['void: not there', { a: nothing }, { b: int(1) }, false],
  ['all: x- left out', { 'x-match': text('all'), 'x-a': int(1), b: int(2) }, { b: int(2) }, true],
  ['any: x- left out', { 'x-match': text('any'), 'x-a': int(1) }, { 'x-a': int(1) }, false],
  ['all-with-x', { 'x-match': text('all-with-x'), 'x-a': int(1) }, { 'x-a': int(1) }, true],
  [
    'all-with-x, different',
    { 'x-match': text('all-with-x'), 'x-a': int(1) },
    { 'x-a': int(2) },
    false,
  ],
  [
    'any-with-x',
    { 'x-match': text('any-with-x'), 'x-a': int(1), b: int(1) },
    { 'x-a': int(1) },
    true,
  ],
  ['any-with-x, none', { 'x-match': text('any-with-x'), 'x-a': int(1) }, { b: int(1) }, false],
  ['a boolean', { a: { type: 't', value: true } }, { a: { type: 't', value: true } }, true],
  ['another boolean', { a: { type: 't', value: true } }, { a: { type: 't', value: false } }, false],
];

describe('a headers exchange', () => {
  const target = useTarget();

  for (const [title, binding, headers, matches] of HEADERS) {
    it(`${title}: ${matches ? 'matches' : 'does not match'}`, async () => {
      const peer = await target.channel();
      const x = await exchange(target, peer, 'headers');
      const a = await queue(target, peer);
      await bind(peer, a, x, 'ignored', table(binding));
      const properties = headers === undefined ? {} : { headers: table(headers) };
      await put(peer, { exchange: x, routingKey: 'k' }, properties, 'm');
      expect(await counts(peer, a)).to.deep.equal([matches ? 1 : 0]);
    });
  }
});

describe('the predeclared exchanges', () => {
  const target = useTarget();
  const PREDECLARED = {
    'amq.direct': 'direct',
    'amq.fanout': 'fanout',
    'amq.topic': 'topic',
    'amq.headers': 'headers',
    'amq.match': 'headers',
  };

  it('are there, durable, of their types', async () => {
    const peer = await target.channel();
    for (const [name, type] of Object.entries(PREDECLARED)) {
      await peer.call(1, 'exchange.declare', { exchange: name, type, durable: true });
    }
    const trace = { exchange: 'amq.rabbitmq.trace', type: 'topic', durable: true, internal: true };
    await peer.call(1, 'exchange.declare', trace);
  });

  it('and the default one binds every queue under its name', async () => {
    const peer = await target.channel();
    const a = await queue(target, peer);
    const b = await queue(target, peer);
    await put(peer, { routingKey: a });
    expect(await counts(peer, a, b)).to.deep.equal([1, 0]);
  });
});
