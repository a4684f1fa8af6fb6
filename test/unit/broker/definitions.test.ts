// Definitions that survive a restart: what is written down, when it is deleted, what comes back.
import { expect } from 'chai';
import fc from 'fast-check';
import { fromObject } from '../../../protocol/table.ts';
import type { Broker } from '../../../src/broker/broker.ts';
import type { VirtualHost } from '../../../src/broker/vhost.ts';
import { FakeMetadata } from '../../support/fake-metadata.ts';
import { BrokerParts, bindingOf, exchangeOf, queueOf } from '../support/broker-parts.ts';
import { FakeConsumer } from '../support/fake-consumer.ts';

const durable = { durable: true };
const PREDECLARED = 7;
const EVEN_SO = { ifUnused: false, ifEmpty: false };

/** Everything durable that a broker has, in an order of its own. */
function described(broker: Broker): unknown[] {
  const all: unknown[] = [];
  for (const vhost of broker.vhosts()) {
    for (const queue of vhost.queues()) {
      const { name, number, autoDelete, arguments: args } = queue;
      if (number !== null) all.push(['queue', vhost.name, name, number, autoDelete, args]);
    }
    for (const exchange of vhost.exchanges()) {
      const { name, type, autoDelete, internal, arguments: args } = exchange;
      if (!exchange.durable) continue;
      all.push(['exchange', vhost.name, name, type.name, autoDelete, internal, args]);
      for (const { destination, routingKey, arguments: own } of exchange.bindings()) {
        const end = destination as { kind: string; name: string; durable?: true; owner?: unknown };
        if (end.durable !== true || end.owner) continue;
        all.push(['binding', vhost.name, name, end.kind, end.name, routingKey, own]);
      }
    }
  }
  const plain = (_: string, value: unknown) =>
    value instanceof Map ? [...value] : typeof value === 'bigint' ? `${value}n` : value;
  return all.map((each) => JSON.stringify(each, plain)).sort();
}

const name = fc.constantFrom('a', 'b', 'c');
const kind = fc.constantFrom('queue' as const, 'exchange' as const);
const flags = { autoDelete: fc.boolean(), durable: fc.boolean() };
const STEP = fc.oneof(
  fc.record({ do: fc.constant('queue' as const), name, ...flags, exclusive: fc.boolean() }),
  fc.record({ do: fc.constant('exchange' as const), name, ...flags }),
  fc.record({
    do: fc.constantFrom('bind' as const, 'unbind' as const),
    source: fc.oneof(name, fc.constant('amq.topic')),
    to: name,
    kind,
  }),
  fc.record({ do: fc.constant('delete' as const), name, kind }),
  fc.record({
    do: fc.constantFrom('consume' as const, 'restart' as const, 'leave' as const),
    name,
  }),
);
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;
const OWNER = {};

function take(step: Step, vhost: VirtualHost): void {
  switch (step.do) {
    case 'queue':
      vhost.declareQueue(queueOf(step.name, step), OWNER);
      break;
    case 'exchange':
      vhost.declareExchange(exchangeOf(step.name, step));
      break;
    case 'bind':
    case 'unbind':
      vhost[step.do](bindingOf(step.source, step.to, { kind: step.kind }), OWNER);
      break;
    case 'delete':
      if (step.kind === 'queue') vhost.deleteQueue(step.name, EVEN_SO, OWNER);
      else vhost.deleteExchange(step.name, false);
      break;
    case 'consume': {
      const queue = vhost.queue(step.name, OWNER);
      queue.cancel(new FakeConsumer(queue, { limit: 0 }).start());
      break;
    }
    case 'leave':
      vhost.deleteQueuesOf(OWNER);
      break;
    case 'restart':
      break;
  }
}

describe('Durable definitions', () => {
  let metadata: FakeMetadata;
  let parts: BrokerParts;
  let lines: string[];

  const start = (entries: Iterable<readonly [string, string]> = [], vhosts = ['/']) => {
    metadata = new FakeMetadata(entries);
    parts = new BrokerParts(1e9, vhosts, metadata);
    lines = [];
    parts.broker.recover((line) => lines.push(line));
    return parts.broker;
  };
  const restart = (vhosts = ['/']) => start(metadata.entries(), vhosts);

  beforeEach(() => {
    start();
    metadata.takeWrites();
  });

  it('are written when they come, and deleted when they go', () => {
    const { vhost } = parts;
    vhost.declareExchange(exchangeOf('x', durable));
    vhost.declareQueue(queueOf('q', durable), null);
    const binding = bindingOf('x', 'q', { routingKey: 'k', arguments: fromObject({ b: 1, a: 2 }) });
    vhost.bind(binding, null);
    vhost.bind(binding, null);
    vhost.declareQueue(queueOf('q', durable), null);
    const key = '["binding","/","x","queue","q","k","2{1:aI2;1:bI1;"]';
    expect(metadata.takeWrites()).to.deep.equal([
      'put ["exchange","/","x"]',
      'put ["queue-number"]',
      'put ["queue","/","q"]',
      `put ${key}`,
    ]);
    vhost.unbind(binding, null);
    vhost.deleteQueue('q', EVEN_SO, null);
    vhost.deleteExchange('x', false);
    expect(metadata.takeWrites()).to.deep.equal([
      `delete ${key}`,
      'delete ["queue","/","q"]',
      'delete ["exchange","/","x"]',
    ]);
  });

  it('are not those that are transient, exclusive or predeclared, nor bindings to them', () => {
    const { vhost } = parts;
    vhost.declareExchange(exchangeOf('x'));
    vhost.declareExchange(exchangeOf('amq.topic', { ...durable, type: 'topic' }));
    vhost.declareQueue(queueOf('q'), null);
    vhost.declareQueue(queueOf('mine', { ...durable, exclusive: true }), {});
    expect(Array.from(vhost.queues(), ({ number }) => number)).to.deep.equal([null, null]);
    vhost.bind(bindingOf('amq.topic', 'q'), null);
    vhost.bind(bindingOf('amq.topic', 'x', { kind: 'exchange' }), null);
    vhost.bind(bindingOf('x', 'amq.fanout', { kind: 'exchange' }), null);
    vhost.reset();
    expect(metadata.takeWrites()).to.deep.equal([]);
  });

  it('go with what they hang on', () => {
    const { vhost } = parts;
    const queue = vhost.declareQueue(queueOf('q', { ...durable, autoDelete: true }), null);
    for (const name of ['x', 'y', 'z']) {
      vhost.declareExchange(exchangeOf(name, { ...durable, autoDelete: name !== 'z' }));
    }
    vhost.bind(bindingOf('x', 'q'), null);
    vhost.bind(bindingOf('y', 'x', { kind: 'exchange' }), null);
    vhost.bind(bindingOf('z', 'y', { kind: 'exchange' }), null);
    vhost.bind(bindingOf('amq.direct', 'q'), null);
    const consumer = new FakeConsumer(queue, { limit: 0 }).start();
    queue.cancel(consumer);
    expect(described(parts.broker)).to.deep.equal(described(restart()));
    expect(metadata.entries().map(([key]) => key)).to.deep.equal([
      '["vhost","/"]',
      '["queue-number"]',
      '["exchange","/","z"]',
    ]);
  });

  it('come back, without being written again', () => {
    const { vhost } = parts;
    vhost.declareQueue(
      queueOf('q', { ...durable, arguments: fromObject({ 'x-max-length': 5 }) }),
      null,
    );
    vhost.declareQueue(queueOf('', { ...durable, autoDelete: true }), null);
    vhost.declareExchange(exchangeOf('x', { ...durable, type: 'headers', internal: true }));
    vhost.declareExchange(exchangeOf('y', { ...durable, autoDelete: true }));
    const args = fromObject({ 'x-match': 'any', n: 2n ** 60n, list: [1, 'two', Buffer.from('3')] });
    vhost.bind(bindingOf('x', 'q', { routingKey: '\ud800', arguments: args }), null);
    vhost.bind(bindingOf('amq.topic', 'x', { kind: 'exchange', routingKey: '#' }), null);
    const before = described(parts.broker);
    expect(before).to.have.length(PREDECLARED + 6);
    expect(described(restart())).to.deep.equal(before);
    expect(lines).to.deep.equal([]);
    expect(metadata.takeWrites()).to.deep.equal([]);
    expect(described(restart())).to.deep.equal(before);
  });

  it('give each queue a number that no other ever gets', () => {
    const declare = (name: string) => parts.vhost.declareQueue(queueOf(name, durable), null).number;
    expect([declare('a'), declare('b')]).to.deep.equal([1, 2]);
    parts.vhost.deleteQueue('b', EVEN_SO, null);
    expect(declare('b')).to.equal(3);
    parts.broker.reset();
    restart();
    expect(declare('a')).to.equal(4);
    const kept = metadata.entries().filter(([key]) => key !== '["queue-number"]');
    start(kept);
    expect(declare('b'), 'though the counter was lost').to.equal(5);
  });

  it('bring their virtual hosts with them', () => {
    start([], ['/', 'other']);
    parts.broker.vhost('other')?.declareQueue(queueOf('q', durable), null);
    expect(described(restart())).to.include('["queue","other","q",1,false,[]]');
    start(metadata.entries().filter(([key]) => key !== '["vhost","other"]'));
    expect(parts.broker.vhost('other')).not.to.equal(undefined);
    expect(metadata.takeWrites()).to.deep.equal(['put ["vhost","other"]']);
  });

  it('stay when the process ends', () => {
    parts.vhost.declareExchange(exchangeOf('x', durable));
    parts.vhost.declareQueue(queueOf('q', durable), null);
    parts.vhost.bind(bindingOf('x', 'q'), null);
    const before = described(parts.broker);
    parts.broker.close();
    expect([...parts.vhost.queues()]).to.deep.equal([]);
    expect(described(restart())).to.deep.equal(before);
  });

  it('that make no sense are reported one by one, and stay', () => {
    const args = '"arguments":[]';
    const senseless: [key: string, value: string, reason: string][] = [
      ['nonsense', '{}', 'it is no JSON'],
      ['["queue","/"]', '{}', 'its name cannot be read'],
      ['["plan","/","p"]', '{}', 'it is of no known kind'],
      ['["toString","/","p"]', '{}', 'it is of no known kind'],
      ['["queue","/","q1"]', '{"number":1', 'it is no JSON'],
      ['["queue","/","q2"]', `{"number":0,${args}}`, 'it has no number'],
      ['["queue","/","q3"]', '{"number":7}', 'a list cannot be read'],
      ['["queue","/","q5"]', `{"number":1,${args}}`, "its number 1 is another queue's"],
      ['["exchange","/","x"]', `{"type":"x-new",${args}}`, "unknown exchange type 'x-new'"],
      ['["exchange","/","y"]', 'null', 'its type cannot be read'],
      [
        '["binding","/","amq.topic","queue","q2","","0{"]',
        `{${args}}`,
        "no queue 'q2' in vhost '/'",
      ],
      ['["binding","/","x","queue","q","","0{"]', `{${args}}`, "no exchange 'x' in vhost '/'"],
      ['["binding","/","x","user","q","","0{"]', `{${args}}`, 'it leads to no user'],
      ['["queue-number"]', '"many"', 'it has no number'],
    ];
    const entries = [
      ['["binding","/","amq.topic","queue","q","a","0{"]', `{${args}}`],
      ['["queue","/","q"]', `{"number":1,${args}}`],
      ...senseless.map(([key, value]) => [key, value]),
    ] as [string, string][];
    const broker = start(entries);
    expect(lines.sort()).to.deep.equal(
      senseless.map(([key, , why]) => `definition ${key} was not recovered: ${why}`).sort(),
    );
    expect(metadata.entries().slice(0, entries.length)).to.deep.equal(entries);
    expect(described(broker)).to.have.length(PREDECLARED + 2);
    expect(parts.vhost.declareQueue(queueOf('new', durable), null).number).to.equal(8);
  });

  it('are what a restart finds, whatever was done', () => {
    fc.assert(
      fc.property(fc.array(STEP, { maxLength: 40 }), (steps) => {
        start();
        for (const step of steps) {
          try {
            if (step.do === 'restart') restart();
            else take(step, parts.vhost);
          } catch (error) {
            expect(error).to.have.property('kind');
          }
        }
        const before = described(parts.broker);
        expect(described(restart())).to.deep.equal(before);
        expect(lines).to.deep.equal([]);
        // Nothing else is left behind either.
        const kept = metadata.entries().filter(([key]) => !/"(?:vhost|queue-number)"/.test(key));
        expect(kept).to.have.length(before.length - PREDECLARED);
      }),
      { numRuns: 300 },
    );
  });
});
