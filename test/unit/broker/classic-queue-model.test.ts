// A classic queue against a model that knows each message's place and where it is: random
// interleavings of everything that can be done to a queue. The model does not choose consumers; it
// checks that each choice was allowed.
import { expect } from 'chai';
import fc from 'fast-check';
import { EMPTY_TABLE } from '../../../protocol/table.ts';
import { Memory } from '../../../src/broker/memory.ts';
import type { Message, QueueEntry } from '../../../src/broker/message.ts';
import type { Outcome } from '../../../src/broker/queue.ts';
import { ClassicQueue } from '../../../src/broker/queues/classic.ts';
import { FakeToken, messageOf } from '../support/broker-parts.ts';
import { FakeConsumer } from '../support/fake-consumer.ts';
import { queueContext } from '../support/queue-context.ts';

interface Modelled {
  readonly place: number;
  redelivered: boolean;
}

interface Taken {
  readonly entry: QueueEntry;
  /** null when it was taken with get. */
  readonly consumer: FakeConsumer | null;
}

/** The queue under test and the model of it, changed together. */
class Pair {
  readonly #memory = new Memory(1e9, () => undefined);
  readonly #queue: ClassicQueue;
  readonly #consumers: FakeConsumer[] = [];
  readonly #tokens: FakeToken[] = [];
  readonly #known = new Map<Message, Modelled>();
  /** Messages that are ready, in the order in which they are to go out. */
  #ready: Modelled[] = [];
  readonly #taken = new Map<QueueEntry, Taken>();
  #places = 0;
  #unused = 0;
  #deleted = false;

  constructor() {
    this.#queue = new ClassicQueue(
      'q',
      { durable: false, autoDelete: false, owner: null, number: null, arguments: EMPTY_TABLE },
      queueContext({ memory: this.#memory, onUnused: () => this.#unused++ }),
    );
  }

  publish(): void {
    const message = messageOf(`${this.#places}`);
    const modelled = { place: this.#places++, redelivered: false };
    this.#known.set(message, modelled);
    if (!this.#deleted) this.#ready.push(modelled);
    const token = new FakeToken();
    this.#tokens.push(token);
    this.#queue.publish(message, token);
  }

  get(noAck: boolean): void {
    const expected = this.#ready.shift();
    const entry = this.#queue.get(noAck);
    expect(entry === null ? undefined : this.#known.get(entry.message)).to.equal(expected);
    if (entry === null) return;
    expect(entry.redelivered).to.equal(expected?.redelivered);
    if (!noAck) this.#taken.set(entry, { entry, consumer: null });
  }

  consume(properties: ConstructorParameters<typeof FakeConsumer>[1]): void {
    if (this.#deleted) return;
    const consumer = new FakeConsumer(this.#queue, properties);
    consumer.onDeliver = (message, entry, redelivered) => {
      const expected = this.#ready.shift();
      expect(this.#known.get(message), 'the oldest message goes first').to.equal(expected);
      expect(redelivered).to.equal(expected?.redelivered);
      expect(consumer.ready, 'the consumer was ready').to.equal(true);
      const better = this.#consumers.filter((each) => each.priority > consumer.priority);
      expect(better.some((each) => each.ready && !each.parked)).to.equal(false);
      expect(entry === null).to.equal(consumer.noAck);
      if (entry !== null) this.#taken.set(entry, { entry, consumer });
    };
    this.#consumers.push(consumer);
    consumer.start();
  }

  cancel(pick: number): void {
    const [consumer] = this.#consumers.splice(pick % (this.#consumers.length || 1), 1);
    if (consumer === undefined) return;
    const unused = this.#unused;
    this.#queue.cancel(consumer);
    expect(this.#unused - unused).to.equal(this.#consumers.length === 0 ? 1 : 0);
  }

  /** Closes or opens a consumer's connection. */
  turn(pick: number): void {
    const consumer = this.#consumers[pick % (this.#consumers.length || 1)];
    if (consumer === undefined) return;
    consumer.open = !consumer.open;
    consumer.wake();
  }

  acknowledge(pick: number): void {
    const taken = [...this.#taken.values()][pick % (this.#taken.size || 1)];
    if (taken === undefined) return;
    this.#taken.delete(taken.entry);
    this.#queue.acknowledge(taken.entry);
    taken.consumer?.forget(taken.entry);
  }

  /** As a channel does it: first the queue is told, then the consumers. */
  settle(picks: readonly number[], outcome: Outcome): void {
    const all = [...this.#taken.values()];
    const some = [...new Set(picks.map((pick) => all[pick % all.length]))].filter(
      (taken) => taken !== undefined,
    );
    for (const { entry } of some) {
      this.#taken.delete(entry);
      const modelled = this.#known.get(entry.message) as Modelled;
      if (outcome !== 'requeued' || this.#deleted) continue;
      modelled.redelivered = true;
      this.#ready.push(modelled);
    }
    this.#ready.sort((a, b) => a.place - b.place);
    this.#queue.settle(
      some.map(({ entry }) => entry),
      outcome,
    );
    for (const { entry, consumer } of some) consumer?.forget(entry);
  }

  purge(): void {
    expect(this.#queue.purge()).to.equal(this.#ready.length);
    this.#ready = [];
  }

  delete(): void {
    if (this.#deleted) return;
    this.#deleted = true;
    expect(this.#queue.delete()).to.equal(this.#ready.length);
    this.#ready = [];
    for (const { cancels } of this.#consumers) expect(cancels).to.equal(1);
    this.#consumers.length = 0;
  }

  check(): void {
    const queue = this.#queue;
    expect([queue.readyCount, queue.unackedCount, queue.consumerCount]).to.deep.equal([
      this.#ready.length,
      this.#taken.size,
      this.#consumers.length,
    ]);
    const shown = Array.from(queue.entries(), ({ message }) => this.#known.get(message)?.place);
    expect(shown.sort((a = 0, b = 0) => a - b)).to.deep.equal(this.#ready.map((m) => m.place));
    if (this.#ready.length !== 0) {
      expect(this.#consumers.some((each) => each.ready)).to.equal(false);
    }
    expect(this.#memory.usedBytes).to.equal(this.#memory.exactBytes);
    expect(this.#memory.usedBytes === 0).to.equal(this.#ready.length + this.#taken.size === 0);
  }

  finish(): void {
    this.delete();
    this.settle([...Array(this.#taken.size).keys()], 'requeued');
    this.check();
    for (const { outcomes } of this.#tokens) expect(outcomes).to.deep.equal(['confirmed']);
    expect(this.#memory).to.include({ usedBytes: 0, exactBytes: 0 });
  }
}

/** A method of `Pair` and what to call it with: printed as it is when a property fails. */
type Step = readonly [name: string, ...args: unknown[]];

const pick = fc.nat(30);
const outcome = fc.constantFrom<Outcome>('acknowledged', 'rejected', 'requeued');
const consumerProperties = fc.record(
  {
    noAck: fc.boolean(),
    priority: fc.integer({ min: -1, max: 1 }),
    limit: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: [], noNullPrototype: true },
);

function step(weight: number, name: keyof Pair, ...args: fc.Arbitrary<unknown>[]) {
  return { weight, arbitrary: fc.tuple(...args).map((given): Step => [name, ...given]) };
}

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  step(8, 'publish'),
  step(3, 'get', fc.boolean()),
  step(2, 'consume', consumerProperties),
  step(1, 'cancel', pick),
  step(2, 'turn', pick),
  step(4, 'acknowledge', pick),
  step(5, 'settle', fc.array(pick, { minLength: 1, maxLength: 5 }), outcome),
  step(1, 'purge'),
);

describe('ClassicQueue against a model', () => {
  const run = (steps: readonly Step[], pair: Pair) => {
    for (const [name, ...args] of steps) {
      (pair[name as keyof Pair] as (...args: unknown[]) => void).apply(pair, args);
      pair.check();
    }
  };

  it('keeps order, places, marks and counts through random interleavings', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 120, size: 'max' }), (steps) => {
        const pair = new Pair();
        run(steps, pair);
        pair.finish();
      }),
      { numRuns: 250 },
    );
  });

  it('settles each publish once and holds nothing, deleted at any moment', () => {
    const someSteps = fc.array(anyStep, { maxLength: 40, size: 'max' });
    fc.assert(
      fc.property(someSteps, someSteps, (before, after) => {
        const pair = new Pair();
        run(before, pair);
        pair.delete();
        run(after, pair);
        pair.finish();
      }),
      { numRuns: 200 },
    );
  });
});
