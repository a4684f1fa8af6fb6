/**
 * Topic matching without a route cache: the bindings and keys of the macro benchmark's topic
 * shape, and a set of bindings that is hard on tries.
 */
import type { Binding, RoutingTarget } from '../../src/broker/binding.ts';
import { TopicIndex } from '../../src/broker/exchanges/topic.ts';
import { topicBindings, topicRoutingKeys } from '../shapes.ts';
import { keep, type MicroCase } from './harness.ts';

const QUEUES = 10;

function indexOf(bindings: readonly { queue: string; key: string }[]): TopicIndex {
  const index = new TopicIndex();
  for (const { queue, key } of bindings) {
    const destination: RoutingTarget = { kind: 'queue', name: queue };
    const binding: Binding = {
      source: 'bench',
      destination,
      routingKey: key,
      arguments: new Map(),
      key: `${queue}/${key}`,
    };
    index.add(binding);
  }
  return index;
}

function matching(name: string, index: TopicIndex, keys: readonly string[]): MicroCase {
  const found: RoutingTarget[] = [];
  return {
    name,
    per: 'routing key',
    operations: keys.length,
    run: () => {
      for (const key of keys) {
        found.length = 0;
        index.match(key, undefined, found);
        keep(found.length);
      }
    },
  };
}

const thousand = Array.from({ length: QUEUES }, (_, queue) =>
  topicBindings(queue).map((key) => ({ queue: `q${queue}`, key })),
).flat();

const hashes = ['#.a.#', '#.b.#', '#.a.b.#', 'a.#.b', '#.#', '*.#.c', 'a.*.#.d'].map((key, i) => ({
  queue: `q${i}`,
  key,
}));

export const cases: readonly MicroCase[] = [
  matching('topic match, 1,000 bindings, 3 words', indexOf(thousand), topicRoutingKeys()),
  matching('topic match, 7 bindings full of #, 12 words', indexOf(hashes), [
    'a.b.c.d.a.b.c.d.a.b.c.d',
    'x.x.x.x.x.x.x.x.x.x.x.a',
  ]),
];
