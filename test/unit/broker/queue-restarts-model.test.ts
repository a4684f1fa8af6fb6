// Durable queues with rules against a simple model (queue-rules-model.ts), over restarts: killed or
// stopped between any two steps (durable-broker.ts). What the model says to be ready has to come,
// in its order.
import { expect } from 'chai';
import fc from 'fast-check';
import { encodeProperties, type Properties } from '../../../protocol/properties.ts';
import { fromObject } from '../../../protocol/table.ts';
import type { QueueEntry } from '../../../src/broker/message.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import { rest } from '../../support/store-damage.ts';
import { FakeToken, messageOf, queueOf } from '../support/broker-parts.ts';
import { DurableBroker, headOf } from '../support/durable-broker.ts';
import {
  idOf,
  ModelQueue,
  type ModelSettings,
  type Settling,
  settleBoth,
} from './queue-rules-model.ts';

const RUNS = 1_000;

type Step =
  | { readonly act: 'publish'; bytes: number; priority: number | null; expiration: number | null }
  | { readonly act: 'take' | 'kill' | 'stop' }
  | { readonly act: Settling; readonly pick: number }
  | { readonly act: 'wait'; readonly ms: number };

const perhaps = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const settings: fc.Arbitrary<ModelSettings> = fc.record({
  ttlMs: perhaps(fc.integer({ min: 1, max: 60 })),
  maxLength: perhaps(fc.integer({ min: 1, max: 12 })),
  maxBytes: perhaps(fc.integer({ min: 10, max: 300 })),
  overflow: fc.constantFrom('drop-head', 'reject-publish', 'reject-publish-dlx'),
  deliveryLimit: perhaps(fc.integer({ min: 0, max: 3 })),
});
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        act: fc.constant('publish' as const),
        bytes: fc.integer({ min: 4, max: 60 }),
        priority: perhaps(fc.integer({ min: 0, max: 5 })),
        expiration: perhaps(fc.integer({ min: 1, max: 80 })),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        act: fc.constantFrom('take', 'take', 'take', 'kill', 'stop'),
      }) as fc.Arbitrary<Step>,
    },
    {
      weight: 5,
      arbitrary: fc.record({
        act: fc.constantFrom('ack', 'requeue', 'reject'),
        pick: fc.nat(20),
      }) as fc.Arbitrary<Step>,
    },
    {
      weight: 2,
      arbitrary: fc.record({
        act: fc.constant('wait' as const),
        ms: fc.integer({ min: 1, max: 25 }),
      }),
    },
  ),
  { minLength: 5, maxLength: 40 },
);

class Both {
  readonly #own = new DurableBroker();
  readonly #model: ModelQueue;
  readonly #taken = new Map<string, QueueEntry>();
  #queue!: Queue;
  #dead!: Queue;
  #published = 0;

  constructor(maxPriority: number, own: ModelSettings) {
    this.#model = new ModelQueue(maxPriority, own);
  }

  async open(args: Record<string, unknown>): Promise<void> {
    await this.#own.start();
    const { vhost } = this.#own;
    const declare = (name: string, own: Record<string, unknown>) =>
      vhost.declareQueue(queueOf(name, { durable: true, arguments: fromObject(own) }), null);
    declare('dead', {});
    declare('q', args);
    this.#find();
    await this.#own.settled();
  }

  async take(step: Step): Promise<void> {
    const now = this.#own.clock.now();
    switch (step.act) {
      case 'publish':
        await this.#publish(step, now);
        break;
      case 'take':
        await this.#get(now);
        break;
      case 'kill':
      case 'stop':
        await this.#restart(step.act);
        break;
      case 'wait':
        await this.#wait(step.ms);
        break;
      default:
        settleBoth(this.#queue, this.#model, this.#taken, step, now);
    }
    await this.#own.settled();
    const counts = [this.#queue.readyCount, this.#dead.readyCount];
    expect(counts).to.deep.equal([this.#model.ready.length, this.#model.dead.length]);
  }

  /** Everything comes out in the order of the model. */
  async end(): Promise<void> {
    for (let left = this.#model.ready.length; left > 0; left--)
      await this.#get(this.#own.clock.now());
    const dead: string[] = [];
    for (let left = this.#dead.readyCount; left > 0; left--) {
      const entry = await headOf(this.#dead);
      dead.push(idOf((entry as QueueEntry).message));
    }
    expect(dead).to.deep.equal(this.#model.dead.map((each) => each.split(' ')[0]));
    await this.#own.end();
  }

  #find(): void {
    const { vhost } = this.#own;
    this.#queue = vhost.queue('q', null);
    this.#dead = vhost.queue('dead', null);
  }

  async #restart(act: 'kill' | 'stop'): Promise<void> {
    await this.#own.restart(act);
    this.#find();
    this.#taken.clear();
    this.#model.restart(this.#own.clock.now());
  }

  async #publish(step: Step & { act: 'publish' }, now: number): Promise<void> {
    const id = `m${this.#published++}`;
    const properties: Properties = {
      deliveryMode: 2,
      ...(step.priority === null ? {} : { priority: step.priority }),
      ...(step.expiration === null ? {} : { expiration: String(step.expiration) }),
    };
    const token = new FakeToken();
    this.#queue.publish(messageOf(id.padEnd(step.bytes, '.'), encodeProperties(properties)), token);
    const expected = this.#model.publish(
      ...([id, step.bytes, step.priority ?? 0, step.expiration, now] as const),
    );
    await this.#own.settled();
    expect(token.outcomes).to.deep.equal([expected]);
  }

  async #get(now: number): Promise<void> {
    const entry = await headOf(this.#queue);
    const shown =
      entry === null ? null : `${idOf(entry.message)}${entry.redelivered ? ' again' : ''}`;
    expect(shown).to.equal(this.#model.ready[0] ?? null);
    this.#model.take(now);
    if (entry !== null) this.#taken.set(idOf(entry.message), entry);
  }

  async #wait(ms: number): Promise<void> {
    for (let left = ms; left > 0; left--) {
      this.#own.clock.advance(1);
      await rest();
      this.#model.tidy(this.#own.clock.now());
    }
  }
}

describe('Durable queues with rules against a model', function () {
  this.timeout(120_000);

  it(`agree in ${RUNS} random histories with restarts`, async () => {
    const priorities = fc.constantFrom(0, 0, 3);
    await fc.assert(
      fc.asyncProperty(priorities, settings, steps, async (maxPriority, own, history) => {
        const both = new Both(maxPriority, own);
        await both.open({
          'x-dead-letter-exchange': '',
          'x-dead-letter-routing-key': 'dead',
          'x-overflow': own.overflow,
          ...(maxPriority === 0 ? {} : { 'x-max-priority': maxPriority }),
          ...(own.ttlMs === null ? {} : { 'x-message-ttl': own.ttlMs }),
          ...(own.maxLength === null ? {} : { 'x-max-length': own.maxLength }),
          ...(own.maxBytes === null ? {} : { 'x-max-length-bytes': own.maxBytes }),
          ...(own.deliveryLimit === null ? {} : { 'x-delivery-limit': own.deliveryLimit }),
        });
        for (const step of history) await both.take(step);
        await both.end();
      }),
      { numRuns: RUNS },
    );
  });
});
