// basic.get: what it gives, and what it leaves. Reference: compatibility A3.10, A7.1, A7.6.
import { expect } from 'chai';
import { useTarget } from '../support/target.ts';
import { bind, exchange, expectMessages, fill, put, queue } from '../support/topology.ts';

describe('basic.get', () => {
  const target = useTarget();

  it('gives one message with where it came from and how many are left', async () => {
    const peer = await target.channel();
    const x = await exchange(target, peer, 'topic');
    const name = await queue(target, peer);
    await bind(peer, name, x, '#');
    for (const key of ['a', 'b.c', '']) {
      await put(peer, { exchange: x, routingKey: key }, { messageId: key }, `body of ${key}`);
    }
    for (const [index, key] of ['a', 'b.c', ''].entries()) {
      peer.send(1, 'basic.get', { queue: name });
      const got = await peer.expectContent(1, 'basic.get-ok');
      expect(got).to.include({
        deliveryTag: index + 1,
        redelivered: false,
        exchange: x,
        routingKey: key,
        messageCount: 2 - index,
        text: `body of ${key}`,
      });
      expect(got.properties.messageId).to.equal(key);
    }
  });

  it('says when there is nothing', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    peer.send(1, 'basic.get', { queue: name });
    await peer.expect(1, 'basic.get-empty');
    await fill(peer, name, 'm');
    peer.send(1, 'basic.get', { queue: name });
    await peer.expectContent(1, 'basic.get-ok');
    peer.send(1, 'basic.get', { queue: name });
    await peer.expect(1, 'basic.get-empty');
  });

  it('without acknowledgement forgets the message at once, and still counts a tag', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, '1', '2');
    peer.send(1, 'basic.get', { queue: name, noAck: true });
    expect(await peer.expectContent(1, 'basic.get-ok')).to.include({ text: '1', deliveryTag: 1 });
    peer.send(1, 'basic.get', { queue: name });
    expect(await peer.expectContent(1, 'basic.get-ok')).to.include({ text: '2', deliveryTag: 2 });
    await peer.call(1, 'channel.close');
    await peer.open(1);
    await expectMessages(peer, name, ['2']);
  });

  it('may be asked many times at once', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, ...'12345');
    for (let i = 0; i < 7; i += 1) peer.send(1, 'basic.get', { queue: name, noAck: true });
    for (const text of '12345') {
      expect((await peer.expectContent(1, 'basic.get-ok')).text).to.equal(text);
    }
    await peer.expect(1, 'basic.get-empty');
    await peer.expect(1, 'basic.get-empty');
  });

  it('passes a message to a waiting consumer no more than once', async () => {
    const [peer, other] = [await target.channel(), await target.channel()];
    const name = await queue(target, peer);
    await other.call(1, 'basic.consume', { queue: name });
    await fill(peer, name, 'm');
    expect((await other.nextDelivery(1)).text).to.equal('m');
    peer.send(1, 'basic.get', { queue: name });
    await peer.expect(1, 'basic.get-empty');
  });
});
