// Consumers: their tags, whose turn it is, priorities, exclusiveness, cancelling from either
// side. Reference: compatibility A3.9, A7.3-A7.5. How many messages they may hold is in
// prefetch.test.ts.
import { expect } from 'chai';
import { fromObject } from '../../protocol/table.ts';
import type { Peer } from '../support/peer.ts';
import { useTarget } from '../support/target.ts';
import {
  bind,
  consume,
  counts,
  exchange,
  expectMessages,
  fill,
  put,
  queue,
} from '../support/topology.ts';

const SERVER_TAG = /^amq\.ctag-[A-Za-z0-9_-]{22}$/;

/** The consumer tags of the next deliveries on a channel. */
async function takers(peer: Peer, howMany: number, channel = 1): Promise<string[]> {
  const tags: string[] = [];
  while (tags.length < howMany) tags.push((await peer.nextDelivery(channel)).consumerTag);
  return tags;
}

describe('a consumer', () => {
  const target = useTarget();

  it('gets its tag first, then what waits, in order', async () => {
    const peer = await target.channel();
    const x = await exchange(target, peer, 'direct');
    const name = await queue(target, peer);
    await bind(peer, name, x, 'k');
    for (const body of ['a', 'b', 'c']) await put(peer, { exchange: x, routingKey: 'k' }, {}, body);
    expect(await consume(peer, name, { consumerTag: 'mine' })).to.equal('mine');
    for (const [index, text] of ['a', 'b', 'c'].entries()) {
      expect(await peer.nextDelivery(1)).to.include({
        consumerTag: 'mine',
        deliveryTag: index + 1,
        redelivered: false,
        exchange: x,
        routingKey: 'k',
        text,
      });
    }
    await put(peer, { exchange: x, routingKey: 'k' }, {}, 'd');
    expect((await peer.nextDelivery(1)).text).to.equal('d');
  });

  it('without a tag gets one from the server', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    const [first, second] = [await consume(peer, name), await consume(peer, name)];
    expect(first).to.match(SERVER_TAG);
    expect(second).to.match(SERVER_TAG);
    expect(first).to.not.equal(second);
  });

  it('may use a tag that another channel uses', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await peer.open(2);
    await consume(peer, name, { consumerTag: 'same' }, 1);
    await consume(peer, name, { consumerTag: 'same' }, 2);
  });

  it('without waiting gets deliveries only', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, 'a', 'b');
    peer.send(1, 'basic.consume', { queue: name, consumerTag: 'quiet', nowait: true });
    expect(await takers(peer, 2)).to.deep.equal(['quiet', 'quiet']);
    await peer.expectNothing(1, name);
  });

  it('without waiting and without a tag gets one all the same', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, 'a');
    peer.send(1, 'basic.consume', { queue: name, nowait: true });
    expect((await peer.nextDelivery(1)).consumerTag).to.match(SERVER_TAG);
  });

  it('that wants nothing of its own connection gets it all the same', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await consume(peer, name, { noLocal: true });
    await fill(peer, name, 'own');
    expect((await peer.nextDelivery(1)).text).to.equal('own');
  });
});

describe('consumers of one queue', () => {
  const target = useTarget();

  it('take turns', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    for (const consumerTag of ['a', 'b', 'c']) await consume(peer, name, { consumerTag });
    await fill(peer, name, ...'123456789');
    expect((await takers(peer, 9)).join('')).to.equal('abcabcabc');
  });

  it('take turns over what waited, once they are there', async () => {
    const [one, two] = [await target.channel(), await target.channel()];
    const name = await queue(target, one);
    await one.call(1, 'basic.qos', { prefetchCount: 1 });
    await two.call(1, 'basic.qos', { prefetchCount: 1 });
    await fill(one, name, ...'1234');
    await consume(one, name, { consumerTag: 'a' });
    await consume(two, name, { consumerTag: 'b' });
    expect([(await one.nextDelivery(1)).text, (await two.nextDelivery(1)).text]).to.deep.equal([
      '1',
      '2',
    ]);
    two.send(1, 'basic.ack', { deliveryTag: 1 });
    expect((await two.nextDelivery(1)).text).to.equal('3');
    one.send(1, 'basic.ack', { deliveryTag: 1 });
    expect((await one.nextDelivery(1)).text).to.equal('4');
  });

  it('leave messages to the one with the highest priority that has room', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    const priority = (n: number) => ({ arguments: fromObject({ 'x-priority': n }) });
    await peer.call(1, 'basic.qos', { prefetchCount: 2 });
    await consume(peer, name, { consumerTag: 'low', ...priority(-5) });
    await consume(peer, name, { consumerTag: 'high', ...priority(10) });
    await consume(peer, name, { consumerTag: 'none' });
    await fill(peer, name, ...'123456');
    expect(await takers(peer, 6)).to.deep.equal(['high', 'high', 'none', 'none', 'low', 'low']);
    await fill(peer, name, '7');
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    expect(await takers(peer, 1)).to.deep.equal(['high']);
  });

  it('take turns among those of the same priority', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    const first = { arguments: fromObject({ 'x-priority': 1 }) };
    for (const consumerTag of ['a', 'b']) await consume(peer, name, { consumerTag, ...first });
    await consume(peer, name, { consumerTag: 'c' });
    await fill(peer, name, ...'1234');
    expect((await takers(peer, 4)).join('')).to.equal('abab');
  });

  it('are as many as the count says', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await consume(peer, name, { consumerTag: 'a' });
    await consume(peer, name, { consumerTag: 'b' });
    const both = await peer.call(1, 'queue.declare', { queue: name, passive: true });
    expect(both.consumerCount).to.equal(2);
    await peer.call(1, 'basic.cancel', { consumerTag: 'a' });
    const one = await peer.call(1, 'queue.declare', { queue: name, passive: true });
    expect(one.consumerCount).to.equal(1);
  });
});

describe('an exclusive consumer', () => {
  const target = useTarget();

  it('leaves its place when it is cancelled', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await consume(peer, name, { consumerTag: 'a', exclusive: true });
    await peer.call(1, 'basic.cancel', { consumerTag: 'a' });
    await consume(peer, name, { consumerTag: 'b', exclusive: true });
  });

  it('leaves its place when its channel closes', async () => {
    const [one, two] = [await target.channel(), await target.channel()];
    const name = await queue(target, one);
    await consume(one, name, { exclusive: true });
    await one.call(1, 'channel.close');
    await consume(two, name, { exclusive: true });
  });

  it('does not keep anybody from getting', async () => {
    const [one, two] = [await target.channel(), await target.channel()];
    const name = await queue(target, one);
    await one.call(1, 'basic.qos', { prefetchCount: 1 });
    await consume(one, name, { exclusive: true });
    await fill(one, name, 'a', 'b');
    expect((await one.nextDelivery(1)).text).to.equal('a');
    await expectMessages(two, name, ['b']);
  });
});

describe('cancelling a consumer', () => {
  const target = useTarget();

  it('ends its deliveries and leaves it what it holds', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, 'a');
    await consume(peer, name, { consumerTag: 'c' });
    await peer.nextDelivery(1);
    const { consumerTag } = await peer.call(1, 'basic.cancel', { consumerTag: 'c' });
    expect(consumerTag).to.equal('c');
    await fill(peer, name, 'b');
    await peer.expectNothing(1, name);
    expect(await counts(peer, name)).to.deep.equal([1]);
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    await peer.fence(1);
    await expectMessages(peer, name, ['b']);
  });

  it('that is not there is well', async () => {
    const peer = await target.channel();
    const { consumerTag } = await peer.call(1, 'basic.cancel', { consumerTag: 'nobody' });
    expect(consumerTag).to.equal('nobody');
  });

  it('without waiting answers nothing, and frees the tag', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await consume(peer, name, { consumerTag: 'c' });
    peer.send(1, 'basic.cancel', { consumerTag: 'c', nowait: true });
    await consume(peer, name, { consumerTag: 'c' });
  });

  it('is told to clients that want to know when the queue goes', async () => {
    const [peer, other] = [await target.channel(), await target.channel()];
    const name = await queue(target, peer);
    await consume(peer, name, { consumerTag: 'a' });
    await peer.open(2);
    await consume(peer, name, { consumerTag: 'b' }, 2);
    await other.call(1, 'queue.delete', { queue: name });
    expect(await peer.expect(1, 'basic.cancel')).to.include({ consumerTag: 'a', nowait: true });
    expect(await peer.expect(2, 'basic.cancel')).to.include({ consumerTag: 'b', nowait: true });
    const kept = await queue(target, peer);
    await consume(peer, kept, { consumerTag: 'a' });
  });

  it('is not told to the others', async () => {
    const [peer, other] = [await target.channel({ capabilities: {} }), await target.channel()];
    const name = await queue(target, peer);
    await consume(peer, name, { consumerTag: 'a' });
    await other.call(1, 'queue.delete', { queue: name });
    await peer.fence(1);
    await peer.fence(1);
  });

  it('is told to the client that deletes the queue after its answer', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await consume(peer, name, { consumerTag: 'a' });
    await peer.call(1, 'queue.delete', { queue: name });
    expect(await peer.expect(1, 'basic.cancel')).to.include({ consumerTag: 'a', nowait: true });
  });
});
