/**
 * Holds the definitions after a restart against a client's model, and makes clear what was unclear.
 *
 * Queues and exchanges by passive declares, their properties by declaring them again as they were,
 * bindings by publishing: every key to every exchange, and every queue says what reached it.
 */
import type { ConfirmChannel } from 'amqplib';
import type { Link } from '../link.ts';
import type { Markers } from '../markers.ts';
import type { Violations } from '../violations.ts';
import { bind, type Definer, declare } from './definer.ts';
import { keysOf, type Model, type OwnExchange, type OwnQueue, type Thing } from './model.ts';

export async function checkDefinitions(
  link: Link,
  definer: Definer,
  markers: Markers,
  violations: Violations,
): Promise<void> {
  const { model, transientExchange, transientQueues } = definer;
  for (const thing of model.things) await checkThing(link, model, thing, violations);
  for (const name of transientQueues) {
    if ((await link.look((channel) => channel.checkQueue(name))) === null) continue;
    violations.add(`${name} is there after the restart, and was not durable`);
  }
  if ((await link.look((channel) => channel.checkExchange(transientExchange))) !== null) {
    violations.add(`${transientExchange} is there after the restart, and was not durable`);
  }
  const channel = await link.confirmChannel();
  await makeClear(channel, model);
  await empty(channel, model, markers);
  await checkBindings(channel, model, violations);
  await channel.close();
}

async function checkThing(
  link: Link,
  model: Model,
  thing: Thing,
  violations: Violations,
): Promise<void> {
  const { name, kind } = thing;
  const count = await link.look(async (channel) => {
    if (kind === 'queue') return (await channel.checkQueue(name)).messageCount;
    await channel.checkExchange(name);
    return 0;
  });
  const wanted = thing.state;
  if (count === null) {
    if (wanted === 'there') violations.add(`${kind} ${name} is missing`, 'lost');
    model.deleted(thing);
    return;
  }
  if (wanted === 'gone') violations.add(`${kind} ${name} is there, and was deleted`);
  thing.state = 'there';
  if (thing.kind === 'exchange') return;
  if (count < thing.least || count > thing.most) {
    const numbers = `${thing.least} to ${thing.most}`;
    violations.add(`${name} has ${count} messages after the restart, and should have ${numbers}`);
  }
}

/** What is there is as it was, and bindings that were on their way are made, or made sure of. */
async function makeClear(channel: ConfirmChannel, model: Model): Promise<void> {
  for (const thing of model.things) if (thing.state === 'there') await declare(channel, thing);
  for (const binding of model.bindings)
    if (binding.state === 'unclear') await bind(channel, binding);
}

async function checkBindings(
  channel: ConfirmChannel,
  model: Model,
  violations: Violations,
): Promise<void> {
  const queues = model.queues.filter(({ state }) => state === 'there');
  const wanted = new Map<OwnQueue, string[]>(queues.map((queue) => [queue, []]));
  for (const source of model.exchanges.filter(({ state }) => state === 'there')) {
    for (const destination of [...model.queues, ...model.exchanges]) {
      const probe = `${source.name} to ${destination.name}`;
      const isFit = source.type === 'direct' || destination.kind === 'queue';
      if (!isFit) continue;
      for (const queue of model.reached(source, destination)) wanted.get(queue)?.push(probe);
      send(channel, source, destination, probe);
    }
  }
  await channel.waitForConfirms();
  for (const [queue, probes] of wanted) {
    const got = await takeAll(channel, queue);
    if (got.join() === probes.join()) continue;
    violations.add(`${queue.name} ${difference(got, probes)}: its bindings are not what they were`);
  }
}

function send(
  channel: ConfirmChannel,
  source: OwnExchange,
  destination: Thing,
  probe: string,
): void {
  const { key, headers } = keysOf(source, destination);
  channel.publish(source.name, key, Buffer.from(probe), { headers });
}

/** Takes out what the client filled in; a marker behind it makes sure that it stays out. */
async function empty(channel: ConfirmChannel, model: Model, markers: Markers): Promise<void> {
  for (const queue of model.queues) if (queue.state === 'there') await takeAll(channel, queue);
  await markers.send(channel, () => {
    for (const queue of model.queues) {
      queue.least = 0;
      queue.most = 0;
    }
  });
}

async function takeAll(channel: ConfirmChannel, { name }: OwnQueue): Promise<string[]> {
  const got: string[] = [];
  for (;;) {
    const raw = await channel.get(name, { noAck: true });
    if (raw === false) return got;
    got.push(raw.content.toString());
  }
}

function difference(got: readonly string[], wanted: readonly string[]): string {
  const missing = wanted.filter((each) => !got.includes(each));
  const more = got.filter((each) => !wanted.includes(each));
  return `did not get [${missing.join(', ')}] and got [${more.join(', ')}]`;
}
