// That bodies and properties arrive as they were sent: sizes around the frame limit, other limits
// on either side, properties octet by octet. Reference: compatibility A1.7, A1.11.
import { expect } from 'chai';
import { encodeProperties, type Properties } from '../../protocol/properties.ts';
import type { FieldValue } from '../../protocol/table.ts';
import { useTarget } from '../support/target.ts';
import { consume, expectMessages, put, queue, take } from '../support/topology.ts';

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
