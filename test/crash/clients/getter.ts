/** Takes messages out of a shared queue one by one, with basic.get. */
import { Receiver } from '../ledger/order.ts';
import { Settler } from '../settler.ts';
import type { Client, Stage } from '../stage.ts';
import { randomStyle } from './styles.ts';

const IDLE_MS = 20;
const MOST_OUTSTANDING = 30;

export class Getter implements Client {
  readonly name: string;
  readonly #queue: string;

  constructor(name: string, queue: string) {
    this.name = name;
    this.#queue = queue;
  }

  async work({ life, ledger, link, markers, random }: Stage): Promise<void> {
    const channel = await link.confirmChannel();
    const settler = new Settler(channel, new Receiver(this.name), ledger, markers);
    const style = randomStyle(random, MOST_OUTSTANDING);
    const proveEvery = 1 + random.below(20);
    while (life.goesOn && settler.outstandingCount < MOST_OUTSTANDING) {
      const raw = await channel.get(this.#queue);
      if (raw === false) await life.pause(IDLE_MS);
      else style(settler, settler.take(this.#queue, raw));
      if (settler.unprovedCount >= proveEvery) await settler.prove();
    }
    if (life.isOver) return;
    await settler.prove();
    await settler.close();
  }
}
