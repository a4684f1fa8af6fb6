// Publishing: what comes back (returns, confirms), and that bodies and properties arrive as they were sent.
// Reference: compatibility A9.1, A9.2, A1.11, and the last row of A.4.
import { expect } from 'chai';
import { encodeProperties, type Properties } from '../../protocol/properties.ts';
import { type FieldValue, fromObject } from '../../protocol/table.ts';
import type { Peer } from '../support/peer.ts';
import { useTarget } from '../support/target.ts';
import { consume, counts, expectMessages, fill, put, queue, take } from '../support/topology.ts';

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

/** A body in which every octet tells its position, more or less. */
function pattern(bytes: number): Buffer {
  const body = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 1) body[at] = (at * 31 + (at >> 8)) & 255;
  return body;
}

const FRAME_MAX = 131_072;
const SIZES = [0, 1, FRAME_MAX - 9, FRAME_MAX - 8, FRAME_MAX - 7, 2 * (FRAME_MAX - 8), 1 << 20];

describe('a body', () => {
  const target = useTarget();

  for (const size of SIZES) {
    it(`of ${size} octets arrives in as few frames as will do`, async () => {
      const peer = await target.channel();
      const name = await queue(target, peer);
      const body = pattern(size);
      await put(peer, { routingKey: name }, {}, body);
      const got = await take(peer, name);
      expect(got.body.equals(body)).to.equal(true);
      const most = FRAME_MAX - 8;
      const whole = Array.from({ length: Math.floor(size / most) }, () => most);
      expect(got.bodyFrameSizes).to.deep.equal(size % most === 0 ? whole : [...whole, size % most]);
    });
  }

  it('is cut anew for a client with smaller frames', async () => {
    const [sender, receiver] = [await target.channel(), await target.channel({ frameMax: 4096 })];
    const name = await queue(target, sender);
    await consume(receiver, name);
    for (const size of [4088, 4089, 100_000]) {
      const body = pattern(size);
      await put(sender, { routingKey: name }, {}, body);
      const got = await receiver.nextDelivery(1);
      expect(got.body.equals(body)).to.equal(true);
      expect(Math.max(...got.bodyFrameSizes)).to.equal(4088);
    }
  });

  it('that came in many small frames is joined for a client with larger ones', async () => {
    const [sender, receiver] = [await target.channel({ frameMax: 4096 }), await target.channel()];
    const name = await queue(target, sender);
    await consume(receiver, name);
    const body = pattern(100_000);
    await put(sender, { routingKey: name }, {}, body);
    expect((await receiver.nextDelivery(1)).body.equals(body)).to.equal(true);
  });

  it('may come octet by octet, with empty frames between', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await peer.call(1, 'confirm.select');
    peer.send(1, 'basic.publish', { routingKey: name });
    peer.sendFrame(2, 1, Buffer.from([0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0]));
    for (const octet of Buffer.from('hello')) {
      peer.sendFrame(3, 1, Buffer.alloc(0));
      peer.sendFrame(3, 1, Buffer.from([octet]));
    }
    await peer.expect(1, 'basic.ack');
    await expectMessages(peer, name, ['hello']);
  });
});

const EVERY_TYPE: Readonly<Record<string, FieldValue>> = {
  longstr: { type: 'S', value: 'text \u{1f407}' },
  octets: { type: 'S', value: Buffer.from([0xff, 0xfe, 0]) },
  binary: { type: 'x', value: Buffer.from([0, 1, 255]) },
  int32: { type: 'I', value: -2_147_483_648 },
  uint32: { type: 'i', value: 4_294_967_295 },
  int64: { type: 'l', value: -9_223_372_036_854_775_808n },
  int16: { type: 's', value: -32_768 },
  uint16: { type: 'u', value: 65_535 },
  int8: { type: 'b', value: -128 },
  uint8: { type: 'B', value: 255 },
  float: { type: 'f', value: 1.5 },
  double: { type: 'd', value: Math.PI },
  decimal: { type: 'D', value: { scale: 2, value: 314 } },
  time: { type: 'T', value: 1_700_000_000 },
  true: { type: 't', value: true },
  false: { type: 't', value: false },
  nothing: { type: 'V', value: null },
  array: {
    type: 'A',
    value: [
      { type: 'I', value: 1 },
      { type: 'S', value: 'two' },
    ],
  },
  table: { type: 'F', value: new Map([['deeper', { type: 'F', value: new Map() }]]) },
};

describe('properties', () => {
  const target = useTarget();

  it('of every kind arrive octet by octet as they were', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    const properties: Properties = {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      headers: new Map(Object.entries(EVERY_TYPE)),
      deliveryMode: 2,
      priority: 9,
      correlationId: 'c'.repeat(255),
      replyTo: 'somewhere',
      expiration: '600000',
      messageId: 'm',
      timestamp: 1_700_000_000,
      type: 't',
      userId: 'guest',
      appId: 'a',
      clusterId: 'k',
    };
    await put(peer, { routingKey: name }, properties);
    const got = await take(peer, name);
    expect(got.propertyBytes).to.deep.equal(encodeProperties(properties));
    expect(got.properties).to.deep.equal(properties);
  });

  for (const [title, properties] of Object.entries<Properties>({
    none: {},
    'a delivery mode of 7': { deliveryMode: 7 },
    'a priority of 255': { priority: 255 },
    'empty texts': { contentType: '', correlationId: '', messageId: '' },
    'empty headers': { headers: new Map() },
    'an expiration': { expiration: '1000000' },
  })) {
    it(`with ${title} arrive as they were`, async () => {
      const peer = await target.channel();
      const name = await queue(target, peer);
      await consume(peer, name, { noAck: true });
      await put(peer, { routingKey: name }, properties);
      const got = await peer.nextDelivery(1);
      expect(got.propertyBytes).to.deep.equal(encodeProperties(properties));
    });
  }

  it('that were written in an unusual way stay so', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    // The same key twice, a boolean of 7, and a `l` written as `L`.
    const table = Buffer.from('01617407' + '01617400' + '016c4c0000000000000005', 'hex');
    const size = Buffer.alloc(4);
    size.writeUInt32BE(table.length);
    const odd = Buffer.concat([Buffer.from([0x20, 0]), size, table]);
    await put(peer, { routingKey: name }, odd);
    expect((await take(peer, name)).propertyBytes).to.deep.equal(odd);
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
