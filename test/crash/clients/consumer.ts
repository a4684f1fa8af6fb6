/**
 * Consumes one of the shared queues on a channel that is closed and opened again at times, with
 * another prefetch and another way to settle each time.
 */
import { Receiver } from '../ledger/order.ts';
import { Settler } from '../settler.ts';
import type { Client, Stage } from '../stage.ts';
import { randomStyle } from './styles.ts';

const PREFETCHES = [1, 1, 2, 10, 50, 200, 1000, 0];
/** What stands for no limit. */
const UNLIMITED = 1000;
const CHANNEL_MS = 1500;
const DELAY_MS = 15;

export class Consumer implements Client {
  readonly name: string;
  readonly #queue: string;
  readonly #noAck: boolean;

  constructor(name: string, queue: string, noAck = false) {
    this.name = name;
    this.#queue = queue;
    this.#noAck = noAck;
  }

  async work(stage: Stage): Promise<void> {
    const { life, random } = stage;
    // At times a queue has no consumer, for a while or at all.
    if (random.oneIn(4)) await life.pause(random.below(2 * CHANNEL_MS));
    for (let channels = 1; life.goesOn; channels++) {
      await this.#consume(stage, `${this.name}/${channels}`);
    }
  }

  /** The work of one channel. */
  async #consume(stage: Stage, name: string): Promise<void> {
    const { life, ledger, link, markers, mostHeld, random } = stage;
    const channel = await link.confirmChannel();
    const settler = new Settler(channel, new Receiver(name), ledger, markers);
    const wanted = random.pick(PREFETCHES);
    const prefetch = (wanted || UNLIMITED) <= mostHeld ? wanted : mostHeld;
    const style = randomStyle(random, prefetch || UNLIMITED);
    const isSlow = random.oneIn(3);
    const proveEvery = 1 + random.below(60);
    const waiting: number[] = [];
    const handle = (tag: number): void => {
      style(settler, tag);
      if (settler.unprovedCount >= proveEvery) void settler.prove();
    };
    await channel.prefetch(prefetch);
    const { consumerTag } = await channel.consume(
      this.#queue,
      (raw) => {
        if (raw === null) ledger.violation(`${name} was cancelled by the broker`);
        else if (this.#noAck) {
          settler.takeAcked(this.#queue, raw);
          if (settler.unprovedCount >= proveEvery) void settler.prove();
        } else if (isSlow) waiting.push(settler.take(this.#queue, raw));
        else handle(settler.take(this.#queue, raw));
      },
      { noAck: this.#noAck },
    );
    const end = Date.now() + 50 + random.below(CHANNEL_MS);
    while (life.goesOn && Date.now() < end) {
      await life.pause(isSlow ? random.below(DELAY_MS) : CHANNEL_MS);
      if (!life.goesOn) break;
      for (const tag of waiting.splice(0, 1 + random.below(20))) {
        if (settler.tags.includes(tag)) handle(tag);
      }
    }
    if (life.isOver) return;
    await channel.cancel(consumerTag);
    await settler.prove();
    await settler.close();
  }
}
