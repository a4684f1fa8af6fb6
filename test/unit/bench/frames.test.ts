/**
 * The generator's frames, held against the project's own codec: two writings of one protocol.
 */
import { expect } from 'chai';
import {
  ackFrame,
  buildBlock,
  deliverFrames,
  FRAME_MAX_BYTES,
  METHOD,
  methodFrame,
  publishFrames,
  Writer,
} from '../../../bench/support/frames.ts';
import { FrameParser, type FrameSink } from '../../../protocol/frame-parser.ts';
import { decodeMethod, encodeMethod } from '../../../protocol/methods.ts';
import { decodeProperties } from '../../../protocol/properties.ts';

interface Seen {
  readonly methods: ReturnType<typeof decodeMethod>[];
  readonly headers: { size: number; properties: ReturnType<typeof decodeProperties> }[];
  readonly bodies: Buffer[];
}

function parse(bytes: Buffer): Seen {
  const seen: Seen = { methods: [], headers: [], bodies: [] };
  const sink: FrameSink = {
    method: (_channel, chunk, start, end) => seen.methods.push(decodeMethod(chunk, start, end)),
    header: (_channel, chunk, start, end) =>
      seen.headers.push({
        size: Number(chunk.readBigUInt64BE(start + 4)),
        properties: decodeProperties(chunk, start + 12, end),
      }),
    bodyPart: (_channel, chunk, start, end) => seen.bodies.push(chunk.subarray(start, end)),
    heartbeat: () => undefined,
  };
  new FrameParser(sink, FRAME_MAX_BYTES).push(bytes);
  return seen;
}

describe('bench frames', () => {
  const body = Buffer.from('sixteen octets!!');

  it('publishes what the codec reads', () => {
    const seen = parse(
      publishFrames({ channel: 3, exchange: 'ex', routingKey: 'key', body, replyTo: 'there' }),
    );
    expect(seen.methods).to.have.lengthOf(1);
    expect(seen.methods[0]).to.include({
      name: 'basic.publish',
      exchange: 'ex',
      routingKey: 'key',
      mandatory: false,
      immediate: false,
    });
    expect(seen.headers).to.deep.equal([{ size: 16, properties: { replyTo: 'there' } }]);
    expect(Buffer.concat(seen.bodies).equals(body)).to.equal(true);
  });

  it('publishes without properties when none are wanted', () => {
    const seen = parse(publishFrames({ channel: 1, exchange: '', routingKey: 'q', body }));
    expect(seen.headers).to.deep.equal([{ size: 16, properties: {} }]);
  });

  it('publishes persistent messages', () => {
    const plan = { channel: 1, exchange: '', routingKey: 'q', body, persistent: true };
    const seen = parse(
      Buffer.concat([publishFrames(plan), publishFrames({ ...plan, replyTo: 'r' })]),
    );
    expect(seen.headers.map(({ properties }) => properties)).to.deep.equal([
      { deliveryMode: 2 },
      { deliveryMode: 2, replyTo: 'r' },
    ]);
  });

  it('splits a body that is longer than a frame may be', () => {
    const long = Buffer.alloc(FRAME_MAX_BYTES * 2 + 1, 'x');
    const seen = parse(publishFrames({ channel: 1, exchange: '', routingKey: 'q', body: long }));
    expect(seen.bodies.map((part) => part.length)).to.deep.equal([
      FRAME_MAX_BYTES - 8,
      FRAME_MAX_BYTES - 8,
      17,
    ]);
  });

  it('writes no body frame for an empty body', () => {
    const empty = Buffer.alloc(0);
    const seen = parse(publishFrames({ channel: 1, exchange: '', routingKey: 'q', body: empty }));
    expect(seen.headers[0]?.size).to.equal(0);
    expect(seen.bodies).to.deep.equal([]);
  });

  it('delivers and acknowledges to the octet as the codec does', () => {
    const plan = { channel: 2, consumerTag: 'ct', deliveryTag: 77, exchange: 'e', routingKey: 'k' };
    const deliver = encodeMethod(2, {
      name: 'basic.deliver',
      consumerTag: 'ct',
      deliveryTag: 77,
      redelivered: false,
      exchange: 'e',
      routingKey: 'k',
    });
    expect(
      deliverFrames({ ...plan, body })
        .subarray(0, deliver.length)
        .equals(deliver),
    ).to.equal(true);
    const ack = encodeMethod(2, { name: 'basic.ack', deliveryTag: 77, multiple: true });
    expect(ackFrame(2, 77, true).equals(ack)).to.equal(true);
  });

  it('frames longer than the first buffer', () => {
    const frame = methodFrame(1, METHOD.queueDeclare, (to) =>
      to.short(0).shortString('q'.repeat(255)).octet(0).long(0),
    );
    expect(parse(frame).methods[0]).to.include({ name: 'queue.declare', queue: 'q'.repeat(255) });
  });

  it('refuses a short string over 255 octets', () => {
    expect(() => new Writer().shortString('q'.repeat(256))).to.throw(RangeError, '255 octets');
  });
});

describe('bench blocks', () => {
  const one = Buffer.alloc(10, 1);
  const two = Buffer.alloc(20, 2);

  it('repeats whole rounds until the size is reached', () => {
    const { bytes, ends } = buildBlock([one, two], 61);
    expect([...ends]).to.deep.equal([10, 30, 40, 60, 70, 90]);
    expect(bytes.length).to.equal(90);
  });

  it('holds each message once even when that is more than was wanted', () => {
    expect([...buildBlock([one, two], 1).ends]).to.deep.equal([10, 30]);
  });

  it('stops at a number of messages', () => {
    expect(buildBlock([one], 1000, 3).ends).to.have.lengthOf(3);
  });
});
