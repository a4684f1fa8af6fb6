// Selection under random histories: consumers with and without filters come and go, messages with
// and without keys are published, acked and requeued. After each step nobody waits in vain, and
// each delivery is the first that its consumer may have.
import { expect } from 'chai';
import fc from 'fast-check';
import { encodeProperties } from '../../../protocol/properties.ts';
import { fromObject, toPlain } from '../../../protocol/table.ts';
import type { Message, QueueEntry } from '../../../src/broker/message.ts';
import { headersIn } from '../../../src/broker/message-properties.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import { BrokerParts, bodyOf, messageOf, queueOf } from '../support/broker-parts.ts';
import { FakeConsumer } from '../support/fake-consumer.ts';

const RUNS = 2_000;
const FILTERS = [undefined, "color = 'red'", "color = 'blue'", 'color IS NOT NULL'];

type Step =
  | { act: 'publish'; key: string | null; color: string | null; priority: number }
  | { act: 'start'; filter: number; limit: number; priority: number }
  | { act: 'cancel' | 'ack' | 'requeue' | 'requeueAll' | 'get'; pick: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        act: fc.constant('publish' as const),
        key: fc.constantFrom('x', 'y', 'z', null),
        color: fc.constantFrom('red', 'blue', null),
        priority: fc.nat(2),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        act: fc.constant('start' as const),
        filter: fc.nat(FILTERS.length - 1),
        limit: fc.integer({ min: 1, max: 3 }),
        priority: fc.nat(1),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        act: fc.constantFrom('cancel', 'ack', 'ack', 'ack', 'requeue', 'requeueAll', 'get'),
        pick: fc.nat(30),
      }) as fc.Arbitrary<Step>,
    },
  ),
  { minLength: 1, maxLength: 60 },
);

interface Facts {
  readonly key: string | null;
  readonly color: string | null;
}

function factsOf(message: Message): Facts {
  const headers = toPlain({ type: 'F', value: headersIn(message) ?? new Map() }) as Partial<Facts>;
  return { key: headers.key ?? null, color: headers.color ?? null };
}

class History {
  readonly #parts = new BrokerParts();
  readonly #queue: Queue;
  readonly #isGrouped: boolean;
  readonly #all: FakeConsumer[] = [];
  #consumers: FakeConsumer[] = [];
  #published = 0;
  #acked = 0;

  constructor(isGrouped: boolean, hasPriorities: boolean) {
    this.#isGrouped = isGrouped;
    const args = {
      ...(isGrouped ? { 'x-group-key': 'key' } : {}),
      ...(hasPriorities ? { 'x-max-priority': 2 } : {}),
    };
    const properties = queueOf('q', { arguments: fromObject(args) });
    this.#queue = this.#parts.vhost.declareQueue(properties, null);
  }

  do(step: Step): void {
    switch (step.act) {
      case 'publish': {
        const { key, color, priority } = step;
        const headers = fromObject({ ...(key && { key }), ...(color && { color }) });
        const body = String(this.#published++);
        this.#queue.publish(messageOf(body, encodeProperties({ headers, priority })), null);
        break;
      }
      case 'start':
        this.#start(step);
        break;
      case 'cancel':
        this.#cancel(step.pick);
        break;
      case 'get':
        if (!this.#isGrouped && this.#queue.get(true) !== null) this.#acked++;
        break;
      default:
        this.#settle(step.act, step.pick);
    }
    this.#parts.turns.run();
    this.#check();
  }

  finish(): void {
    this.do({ act: 'start', filter: 0, limit: 1, priority: 0 });
    for (let out = this.#outstanding(); out.length !== 0; out = this.#outstanding()) {
      for (const [consumer, entry] of out) this.#ack(consumer, entry);
      this.#parts.turns.run();
    }
    expect(this.#queue.readyCount, 'left').to.equal(0);
    expect(this.#acked).to.equal(this.#published);
    expect(this.#parts.broker.memory.usedBytes, 'memory').to.equal(0);
  }

  #start({ filter, limit, priority }: Step & { act: 'start' }): void {
    const consumer = new FakeConsumer(this.#queue, { filter: FILTERS[filter], limit, priority });
    consumer.onDeliver = (_message, entry) => this.#checkDelivery(consumer, entry as QueueEntry);
    this.#consumers.push(consumer);
    this.#all.push(consumer);
    consumer.start();
  }

  /** Its deliveries stay with it, as with a channel. */
  #cancel(pick: number): void {
    const consumer = this.#consumers[pick % this.#consumers.length];
    if (consumer === undefined) return;
    this.#consumers = this.#consumers.filter((each) => each !== consumer);
    this.#queue.cancel(consumer);
    this.#queue.dispatch();
  }

  #settle(act: 'ack' | 'requeue' | 'requeueAll', pick: number): void {
    const out = this.#outstanding();
    const [consumer, entry] = out[pick % out.length] ?? [];
    if (consumer === undefined || entry === undefined) return;
    if (act === 'ack') {
      this.#ack(consumer, entry);
      return;
    }
    const entries = act === 'requeue' ? [entry] : [...consumer.outstanding];
    for (const each of entries) consumer.outstanding.splice(consumer.outstanding.indexOf(each), 1);
    this.#queue.settle(entries, 'requeued');
    consumer.wake();
  }

  #ack(consumer: FakeConsumer, entry: QueueEntry): void {
    this.#acked++;
    this.#queue.acknowledge(entry);
    consumer.forget(entry);
  }

  #outstanding(): (readonly [FakeConsumer, QueueEntry])[] {
    return this.#all.flatMap((each) => each.outstanding.map((entry) => [each, entry] as const));
  }

  /** Ready entries that a consumer may have, in order. */
  #open(consumer: FakeConsumer): QueueEntry[] {
    const keys = new Set<string>();
    return [...this.#queue.entries()].filter(({ message }) => {
      const { key, color } = factsOf(message);
      const isFirst = !this.#isGrouped || key === null || !keys.has(key);
      if (key !== null) keys.add(key);
      return isFirst && takes(consumer, color) && this.#mayHold(consumer, key);
    });
  }

  #mayHold(consumer: FakeConsumer, key: string | null): boolean {
    if (!this.#isGrouped || key === null) return true;
    return this.#outstanding().every(
      ([holder, { message }]) => holder === consumer || factsOf(message).key !== key,
    );
  }

  #checkDelivery(consumer: FakeConsumer, entry: QueueEntry): void {
    const { key, color } = factsOf(entry.message);
    expect(takes(consumer, color), 'filter').to.equal(true);
    expect(this.#mayHold(consumer, key), 'group').to.equal(true);
    const earlier = this.#open(consumer).filter((each) => isBefore(each, entry));
    expect(
      earlier.map(({ message }) => `${bodyOf(message)}`),
      'order',
    ).to.deep.equal([]);
    const ofKey = [...this.#queue.entries()].filter(
      (each) => this.#isGrouped && key !== null && factsOf(each.message).key === key,
    );
    expect(
      ofKey.some((each) => isBefore(each, entry)),
      'order in the group',
    ).to.equal(false);
  }

  #check(): void {
    for (const consumer of this.#consumers) {
      if (consumer.ready) expect(this.#open(consumer), 'waits in vain').to.deep.equal([]);
    }
    const all = this.#acked + this.#outstanding().length + this.#queue.readyCount;
    expect(all, 'nothing lost or doubled').to.equal(this.#published);
  }
}

function takes({ arguments: args }: FakeConsumer, color: string | null): boolean {
  switch (args.get('x-filter')?.value) {
    case undefined:
      return true;
    case FILTERS[1]:
      return color === 'red';
    case FILTERS[2]:
      return color === 'blue';
    default:
      return color !== null;
  }
}

function isBefore(a: QueueEntry, b: QueueEntry): boolean {
  const rank = (entry: QueueEntry) => ('lane' in entry ? (entry.lane as Ranked).priority : 0);
  return rank(a) === rank(b) ? a.position < b.position : rank(a) > rank(b);
}

interface Ranked {
  readonly priority: number;
}

describe('Selection under random histories', () => {
  for (const isGrouped of [false, true]) {
    for (const hasPriorities of [false, true]) {
      const name = `${isGrouped ? 'groups' : 'filters'}${hasPriorities ? ', priorities' : ''}`;
      it(`${name}: ${RUNS} histories`, () => {
        fc.assert(
          fc.property(steps, (history) => {
            const run = new History(isGrouped, hasPriorities);
            for (const step of history) run.do(step);
            run.finish();
          }),
          { numRuns: RUNS },
        );
      });
    }
  }
});
