import { expect } from 'chai';
import fc from 'fast-check';
import { EMPTY_TABLE } from '../../../protocol/table.ts';
import { makeBinding, type RoutingTarget } from '../../../src/broker/binding.ts';
import { TopicIndex } from '../../../src/broker/exchanges/topic.ts';

const queues = new Map<string, RoutingTarget>();

/** The queue of that name, always the same. */
function queue(name: string): RoutingTarget {
  const target = queues.get(name) ?? { kind: 'queue', name };
  queues.set(name, target);
  return target;
}
const bindingOf = (pattern: string, name = pattern) =>
  makeBinding('x', queue(name), pattern, EMPTY_TABLE);

function found(index: TopicIndex, routingKey: string): string[] {
  const targets: RoutingTarget[] = [];
  index.match(routingKey, undefined, targets);
  return targets.map(({ name }) => name).sort();
}

function isMatch(pattern: string, routingKey: string): boolean {
  const index = new TopicIndex();
  index.add(bindingOf(pattern));
  return found(index, routingKey).length > 0;
}

/** The definition, word by word. */
function matchesNaively(pattern: readonly string[], words: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return words.length === 0;
  if (first === '#') {
    return (
      matchesNaively(rest, words) || (words.length > 0 && matchesNaively(pattern, words.slice(1)))
    );
  }
  return (
    words.length > 0 &&
    (first === '*' || first === words[0]) &&
    matchesNaively(rest, words.slice(1))
  );
}

const wordsOf = (key: string): string[] => (key === '' ? [] : key.split('.'));

describe('topic routing', () => {
  // Each row as a RabbitMQ 3.10 answered it.
  const rows: readonly (readonly [pattern: string, routingKey: string, matches: boolean])[] = [
    ['#', '', true],
    ['*', '', false],
    ['', '', true],
    ['*.*', '.', true],
    ['*', '.', false],
    ['', '.', false],
    ['.', '.', true],
    ['#.#', '', true],
    ['#.*', 'a.', true],
    ['a.#', 'a', true],
    ['a.#', 'a.', true],
    ['a.*', 'a.', true],
    ['*', '*', true],
    ['a', '*', false],
    ['*', '#', true],
    ['#', '#', true],
    ['a*', 'ab', false],
    ['a*', 'a*', true],
    ['#.a.#', 'a', true],
    ['..', '..', true],
    ['*.', 'a.', true],
    ['a.**', 'a.b', false],
    ['a.##', 'a.b.c', false],
    ['*.b.#', 'a.b.c.d', true],
    ['*.b.#', 'b.b', true],
    ['*.b.#', 'b', false],
    ['a.b', 'a.b.c', false],
    ['a.b.c', 'a.b', false],
    ['a.#.c', 'a.c', true],
    ['a.#.c', 'a.b.c.c', true],
    ['a.#.c', 'a.c.d', false],
  ];
  for (const [pattern, routingKey, matches] of rows) {
    it(`'${pattern}' ${matches ? 'matches' : 'does not match'} '${routingKey}'`, () => {
      expect(isMatch(pattern, routingKey)).to.equal(matches);
    });
  }

  it('finds a queue once for each place where it is bound', () => {
    const index = new TopicIndex();
    const target = queue('q');
    for (const pattern of ['a.b', 'a.*', '#', '*.#']) {
      index.add(makeBinding('x', target, pattern, EMPTY_TABLE));
    }
    expect(found(index, 'a.b')).to.deep.equal(['q', 'q', 'q', 'q']);
    expect(found(index, '')).to.deep.equal(['q']);
  });

  it('agrees with the definition on random bindings and keys', () => {
    const word = fc.constantFrom('a', 'b', '');
    const patterns = fc.array(
      fc
        .array(fc.oneof(word, fc.constantFrom('*', '#')), { maxLength: 5 })
        .map((each) => each.join('.')),
      { maxLength: 12 },
    );
    const keys = fc.array(
      fc
        .array(fc.oneof(word, fc.constantFrom('*', '#')), { maxLength: 6 })
        .map((each) => each.join('.')),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(patterns, patterns, keys, (kept, removed, routingKeys) => {
        const index = new TopicIndex();
        const unique = [...new Set(kept)];
        const passing = [...new Set(removed)].filter((each) => !unique.includes(each));
        for (const pattern of [...unique, ...passing]) index.add(bindingOf(pattern));
        for (const pattern of passing) index.remove(bindingOf(pattern));
        for (const key of routingKeys) {
          const expected = unique.filter((each) => matchesNaively(wordsOf(each), wordsOf(key)));
          expect(found(index, key), `key '${key}'`).to.deep.equal(expected.sort());
        }
      }),
      { numRuns: 500 },
    );
  });

  it('does not take exponential time for many #', () => {
    const index = new TopicIndex();
    const pattern = `${'#.a.'.repeat(30)}b`;
    index.add(bindingOf(pattern));
    index.add(bindingOf(Array(60).fill('#').join('.')));
    const key = Array(120).fill('a').join('.');
    expect(found(index, key)).to.have.length(1);
    // At worst every node of the trie for each word; two to the power of 30 would not end.
    expect(index.nodesReached).to.be.at.most(121 * (62 + 60));
    expect(found(index, `${key}.b`)).to.have.length(2);
  });

  it('visits few of many bindings', () => {
    const index = new TopicIndex();
    for (let i = 0; i < 1000; i++) index.add(bindingOf(`region${i}.*.device${i}.#`));
    expect(found(index, 'region7.x.device7.temperature')).to.deep.equal(['region7.*.device7.#']);
    expect(index.nodesReached).to.be.at.most(8);
    expect(found(index, 'nowhere.x')).to.deep.equal([]);
    expect(index.nodesReached).to.equal(1);
  });

  it('goes as deep as a key can', () => {
    // 255 octets: at most 256 words.
    const index = new TopicIndex();
    const deep = '.'.repeat(255);
    index.add(bindingOf(deep));
    index.add(bindingOf('#'));
    expect(found(index, deep)).to.have.length(2);
    index.remove(bindingOf(deep));
    expect(found(index, deep)).to.deep.equal(['#']);
  });

  it('lets go of a branch with its last binding', () => {
    const index = new TopicIndex();
    const patterns = ['a.b.c', 'a.b', 'a.*.#', 'a.#', 'a'];
    for (const pattern of patterns) index.add(bindingOf(pattern));
    for (const pattern of patterns) index.remove(bindingOf(pattern));
    expect(found(index, 'a.b.c')).to.deep.equal([]);
    expect(index.nodesReached, 'only the root is left').to.equal(1);
  });

  it('ignores the removal of what it does not have', () => {
    const index = new TopicIndex();
    index.add(bindingOf('a.b.c'));
    for (const pattern of ['a', 'a.b', 'a.b.c.d', 'z', '#', '']) index.remove(bindingOf(pattern));
    index.remove(bindingOf('a.b.c', 'another queue'));
    expect(found(index, 'a.b.c')).to.deep.equal(['a.b.c']);
  });
});
