/** Tables, medians and ratios of the macro benchmark. */
import { expect } from 'chai';
import { parseOptions, UsageError } from '../../../bench/options.ts';
import {
  compare,
  detailTable,
  formatRate,
  formatSmall,
  markdownReport,
  ratioTable,
} from '../../../bench/report.ts';
import { Contender, type ShapeRuns } from '../../../bench/schedule.ts';
import { SHAPES, topicBindings, topicRoutingKeys } from '../../../bench/shapes.ts';
import { storeTable } from '../../../bench/store-report.ts';
import type { Sample } from '../../../bench/support/measure.ts';
import { markdownTable, textTable } from '../../../bench/support/table.ts';
import { parseTarget } from '../../../bench/support/target.ts';
import type { RoutingTarget } from '../../../src/broker/binding.ts';
import { TopicIndex } from '../../../src/broker/exchanges/topic.ts';

function runs(shapeName: string, contender: Contender, samples: readonly Sample[]): ShapeRuns {
  const shape = SHAPES.find(({ name }) => name === shapeName);
  if (shape === undefined) throw new Error(`no shape ${shapeName}`);
  return { shape, contender, samples, failures: [] };
}

describe('bench tables', () => {
  const table = {
    head: ['name', 'value'],
    rows: [
      ['a', '1,000'],
      ['bcdef', '-'],
    ],
  };

  it('aligns words to the left and figures to the right', () => {
    expect(textTable(table)).to.equal('name   value\n-----  -----\na      1,000\nbcdef      -\n');
  });

  it('writes Markdown and escapes bars', () => {
    expect(markdownTable({ ...table, rows: [['a|b', '2']] })).to.equal(
      '| name | value |\n|---|---:|\n| a\\|b | 2 |\n',
    );
  });

  it('formats figures', () => {
    expect([formatRate(1234567.6), formatRate(undefined)]).to.deep.equal(['1,234,568', '-']);
    expect([0.01234, 1.234, 12.34, 123.4].map(formatSmall)).to.deep.equal([
      '0.012',
      '1.23',
      '12.3',
      '123',
    ]);
  });
});

describe('bench report', () => {
  const first = Contender.leveret();
  const second = Contender.nothing();
  const late = (p99: number): Sample => ({ latency: { p50: 0, p95: 0, p99, max: 9, count: 1 } });
  const results = [
    runs('auto-ack-16b', first, [{ consumed: 900 }, { consumed: 1200 }, { consumed: 1000 }]),
    runs('auto-ack-16b', second, [{ consumed: 100 }, { consumed: 50 }, { consumed: 200 }]),
    runs('steady-10k', first, [late(0.5)]),
    runs('steady-10k', second, [late(2)]),
    runs('drain', first, []),
    runs('drain', second, [{ consumed: 5 }]),
  ];

  it('compares medians, latency the other way round', () => {
    expect(compare(results).map(({ ratio }) => ratio)).to.deep.equal([10, 4, undefined]);
  });

  it('prints a dash for what is missing', () => {
    expect(ratioTable(results).rows[2]?.slice(2)).to.deep.equal(['-', '5', '-']);
  });

  it('prints failures in the notes', () => {
    const failed = { ...runs('drain', first, []), failures: ['not done after 9 s', 'other'] };
    expect(detailTable([failed]).rows[0]?.at(-1)).to.equal('2 failed: not done after 9 s');
  });

  it('holds what the broker did against the bare loop', () => {
    const store = {
      delayP99Ms: 4,
      delayMaxMs: 9,
      syncs: 100,
      octetsPerSync: 2048,
      floorSyncs: 160,
    };
    const durable = runs('durable-confirm-100-1k', first, [{ confirmed: 5000, store }]);
    const cells = ['5,000', '100', '50.0', '2.00', '160', '8,000', '63 %', '4.00', '9.00'];
    expect(storeTable([...results, durable])?.rows.map((row) => row.slice(1))).to.deep.equal([
      cells,
    ]);
    expect(storeTable(results)).to.equal(undefined);
  });

  it('puts the heading above the Markdown tables', () => {
    expect(markdownReport(results, 2, ['one', 'two'])).to.match(/^one\ntwo\n\n\| shape \|/);
  });
});

describe('bench options', () => {
  it('has defaults, with more rounds when brokers are compared', () => {
    expect(parseOptions([])).to.include({ seconds: 5, rounds: 1, mode: 'run' });
    expect(parseOptions(['--against', 'amqp://h'])).to.include({ rounds: 3, against: 'amqp://h' });
  });

  it('picks shapes by name, in the order given', () => {
    const { shapes } = parseOptions(['--shapes', 'drain,auto-ack-1k']);
    expect(shapes.map(({ name }) => name)).to.deep.equal(['drain', 'auto-ack-1k']);
  });

  it('picks groups of shapes by the beginning of their names', () => {
    const names = (group: string): string[] =>
      parseOptions(['--shapes', group]).shapes.map(({ name }) => name);
    expect(names('durable-confirm')).to.have.lengthOf(18);
    expect(names('durable-confirm')).to.include('durable-confirm-20x100-1k');
    expect(names('durable').length + names('memory').length).to.equal(SHAPES.length);
  });

  for (const args of [
    ['--calm', '-1'],
    ['--shapes', 'nonsense'],
    ['--seconds', 'long'],
    ['--rounds', '0'],
    ['--url', 'http://h'],
    ['--nonsense'],
    ['--ceiling', '--url', 'amqp://h'],
  ]) {
    it(`refuses ${args.join(' ')}`, () => {
      expect(() => parseOptions(args)).to.throw(UsageError);
    });
  }

  it('reads targets', () => {
    expect(parseTarget('amqp://a%40b:p%3A@[::1]:99/v%2Fh')).to.deep.equal({
      host: '::1',
      port: 99,
      user: 'a@b',
      password: 'p:',
      vhost: 'v/h',
    });
    expect(parseTarget('amqp://h')).to.deep.equal({
      host: 'h',
      port: 5672,
      user: 'guest',
      password: 'guest',
      vhost: '/',
    });
  });
});

describe('bench shapes', () => {
  it('have names of their own', () => {
    expect(new Set(SHAPES.map(({ name }) => name)).size).to.equal(SHAPES.length);
  });

  it('route each topic key to exactly one of 1,000 bindings', () => {
    const index = new TopicIndex();
    let bindings = 0;
    for (let queue = 0; queue < 10; queue++) {
      for (const routingKey of topicBindings(queue)) {
        const destination = { kind: 'queue', name: `${bindings++}` } as const;
        const args = new Map();
        index.add({ source: 'x', destination, routingKey, arguments: args, key: routingKey });
      }
    }
    expect(bindings).to.equal(1000);
    const keys = topicRoutingKeys();
    const hit = new Set<string>();
    for (const key of keys) {
      const found: RoutingTarget[] = [];
      index.match(key, undefined, found);
      expect(found, key).to.have.lengthOf(1);
      hit.add(found[0]?.name ?? '');
    }
    expect(hit.size).to.equal(1000);
    expect(new Set(keys.map((key) => key.length)).size).to.equal(1);
  });
});
