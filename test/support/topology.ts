// Short forms for what most tests begin with: queues, exchanges and bindings of their own,
// messages that have certainly arrived, and how many are ready. All on channel 1, except that
// messages are put by a channel of their own with confirms: in RabbitMQ a count may overtake a
// publish that nobody waited for.
import { expect } from 'chai';
import type { Properties } from '../../protocol/properties.ts';
import type { MethodFields } from '../../protocol/spec.ts';
import { EMPTY_TABLE, type FieldTable } from '../../protocol/table.ts';
import type { Peer, WithContent } from './peer.ts';
import type { Target } from './target.ts';
import { DEADLINE_MS } from './wire.ts';

const PUT_CHANNEL = 1000;
const confirming = new WeakSet<Peer>();

/** Declares a queue of the test's own; its name. */
export async function queue(
  target: Target,
  peer: Peer,
  rest: Partial<MethodFields<'queue.declare'>> = {},
): Promise<string> {
  const name = target.name('q');
  await peer.call(1, 'queue.declare', { queue: name, ...rest });
  return name;
}

/** Declares an exchange of the test's own; its name. */
export async function exchange(
  target: Target,
  peer: Peer,
  type = 'fanout',
  rest: Partial<MethodFields<'exchange.declare'>> = {},
): Promise<string> {
  const name = target.name('x');
  await peer.call(1, 'exchange.declare', { exchange: name, type, ...rest });
  return name;
}

export function bind(
  peer: Peer,
  destination: string,
  source: string,
  routingKey = '',
  args: FieldTable = EMPTY_TABLE,
): Promise<unknown> {
  const fields = { queue: destination, exchange: source, routingKey, arguments: args };
  return peer.call(1, 'queue.bind', fields);
}

/** Binds an exchange to an exchange. */
export function link(
  peer: Peer,
  source: string,
  destination: string,
  routingKey = '',
): Promise<unknown> {
  return peer.call(1, 'exchange.bind', { source, destination, routingKey });
}

/** Publishes and waits until the broker has taken the message. */
export async function put(
  peer: Peer,
  fields: Partial<MethodFields<'basic.publish'>>,
  properties: Properties | Buffer = {},
  body: Buffer | string = 'm',
): Promise<void> {
  if (!confirming.has(peer)) {
    confirming.add(peer);
    await peer.open(PUT_CHANNEL);
    await peer.call(PUT_CHANNEL, 'confirm.select');
  }
  peer.publish(PUT_CHANNEL, fields, properties, body);
  await peer.expect(PUT_CHANNEL, 'basic.ack');
}

/** Puts one message for each body into a queue, in order. */
export async function fill(peer: Peer, name: string, ...bodies: string[]): Promise<void> {
  for (const body of bodies) await put(peer, { routingKey: name }, {}, body);
}

/** How many messages are ready in each queue. */
export async function counts(peer: Peer, ...names: string[]): Promise<number[]> {
  const found: number[] = [];
  for (const name of names) {
    const { messageCount } = await peer.call(1, 'queue.declare', { queue: name, passive: true });
    found.push(messageCount);
  }
  return found;
}

/** Takes one message by basic.get, acknowledged at once. */
export async function take(peer: Peer, name: string): Promise<WithContent<'basic.get-ok'>> {
  peer.send(1, 'basic.get', { queue: name, noAck: true });
  return await peer.expectContent(1, 'basic.get-ok');
}

/**
 * Takes everything that is ready; the bodies. Goes on getting until there are `atLeast` (what a
 * channel gives back when it ends may take RabbitMQ a moment) and then until there is no more.
 */
export async function takeAll(peer: Peer, name: string, atLeast: number): Promise<string[]> {
  const deadline = Date.now() + DEADLINE_MS;
  const bodies: string[] = [];
  for (;;) {
    peer.send(1, 'basic.get', { queue: name, noAck: true });
    const { method, content } = await peer.next(1);
    if (method.name === 'basic.get-ok') bodies.push(content?.body.toString() ?? '');
    else if (bodies.length >= atLeast || Date.now() > deadline) return bodies;
  }
}

/** Takes everything that is ready, which must be exactly these bodies, in this order. */
export async function expectMessages(
  peer: Peer,
  name: string,
  bodies: readonly string[],
): Promise<void> {
  expect(await takeAll(peer, name, bodies.length)).to.deep.equal(bodies);
}

/** Starts a consumer and takes its consume-ok; the tag. */
export async function consume(
  peer: Peer,
  name: string,
  rest: Partial<MethodFields<'basic.consume'>> = {},
  channel = 1,
): Promise<string> {
  const { consumerTag } = await peer.call(channel, 'basic.consume', { queue: name, ...rest });
  return consumerTag;
}

/** Shows that a queue is gone, on a channel of its own. */
export async function expectNoQueue(peer: Peer, name: string): Promise<void> {
  await peer.open(99);
  peer.send(99, 'queue.declare', { queue: name, passive: true });
  await peer.expectClose(99, {
    code: 404,
    text: `NOT_FOUND - no queue '${name}' in vhost '/'`,
    method: 'queue.declare',
  });
}

/** Shows that an exchange is gone, on a channel of its own. */
export async function expectNoExchange(peer: Peer, name: string): Promise<void> {
  await peer.open(99);
  peer.send(99, 'exchange.declare', { exchange: name, passive: true });
  await peer.expectClose(99, {
    code: 404,
    text: `NOT_FOUND - no exchange '${name}' in vhost '/'`,
    method: 'exchange.declare',
  });
}
