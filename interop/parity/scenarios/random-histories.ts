/**
 * Random histories of a queue, and of its consumers. Every step waits until the queue has done what
 * the one before caused, so that there is one right answer; the seed makes them the same on both
 * brokers. Reference: A7.1, A7.3, A7.6 to A7.9.
 */
import type { FieldTable } from '../../../protocol/table.ts';
import { Random } from '../../../test/fuzz/random.ts';
import { type Scenario, type Subject, scenario } from '../scenario.ts';
import type { Speaker } from '../speaker.ts';
import type { Stage } from '../stage.ts';

const HISTORIES = 40;
const STEPS = 40;

/** A queue under random publishes, gets, settles, recovers, purges and channels closed. */
async function history(stage: Stage, random: Random): Promise<void> {
  const speaker = await stage.channel();
  await speaker.ask(1, 'queue.declare', { queue: stage.q });
  let published = 0;
  let tags: number[] = [];
  let last = 0;
  let ready = 0;
  const settle = (kind: number): void => {
    const deliveryTag = random.pick(tags);
    const multiple = kind !== 1 && random.oneIn(3);
    const requeue = kind > 0 && random.oneIn(2);
    const gone = multiple ? tags.filter((tag) => tag <= deliveryTag) : [deliveryTag];
    if (kind === 0) speaker.tell(1, 'basic.ack', { deliveryTag, multiple });
    else if (kind === 1) speaker.tell(1, 'basic.reject', { deliveryTag, requeue });
    else speaker.tell(1, 'basic.nack', { deliveryTag, multiple, requeue });
    tags = tags.filter((tag) => !gone.includes(tag));
    if (requeue) ready += gone.length;
  };
  const steps: (() => Promise<unknown>)[] = [
    async () => {
      published += 1;
      ready += 1;
      await speaker.fill(stage.q, String(published));
    },
    async () => {
      const noAck = random.oneIn(4);
      if (ready > 0) {
        ready -= 1;
        last += 1;
        if (!noAck) tags.push(last);
      }
      await speaker.ask(1, 'basic.get', { queue: stage.q, noAck });
    },
    async () => {
      if (tags.length > 0) settle(random.below(3));
    },
    async () => {
      if (!random.oneIn(3)) return;
      await speaker.ask(1, 'basic.recover', { requeue: true });
      ready += tags.length;
      tags = [];
    },
    async () => {
      if (!random.oneIn(5)) return;
      await speaker.ask(1, 'channel.close');
      await speaker.open(1);
      ready += tags.length;
      tags = [];
      last = 0;
    },
    async () => {
      if (!random.oneIn(8)) return;
      await speaker.ask(1, 'queue.purge', { queue: stage.q });
      ready = 0;
    },
  ];
  for (let step = 0; step < STEPS; step++) {
    await random.pick([...steps, ...steps.slice(0, 3), ...steps.slice(0, 2)])();
    await speaker.ready(1, stage.q, ready);
  }
}

function ofQueue(seed: number): Scenario[] {
  return Array.from({ length: HISTORIES }, (_, index) =>
    scenario('A7.6 A7.7 A7.8', `history of a queue, seed ${seed}, number ${index}`, (stage) =>
      history(stage, Random.forInput(seed, 2_000 + index)),
    ),
  );
}

const CHANNELS = [1, 2];
const MOST_CONSUMERS = 4;

/** What a history knows of a consumer. */
interface Consumer {
  readonly channel: number;
  readonly noAck: boolean;
}

/** Consumers of one queue, on two channels, under random publishes, settles and cancels. */
class Consumers {
  readonly #speaker: Speaker;
  readonly #queue: string;
  readonly #random: Random;
  readonly #consumers = new Map<string, Consumer>();
  /** Outstanding delivery tags by channel. */
  readonly #outstanding = new Map<number, number[]>(CHANNELS.map((channel) => [channel, []]));
  #published = 0;
  #begun = 0;

  constructor(speaker: Speaker, queue: string, random: Random) {
    this.#speaker = speaker;
    this.#queue = queue;
    this.#random = random;
  }

  async step(): Promise<void> {
    const random = this.#random;
    const what = random.below(10);
    if (what < 4) await this.#publish();
    else if (what < 7) this.#settle(random.pick(CHANNELS));
    else if (what < 9) await this.#consume();
    else await this.#cancel();
    await this.#collect();
  }

  async #publish(): Promise<void> {
    this.#published += 1;
    await this.#speaker.fill(this.#queue, String(this.#published));
  }

  async #consume(): Promise<void> {
    const random = this.#random;
    if (this.#consumers.size === MOST_CONSUMERS) return;
    // Never one that was there: in RabbitMQ acks of the old one's deliveries make room for it.
    this.#begun += 1;
    const consumerTag = `t${this.#begun}`;
    const channel = random.pick(CHANNELS);
    const noAck = random.oneIn(4);
    const args: FieldTable = new Map([['x-priority', { type: 'I', value: random.below(2) }]]);
    await this.#speaker.ask(channel, 'basic.qos', { prefetchCount: random.below(4) });
    // Deliveries may be there before this side looks; the answer comes first in any case.
    await this.#speaker.ask(channel, 'basic.consume', {
      queue: this.#queue,
      consumerTag,
      noAck,
      arguments: random.oneIn(2) ? args : new Map(),
    });
    this.#consumers.set(consumerTag, { channel, noAck });
  }

  async #cancel(): Promise<void> {
    if (this.#consumers.size === 0) return;
    const [consumerTag, consumer] = this.#random.pick([...this.#consumers]);
    this.#consumers.delete(consumerTag);
    await this.#speaker.ask(consumer.channel, 'basic.cancel', { consumerTag });
  }

  #settle(channel: number): void {
    const tags = this.#outstanding.get(channel) ?? [];
    if (tags.length === 0) return;
    const random = this.#random;
    const deliveryTag = random.pick(tags);
    const requeue = random.oneIn(3);
    if (requeue) this.#speaker.tell(channel, 'basic.reject', { deliveryTag, requeue });
    else this.#speaker.tell(channel, 'basic.ack', { deliveryTag });
    this.#outstanding.set(
      channel,
      tags.filter((tag) => tag !== deliveryTag),
    );
  }

  /** Waits until all that a step caused has arrived, and takes it. */
  async #collect(): Promise<void> {
    for (const channel of [...CHANNELS, ...CHANNELS]) {
      await this.#speaker.fence(channel, this.#queue);
    }
    for (const channel of CHANNELS) {
      const inbox = this.#speaker.wire.inbox(channel);
      while (inbox[0]?.method.name === 'basic.deliver') {
        const { consumerTag, deliveryTag } = inbox[0].method;
        inbox.shift();
        if (this.#consumers.get(consumerTag)?.noAck === false) {
          this.#outstanding.get(channel)?.push(Number(deliveryTag));
        }
      }
    }
  }
}

function ofConsumers(seed: number): Scenario[] {
  return Array.from({ length: HISTORIES }, (_, index) =>
    scenario('A7.1 A7.3', `history of consumers, seed ${seed}, number ${index}`, async (stage) => {
      const speaker = await stage.connect();
      await speaker.open(...CHANNELS);
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      const consumers = new Consumers(speaker, stage.q, Random.forInput(seed, 3_000 + index));
      for (let step = 0; step < STEPS; step++) await consumers.step();
    }),
  );
}

/** The random histories of a seed. */
export function randomHistories(seed: number): Subject {
  return { subject: 'random histories', scenarios: [...ofQueue(seed), ...ofConsumers(seed)] };
}
