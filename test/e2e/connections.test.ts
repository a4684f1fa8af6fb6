// The end of connections: closed by the client, in the middle of things, lost. What the server
// itself ends is in embedding.test.ts and handshake.test.ts. Reference: compatibility A1.9, A6.3,
// A7.9.
import { expect } from 'chai';
import { useTarget } from '../support/target.ts';
import { consume, expectMessages, fill, put, queue } from '../support/topology.ts';

describe('closing a connection', () => {
  const target = useTarget();

  it('is answered', async () => {
    const peer = await target.channel();
    await peer.call(0, 'connection.close', { replyCode: 200, replyText: 'bye' });
    expect(peer.wire.inbox(0)).to.deep.equal([]);
    expect(peer.wire.inbox(1)).to.deep.equal([]);
  });

  it('leaves it to the client to end the stream', async () => {
    const peer = await target.channel();
    await peer.call(0, 'connection.close', { replyCode: 200, replyText: 'bye' });
    // What is sent now is dropped, and the stream is there: a round trip of another one shows it.
    peer.send(1, 'queue.declare', { queue: target.name('q') });
    await (await target.channel()).fence(1);
    expect(peer.wire.ended).to.equal(false);
    expect(peer.wire.inbox(1)).to.deep.equal([]);
    peer.wire.stream.end();
    await peer.expectEnd();
  });

  it('comes after what was published before', async () => {
    const [peer, other] = [await target.channel(), await target.channel()];
    const name = await queue(target, other);
    for (let i = 0; i < 100; i += 1) peer.publish(1, { routingKey: name }, {}, String(i));
    await peer.call(0, 'connection.close', { replyCode: 200 });
    await fill(other, name, 'end');
    await expectMessages(other, name, [...Array.from({ length: 100 }, (_, i) => String(i)), 'end']);
  });

  it('is answered although channels are open and busy', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await consume(peer, name, { noAck: true });
    for (let i = 0; i < 200; i += 1) peer.publish(1, { routingKey: name }, {}, 'x'.repeat(1000));
    peer.send(0, 'connection.close', { replyCode: 200 });
    await peer.expect(0, 'connection.close-ok');
  });

  it('is answered when the server was closing it, too', async () => {
    const peer = await target.channel();
    peer.send(1, 'basic.publish', { exchange: 'amq.direct', immediate: true });
    peer.publish(1, { immediate: true });
    await peer.expect(0, 'connection.close');
    peer.send(0, 'connection.close', { replyCode: 200 });
    await peer.expect(0, 'connection.close-ok');
    peer.send(0, 'connection.close-ok');
    await peer.expectEnd();
  });

  it('by the server after a frame without its end comes to the end by itself', async () => {
    const peer = await target.channel();
    peer.sendFrame(1, 0, Buffer.alloc(0), 0);
    await peer.expect(0, 'connection.close');
    await peer.expectEnd();
  });

  it('by the server drops what the client still sends', async () => {
    const [peer, other] = [await target.channel(), await target.channel()];
    const name = await queue(target, other);
    peer.send(1, 'channel.open');
    await peer.expect(0, 'connection.close');
    peer.publish(1, { routingKey: name }, {}, 'dropped');
    peer.send(2, 'channel.open');
    peer.send(0, 'connection.close-ok');
    await peer.expectEnd();
    expect(peer.wire.inbox(2)).to.deep.equal([]);
    await expectMessages(other, name, []);
  });
});

describe('a connection that is lost', () => {
  const target = useTarget();

  it('loses nothing that was confirmed, and nothing that it held', async () => {
    const [peer, other] = [await target.channel(), await target.channel()];
    const name = await queue(target, other);
    for (const text of '123') await put(peer, { routingKey: name }, {}, text);
    await consume(peer, name);
    for (const text of '123') expect((await peer.nextDelivery(1)).text).to.equal(text);
    await consume(other, name);
    peer.drop();
    for (const text of '123') {
      expect(await other.nextDelivery(1)).to.include({ text, redelivered: true });
    }
  });

  it('in the middle of a content leaves no half message', async () => {
    const [peer, other] = [await target.channel(), await target.channel()];
    const name = await queue(target, other);
    await put(peer, { routingKey: name }, {}, 'whole');
    const held = await queue(target, peer, { exclusive: true });
    peer.send(1, 'basic.publish', { routingKey: name });
    peer.sendFrame(2, 1, Buffer.from([0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0]));
    peer.sendFrame(3, 1, Buffer.from('half'));
    peer.drop();
    // Its exclusive queue goes with it: once that is gone, all of it is.
    await consume(other, name, { noAck: true });
    expect((await other.nextDelivery(1)).text).to.equal('whole');
    for (let gone = false; !gone; ) {
      other.send(1, 'queue.delete', { queue: held });
      const { method } = await other.next(1);
      gone = method.name === 'queue.delete-ok';
      if (!gone) {
        other.send(1, 'channel.close-ok');
        await other.open(1);
      }
    }
    await expectMessages(other, name, []);
  });
});
