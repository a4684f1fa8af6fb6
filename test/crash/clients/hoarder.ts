/**
 * A queue of its own with a long backlog: filled over several rounds without a consumer, so that
 * journal files roll and segments are written, then drained, purged, or deleted and made anew.
 */
import type { ConfirmChannel, Message as RawMessage } from 'amqplib';
import type { Random } from '../../fuzz/random.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { Receiver } from '../ledger/order.ts';
import type { Bounds, QueueLedger } from '../ledger/queue-ledger.ts';
import { Settler } from '../settler.ts';
import type { Client, Stage } from '../stage.ts';
import { Sender } from './sender.ts';

const WINDOW = 200;
const PREFETCH = 300;
const IDLE_MS = 20;

type Plan = 'fill' | 'drain' | 'purge' | 'delete' | 'declare';

/** What it hoards. */
export interface Hoard {
  /** The most octets that it is filled with before something else is done. */
  readonly mostBytes: number;
  readonly messageBytes: (random: Random) => number;
  /** A queue without transient messages lets go early of what is beyond its window. */
  readonly isPersistent?: boolean;
}

export class Hoarder implements Client {
  readonly name: string;
  readonly queue: string;
  readonly #hoard: Hoard;
  #plan: Plan = 'fill';
  #wantedBytes: number;

  constructor(name: string, hoard: Hoard) {
    this.name = name;
    this.queue = `crash.${name}`;
    this.#hoard = hoard;
    this.#wantedBytes = hoard.mostBytes;
  }

  async work(stage: Stage): Promise<void> {
    const channel = await stage.link.confirmChannel();
    const sender = new Sender(channel, this.name, stage.ledger);
    while (stage.life.goesOn) await this.turn(stage, channel, sender);
  }

  /** Does the next thing, over a channel that others may use, too. */
  async turn(stage: Stage, channel: ConfirmChannel, sender: Sender): Promise<void> {
    const { ledger, random } = stage;
    const queue = ledger.queue(this.queue);
    if (queue.mayBeMissing) this.#plan = 'declare';
    if (this.#plan === 'fill') await this.#fill(sender, queue, stage);
    else if (this.#plan === 'drain') await this.#drain(stage, queue);
    else if (this.#plan === 'purge') await this.#purge(channel, queue, stage);
    else if (this.#plan === 'delete') await this.#delete(channel, queue, ledger);
    else await this.#declare(channel, queue, random);
  }

  async #fill(sender: Sender, queue: QueueLedger, { life, random }: Stage): Promise<void> {
    const route = { exchange: '', key: this.queue, queues: [this.queue] };
    let bytes = 0;
    for (const { message } of queue.live.values()) bytes += message.bytes;
    while (life.goesOn && bytes < this.#wantedBytes) {
      await sender.waitForRoom(WINDOW);
      if (!life.goesOn) break;
      const size = this.#hoard.messageBytes(random);
      bytes += size;
      const isPersistent = this.#hoard.isPersistent === true || !random.oneIn(50);
      sender.send(route, size, isPersistent, false);
    }
    await sender.waitForRoom(1);
    if (bytes < this.#wantedBytes) return;
    this.#plan = random.pick(['drain', 'drain', 'purge', 'delete'] as const);
  }

  /** Takes everything out, over several rounds if need be. */
  async #drain(stage: Stage, queue: QueueLedger): Promise<void> {
    const { life, ledger, link, markers, mostHeld, random } = stage;
    const prefetch = Math.min(PREFETCH, mostHeld);
    const channel = await link.confirmChannel();
    const settler = new Settler(channel, new Receiver(this.name), ledger, markers);
    const batch = 1 + random.below(prefetch / 2);
    let arrived = 0;
    const onMessage = (raw: RawMessage | null): void => {
      if (raw === null) {
        ledger.violation(`${this.name} was cancelled by the broker`);
        return;
      }
      const tag = settler.take(this.queue, raw);
      arrived++;
      if (settler.outstandingCount < batch) return;
      settler.settleUpTo(tag, 'ack');
      void settler.prove();
    };
    await channel.prefetch(prefetch);
    const { consumerTag } = await channel.consume(this.queue, onMessage);
    while (life.goesOn && (settler.outstandingCount > 0 || queue.readyBounds.least > 0)) {
      arrived = 0;
      await life.pause(IDLE_MS);
      const last = settler.tags.at(-1);
      if (life.isOver || arrived > 0 || last === undefined) continue;
      settler.settleUpTo(last, 'ack');
      await settler.prove();
    }
    if (life.isOver) return;
    await channel.cancel(consumerTag);
    await settler.prove();
    await settler.close();
    if (queue.readyBounds.least === 0) this.#fillAgain(random);
  }

  /** The purge is known to last once a marker behind it is confirmed. */
  async #purge(channel: ConfirmChannel, queue: QueueLedger, stage: Stage): Promise<void> {
    const { ledger, markers, random } = stage;
    const copies = [...queue.live.values()];
    const bounds = queue.readyBounds;
    ledger.acked(copies);
    const { messageCount } = await channel.purgeQueue(this.queue);
    this.#checkCount(ledger, 'purge-ok', messageCount, bounds);
    await markers.send(channel, () => {
      ledger.proved(copies);
      this.#fillAgain(random);
    });
  }

  async #delete(channel: ConfirmChannel, queue: QueueLedger, ledger: Ledger): Promise<void> {
    const copies = [...queue.live.values()];
    const bounds = queue.readyBounds;
    queue.mayBeMissing = true;
    const { messageCount } = await channel.deleteQueue(this.queue);
    this.#checkCount(ledger, 'delete-ok', messageCount, bounds);
    ledger.acked(copies);
    ledger.proved(copies);
    this.#plan = 'declare';
  }

  /** Makes it anew, unless the delete never happened; what is in it then has been counted. */
  async #declare(channel: ConfirmChannel, queue: QueueLedger, random: Random): Promise<void> {
    await channel.assertQueue(this.queue, { durable: true });
    queue.mayBeMissing = false;
    this.#fillAgain(random);
  }

  #fillAgain(random: Random): void {
    this.#plan = 'fill';
    this.#wantedBytes = Math.ceil((this.#hoard.mostBytes * (1 + random.below(100))) / 100);
  }

  #checkCount(ledger: Ledger, what: string, count: number, { least, most }: Bounds): void {
    if (count >= least && count <= most) return;
    ledger.violation(`${this.queue}: ${what} says ${count} messages, not ${least} to ${most}`);
  }
}
