// What an x-message-deduplication exchange with x-cache-persistence = disk remembers, over kills at
// any moment: it never knows of a message that is lost, and always of one that was confirmed.
import { expect } from 'chai';
import fc from 'fast-check';
import { encodeProperties } from '../../../protocol/properties.ts';
import { fromObject } from '../../../protocol/table.ts';
import type { Destination } from '../../../src/broker/routes.ts';
import {
  bindingOf,
  bodyOf,
  exchangeOf,
  FakeToken,
  messageOf,
  queueOf,
} from '../support/broker-parts.ts';
import { DurableBroker, headOf } from '../support/durable-broker.ts';

const RUNS = 1_000;
const TTL_MS = 50;

type Step =
  | { readonly act: 'publish'; readonly value: number }
  | { readonly act: 'turn' | 'kill' | 'tear' | 'stop' }
  | { readonly act: 'wait'; readonly ms: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ act: fc.constant('publish' as const), value: fc.nat(7) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        act: fc.constantFrom('turn', 'tear', 'kill', 'stop'),
      }) as fc.Arbitrary<Step>,
    },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant('wait' as const),
        ms: fc.integer({ min: 1, max: 40 }),
      }),
    },
  ),
  { minLength: 5, maxLength: 60 },
);

interface Published {
  readonly id: string;
  readonly token: FakeToken;
  readonly untilMs: number;
  /** A kill came before it was confirmed. */
  isDoubtful: boolean;
}

class Window {
  readonly own = new DurableBroker();
  /** The last one of each value that was let through. */
  readonly #known = new Map<number, Published>();
  #count = 0;

  async open(args: Record<string, unknown>): Promise<void> {
    await this.own.start();
    const { vhost } = this.own;
    const type = 'x-message-deduplication';
    vhost.declareExchange(exchangeOf('x', { type, durable: true, arguments: fromObject(args) }));
    vhost.declareQueue(queueOf('q', { durable: true }), null);
    vhost.bind(bindingOf('x', 'q'), null);
    await this.own.settled();
  }

  /** Publishes a message with that value; null when it is known to be a repetition. */
  publish(value: unknown): { id: string; token: FakeToken } | null {
    const id = `${value}.${this.#count++}`;
    const headers = fromObject({ 'x-deduplication-header': value });
    const message = messageOf(id, encodeProperties({ deliveryMode: 2, headers }));
    const found = this.own.vhost.resolve('x', ['k'], headers, message) as Destination[];
    const token = new FakeToken();
    for (const each of found) each.publish(message, token);
    return found.length === 0 ? null : { id, token };
  }

  async take(step: Step): Promise<void> {
    switch (step.act) {
      case 'publish':
        await this.#check(step.value);
        break;
      case 'turn':
        await new Promise((resolve) => setImmediate(resolve));
        break;
      case 'wait':
        this.own.clock.advance(step.ms);
        break;
      default:
        await this.own.restart(step.act);
        for (const each of this.#known.values()) {
          const { outcomes } = each.token;
          if (step.act !== 'stop' && !isConfirmed(outcomes)) each.isDoubtful = true;
        }
    }
  }

  /** What lies in the queue. */
  async bodies(): Promise<string[]> {
    const queue = this.own.vhost.queue('q', null);
    const entries = [];
    for (let entry = await headOf(queue); entry !== null; entry = await headOf(queue)) {
      entries.push(entry);
    }
    queue.settle(entries, 'requeued');
    return entries.map(({ message }) => bodyOf(message).toString());
  }

  async #check(value: number): Promise<void> {
    const known = this.#known.get(value);
    const isFresh = known !== undefined && known.untilMs > this.own.clock.now();
    const published = this.publish(value);
    if (published === null) {
      expect(isFresh, `${value} was not published lately`).to.equal(true);
      expect(await this.bodies()).to.include(known?.id);
    } else {
      expect(isFresh && !known.isDoubtful, `${value} came a second time`).to.equal(false);
      const untilMs = this.own.clock.now() + TTL_MS;
      this.#known.set(value, { ...published, untilMs, isDoubtful: false });
    }
  }
}

/** By the queue and by the exchange. */
function isConfirmed(outcomes: readonly string[]): boolean {
  return outcomes.length === 2 && outcomes.every((each) => each === 'confirmed');
}

describe('What a deduplicating exchange remembers', function () {
  this.timeout(120_000);
  const disk = { 'x-cache-size': 10, 'x-cache-persistence': 'disk' };

  it(`is right in ${RUNS} random histories with restarts`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const window = new Window();
        await window.open({ ...disk, 'x-cache-ttl': TTL_MS });
        for (const step of history) await window.take(step);
        await window.own.end();
      }),
      { numRuns: RUNS },
    );
  });

  it('is of its size, whatever lies in segments by then', async () => {
    const window = new Window();
    await window.open({ ...disk, 'x-cache-size': 100 });
    for (let value = 0; value < 300; value++) {
      window.publish(value);
      if (value % 7 === 0) await window.own.settled();
      if (value === 150) await window.own.restart('kill');
    }
    await window.own.settled();
    for (const how of ['kill', 'stop'] as const) {
      await window.own.restart(how);
      for (let value = 200; value < 300; value++) expect(window.publish(value)).to.equal(null);
    }
    expect(window.publish(199)).not.to.equal(null);
    expect(window.publish(200)).not.to.equal(null);
    expect(window.publish(202)).to.equal(null);
    await window.own.end();
  });

  it('goes with the exchange', async () => {
    const window = new Window();
    await window.open(disk);
    window.publish('a');
    await window.own.settled();
    window.own.vhost.deleteExchange('x', false);
    await window.own.settled();
    await window.own.restart('kill');
    const type = 'x-message-deduplication';
    const again = exchangeOf('x', { type, durable: true, arguments: fromObject(disk) });
    window.own.vhost.declareExchange(again);
    window.own.vhost.bind(bindingOf('x', 'q'), null);
    expect(window.publish('a')).not.to.equal(null);
    await window.own.settled();
    await window.own.restart('kill');
    expect(window.publish('a')).to.equal(null);
    await window.own.end();
  });

  it('is confirmed with the message; one that goes nowhere is remembered, too', async () => {
    const window = new Window();
    await window.open(disk);
    const { token } = window.publish('a') ?? expect.fail('not published');
    await window.own.settled();
    expect(token.outcomes).to.deep.equal(['confirmed', 'confirmed']);
    window.own.vhost.unbind(bindingOf('x', 'q'), null);
    expect(window.publish('b')).to.equal(null);
    window.own.vhost.bind(bindingOf('x', 'q'), null);
    await window.own.settled();
    await window.own.restart('kill');
    expect(window.publish('b')).to.equal(null);
    await window.own.end();
  });
});
