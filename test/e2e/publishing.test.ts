// Publishing: what comes back (returns, confirms) and in which order messages go on. Whether they
// arrive whole is in content.test.ts. Reference: compatibility A9.1, A9.2, and the last row of
// A.4.
import { expect } from 'chai';
import { encodeProperties, type Properties } from '../../protocol/properties.ts';
import { fromObject } from '../../protocol/table.ts';
import type { Peer } from '../support/peer.ts';
import { useTarget } from '../support/target.ts';
import { consume, counts, fill, put, queue } from '../support/topology.ts';

/** Takes confirms on channel 1 until `last` is confirmed; they must be acks, in ascending order. */
async function confirmedUpTo(peer: Peer, last: number): Promise<void> {
  const open = new Set(Array.from({ length: last }, (_, index) => index + 1));
  while (open.size > 0) {
    const ack = await peer.expect(1, 'basic.ack');
    const tag = Number(ack.deliveryTag);
    expect(open.has(tag) || (ack.multiple && tag <= last), `confirm of ${tag}`).to.equal(true);
    for (const each of [...open])
      if (each === tag || (ack.multiple && each < tag)) open.delete(each);
  }
}

describe('a message that nobody takes', () => {
  const target = useTarget();

  it('comes back whole if it was mandatory', async () => {
    const peer = await target.channel();
    const properties: Properties = { headers: fromObject({ a: 'b' }), correlationId: 'c' };
    const fields = { exchange: 'amq.direct', routingKey: 'wt.nowhere', mandatory: true };
    peer.publish(1, fields, properties, 'body');
    const back = await peer.expectContent(1, 'basic.return');
    expect(back).to.include({
      replyCode: 312,
      replyText: 'NO_ROUTE',
      exchange: 'amq.direct',
      routingKey: 'wt.nowhere',
      text: 'body',
    });
    expect(back.propertyBytes).to.deep.equal(encodeProperties(properties));
  });

  it('comes back from the default exchange, too', async () => {
    const peer = await target.channel();
    const routingKey = target.name();
    peer.publish(1, { routingKey, mandatory: true });
    const back = await peer.expectContent(1, 'basic.return');
    expect(back).to.include({ exchange: '', routingKey, text: '' });
    expect(back.bodyFrameSizes).to.deep.equal([]);
  });

  it('comes back before it is confirmed', async () => {
    const peer = await target.channel();
    await peer.call(1, 'confirm.select');
    const lost = { exchange: 'amq.direct', routingKey: 'wt.nowhere' };
    peer.publish(1, { ...lost, mandatory: true }, {}, '1');
    expect((await peer.expectContent(1, 'basic.return')).text).to.equal('1');
    expect(await peer.expect(1, 'basic.ack')).to.include({ deliveryTag: 1 });
    peer.publish(1, lost);
    expect(await peer.expect(1, 'basic.ack')).to.include({ deliveryTag: 2 });
    for (const text of '3456') peer.publish(1, { ...lost, mandatory: true }, {}, text);
    let returned = 2;
    for (let confirmed = 2; confirmed < 6; ) {
      const { method } = await peer.next(1);
      if (method.name === 'basic.return') returned += 1;
      else if (method.name === 'basic.ack') confirmed = Number(method.deliveryTag);
      expect(returned).to.be.at.least(confirmed);
    }
    expect(returned).to.equal(6);
  });

  it('stands between the confirms of what came before it and its own', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await peer.call(1, 'confirm.select');
    peer.publish(1, { routingKey: name }, {}, '1');
    peer.publish(1, { routingKey: 'wt.nowhere', mandatory: true }, {}, '2');
    peer.publish(1, { routingKey: name }, {}, '3');
    expect(await peer.expect(1, 'basic.ack')).to.include({ deliveryTag: 1, multiple: false });
    expect(await peer.expectContent(1, 'basic.return')).to.include({ text: '2' });
    expect(await peer.expect(1, 'basic.ack')).to.include({ deliveryTag: 2, multiple: false });
    expect(await peer.expect(1, 'basic.ack')).to.include({ deliveryTag: 3 });
  });

  it('is dropped if it was not mandatory', async () => {
    const peer = await target.channel();
    peer.publish(1, { exchange: 'amq.direct', routingKey: 'wt.nowhere' });
    await peer.fence(1);
  });

  it('does not come back if one queue takes it', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await put(peer, { routingKey: name, mandatory: true });
    await peer.expectNothing(1, name);
  });
});

describe('confirms', () => {
  const target = useTarget();

  it('count from 1, from the moment they are asked for, on each channel', async () => {
    const peer = await target.channel();
    await peer.open(2);
    const name = await queue(target, peer);
    peer.publish(1, { routingKey: name });
    await peer.call(1, 'confirm.select');
    await peer.call(2, 'confirm.select');
    peer.publish(1, { routingKey: name });
    expect(await peer.expect(1, 'basic.ack')).to.include({ deliveryTag: 1, multiple: false });
    peer.publish(2, { routingKey: name });
    expect(await peer.expect(2, 'basic.ack')).to.include({ deliveryTag: 1, multiple: false });
    peer.publish(1, { routingKey: name });
    expect(await peer.expect(1, 'basic.ack')).to.include({ deliveryTag: 2, multiple: false });
  });

  it('go on counting when they are asked for again', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await peer.call(1, 'confirm.select');
    peer.publish(1, { routingKey: name });
    await peer.expect(1, 'basic.ack');
    await peer.call(1, 'confirm.select');
    peer.publish(1, { routingKey: name });
    expect(await peer.expect(1, 'basic.ack')).to.include({ deliveryTag: 2 });
  });

  it('may be asked for without waiting', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    peer.send(1, 'confirm.select', { nowait: true });
    peer.publish(1, { routingKey: name });
    expect(await peer.expect(1, 'basic.ack')).to.include({ deliveryTag: 1 });
  });

  it('cover every message of a burst exactly once, few or many at a time', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await peer.call(1, 'confirm.select');
    for (let i = 0; i < 1000; i += 1) peer.publish(1, { routingKey: name }, {}, String(i));
    await confirmedUpTo(peer, 1000);
    peer.publish(1, { routingKey: name });
    expect(await peer.expect(1, 'basic.ack')).to.include({ deliveryTag: 1001 });
  });

  it('cover messages for no queue and for several', async () => {
    const peer = await target.channel();
    const names = [await queue(target, peer), await queue(target, peer)];
    for (const name of names) {
      await peer.call(1, 'queue.bind', {
        queue: name,
        exchange: 'amq.direct',
        routingKey: names[0] ?? '',
      });
    }
    await peer.call(1, 'confirm.select');
    for (let i = 0; i < 50; i += 1) {
      peer.publish(1, {
        exchange: 'amq.direct',
        routingKey: i % 2 === 0 ? (names[0] ?? '') : 'wt.nowhere',
      });
    }
    await confirmedUpTo(peer, 50);
    expect(await counts(peer, ...names)).to.deep.equal([25, 25]);
  });
});

describe('order', () => {
  const target = useTarget();

  it('is kept from one channel to one queue to one consumer', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await consume(peer, name, { noAck: true });
    for (let i = 0; i < 2000; i += 1) peer.publish(1, { routingKey: name }, {}, String(i));
    for (let i = 0; i < 2000; i += 1) {
      expect((await peer.nextDelivery(1)).text).to.equal(String(i));
    }
    await fill(peer, name, 'end');
    expect((await peer.nextDelivery(1)).text).to.equal('end');
  });
});
