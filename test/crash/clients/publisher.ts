/**
 * Publishes to the shared queues by all routes, with confirms and a window that changes: mostly
 * persistent messages, transient and unroutable ones in between.
 */
import type { Random } from '../../fuzz/random.ts';
import { randomBytes } from '../payload.ts';
import type { Client, Stage } from '../stage.ts';
import { DEAD_END, ROUTES, type Route } from '../topology.ts';
import { Sender } from './sender.ts';

const MAX_WINDOW = 200;
/** Messages of one round. */
const MOST_MESSAGES = 3_000;
/** A queue with this many messages gets no more for now. */
const MAX_BACKLOG = 3_000;
const PAUSE_MS = 20;

export class Publisher implements Client {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  async work({ life, ledger, link, random }: Stage): Promise<void> {
    const channel = await link.confirmChannel();
    const sender = new Sender(channel, this.name, ledger);
    const isFull = (queue: string) => ledger.queue(queue).live.size >= MAX_BACKLOG;
    let left = 1 + random.below(MOST_MESSAGES);
    while (life.goesOn && left > 0) {
      const window = randomWindow(random);
      for (let burst = 4 * window; burst > 0 && left > 0 && life.goesOn; burst--) {
        await sender.waitForRoom(window);
        const route = random.oneIn(50) ? DEAD_END : randomRoute(random, isFull);
        if (route === null || !life.goesOn) break;
        const isMandatory = route === DEAD_END || random.oneIn(2);
        sender.send(route, randomBytes(random), !random.oneIn(12), isMandatory);
        left--;
      }
      if (random.oneIn(3)) await life.pause(random.below(PAUSE_MS));
      else await sender.waitForRoom(window);
    }
    await sender.waitForRoom(1);
  }
}

/** From 1 to the largest, small ones as often as large ones. */
function randomWindow(random: Random): number {
  return Math.ceil(MAX_WINDOW ** (random.below(1001) / 1000));
}

function randomRoute(random: Random, isFull: (queue: string) => boolean): Route | null {
  for (let tries = 0; tries < 10; tries++) {
    const route = random.pick(ROUTES);
    if (!route.queues.some(isFull)) return route;
  }
  return null;
}
