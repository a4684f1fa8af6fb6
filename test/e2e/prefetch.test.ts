// How many unacknowledged messages a consumer, or a channel, may hold. Reference: compatibility
// A7.1; the 3.13 profile knows both kinds of limit.
import { expect } from 'chai';
import type { Peer } from '../support/peer.ts';
import { useTarget } from '../support/target.ts';
import { consume, counts, fill, queue } from '../support/topology.ts';

const limit = (peer: Peer, prefetchCount: number, global = false, channel = 1) =>
  peer.call(channel, 'basic.qos', { prefetchCount, global });

/** The bodies of the next deliveries, after which there must be no more for now. */
async function exactly(peer: Peer, howMany: number, name: string): Promise<string> {
  const texts: string[] = [];
  while (texts.length < howMany) texts.push((await peer.nextDelivery(1)).text);
  await peer.expectNothing(1, name);
  return texts.join('');
}

/** How many of the next deliveries came from each queue; each is acked. */
async function shares(peer: Peer, deliveries: number): Promise<number[]> {
  const counted = new Map<string, number>();
  for (let n = 0; n < deliveries; n += 1) {
    const { routingKey, deliveryTag } = await peer.nextDelivery(1);
    counted.set(routingKey, (counted.get(routingKey) ?? 0) + 1);
    peer.send(1, 'basic.ack', { deliveryTag });
  }
  return [...counted.values()].sort();
}

describe('a limit for each consumer', () => {
  const target = useTarget();

  it('holds messages back until some are settled', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'123456789');
    await limit(peer, 3);
    await consume(peer, name);
    expect(await exactly(peer, 3, name)).to.equal('123');
    peer.send(1, 'basic.ack', { deliveryTag: 2 });
    expect(await exactly(peer, 1, name)).to.equal('4');
    peer.send(1, 'basic.ack', { deliveryTag: 3, multiple: true });
    expect(await exactly(peer, 2, name)).to.equal('56');
    peer.send(1, 'basic.reject', { deliveryTag: 4 });
    peer.send(1, 'basic.nack', { deliveryTag: 6, multiple: true });
    expect(await exactly(peer, 3, name)).to.equal('789');
  });

  it('of 0 is none', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'12345');
    await limit(peer, 2);
    await limit(peer, 0);
    await consume(peer, name);
    expect(await exactly(peer, 5, name)).to.equal('12345');
  });

  it('is that of the time when it began', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await limit(peer, 1);
    await consume(peer, name, { consumerTag: 'a' });
    await limit(peer, 3);
    await fill(peer, name, ...'123');
    expect(await exactly(peer, 1, name)).to.equal('1');
    await consume(peer, name, { consumerTag: 'b' });
    expect(await exactly(peer, 2, name)).to.equal('23');
  });

  it('counts its own messages only', async () => {
    const peer = await target.channel();
    const [one, two] = [await queue(target, peer), await queue(target, peer)];
    await limit(peer, 2);
    await consume(peer, one, { consumerTag: 'a' });
    await consume(peer, two, { consumerTag: 'b' });
    await fill(peer, one, ...'123');
    expect(await exactly(peer, 2, one)).to.equal('12');
    await fill(peer, two, ...'456');
    expect(await exactly(peer, 2, two)).to.equal('45');
  });

  it('is no matter to those who acknowledge nothing', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await limit(peer, 1);
    await consume(peer, name, { noAck: true });
    await fill(peer, name, ...'123');
    expect(await exactly(peer, 3, name)).to.equal('123');
  });

  it('is no matter to basic.get', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await limit(peer, 1);
    await consume(peer, name);
    await fill(peer, name, ...'123');
    expect(await exactly(peer, 1, name)).to.equal('1');
    peer.send(1, 'basic.get', { queue: name });
    expect((await peer.expectContent(1, 'basic.get-ok')).text).to.equal('2');
    expect(await counts(peer, name)).to.deep.equal([1]);
    peer.send(1, 'basic.ack', { deliveryTag: 2 });
    await peer.expectNothing(1, name);
  });

  it('passes to another what one cannot hold', async () => {
    const [one, two] = [await target.channel(), await target.channel()];
    const name = await queue(target, one);
    await limit(one, 1);
    await consume(one, name);
    await consume(two, name);
    await fill(one, name, ...'1234');
    expect(await exactly(one, 1, name)).to.equal('1');
    expect(await exactly(two, 3, name)).to.equal('234');
  });

  it('gives back with a requeue what it freed', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await limit(peer, 1);
    await consume(peer, name);
    await fill(peer, name, ...'12');
    expect(await exactly(peer, 1, name)).to.equal('1');
    peer.send(1, 'basic.nack', { deliveryTag: 1, requeue: true });
    const again = await peer.nextDelivery(1);
    expect(again).to.include({ text: '1', redelivered: true, deliveryTag: 2 });
    await peer.expectNothing(1, name);
  });
});

/** Which consumer gets each of the next deliveries. */
async function takers(peer: Peer, howMany: number): Promise<string> {
  let tags = '';
  while (tags.length < howMany) tags += (await peer.nextDelivery(1)).consumerTag;
  return tags;
}

describe('room made by one ack of several', () => {
  const target = useTarget();

  for (const [title, global, count, next] of [
    ['for the whole channel', true, 4, 'abab'],
    ['for each consumer', false, 2, 'aabb'],
  ] as const) {
    it(`under a limit ${title} goes to '${next}'`, async () => {
      const peer = await target.channel();
      const name = await queue(target, peer);
      await limit(peer, count, global);
      await consume(peer, name, { consumerTag: 'a' });
      await consume(peer, name, { consumerTag: 'b' });
      await fill(peer, name, ...'12345678');
      expect(await takers(peer, 4)).to.equal('abab');
      await peer.expectNothing(1, name);
      peer.send(1, 'basic.ack', { deliveryTag: 4, multiple: true });
      expect(await takers(peer, 4)).to.equal(next);
      await peer.expectNothing(1, name);
    });
  }
});

describe('room made by a requeue', () => {
  const target = useTarget();

  it('is there before the message is handed out again', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await limit(peer, 1);
    await consume(peer, name, { consumerTag: 'a' });
    await limit(peer, 0);
    await consume(peer, name, { consumerTag: 'b' });
    await fill(peer, name, '1', '2');
    expect(await takers(peer, 2)).to.equal('ab');
    // It is a's turn, which was full until now.
    peer.send(1, 'basic.reject', { deliveryTag: 1, requeue: true });
    expect(await peer.nextDelivery(1)).to.include({ consumerTag: 'a', text: '1' });
    await fill(peer, name, '3');
    expect(await takers(peer, 1)).to.equal('b');
  });
});

describe('a limit for the whole channel', () => {
  const target = useTarget();

  it('is shared by its consumers', async () => {
    const peer = await target.channel();
    const [one, two] = [await queue(target, peer), await queue(target, peer)];
    await limit(peer, 2, true);
    await consume(peer, one);
    await consume(peer, two);
    await fill(peer, one, ...'123');
    expect(await exactly(peer, 2, one)).to.equal('12');
    await fill(peer, two, ...'456');
    await peer.expectNothing(1, two);
    peer.send(1, 'basic.ack', { deliveryTag: 2, multiple: true });
    expect((await exactly(peer, 2, two)).length).to.equal(2);
  });

  it('lets no queue starve', async () => {
    const peer = await target.channel();
    const names = [await queue(target, peer), await queue(target, peer), await queue(target, peer)];
    await limit(peer, 1, true);
    for (const name of names) await consume(peer, name);
    for (const name of names) await fill(peer, name, ...'1234567890'.repeat(3));
    // RabbitMQ throws dice for the next queue.
    const fewest = Math.min(...(await shares(peer, 60)));
    expect(fewest).to.be.at.least(5);
  });

  it('is waited for by those who acknowledge nothing, too', async () => {
    const peer = await target.channel();
    const [one, two] = [await queue(target, peer), await queue(target, peer)];
    await limit(peer, 1, true);
    await fill(peer, one, '1');
    await consume(peer, one);
    expect(await exactly(peer, 1, one)).to.equal('1');
    await consume(peer, two, { noAck: true });
    await fill(peer, two, ...'234');
    await peer.expectNothing(1, two);
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    expect(await exactly(peer, 3, two)).to.equal('234');
  });

  it('may be raised while consumers wait', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await limit(peer, 1, true);
    await consume(peer, name);
    await fill(peer, name, ...'1234');
    expect(await exactly(peer, 1, name)).to.equal('1');
    await limit(peer, 3, true);
    expect(await exactly(peer, 2, name)).to.equal('23');
  });

  it('may be lifted while consumers wait', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await limit(peer, 1, true);
    await consume(peer, name);
    await fill(peer, name, ...'1234');
    expect(await exactly(peer, 1, name)).to.equal('1');
    await limit(peer, 0, true);
    expect(await exactly(peer, 3, name)).to.equal('234');
  });

  it('stands beside that of each consumer, and the smaller one counts', async () => {
    const peer = await target.channel();
    const [one, two] = [await queue(target, peer), await queue(target, peer)];
    await limit(peer, 2, false);
    await limit(peer, 3, true);
    await consume(peer, one);
    await fill(peer, one, ...'123');
    expect(await exactly(peer, 2, one)).to.equal('12');
    await consume(peer, two);
    await fill(peer, two, ...'456');
    expect(await exactly(peer, 1, two)).to.equal('4');
  });

  it('is lifted by one for each consumer that is set later', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await limit(peer, 1, true);
    await limit(peer, 3, false);
    await consume(peer, name);
    await fill(peer, name, ...'1234');
    expect(await exactly(peer, 3, name)).to.equal('123');
  });

  it('is no matter to another channel', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await peer.open(2);
    await limit(peer, 1, true, 1);
    await consume(peer, name, {}, 2);
    await fill(peer, name, ...'123');
    for (const text of '123') expect((await peer.nextDelivery(2)).text).to.equal(text);
  });

  it('passes to another channel what this one cannot hold', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await peer.open(2);
    await limit(peer, 1, true, 1);
    await consume(peer, name, { consumerTag: 'a' }, 1);
    await fill(peer, name, '1');
    expect(await exactly(peer, 1, name)).to.equal('1');
    await consume(peer, name, { consumerTag: 'b' }, 2);
    await fill(peer, name, ...'234');
    for (const text of '234') expect((await peer.nextDelivery(2)).text).to.equal(text);
    await peer.expectNothing(1, name);
  });
});
