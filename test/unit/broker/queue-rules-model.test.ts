// Queues with rules against a simple model (queue-rules-model.ts): random histories of publishes,
// gets, acks, requeues, rejects, time, purges and policy changes.
import { expect } from 'chai';
import fc from 'fast-check';
import { encodeProperties, type Properties } from '../../../protocol/properties.ts';
import { fromObject } from '../../../protocol/table.ts';
import type { Message, QueueEntry } from '../../../src/broker/message.ts';
import { headersIn } from '../../../src/broker/message-properties.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import { BrokerParts, FakeToken, messageOf, queueOf } from '../support/broker-parts.ts';
import {
  idOf,
  ModelQueue,
  type ModelSettings,
  type Settling,
  settleBoth,
} from './queue-rules-model.ts';

const RUNS = 3_000;

type Step =
  | { readonly act: 'publish'; bytes: number; priority: number | null; expiration: number | null }
  | { readonly act: 'take' }
  | { readonly act: 'purge' }
  | { readonly act: Settling; readonly pick: number }
  | { readonly act: 'wait'; readonly ms: number }
  | { readonly act: 'policy'; readonly maxLength: number | null; readonly ttlMs: number | null };

const perhaps = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const settings: fc.Arbitrary<ModelSettings> = fc.record({
  ttlMs: perhaps(fc.integer({ min: 0, max: 40 })),
  maxLength: perhaps(fc.integer({ min: 0, max: 5 })),
  maxBytes: perhaps(fc.integer({ min: 0, max: 40 })),
  overflow: fc.constantFrom('drop-head', 'reject-publish', 'reject-publish-dlx'),
  deliveryLimit: perhaps(fc.integer({ min: 0, max: 3 })),
});
const publish = fc.record({
  act: fc.constant('publish' as const),
  bytes: fc.integer({ min: 4, max: 14 }),
  priority: perhaps(fc.integer({ min: 0, max: 9 })),
  expiration: perhaps(fc.integer({ min: 0, max: 50 })),
});
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: publish },
    { weight: 4, arbitrary: fc.record({ act: fc.constant('take' as const) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        act: fc.constantFrom('ack', 'requeue', 'reject'),
        pick: fc.nat(20),
      }) as fc.Arbitrary<Step>,
    },
    {
      weight: 3,
      arbitrary: fc.record({
        act: fc.constant('wait' as const),
        ms: fc.integer({ min: 1, max: 30 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant('policy' as const),
        maxLength: perhaps(fc.integer({ min: 0, max: 4 })),
        ttlMs: perhaps(fc.integer({ min: 0, max: 30 })),
      }),
    },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('purge' as const) }) },
  ),
  { maxLength: 40 },
);

/** The real queue and its model, taken through the same history. */
class Both {
  readonly #parts = new BrokerParts();
  readonly #queue: Queue;
  readonly #model: ModelQueue;
  readonly #own: ModelSettings;
  readonly #taken = new Map<string, QueueEntry>();
  #published = 0;

  constructor(maxPriority: number, own: ModelSettings) {
    this.#own = own;
    this.#model = new ModelQueue(maxPriority, own);
    const { vhost } = this.#parts;
    vhost.declareQueue(queueOf('dead'), null);
    const args: Record<string, unknown> = {
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': 'dead',
      'x-overflow': own.overflow,
    };
    if (maxPriority !== 0) args['x-max-priority'] = maxPriority;
    if (own.ttlMs !== null) args['x-message-ttl'] = own.ttlMs;
    if (own.maxLength !== null) args['x-max-length'] = own.maxLength;
    if (own.maxBytes !== null) args['x-max-length-bytes'] = own.maxBytes;
    if (own.deliveryLimit !== null) args['x-delivery-limit'] = own.deliveryLimit;
    this.#queue = vhost.declareQueue(queueOf('q', { arguments: fromObject(args) }), null);
    this.#parts.turns.run();
  }

  take(step: Step): void {
    const now = this.#parts.clock.now();
    if (step.act === 'publish') this.#publish(step, now);
    else if (step.act === 'take') {
      const entry = this.#queue.get(false);
      expect(entry && idOf(entry.message)).to.equal(this.#model.take(now));
      if (entry !== null) this.#taken.set(idOf(entry.message), entry);
    } else if (step.act === 'purge') {
      this.#queue.purge();
      this.#model.purge();
    } else if (step.act === 'wait') this.#wait(step.ms);
    else if (step.act === 'policy') this.#setPolicy(step.maxLength, step.ttlMs, now);
    else settleBoth(this.#queue, this.#model, this.#taken, step, now);
    this.#compare();
  }

  /** Gives everything back, and no memory is held. */
  end(): void {
    this.#queue.settle([...this.#taken.values()], 'acknowledged');
    this.#queue.purge();
    this.#parts.vhost.queue('dead', null).purge();
    this.#parts.turns.run();
    expect(this.#parts.broker.memory.usedBytes).to.equal(0);
    expect([this.#queue.readyCount, this.#queue.unackedCount]).to.deep.equal([0, 0]);
  }

  #publish(step: Step & { act: 'publish' }, now: number): void {
    const id = `m${this.#published++}`;
    const properties: Properties = {
      ...(step.priority === null ? {} : { priority: step.priority }),
      ...(step.expiration === null ? {} : { expiration: String(step.expiration) }),
    };
    const token = new FakeToken();
    const message = messageOf(id.padEnd(step.bytes, '.'), encodeProperties(properties));
    this.#queue.publish(message, token);
    const bytes = Math.max(step.bytes, id.length);
    const expected = this.#model.publish(id, bytes, step.priority ?? 0, step.expiration, now);
    expect(token.outcomes).to.deep.equal([expected]);
  }

  /** Each millisecond by itself: what expires when tells in which order it dies. */
  #wait(ms: number): void {
    for (let left = ms; left > 0; left--) {
      this.#parts.clock.advance(1);
      this.#model.tidy(this.#parts.clock.now());
    }
  }

  #setPolicy(maxLength: number | null, ttlMs: number | null, now: number): void {
    const { policies } = this.#parts.vhost;
    const definition: Record<string, unknown> = {};
    if (maxLength !== null) definition['max-length'] = maxLength;
    if (ttlMs !== null) definition['message-ttl'] = ttlMs;
    if (maxLength === null && ttlMs === null) policies.clear('policy', 'p');
    else policies.set('policy', { name: 'p', pattern: '^q$', definition });
    this.#parts.turns.run();
    this.#model.settings = {
      ...this.#own,
      maxLength: lesser(this.#own.maxLength, maxLength),
      ttlMs: lesser(this.#own.ttlMs, ttlMs),
    };
    this.#model.tidy(now);
  }

  #compare(): void {
    const ready = Array.from(this.#queue.entries(), ({ message, redelivered }) =>
      redelivered ? `${idOf(message)} again` : idOf(message),
    );
    expect(ready).to.deep.equal(this.#model.ready);
    expect(this.#queue.unackedCount).to.equal(this.#model.out.length);
    const dead = Array.from(this.#parts.vhost.queue('dead', null).entries(), ({ message }) =>
      [idOf(message), reasonOf(message)].join(' '),
    );
    expect(dead).to.deep.equal(this.#model.dead);
  }
}

function lesser(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function reasonOf(message: Message): unknown {
  return headersIn(message)?.get('x-first-death-reason')?.value;
}

describe('Queues with rules against a model', () => {
  it(`agree in ${RUNS} random histories`, () => {
    const priorities = fc.constantFrom(0, 0, 1, 4);
    fc.assert(
      fc.property(priorities, settings, steps, (maxPriority, own, history) => {
        const both = new Both(maxPriority, own);
        for (const step of history) both.take(step);
        both.end();
      }),
      { numRuns: RUNS },
    );
  });
});
