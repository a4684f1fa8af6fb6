/**
 * Sends messages on a journey and takes them out at its ends, with acks, requeues and rejects as
 * the journey has it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ConfirmChannel, Message as RawMessage } from 'amqplib';
import type { Message } from '../ledger/copy.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { closeChannel, type Link } from '../link.ts';
import { bodyOf, propertiesOf, randomBytes } from '../payload.ts';
import type { Client, Stage } from '../stage.ts';
import { JourneyLog } from './log.ts';
import type { JourneyPlan } from './plans.ts';

const MOST_MESSAGES = 400;
/** A journey with this many messages gets no more for now. */
const MOST_ON_THE_WAY = 2_000;
const MOST_UNCONFIRMED = 100;
const PREFETCHES = [1, 5, 50];
const CHANNEL_MS = 700;
const PAUSE_MS = 15;
const PROVE_EVERY = 20;
/** At the end, nothing has come for so long: longer than anything waits. */
const STILL_MS = 3_500;
const LOOK_MS = 100;

interface Settled {
  readonly id: number;
  readonly isEnd: boolean;
}

export class Traveller implements Client {
  readonly name: string;
  readonly #plan: JourneyPlan;
  readonly #log: JourneyLog;
  readonly #ledger: Ledger;
  #unconfirmed = 0;

  constructor(plan: JourneyPlan, ledger: Ledger) {
    this.name = `traveller-${plan.name}`;
    this.#plan = plan;
    this.#ledger = ledger;
    this.#log = new JourneyLog(plan, ledger);
  }

  async work(stage: Stage): Promise<void> {
    await Promise.all([this.#send(stage), this.#take(stage)]);
  }

  endRound(): void {
    this.#unconfirmed = 0;
    this.#log.endRound();
  }

  /** Takes everything out, and waits for what is still on its way. */
  async finish(link: Link): Promise<void> {
    const channel = await link.channel();
    await channel.prefetch(100);
    let lastMs = Date.now();
    const take = (queue: string, raw: RawMessage | null) => {
      if (raw === null) return;
      lastMs = Date.now();
      const id = this.#log.delivered(queue, raw, lastMs);
      channel.ack(raw);
      if (id !== null) this.#log.drained(id);
    };
    for (const queue of this.#plan.ends) await channel.consume(queue, (raw) => take(queue, raw));
    while (Date.now() - lastMs < STILL_MS) await pause(LOOK_MS);
    for (const queue of this.#plan.queues) {
      const { messageCount } = await channel.checkQueue(queue);
      if (messageCount !== 0) this.#ledger.violation(`${queue} still has ${messageCount} messages`);
    }
    await channel.close();
    this.#log.finish();
  }

  async #send({ life, link, random }: Stage): Promise<void> {
    const channel = await link.confirmChannel();
    let left = random.below(MOST_MESSAGES);
    while (life.goesOn && left > 0) {
      const hasRoom = this.#unconfirmed < MOST_UNCONFIRMED && this.#log.count < MOST_ON_THE_WAY;
      if (!hasRoom || random.oneIn(10)) {
        await life.pause(1 + random.below(PAUSE_MS));
        continue;
      }
      this.#publish(channel, this.#log.sent(randomBytes(random) % 10_000), random);
      left--;
    }
    while (!life.isOver && this.#unconfirmed > 0) await pause(PAUSE_MS);
  }

  #publish(channel: ConfirmChannel, message: Message, random: Stage['random']): void {
    const { exchange, key } = this.#plan;
    const own = propertiesOf(message);
    const more = this.#plan.properties(random);
    const options = { ...own, ...more, headers: { ...own.headers, ...more.headers } };
    this.#unconfirmed++;
    channel.publish(exchange, key, bodyOf(message), options, (error: unknown) => {
      this.#unconfirmed--;
      if (!error) this.#log.confirmed(message);
      else if ((error as Error).message === 'message nacked') {
        this.#ledger.violation(`${message.stream}:${message.id} was refused with basic.nack`);
      }
    });
  }

  /** Consumes, on one channel after the other. */
  async #take(stage: Stage): Promise<void> {
    const { life, random } = stage;
    if (random.oneIn(3)) await life.pause(random.below(CHANNEL_MS));
    while (life.goesOn) await this.#takeOnce(stage);
  }

  async #takeOnce({ life, link, markers, random }: Stage): Promise<void> {
    const channel = await link.confirmChannel();
    const unproved: Settled[] = [];
    const held = new Set<number>();
    await channel.prefetch(random.pick(PREFETCHES));
    const prove = async () => {
      const settled = unproved.splice(0);
      await markers.send(channel, () => {
        for (const { id, isEnd } of settled) this.#log.proved(id, isEnd);
      });
    };
    const onMessage = (queue: string, raw: RawMessage | null) => {
      if (raw === null) return;
      const id = this.#log.delivered(queue, raw, Date.now());
      if (id === null || random.oneIn(30)) {
        if (id !== null) held.add(id);
        return;
      }
      const how = this.#plan.settle(random, queue);
      if (how === 'ack') channel.ack(raw);
      else if (how === 'requeue') channel.nack(raw, false, true);
      else channel.reject(raw, false);
      this.#log.settled(id, how === 'ack');
      if (how !== 'reject') unproved.push({ id, isEnd: how === 'ack' });
      if (unproved.length >= PROVE_EVERY) void prove();
    };
    for (const queue of this.#plan.ends)
      await channel.consume(queue, (raw) => onMessage(queue, raw));
    await life.pause(50 + random.below(CHANNEL_MS));
    if (life.isOver) return;
    await prove();
    for (const id of held) this.#log.settled(id, false);
    await closeChannel(channel);
  }
}
