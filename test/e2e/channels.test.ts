// The life of channels: opened, closed from either side, their numbers used again, many side by
// side. Reference: compatibility A3.11 and the channel rows of A.4.
import { expect } from 'chai';
import { FRAME_BODY, FRAME_HEADER } from '../../protocol/constants.ts';
import { encodeHeaderFrame, encodeMethod } from '../../protocol/methods.ts';
import { fillIn } from '../support/describe-method.ts';
import type { Peer } from '../support/peer.ts';
import { useTarget } from '../support/target.ts';
import {
  consume,
  counts,
  expectMessages,
  expectNoQueue,
  fill,
  queue,
  takeAll,
} from '../support/topology.ts';

/** Makes channel 1 close: the server has sent channel.close, the client has not answered. */
async function breakChannel(peer: Peer): Promise<void> {
  peer.send(1, 'basic.ack', { deliveryTag: 1 });
  await peer.expect(1, 'channel.close');
}

describe('a channel', () => {
  const target = useTarget();

  it('opens and closes, and may be opened again at once', async () => {
    const peer = await target.connect();
    for (let i = 0; i < 3; i += 1) {
      await peer.open(1);
      await peer.fence(1);
      await peer.call(1, 'channel.close', { replyCode: 200 });
    }
  });

  it('may have any number up to the limit', async () => {
    const peer = await target.connect();
    await peer.open(2047, 1, 1024);
    for (const channel of [1, 1024, 2047]) await peer.fence(channel);
  });

  it('begins anew when its number is used again', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await peer.call(1, 'basic.qos', { prefetchCount: 1 });
    await peer.call(1, 'confirm.select');
    peer.publish(1, { routingKey: name }, {}, '1');
    await peer.expect(1, 'basic.ack');
    await consume(peer, name, { consumerTag: 'c' });
    await peer.nextDelivery(1);
    await peer.call(1, 'channel.close');
    await peer.open(1);
    await peer.call(1, 'tx.select');
    await consume(peer, name, { consumerTag: 'c' });
    await fill(peer, name, '2', '3');
    for (const [index, text] of ['1', '2', '3'].entries()) {
      const got = await peer.nextDelivery(1);
      expect(got).to.include({ text, deliveryTag: index + 1 });
    }
  });

  it('asked to go on answers that it does', async () => {
    const peer = await target.channel();
    expect(await peer.call(1, 'channel.flow', { active: true })).to.include({ active: true });
  });

  it('gives access to everything, always with ticket 1', async () => {
    const peer = await target.channel();
    const wish = { realm: '/data', exclusive: true, read: true };
    expect(await peer.call(1, 'access.request', wish)).to.include({ ticket: 1 });
  });

  it('answers in the order in which it was asked', async () => {
    const peer = await target.channel();
    const name = target.name();
    peer.send(1, 'queue.declare', { queue: name });
    peer.send(1, 'basic.qos', { prefetchCount: 1 });
    peer.send(1, 'queue.bind', { queue: name, exchange: 'amq.fanout' });
    peer.send(1, 'basic.get', { queue: name });
    peer.send(1, 'queue.purge', { queue: name });
    peer.send(1, 'confirm.select');
    peer.send(1, 'queue.delete', { queue: name });
    for (const reply of [
      'queue.declare-ok',
      'basic.qos-ok',
      'queue.bind-ok',
      'basic.get-empty',
      'queue.purge-ok',
      'confirm.select-ok',
      'queue.delete-ok',
    ] as const) {
      await peer.expect(1, reply);
    }
  });
});

describe('a channel that the server closes', () => {
  const target = useTarget();

  it('drops whatever comes until the client has answered', async () => {
    const peer = await target.channel();
    const [name, other] = [target.name(), await queue(target, peer)];
    await breakChannel(peer);
    peer.send(1, 'queue.declare', { queue: name });
    peer.publish(1, { routingKey: other }, {}, 'dropped');
    peer.send(1, 'basic.qos', { prefetchSize: 1 });
    peer.send(1, 'channel.close-ok');
    await peer.open(1);
    expect(await counts(peer, other)).to.deep.equal([0]);
    await expectNoQueue(peer, name);
  });

  it('answers a close of the client that crossed its own', async () => {
    const peer = await target.channel();
    await breakChannel(peer);
    peer.send(1, 'channel.close', { replyCode: 200 });
    await peer.expect(1, 'channel.close-ok');
    peer.send(1, 'channel.close-ok');
    await peer.open(1);
    await peer.fence(1);
  });

  it('cannot be opened again before that', async () => {
    const peer = await target.channel();
    await breakChannel(peer);
    peer.send(1, 'channel.open');
    await peer.expectConnectionClose({
      code: 504,
      text: "CHANNEL_ERROR - second 'channel.open' seen",
      method: 'channel.open',
    });
  });

  it('leaves the others alone', async () => {
    const peer = await target.channel();
    await peer.open(2);
    const name = await queue(target, peer);
    await consume(peer, name, {}, 2);
    await breakChannel(peer);
    await fill(peer, name, 'm').catch((error: Error) => expect(error.message).to.equal(''));
    expect((await peer.nextDelivery(2)).text).to.equal('m');
    peer.send(1, 'channel.close-ok');
  });

  it('has done what was asked before the mistake, and nothing after', async () => {
    const peer = await target.channel();
    const [before, after] = [target.name(), target.name()];
    peer.send(1, 'queue.declare', { queue: before, nowait: true });
    peer.send(1, 'basic.reject', { deliveryTag: 7 });
    peer.send(1, 'queue.declare', { queue: after, nowait: true });
    await peer.expectClose(1, {
      code: 406,
      text: 'PRECONDITION_FAILED - unknown delivery tag 7',
      method: 'basic.reject',
    });
    await peer.open(1);
    await peer.call(1, 'queue.declare', { queue: before, passive: true });
    await expectNoQueue(peer, after);
  });

  it('ends its consumers', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await consume(peer, name);
    await breakChannel(peer);
    peer.send(1, 'channel.close-ok');
    await peer.open(1);
    const { consumerCount } = await peer.call(1, 'queue.declare', { queue: name });
    expect(consumerCount).to.equal(0);
  });
});

describe('channels side by side', () => {
  const target = useTarget();

  it('may mix the frames of their contents', async () => {
    const peer = await target.channel();
    await peer.open(2);
    const name = await queue(target, peer);
    const parts = (channel: number, body: string) => [
      encodeMethod(channel, fillIn('basic.publish', { routingKey: name })),
      encodeHeaderFrame(channel, body.length, Buffer.from([0, 0])),
    ];
    const [publish1, header1] = parts(1, 'one!');
    const [publish2, header2] = parts(2, 'two');
    for (const channel of [1, 2]) await peer.call(channel, 'confirm.select');
    peer.wire.write(Buffer.concat([publish1!, publish2!, header2!, header1!]));
    peer.sendFrame(FRAME_BODY, 1, Buffer.from('on'));
    peer.sendFrame(FRAME_BODY, 2, Buffer.from('two'));
    await peer.expect(2, 'basic.ack');
    await peer.fence(2);
    peer.sendFrame(FRAME_BODY, 1, Buffer.from('e!'));
    await peer.expect(1, 'basic.ack');
    await expectMessages(peer, name, ['two', 'one!']);
  });

  it('may close in the middle of a content', async () => {
    const peer = await target.channel();
    await peer.open(2);
    peer.send(2, 'basic.publish', { exchange: 'amq.direct' });
    peer.sendFrame(FRAME_HEADER, 2, Buffer.from([0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0]));
    await peer.fence(1);
    peer.send(2, 'channel.close');
    await peer.expectConnectionClose({
      code: 505,
      text: 'UNEXPECTED_FRAME - expected content body, got non content body frame instead',
      method: 'basic.publish',
    });
  });

  it('number their deliveries each for itself', async () => {
    const peer = await target.channel();
    await peer.open(2);
    const name = await queue(target, peer);
    await fill(peer, name, 'a', 'b');
    for (const channel of [1, 2]) {
      peer.send(channel, 'basic.get', { queue: name });
      expect((await peer.expectContent(channel, 'basic.get-ok')).deliveryTag).to.equal(1);
    }
  });

  it('may be hundreds', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    const numbers = Array.from({ length: 300 }, (_, index) => index + 2);
    for (const channel of numbers) {
      peer.send(channel, 'channel.open');
      peer.publish(channel, { routingKey: name }, {}, String(channel));
      peer.send(channel, 'channel.close');
    }
    for (const channel of numbers) {
      await peer.expect(channel, 'channel.open-ok');
      await peer.expect(channel, 'channel.close-ok');
    }
    const got = await takeAll(peer, name, numbers.length);
    expect(got.map(Number).sort((a, b) => a - b)).to.deep.equal(numbers);
  });
});
