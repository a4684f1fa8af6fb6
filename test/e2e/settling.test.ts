// What becomes of delivered messages: acknowledged, rejected, requeued to where they were,
// recovered, or returned because a channel or a connection went. Reference: compatibility
// A7.6-A7.9.
import { expect } from 'chai';
import type { Peer } from '../support/peer.ts';
import { useTarget } from '../support/target.ts';
import { consume, counts, expectMessages, fill, queue } from '../support/topology.ts';

/** Gets messages without acknowledging them; their delivery tags. */
async function hold(peer: Peer, name: string, howMany: number, channel = 1): Promise<number[]> {
  const tags: number[] = [];
  while (tags.length < howMany) {
    peer.send(channel, 'basic.get', { queue: name });
    tags.push(Number((await peer.expectContent(channel, 'basic.get-ok')).deliveryTag));
  }
  return tags;
}

const requeue = (peer: Peer, deliveryTag: number, channel = 1) =>
  peer.send(channel, 'basic.nack', { deliveryTag, requeue: true });

describe('acknowledging', () => {
  const target = useTarget();

  it('one by one, in any order, forgets the messages', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'123');
    await hold(peer, name, 3);
    for (const deliveryTag of [2, 3, 1]) peer.send(1, 'basic.ack', { deliveryTag });
    await peer.call(1, 'channel.close');
    await peer.open(1);
    expect(await counts(peer, name)).to.deep.equal([0]);
  });

  it('several at once takes all up to the tag, of whichever queue', async () => {
    const peer = await target.channel();
    const [one, two] = [await queue(target, peer), await queue(target, peer)];
    await fill(peer, one, ...'123');
    await fill(peer, two, ...'45');
    await hold(peer, one, 2);
    await hold(peer, two, 2);
    await hold(peer, one, 1);
    peer.send(1, 'basic.ack', { deliveryTag: 3, multiple: true });
    await peer.call(1, 'channel.close');
    await peer.open(1);
    await expectMessages(peer, one, ['3']);
    await expectMessages(peer, two, ['5']);
  });

  it('all at once goes by tag 0', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'123');
    await hold(peer, name, 3);
    peer.send(1, 'basic.ack', { deliveryTag: 0, multiple: true });
    await peer.call(1, 'channel.close');
    await peer.open(1);
    expect(await counts(peer, name)).to.deep.equal([0]);
  });

  it('all at once may be of nothing', async () => {
    const peer = await target.channel();
    peer.send(1, 'basic.ack', { deliveryTag: 0, multiple: true });
    peer.send(1, 'basic.nack', { deliveryTag: 0, multiple: true, requeue: true });
    await peer.fence(1);
  });

  it('goes on counting tags where get and deliver share them', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'12');
    expect(await hold(peer, name, 1)).to.deep.equal([1]);
    await consume(peer, name);
    expect((await peer.nextDelivery(1)).deliveryTag).to.equal(2);
  });
});

describe('rejecting', () => {
  const target = useTarget();

  it('without requeue drops the message', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'1234');
    await hold(peer, name, 4);
    peer.send(1, 'basic.reject', { deliveryTag: 2 });
    peer.send(1, 'basic.nack', { deliveryTag: 1 });
    peer.send(1, 'basic.nack', { deliveryTag: 3, multiple: true });
    await peer.call(1, 'channel.close');
    await peer.open(1);
    await expectMessages(peer, name, ['4']);
  });

  it('with requeue gives it back, marked', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, '1');
    await consume(peer, name);
    expect(await peer.nextDelivery(1)).to.include({ deliveryTag: 1, redelivered: false });
    peer.send(1, 'basic.reject', { deliveryTag: 1, requeue: true });
    expect(await peer.nextDelivery(1)).to.include({ deliveryTag: 2, redelivered: true, text: '1' });
    requeue(peer, 2);
    expect(await peer.nextDelivery(1)).to.include({ deliveryTag: 3, redelivered: true, text: '1' });
  });

  it('several with requeue gives all up to the tag back, and tag 0 all', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'12345');
    await hold(peer, name, 5);
    peer.send(1, 'basic.nack', { deliveryTag: 2, multiple: true, requeue: true });
    await peer.fence(1);
    await expectMessages(peer, name, ['1', '2']);
    peer.send(1, 'basic.nack', { deliveryTag: 0, multiple: true, requeue: true });
    await peer.fence(1);
    await expectMessages(peer, name, ['3', '4', '5']);
  });
});

describe('the place of a requeued message', () => {
  const target = useTarget();

  it('is the one that it had', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'123456');
    await hold(peer, name, 4);
    for (const tag of [3, 1, 4, 2]) requeue(peer, tag);
    await peer.fence(1);
    await expectMessages(peer, name, [...'123456']);
  });

  it('is the one that it had among those still there', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'123456');
    await hold(peer, name, 5);
    requeue(peer, 4);
    requeue(peer, 2);
    await peer.fence(1);
    await expectMessages(peer, name, [...'246']);
    requeue(peer, 5);
    requeue(peer, 3);
    requeue(peer, 1);
    await fill(peer, name, '7');
    await expectMessages(peer, name, [...'1357']);
  });

  it('is the same after several rounds, by several holders', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await peer.open(2);
    await fill(peer, name, ...'12345678');
    const [a1] = await hold(peer, name, 1);
    const [b1] = await hold(peer, name, 1, 2);
    const [a2] = await hold(peer, name, 1);
    const [b2] = await hold(peer, name, 1, 2);
    requeue(peer, a2 ?? 0);
    requeue(peer, a1 ?? 0);
    await peer.fence(1);
    const [a3, a4] = await hold(peer, name, 2);
    requeue(peer, b2 ?? 0, 2);
    requeue(peer, b1 ?? 0, 2);
    await peer.fence(2);
    requeue(peer, a4 ?? 0);
    requeue(peer, a3 ?? 0);
    await peer.fence(1);
    await expectMessages(peer, name, [...'12345678']);
  });

  it('and its mark are those of each message', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'123');
    await hold(peer, name, 2);
    requeue(peer, 2);
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    await peer.fence(1);
    const marks: [string, boolean, number][] = [];
    for (let i = 0; i < 2; i += 1) {
      peer.send(1, 'basic.get', { queue: name });
      const { text, redelivered, messageCount } = await peer.expectContent(1, 'basic.get-ok');
      marks.push([text, redelivered, messageCount]);
    }
    expect(marks).to.deep.equal([
      ['2', true, 1],
      ['3', false, 0],
    ]);
  });
});

describe('recovering', () => {
  const target = useTarget();

  it('answers, then delivers again what the channel holds', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await consume(peer, name);
    await fill(peer, name, ...'123');
    for (let i = 0; i < 3; i += 1) await peer.nextDelivery(1);
    peer.send(1, 'basic.ack', { deliveryTag: 2 });
    await peer.call(1, 'basic.recover', { requeue: true });
    const first = await peer.nextDelivery(1);
    expect(first).to.include({ text: '1', redelivered: true, deliveryTag: 4 });
    expect(await peer.nextDelivery(1)).to.include({ text: '3', redelivered: true, deliveryTag: 5 });
  });

  it('without an answer does the same', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'12');
    await hold(peer, name, 2);
    peer.send(1, 'basic.recover-async', { requeue: true });
    await peer.fence(1);
    await expectMessages(peer, name, ['1', '2']);
  });

  it('leaves the messages of other channels where they are', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await peer.open(2);
    await fill(peer, name, ...'12');
    await hold(peer, name, 1, 1);
    await hold(peer, name, 1, 2);
    await peer.call(1, 'basic.recover', { requeue: true });
    await expectMessages(peer, name, ['1']);
  });
});

describe('messages that nobody settled', () => {
  const target = useTarget();

  it('return when their channel closes, in their places', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'1234');
    await hold(peer, name, 3);
    peer.send(1, 'basic.ack', { deliveryTag: 2 });
    await peer.call(1, 'channel.close');
    await peer.open(1);
    peer.send(1, 'basic.get', { queue: name, noAck: true });
    expect(await peer.expectContent(1, 'basic.get-ok')).to.include({
      text: '1',
      redelivered: true,
    });
    await expectMessages(peer, name, ['3', '4']);
  });

  it('return when an error closes their channel, answered or not', async () => {
    const [peer, other] = [await target.channel(), await target.channel()];
    const name = await queue(target, peer);
    await peer.call(1, 'basic.qos', { prefetchCount: 1 });
    await consume(peer, name);
    await fill(other, name, ...'12');
    expect((await peer.nextDelivery(1)).text).to.equal('1');
    await consume(other, name);
    expect(await other.nextDelivery(1)).to.include({ text: '2', redelivered: false });
    peer.send(1, 'basic.ack', { deliveryTag: 9 });
    await peer.expect(1, 'channel.close');
    expect(await other.nextDelivery(1)).to.include({ text: '1', redelivered: true });
  });

  it('return when their connection closes', async () => {
    const [peer, other] = [await target.channel(), await target.channel()];
    const name = await queue(target, other);
    await fill(other, name, ...'12');
    await hold(peer, name, 2);
    await peer.call(0, 'connection.close', { replyCode: 200 });
    await expectMessages(other, name, ['1', '2']);
  });

  it('return when their connection is lost', async () => {
    const [peer, other] = [await target.channel(), await target.channel()];
    const name = await queue(target, other);
    await fill(other, name, ...'12');
    await consume(peer, name);
    for (const text of '12') expect((await peer.nextDelivery(1)).text).to.equal(text);
    await consume(other, name);
    peer.drop();
    for (const text of '12') {
      expect(await other.nextDelivery(1)).to.include({ text, redelivered: true });
    }
  });

  it('do not return to consumers that acknowledge nothing', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'12');
    await consume(peer, name, { noAck: true });
    for (const text of '12') expect((await peer.nextDelivery(1)).text).to.equal(text);
    await peer.call(1, 'channel.close');
    await peer.open(1);
    expect(await counts(peer, name)).to.deep.equal([0]);
  });
});
