/**
 * Scenarios of what brokers have beyond RabbitMQ 3.13: consumers that choose, messages that belong
 * together, dead letters that wait.
 */
import assert from 'node:assert/strict';
import type { Context, Scenarios } from '../harness.ts';
import { Inbox } from '../inbox.ts';
import type { Channel, ConsumeOptions, Link, Message, Properties } from '../port.ts';

const EXCHANGE = 'amq.direct';

export const extensions: Scenarios = {
  async filter({ connect, name }) {
    const link = await connect();
    const publisher = await link.channel('confirm');
    await publisher.declareQueue(name, { temporary: true });
    const put = (body: string, properties: Properties): Promise<void> =>
      publisher.publish('', name, Buffer.from(body), properties);
    await put('big red', { headers: { colour: 'red', size: 5 } });
    await put('small red', { headers: { colour: 'red', size: 3 } });
    await put('big blue', { headers: { colour: 'blue', size: 9 } });
    await put('named', { messageId: 'order-7' });
    await put('bigger red', { headers: { colour: 'red', size: 70_000 } });
    const reds = await Chooser.start(link, name, ifTrue("colour = 'red' AND size > 3"));
    reds.ack(await reds.take('big red', 'bigger red'));
    const orders = await Chooser.start(link, name, ifTrue("p.message_id LIKE 'order-%'"));
    orders.ack(await orders.take('named'));
    await put('last red', { headers: { colour: 'red', size: 4 } });
    reds.ack(await reds.take('last red'));
    await reds.cancel();
    await orders.cancel();
    const others = await Chooser.start(link, name, { noAck: true });
    await others.take('small red', 'big blue');
    const refusal = `invalid arg 'x-filter' for queue '${name}' in vhost '/': `;
    const reason = '{invalid_filter,"no end of the quote at 10"}';
    await assert.rejects(Chooser.start(link, name, ifTrue("colour = 'red")), ({ message }: Error) =>
      message.includes(`${refusal}${reason}`),
    );
  },

  async 'group-key'(context) {
    await groups(context, 'routing-key', (key) => ({ key }));
    await groups(context, 'customer', (customer) => ({ key: 'a', headers: { customer } }));
  },

  async 'dead-letter-at-least-once'({ connect, name, after }) {
    const link = await connect();
    const publisher = await link.channel('confirm');
    const args = {
      'x-queue-type': 'quorum',
      'x-overflow': 'reject-publish',
      'x-dead-letter-strategy': 'at-least-once',
      'x-dead-letter-exchange': EXCHANGE,
      'x-dead-letter-routing-key': `${name}.key`,
    };
    await publisher.declareQueue(name, { durable: true, arguments: args });
    after(() => publisher.deleteQueue(name));
    await publisher.publish('', name, Buffer.from('refused'));
    const living = await Chooser.start(link, name);
    const [letter] = await living.take('refused');
    assert.ok(letter);
    living.channel.nack(letter, false, false);
    // When this is answered, the letter has found no queue.
    await living.channel.declareQueue(`${name}.dead`, { temporary: true });
    await living.channel.bindQueue(`${name}.dead`, EXCHANGE, `${name}.key`);
    const waiting = await Chooser.start(link, `${name}.dead`, { noAck: true });
    const [dead] = await waiting.take('refused');
    const deaths = dead?.properties.headers?.['x-death'] as { reason: string }[] | undefined;
    assert.equal(deaths?.[0]?.reason, 'rejected');
  },
};

/** A consumer on a channel of its own. */
class Chooser {
  readonly channel: Channel;
  readonly #inbox = new Inbox<Message>();
  #tag = '';

  private constructor(channel: Channel) {
    this.channel = channel;
  }

  static async start(link: Link, queue: string, options: ConsumeOptions = {}): Promise<Chooser> {
    const chooser = new Chooser(await link.channel());
    const { tag } = await chooser.channel.consume(queue, chooser.#inbox.push, options);
    chooser.#tag = tag;
    return chooser;
  }

  /** Waits for the next messages, which must be these. */
  async take(...expected: string[]): Promise<Message[]> {
    const messages = await this.#inbox.take(expected.length);
    assert.deepEqual(
      messages.map(({ body }) => body.toString()),
      expected,
    );
    return messages;
  }

  get waiting(): number {
    return this.#inbox.length;
  }

  ack(messages: readonly Message[]): void {
    for (const message of messages) this.channel.ack(message);
  }

  cancel(): Promise<void> {
    return this.channel.cancel(this.#tag);
  }
}

function ifTrue(selector: string): ConsumeOptions {
  return { arguments: { 'x-filter': selector } };
}

/**
 * Two consumers, of no more than two messages each at a time. A message's key is the first letter
 * of its name; `address` gives the end of its routing key, and its headers.
 */
async function groups(
  { connect, name }: Context,
  argument: string,
  address: (key: string) => { key: string; headers?: Record<string, unknown> },
): Promise<void> {
  const link = await connect();
  const publisher = await link.channel('confirm');
  const queue = `${name}.${argument}`;
  const args = { 'x-group-key': argument };
  await publisher.declareQueue(queue, { temporary: true, arguments: args });
  for (const key of ['a', 'b']) await publisher.bindQueue(queue, EXCHANGE, `${queue}.${key}`);
  const put = async (...names: string[]): Promise<void> => {
    for (const each of names) {
      const { key, headers = {} } = address(each.slice(0, 1));
      await publisher.publish(EXCHANGE, `${queue}.${key}`, Buffer.from(each), { headers });
    }
  };
  await put('a1', 'a2', 'a3', 'b1', 'b2', 'b3');
  const first = await Chooser.start(link, queue, { prefetch: 2 });
  const held = await first.take('a1', 'a2');
  const second = await Chooser.start(link, queue, { prefetch: 2 });
  second.ack(await second.take('b1', 'b2'));
  second.ack(await second.take('b3'));
  // The second one has nothing to do, and yet it gets none of the key that the first one has.
  const { messageCount } = await second.channel.declareQueue(queue, { passive: true });
  assert.equal(messageCount, 1, 'ready');
  first.ack(held.slice(0, 1));
  first.ack([...held.slice(1), ...(await first.take('a3'))]);
  assert.equal(second.waiting, 0);
  await first.cancel();
  await put('a4');
  await second.take('a4');
}
