/**
 * Declares, binds, unbinds and deletes durable queues and exchanges of its own, one after the
 * other, each answer awaited; fills some of the queues; and leaves transient ones behind that are
 * to be gone after a restart.
 */
import type { ConfirmChannel } from 'amqplib';
import type { Random } from '../../fuzz/random.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Client, Stage } from '../stage.ts';
import { type Binding, keysOf, Model, type OwnQueue, type Thing } from './model.ts';

const FILL_MESSAGES = 5;
const PAUSE_MS = 5;
const TRANSIENT_COUNT = 4;

export class Definer implements Client {
  readonly name: string;
  readonly model: Model;
  /** Names of what must not be there after a restart. */
  readonly transientQueues: readonly string[];
  readonly transientExchange: string;

  constructor(name: string) {
    this.name = name;
    this.model = new Model(`own.${name}`);
    this.transientExchange = `own.${name}.transient`;
    this.transientQueues = Array.from(
      { length: TRANSIENT_COUNT },
      (_, index) => `own.${name}.transient${index}`,
    );
  }

  async work({ life, link, ledger, random }: Stage): Promise<void> {
    const channel = await link.confirmChannel();
    await this.#declareTransient(channel);
    while (life.goesOn) {
      await this.#step(channel, ledger, random);
      if (random.oneIn(4)) await life.pause(random.below(PAUSE_MS));
    }
  }

  async #step(channel: ConfirmChannel, ledger: Ledger, random: Random): Promise<void> {
    const { model } = this;
    if (random.oneIn(3)) {
      const thing = random.pick(model.things);
      if (thing.state === 'gone') await this.#declare(channel, thing, ledger);
      else if (thing.kind === 'queue' && !random.oneIn(3)) await this.#fill(channel, thing);
      else if (random.oneIn(2)) await this.#delete(channel, thing, ledger);
      return;
    }
    const binding = random.pick(model.bindings);
    const { source, destination } = binding;
    if (source.state !== 'there' || destination.state !== 'there') return;
    if (binding.state === 'gone') await bind(channel, binding);
    else if (random.oneIn(2)) await this.#unbind(channel, binding);
  }

  async #declare(channel: ConfirmChannel, thing: Thing, ledger: Ledger): Promise<void> {
    thing.state = 'unclear';
    const count = await declare(channel, thing);
    if (count !== 0) ledger.violation(`${thing.name} was made anew with ${count} messages in it`);
    thing.state = 'there';
  }

  async #delete(channel: ConfirmChannel, thing: Thing, ledger: Ledger): Promise<void> {
    thing.state = 'unclear';
    if (thing.kind === 'exchange') await channel.deleteExchange(thing.name);
    else {
      const { messageCount } = await channel.deleteQueue(thing.name);
      if (messageCount !== thing.most) {
        const wanted = `${thing.most} messages`;
        ledger.violation(`${thing.name}: delete-ok says ${messageCount}, not ${wanted}`);
      }
    }
    this.model.deleted(thing);
  }

  async #unbind(channel: ConfirmChannel, binding: Binding): Promise<void> {
    const ends = endsOf(binding);
    binding.state = 'unclear';
    if (binding.destination.kind === 'exchange') await channel.unbindExchange(...ends);
    else await channel.unbindQueue(...ends);
    binding.state = 'gone';
  }

  async #fill(channel: ConfirmChannel, queue: OwnQueue): Promise<void> {
    const body = Buffer.from(queue.name);
    queue.most += FILL_MESSAGES;
    for (let left = FILL_MESSAGES; left > 0; left--) {
      channel.sendToQueue(queue.name, body, { persistent: true });
    }
    await channel.waitForConfirms();
    queue.least += FILL_MESSAGES;
  }

  async #declareTransient(channel: ConfirmChannel): Promise<void> {
    const exchange = this.transientExchange;
    await channel.assertExchange(exchange, 'direct', { durable: false });
    for (const [index, name] of this.transientQueues.entries()) {
      await channel.assertQueue(name, { durable: false, exclusive: index % 2 === 0 });
      await channel.bindQueue(name, exchange, name);
    }
    // A durable queue behind it keeps nothing of it.
    const [queue] = this.model.queues;
    if (queue?.state === 'there') await channel.bindQueue(queue.name, exchange, queue.name);
  }
}

/** Declares; how many messages it has. */
export async function declare(channel: ConfirmChannel, thing: Thing): Promise<number> {
  if (thing.kind === 'exchange') {
    await channel.assertExchange(thing.name, thing.type, { durable: true });
    return 0;
  }
  const options = { durable: true, arguments: { ...thing.arguments } };
  return (await channel.assertQueue(thing.name, options)).messageCount;
}

export async function bind(channel: ConfirmChannel, binding: Binding): Promise<void> {
  const ends = endsOf(binding);
  binding.state = 'unclear';
  if (binding.destination.kind === 'exchange') await channel.bindExchange(...ends);
  else await channel.bindQueue(...ends);
  binding.state = 'there';
}

/** What amqplib wants to know of a binding, of either kind. */
function endsOf({ source, destination }: Binding) {
  const { pattern, arguments: args } = keysOf(source, destination);
  return [destination.name, source.name, pattern, args] as const;
}
