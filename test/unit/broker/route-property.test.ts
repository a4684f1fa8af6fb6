// Publishers remember routes while the topology changes under them: what they remember must never
// differ from what routing afresh gives.
import { expect } from 'chai';
import fc from 'fast-check';
import { EMPTY_TABLE, type FieldTable, fromObject } from '../../../protocol/table.ts';
import { BrokerError } from '../../../src/broker/errors.ts';
import type { Route } from '../../../src/broker/routes.ts';
import type { VirtualHost } from '../../../src/broker/vhost.ts';
import { BrokerParts, bindingOf, exchangeOf, queueOf } from '../support/broker-parts.ts';
import { FakeConsumer } from '../support/fake-consumer.ts';

const ALWAYS = { ifUnused: false, ifEmpty: false };
const EXCHANGES = ['x', 'y', 'z', 'amq.topic', 'amq.headers', 'amq.fanout'];
const QUEUES = ['q', 'r', 's'];
const KEYS = ['q', 'a', 'a.b', '#'];
const HEADERS = [undefined, EMPTY_TABLE, fromObject({ h: 1 })];

const ARGUMENTS: readonly FieldTable[] = [EMPTY_TABLE, fromObject({ h: 1 })];

/** Names are picks from the lists above. */
type Change = (vhost: VirtualHost) => void;

const named = <T>(
  label: string,
  make: fc.Arbitrary<T>,
  act: (vhost: VirtualHost, given: T) => void,
) =>
  make.map((given): Change => {
    const change: Change = (vhost) => act(vhost, given);
    // What fast-check prints of a counterexample.
    return Object.assign(change, { toString: () => `${label} ${JSON.stringify(given)}` });
  });

const exchangeName = fc.constantFrom(...EXCHANGES);
const queueName = fc.constantFrom(...QUEUES);
const binding = fc.record({
  source: exchangeName,
  kind: fc.constantFrom('queue' as const, 'exchange' as const),
  queue: queueName,
  exchange: exchangeName,
  routingKey: fc.constantFrom(...KEYS),
  table: fc.nat(1),
});
const definitionOf = (given: typeof binding extends fc.Arbitrary<infer T> ? T : never) =>
  bindingOf(given.source, given.kind === 'queue' ? given.queue : given.exchange, {
    kind: given.kind,
    routingKey: given.routingKey,
    arguments: ARGUMENTS[given.table] as FieldTable,
  });

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 3,
    arbitrary: named(
      'declare exchange',
      fc.record({
        name: fc.constantFrom('x', 'y', 'z'),
        type: fc.constantFrom('direct', 'fanout', 'topic', 'headers'),
        autoDelete: fc.boolean(),
        alternate: fc.option(exchangeName, { nil: undefined }),
      }),
      (vhost, { name, type, autoDelete, alternate }) => {
        const args =
          alternate === undefined ? EMPTY_TABLE : fromObject({ 'alternate-exchange': alternate });
        vhost.declareExchange(exchangeOf(name, { type, autoDelete, arguments: args }));
      },
    ),
  },
  {
    weight: 1,
    arbitrary: named('delete exchange', fc.constantFrom('x', 'y', 'z'), (vhost, name) =>
      vhost.deleteExchange(name, false),
    ),
  },
  {
    weight: 3,
    arbitrary: named('declare queue', fc.tuple(queueName, fc.boolean()), (vhost, [name, auto]) => {
      vhost.declareQueue(queueOf(name, { autoDelete: auto }), null);
    }),
  },
  {
    weight: 1,
    arbitrary: named('delete queue', queueName, (vhost, name) => {
      vhost.deleteQueue(name, ALWAYS, null);
    }),
  },
  {
    weight: 1,
    arbitrary: named('consume and cancel', queueName, (vhost, name) => {
      const queue = vhost.queue(name, null);
      queue.cancel(new FakeConsumer(queue).start());
    }),
  },
  {
    weight: 6,
    arbitrary: named('bind', binding, (vhost, given) => vhost.bind(definitionOf(given), null)),
  },
  {
    weight: 2,
    arbitrary: named('unbind', binding, (vhost, given) => vhost.unbind(definitionOf(given), null)),
  },
  {
    weight: 1,
    arbitrary: named('reset', fc.constant(0), (vhost) => vhost.reset()),
  },
);

/** A publisher as the session has it: keeps its route as long as it is said to be current. */
class Publisher {
  readonly #vhost: VirtualHost;
  #known: Route | null = null;

  constructor(vhost: VirtualHost) {
    this.#vhost = vhost;
  }

  check(exchange: string, key: string): void {
    if (this.#known === null || !this.#vhost.isCurrent(this.#known)) {
      this.#known = null;
      try {
        this.#known = this.#vhost.route(exchange, key);
      } catch (error) {
        expect(error).to.be.instanceOf(BrokerError).with.property('kind', 'not-found');
        expect(() => this.#vhost.exchange(exchange)).to.throw(BrokerError);
        return;
      }
    }
    if (!this.#known.byKeyOnly) return;
    for (const headers of HEADERS) {
      const fresh = this.#vhost.resolve(exchange, [key], headers);
      expect([...this.#known.destinations]).to.have.members([...fresh]);
    }
  }
}

describe('VirtualHost: remembered routes', () => {
  it('always lead where routing afresh leads', () => {
    const targets = ['', ...EXCHANGES].flatMap((exchange) =>
      KEYS.map((key) => [exchange, key] as const),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40, size: 'max' }), (changes) => {
        const { vhost } = new BrokerParts();
        const publishers = targets.map(([exchange, key]) => ({
          exchange,
          key,
          publisher: new Publisher(vhost),
        }));
        for (const each of changes) {
          try {
            each(vhost);
          } catch (error) {
            expect(error).to.be.instanceOf(BrokerError);
          }
          for (const { exchange, key, publisher } of publishers) publisher.check(exchange, key);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('lead to queues that are there, and each that a binding leads to', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60, size: 'max' }), (changes) => {
        const { vhost } = new BrokerParts();
        for (const each of changes) {
          try {
            each(vhost);
          } catch (error) {
            expect(error).to.be.instanceOf(BrokerError);
          }
        }
        const queues = new Set<unknown>(vhost.queues());
        const exchanges = new Set<unknown>(vhost.exchanges());
        for (const exchange of vhost.exchanges()) {
          for (const { destination } of exchange.bindings()) {
            const known = destination.kind === 'queue' ? queues : exchanges;
            expect(known.has(destination), `${exchange.name} -> ${destination.name}`).to.equal(
              true,
            );
          }
          for (const key of KEYS) {
            for (const destination of vhost.resolve(exchange.name, [key], undefined)) {
              expect(queues.has(destination)).to.equal(true);
            }
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
