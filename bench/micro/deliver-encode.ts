/**
 * Writing a delivery (method, header, body) into an output slab: by hand (hot.ts) beside the
 * interpreted encoder (methods.ts).
 */
import {
  deliverStart,
  deliverTagOffset,
  deliverTemplate,
  writeBodyFrame,
  writeDeliver,
  writeHeaderFrame,
} from '../../protocol/hot.ts';
import { encodeBodyFrames, encodeHeaderFrame, encodeMethod } from '../../protocol/methods.ts';
import { Octets } from '../../protocol/octets.ts';
import { keep, type MicroCase } from './harness.ts';

const SLAB_BYTES = 65536;
const CHANNEL = 1;
const CONSUMER_TAG = 'ctag1';
const EXCHANGE = 'amq.topic';
const ROUTING_KEY = 'sensor.17.temperature';

const names = Buffer.concat(
  [EXCHANGE, ROUTING_KEY].map((name) => Buffer.concat([Buffer.of(name.length), Buffer.from(name)])),
);
const start = deliverStart(CHANNEL, CONSUMER_TAG);
const template = deliverTemplate(start, names);
const tagOffset = deliverTagOffset(start);
const properties = new Octets(Buffer.from([0x10, 0x00, 2]));

function byHand(bodyBytes: number): MicroCase {
  const slab = new Octets(Buffer.allocUnsafeSlow(SLAB_BYTES));
  const body = new Octets(Buffer.alloc(bodyBytes, 'x'));
  const operations = Math.floor(SLAB_BYTES / (template.length + bodyBytes + 64));
  let tag = 0;
  return {
    name: `deliver encode, by hand, ${bodyBytes} B`,
    per: 'message of 3 frames',
    operations,
    run: () => {
      let at = 0;
      for (let i = 0; i < operations; i++) {
        at = writeDeliver(slab, at, template, tagOffset, ++tag, false);
        at = writeHeaderFrame(slab, at, CHANNEL, bodyBytes, properties, 0, properties.bytes.length);
        at = writeBodyFrame(slab, at, CHANNEL, body, 0, bodyBytes);
      }
      keep(at);
    },
  };
}

function interpreted(bodyBytes: number): MicroCase {
  const body = Buffer.alloc(bodyBytes, 'x');
  let deliveryTag = 0;
  return {
    name: `deliver encode, interpreted, ${bodyBytes} B`,
    per: 'message of 3 frames',
    operations: 1,
    run: () => {
      const method = encodeMethod(CHANNEL, {
        name: 'basic.deliver',
        consumerTag: CONSUMER_TAG,
        deliveryTag: ++deliveryTag,
        redelivered: false,
        exchange: EXCHANGE,
        routingKey: ROUTING_KEY,
      });
      const header = encodeHeaderFrame(CHANNEL, bodyBytes, properties.bytes);
      const bodies = encodeBodyFrames(CHANNEL, body, 131072);
      keep(method.length + header.length + bodies.length);
    },
  };
}

export const cases: readonly MicroCase[] = [byHand(16), byHand(1024), interpreted(16)];
