// Transactions: what waits for the commit, in which order it happens then, and what a rollback
// undoes. Reference: compatibility A9.3.
import { expect } from 'chai';
import type { Peer } from '../support/peer.ts';
import { useTarget } from '../support/target.ts';
import { consume, counts, expectMessages, fill, queue } from '../support/topology.ts';

async function hold(peer: Peer, name: string, howMany: number): Promise<void> {
  for (let i = 0; i < howMany; i += 1) {
    peer.send(1, 'basic.get', { queue: name });
    await peer.expectContent(1, 'basic.get-ok');
  }
}

describe('publishing in a transaction', () => {
  const target = useTarget();

  it('shows at the commit, in order, and not before', async () => {
    const [peer, other] = [await target.channel(), await target.channel()];
    const name = await queue(target, peer);
    await peer.call(1, 'tx.select');
    for (const text of '123') peer.publish(1, { routingKey: name }, {}, text);
    await peer.fence(1);
    expect(await counts(other, name)).to.deep.equal([0]);
    await peer.call(1, 'tx.commit');
    await expectMessages(other, name, ['1', '2', '3']);
  });

  it('is undone by a rollback', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await peer.call(1, 'tx.select');
    peer.publish(1, { routingKey: name }, {}, 'gone');
    await peer.call(1, 'tx.rollback');
    peer.publish(1, { routingKey: name }, {}, 'kept');
    await peer.call(1, 'tx.commit');
    await expectMessages(peer, name, ['kept']);
  });

  it('is undone by the end of the channel', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await peer.call(1, 'tx.select');
    peer.publish(1, { routingKey: name }, {}, 'gone');
    await peer.call(1, 'channel.close');
    await peer.open(1);
    expect(await counts(peer, name)).to.deep.equal([0]);
  });

  it('comes back at the commit when it is mandatory and its queue is gone', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await peer.call(1, 'tx.select');
    peer.publish(1, { routingKey: name, mandatory: true }, {}, 'back');
    peer.publish(1, { routingKey: name }, {}, 'dropped');
    await peer.call(1, 'queue.delete', { queue: name });
    peer.send(1, 'tx.commit');
    expect(await peer.expectContent(1, 'basic.return')).to.include({
      replyCode: 312,
      text: 'back',
    });
    await peer.expect(1, 'tx.commit-ok');
  });

  it('goes to the queue that has the name at the commit', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await peer.call(1, 'tx.select');
    peer.publish(1, { routingKey: name, mandatory: true }, {}, 'kept');
    await peer.call(1, 'queue.delete', { queue: name });
    await peer.call(1, 'queue.declare', { queue: name });
    await peer.call(1, 'tx.commit');
    await expectMessages(peer, name, ['kept']);
  });

  it('goes on after each commit', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await peer.call(1, 'tx.select');
    await peer.call(1, 'tx.commit');
    for (const text of '12') {
      peer.publish(1, { routingKey: name }, {}, text);
      expect(await counts(peer, name)).to.deep.equal([Number(text) - 1]);
      await peer.call(1, 'tx.commit');
      expect(await counts(peer, name)).to.deep.equal([Number(text)]);
    }
  });

  it('returns what cannot be routed before commit-ok', async () => {
    const peer = await target.channel();
    await peer.call(1, 'tx.select');
    const nowhere = { exchange: 'amq.direct', routingKey: 'wt.nowhere', mandatory: true };
    peer.publish(1, nowhere, {}, 'lost');
    await peer.fence(1);
    peer.send(1, 'tx.commit');
    expect((await peer.expectContent(1, 'basic.return')).text).to.equal('lost');
    await peer.expect(1, 'tx.commit-ok');
  });

  it('is refused at once, not at the commit, where there is no exchange', async () => {
    const peer = await target.channel();
    const exchange = target.name();
    await peer.call(1, 'tx.select');
    peer.publish(1, { exchange });
    await peer.expectClose(1, {
      code: 404,
      text: `NOT_FOUND - no exchange '${exchange}' in vhost '/'`,
      method: 'basic.publish',
    });
  });

  it('reaches consumers of the same channel after commit-ok or before, but all of it', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await consume(peer, name, { noAck: true });
    await peer.call(1, 'tx.select');
    for (const text of '12') peer.publish(1, { routingKey: name }, {}, text);
    peer.send(1, 'tx.commit');
    const came = [await peer.next(1), await peer.next(1), await peer.next(1)];
    const names = came.map((each) => each.method.name).sort();
    expect(names).to.deep.equal(['basic.deliver', 'basic.deliver', 'tx.commit-ok']);
  });
});

describe('settling in a transaction', () => {
  const target = useTarget();

  it('counts from the commit', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'1234');
    await peer.call(1, 'tx.select');
    await hold(peer, name, 4);
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    peer.send(1, 'basic.nack', { deliveryTag: 2, requeue: true });
    peer.send(1, 'basic.reject', { deliveryTag: 3 });
    await peer.fence(1);
    expect(await counts(peer, name)).to.deep.equal([0]);
    await peer.call(1, 'tx.commit');
    await peer.fence(1);
    await expectMessages(peer, name, ['2']);
    await peer.call(1, 'channel.close');
    await peer.open(1);
    await expectMessages(peer, name, ['4']);
  });

  it('is undone by a rollback; the messages stay held and are not delivered again', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'12');
    await peer.call(1, 'tx.select');
    await hold(peer, name, 2);
    peer.send(1, 'basic.ack', { deliveryTag: 2, multiple: true });
    await peer.call(1, 'tx.rollback');
    await peer.expectNothing(1, name);
    expect(await counts(peer, name)).to.deep.equal([0]);
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    await peer.call(1, 'tx.commit');
    await peer.call(1, 'channel.close');
    await peer.open(1);
    await expectMessages(peer, name, ['2']);
  });

  it('frees prefetch at the commit', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'12');
    await peer.call(1, 'tx.select');
    await peer.call(1, 'basic.qos', { prefetchCount: 1 });
    await consume(peer, name);
    expect((await peer.nextDelivery(1)).text).to.equal('1');
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    await peer.expectNothing(1, name);
    await peer.call(1, 'tx.commit');
    expect((await peer.nextDelivery(1)).text).to.equal('2');
  });

  it('without a commit is undone by the end of the channel', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, '1');
    await peer.call(1, 'tx.select');
    await hold(peer, name, 1);
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    await peer.call(1, 'channel.close');
    await peer.open(1);
    await expectMessages(peer, name, ['1']);
  });

  it('of the same tag twice is refused', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, '1');
    await peer.call(1, 'tx.select');
    await hold(peer, name, 1);
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    await peer.expectClose(1, {
      code: 406,
      text: 'PRECONDITION_FAILED - unknown delivery tag 1',
      method: 'basic.ack',
    });
  });
});
