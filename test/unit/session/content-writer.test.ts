import { expect } from 'chai';
import fc from 'fast-check';
import { Octets } from '../../../protocol/octets.ts';
import { Chunk, Message } from '../../../src/broker/message.ts';
import {
  copyableContentBytes,
  copyContent,
  writeWithContent,
} from '../../../src/session/content-writer.ts';
import { Output, SlabPool } from '../../../src/session/output.ts';
import { ADDRESS, bodyOf, messageOf, propertiesOf } from '../support/broker-parts.ts';
import { FakeTransport } from '../support/fake-transport.ts';
import { framesOf } from '../support/frames.ts';

const [METHOD, HEADER, BODY] = [1, 2, 3];
const CHANNEL = 513;
const METHOD_FRAME = Buffer.from([METHOD, 2, 1, 0, 0, 0, 4, 0, 60, 0, 60, 0xce]);

/** Checks header and body frames against the message; each body frame fits `frameMax`. */
function checkContent(octets: Buffer, message: Message, frameMax: number): void {
  const [header, ...bodies] = framesOf(octets);
  expect(header).to.include({ type: HEADER, channel: CHANNEL });
  const payload = header?.payload ?? Buffer.alloc(0);
  expect(payload.readUInt32BE(0), 'class and weight').to.equal(60 << 16);
  expect(payload.readBigUInt64BE(4)).to.equal(BigInt(message.bodySize));
  expect(payload.subarray(12).equals(propertiesOf(message))).to.equal(true);
  for (const { type, channel, payload } of bodies) {
    expect([type, channel]).to.deep.equal([BODY, CHANNEL]);
    expect(payload.length).to.be.above(0);
    if (frameMax !== 0) expect(payload.length + 8).to.be.at.most(frameMax);
  }
  const body = Buffer.concat(bodies.map((frame) => frame.payload));
  expect(body.equals(bodyOf(message)), 'the same body').to.equal(true);
  const needed = frameMax === 0 ? 1 : Math.ceil(message.bodySize / (frameMax - 8));
  expect(bodies.length, 'no more frames than needed').to.equal(message.bodySize === 0 ? 0 : needed);
}

/** All that `writeWithContent` sends. */
function written(message: Message, frameMax: number): { octets: Buffer; buffers: number } {
  const transport = new FakeTransport();
  const output = new Output(transport, new SlabPool(), () => undefined);
  writeWithContent(output, METHOD_FRAME, CHANNEL, message, frameMax);
  output.flush();
  const buffers = transport.pending[0]?.buffers.length ?? 0;
  transport.drain();
  return { octets: transport.takeSent(), buffers };
}

function checkWritten(message: Message, frameMax: number): void {
  const { octets } = written(message, frameMax);
  expect(octets.subarray(0, METHOD_FRAME.length)).to.deep.equal(METHOD_FRAME);
  checkContent(octets.subarray(METHOD_FRAME.length), message, frameMax);
}

/** A message whose body lies in stretches of those sizes, in chunks with other octets around. */
function inParts(sizes: readonly number[], propertyBytes = 2): Message {
  let next = 0;
  const octets = (size: number) => Buffer.from(Array.from({ length: size }, () => next++ & 0xff));
  const parts = sizes.map((size) => {
    const chunk = new Chunk(Buffer.concat([Buffer.alloc(3), octets(size), Buffer.alloc(5)]));
    return { chunk, start: 3, end: 3 + size };
  });
  const properties = new Chunk(octets(propertyBytes + 1));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const [first = { chunk: properties, start: 0 }] = parts;
  return new Message(
    ADDRESS,
    properties,
    1,
    1 + propertyBytes,
    first.chunk,
    first.start,
    total,
    parts.length > 1 ? parts : null,
  );
}

describe('copyableContentBytes', () => {
  const bytes = (bodySize: number, frameMax = 131_072) =>
    copyableContentBytes(messageOf(Buffer.alloc(bodySize)), frameMax);

  it('counts header and body frame of a small content', () => {
    expect(bytes(0)).to.equal(22);
    expect(bytes(1)).to.equal(22 + 9);
    expect(bytes(8192)).to.equal(22 + 8200);
  });

  it('is 0 for a body over 8 KiB, or in parts', () => {
    expect(bytes(8193)).to.equal(0);
    expect(copyableContentBytes(inParts([1, 1]), 0)).to.equal(0);
  });

  it('is 0 where a body frame would pass frame-max', () => {
    expect(bytes(4096 - 8, 4096)).to.equal(22 + 4096);
    expect(bytes(4096 - 7, 4096)).to.equal(0);
    expect(bytes(8192, 0)).to.equal(22 + 8200);
  });

  it('is 0 for properties that are too long to copy with the rest', () => {
    const message = messageOf('x', Buffer.alloc(16_384));
    expect(copyableContentBytes(message, 131_072)).to.equal(0);
  });

  it('is what copyContent writes', () => {
    const octets = fc.integer({ min: 0, max: 9000 });
    const properties = fc.integer({ min: 2, max: 9000 });
    fc.assert(
      fc.property(octets, properties, (size, propertyBytes) => {
        const message = inParts([size], propertyBytes);
        const bytes = copyableContentBytes(message, 0);
        if (bytes === 0) {
          expect(size > 8192 || size + propertyBytes > 16_384 - 40).to.equal(true);
          return;
        }
        const slab = Buffer.alloc(bytes + 20, 0xaa);
        copyContent(new Octets(slab), 10, CHANNEL, message);
        checkContent(slab.subarray(10, 10 + bytes), message, 0);
        const around = [slab.subarray(0, 10), slab.subarray(10 + bytes)];
        for (const each of around) expect(each).to.deep.equal(Buffer.alloc(10, 0xaa));
      }),
      { numRuns: 60 },
    );
  });
});

describe('writeWithContent', () => {
  it('writes an empty body as a header frame alone', () => {
    checkWritten(messageOf(''), 4096);
  });

  it('cuts a body to frame-max, to the octet', () => {
    for (const size of [4088, 4089, 2 * 4088, 2 * 4088 + 1]) {
      checkWritten(messageOf(Buffer.alloc(size, 7)), 4096);
    }
  });

  it('writes one body frame where there is no frame-max', () => {
    checkWritten(messageOf(Buffer.alloc(1_000_000, 7)), 0);
    checkWritten(inParts([70_000, 1, 70_000]), 0);
  });

  it('passes long stretches on without copying them', () => {
    const message = messageOf(Buffer.alloc(100_000, 7));
    // Per body frame: what is before, and the stretch itself; then the last frame end.
    expect(written(message, 50_008).buffers).to.equal(5);
  });

  it('writes properties of any length', () => {
    checkWritten(messageOf('body', Buffer.alloc(100_000, 3)), 131_072);
  });

  it('gives a body in any parts, for any frame-max, as it was', () => {
    const size = fc.oneof(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 480, max: 540 }),
      fc.integer({ min: 1, max: 9000 }),
    );
    const frameMax = fc.oneof(
      fc.integer({ min: 9, max: 40 }),
      fc.constantFrom(0, 512, 520, 521, 4096, 131_072),
    );
    fc.assert(
      fc.property(
        fc.array(size, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 2, max: 900 }),
        frameMax,
        (sizes, propertyBytes, max) => {
          // Tiny frames for tiny bodies: else there are thousands of them.
          const cut = max > 0 && max < 100 ? sizes.map((each) => (each % 90) + 1) : sizes;
          checkWritten(inParts(cut, propertyBytes), max);
        },
      ),
      { numRuns: 100 },
    );
  });
});
