// bufferpack as an oracle for the fixed layouts: what Python's struct would pack must be what we
// write, and must be read as what went in. It has no 64-bit format, so a longlong is two words.
import bufferpack from 'bufferpack';
import { expect } from 'chai';
import fc from 'fast-check';
import { FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_METHOD } from '../../../protocol/constants.ts';
import {
  decodeMethod,
  encodeBodyFrames,
  encodeHeaderFrame,
  encodeMethod,
} from '../../../protocol/methods.ts';
import { SPEC } from '../../../protocol/spec.ts';
import { METHOD_NAMES } from './support/arbitraries.ts';
import { parse } from './support/recorder.ts';
import { METHOD_VECTORS } from './support/vectors.ts';

/** type, channel, size */
const FRAME_START = '>BHL';
/** type, channel, size, class, method */
const METHOD_START = '>BHLHH';
/** type, channel, size, class, weight, body size, flags */
const CONTENT_HEADER = '>BHLHHLLH';
/** ids, channel-max, frame-max, heartbeat */
const TUNE = '>HHHLH';
/** ids, prefetch size, prefetch count, bits */
const QOS = '>HHLHB';
/** ids, delivery tag, bits */
const SETTLE = '>HHLLB';

const word = fc.nat({ max: 0xffff_ffff });
const short = fc.nat(0xffff);

function pack(format: string, bytes: number, values: readonly number[]): Buffer {
  const target = Buffer.alloc(bytes);
  expect(bufferpack.packTo(format, target, 0, values), 'fits').to.equal(target);
  return target;
}

function joined(high: number, low: number): number | bigint {
  const value = (BigInt(high) << 32n) | BigInt(low);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? value : Number(value);
}

describe('bufferpack agrees', () => {
  it('on the start of every method frame', () => {
    for (const { method, bytes } of METHOD_VECTORS) {
      const frame = encodeMethod(513, method);
      const [classId, methodId] = SPEC[method.name].ids;
      const values = [FRAME_METHOD, 513, bytes.length, classId, methodId];
      expect(frame.subarray(0, 11)).to.deep.equal(pack(METHOD_START, 11, values));
      expect(bufferpack.unpack(METHOD_START, frame, 0)).to.deep.equal(values);
      expect(frame[frame.length - 1]).to.equal(FRAME_END);
    }
    expect(new Set(METHOD_VECTORS.map(({ method }) => method.name)).size).to.equal(
      METHOD_NAMES.length,
    );
  });

  it('on what the parser reads from a frame start', () => {
    const agrees = fc.property(short, fc.nat(5000), (channel, size) => {
      const start = pack(FRAME_START, 7, [FRAME_BODY, channel, size]);
      const frame = Buffer.concat([start, Buffer.alloc(size), Buffer.from([FRAME_END])]);
      const [seen] = parse([frame]).frames;
      expect(seen).to.deep.include({ type: FRAME_BODY, channel });
      expect(seen?.payload).to.have.length(size);
      const [encoded] = encodeBodyFrames(channel, Buffer.alloc(size), 0);
      if (size > 0) expect(encoded).to.deep.equal(frame);
    });
    fc.assert(agrees, { numRuns: 100 });
  });

  it('on content headers', () => {
    const agrees = fc.property(
      short,
      word,
      word,
      fc.constantFrom(0, 2, 0xfffc),
      (channel, high, low, flags) => {
        const properties = pack('>H', 2, [flags]);
        const frame = encodeHeaderFrame(channel, joined(high, low), properties);
        const values = [FRAME_HEADER, channel, 14, 60, 0, high, low, flags];
        expect(frame.subarray(0, -1)).to.deep.equal(pack(CONTENT_HEADER, 21, values));
        expect(bufferpack.unpack(CONTENT_HEADER, frame, 0)).to.deep.equal(values);
      },
    );
    fc.assert(agrees);
  });

  it('on connection.tune', () => {
    const agrees = fc.property(short, word, short, (channelMax, frameMax, heartbeat) => {
      const method = { name: 'connection.tune', channelMax, frameMax, heartbeat } as const;
      const payload = pack(TUNE, 12, [10, 30, channelMax, frameMax, heartbeat]);
      expect(encodeMethod(0, method).subarray(7, -1)).to.deep.equal(payload);
      expect(decodeMethod(payload, 0, 12)).to.deep.equal(method);
    });
    fc.assert(agrees);
  });

  it('on basic.qos', () => {
    const agrees = fc.property(word, short, fc.boolean(), (prefetchSize, prefetchCount, global) => {
      const method = { name: 'basic.qos', prefetchSize, prefetchCount, global } as const;
      const payload = pack(QOS, 11, [60, 10, prefetchSize, prefetchCount, global ? 1 : 0]);
      expect(encodeMethod(1, method).subarray(7, -1)).to.deep.equal(payload);
      expect(decodeMethod(payload, 0, 11)).to.deep.equal(method);
    });
    fc.assert(agrees);
  });

  it('on basic.nack, over all 64 bits of its tag', () => {
    const agrees = fc.property(
      word,
      word,
      fc.boolean(),
      fc.boolean(),
      (high, low, multiple, requeue) => {
        const deliveryTag = joined(high, low);
        const method = { name: 'basic.nack', deliveryTag, multiple, requeue } as const;
        const bits = (multiple ? 1 : 0) + (requeue ? 2 : 0);
        const payload = pack(SETTLE, 13, [60, 120, high, low, bits]);
        expect(encodeMethod(1, method).subarray(7, -1)).to.deep.equal(payload);
        expect(decodeMethod(payload, 0, 13)).to.deep.equal(method);
      },
    );
    fc.assert(agrees);
  });
});
