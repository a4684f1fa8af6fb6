// The hand-written codecs against the table: on every vector and on random input they write the
// same octets and read the same values, and they refuse the same payloads in the same words.
import { expect } from 'chai';
import fc from 'fast-check';
import { ProtocolError } from '../../../protocol/errors.ts';
import {
  BASIC_ACK,
  BASIC_NACK,
  BASIC_PUBLISH,
  BASIC_REJECT,
  CONFIRM_FRAME_BYTES,
  CONTENT_HEADER_BYTES,
  deliverStart,
  deliverTagOffset,
  deliverTemplate,
  encodeGetOk,
  FRAME_OVERHEAD,
  headerFrameBytes,
  methodIdAt,
  PublishFields,
  uint32At,
  uint64At,
  writeBodyFrame,
  writeConfirm,
  writeDeliver,
  writeFrameStart,
  writeHeaderFrame,
  writeUint64,
} from '../../../protocol/hot.ts';
import {
  decodeMethod,
  encodeBodyFrames,
  encodeHeaderFrame,
  encodeMethod,
} from '../../../protocol/methods.ts';
import { encodeNames } from '../../../protocol/names.ts';
import { copyOctets, Octets, sameOctets } from '../../../protocol/octets.ts';
import { encodeProperties } from '../../../protocol/properties.ts';
import { type Method, type MethodName, SPEC } from '../../../protocol/spec.ts';
import { anyMethod, anyProperties } from './support/arbitraries.ts';
import { rawFrame } from './support/recorder.ts';
import { METHOD_VECTORS } from './support/vectors.ts';

const channel = fc.nat(0xffff);

/** Octets that are in front of whatever is written, to see that positions are kept. */
const LEAD = 5;

/** What `write` puts at LEAD into a buffer of ones, and the position that it gave back. */
function written(bytes: number, write: (target: Octets, at: number) => number): Buffer {
  const target = Buffer.alloc(LEAD + bytes + 3, 0xff);
  const end = write(new Octets(target), LEAD);
  expect(target.subarray(0, LEAD), 'in front').to.deep.equal(Buffer.alloc(LEAD, 0xff));
  expect(target.subarray(end), 'behind').to.deep.equal(Buffer.alloc(target.length - end, 0xff));
  return target.subarray(LEAD, end);
}

function expectSame(actual: Buffer, expected: Buffer): void {
  expect(actual.toString('hex')).to.equal(expected.toString('hex'));
}

/** The vectors of one method, then random values for it. */
function forEachOf<N extends MethodName>(
  name: N,
  check: (method: Extract<Method, { name: N }>, channel: number) => void,
): void {
  type Wanted = Extract<Method, { name: N }>;
  for (const { method } of METHOD_VECTORS) if (method.name === name) check(method as Wanted, 1);
  fc.assert(fc.property(anyMethod([name]) as fc.Arbitrary<Wanted>, channel, check));
}

/** The refusal, or undefined where there is none. */
function refusalOf(read: () => unknown): object | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const { reply, message, classId, methodId } = error;
    return { reply, message, classId, methodId };
  }
}

/** Broker-made delivery tags are counted in doubles. */
function isCounted(tag: number | bigint): tag is number {
  return typeof tag === 'number';
}

describe('hot codecs', () => {
  it('know the ids of the table', () => {
    const id = (name: MethodName): number => (SPEC[name].ids[0] << 16) | SPEC[name].ids[1];
    expect(BASIC_PUBLISH).to.equal(id('basic.publish'));
    expect(BASIC_ACK).to.equal(id('basic.ack'));
    expect(BASIC_NACK).to.equal(id('basic.nack'));
    expect(BASIC_REJECT).to.equal(id('basic.reject'));
    for (const { bytes, method } of METHOD_VECTORS) {
      expect(methodIdAt(bytes, 0)).to.equal(id(method.name));
    }
  });

  it('read and write integers as Buffer does', () => {
    const same = fc.property(fc.uint8Array({ minLength: 12, maxLength: 12 }), (octets) => {
      const bytes = Buffer.from(octets);
      expect(uint32At(bytes, 3)).to.equal(bytes.readUInt32BE(3));
      const wide = bytes.readBigUInt64BE(1);
      const value = uint64At(bytes, 1);
      expect(BigInt(value)).to.equal(wide);
      expect(typeof value).to.equal(wide < 2n ** 53n ? 'number' : 'bigint');
    });
    fc.assert(same, { numRuns: 1000 });
    for (const value of [2 ** 53 - 1, 2 ** 32, 2 ** 32 - 1, 2 ** 31, 0]) {
      const bytes = Buffer.alloc(8);
      writeUint64(new Octets(bytes).view, 0, value);
      expect(bytes.readBigUInt64BE(0)).to.equal(BigInt(value));
      expect(uint64At(bytes, 0)).to.equal(value);
    }
    const over = Buffer.from('0020000000000000', 'hex');
    expect(uint64At(over, 0)).to.equal(2n ** 53n);
  });

  it('read tags and bits where ack, nack and reject have them', () => {
    for (const name of ['basic.ack', 'basic.nack', 'basic.reject'] as const) {
      forEachOf(name, (method) => {
        const frame = encodeMethod(1, method);
        expect(frame).to.have.length(CONFIRM_FRAME_BYTES);
        expect(uint64At(frame, 11)).to.equal(method.deliveryTag);
      });
    }
  });

  describe('publish', () => {
    it('is read as the table reads it', () => {
      const fields = new PublishFields();
      forEachOf('basic.publish', (method) => {
        const bytes = Buffer.concat([Buffer.from('xyz'), encodeMethod(1, method)]);
        fields.read(bytes, 10, bytes.length - 1);
        expect(fields.mandatory).to.equal(method.mandatory);
        expect(fields.immediate).to.equal(method.immediate);
        const names = encodeNames(method.exchange, method.routingKey);
        expectSame(bytes.subarray(fields.nameStart, fields.nameEnd), names);
        expect(sameOctets(bytes, fields.nameStart, fields.nameEnd, names)).to.equal(true);
      });
    });

    it('is refused as the table refuses it', () => {
      const argument = fc.uint8Array({ maxLength: 12 });
      const small = fc.array(fc.constantFrom(0, 1, 2, 3, 9, 255), { maxLength: 12 });
      const same = fc.property(fc.oneof(argument, small), (octets) => {
        const payload = Buffer.concat([Buffer.from('003c0028', 'hex'), Buffer.from(octets)]);
        const bytes = Buffer.concat([Buffer.alloc(2), payload, Buffer.alloc(600)]);
        const end = 2 + payload.length;
        const byTable = refusalOf(() => decodeMethod(bytes, 2, end));
        expect(refusalOf(() => new PublishFields().read(bytes, 2, end))).to.deep.equal(byTable);
      });
      fc.assert(same, { numRuns: 2000 });
    });
  });

  it('write deliver as the table does', () => {
    forEachOf('basic.deliver', (method, number) => {
      const { consumerTag, deliveryTag, redelivered, exchange, routingKey } = method;
      if (!isCounted(deliveryTag)) return;
      const names = encodeNames(exchange, routingKey);
      const start = deliverStart(number, consumerTag);
      const template = deliverTemplate(start, names);
      const offset = deliverTagOffset(start);
      const frame = written(template.length, (target, at) =>
        writeDeliver(target, at, template, offset, deliveryTag, redelivered),
      );
      expectSame(frame, encodeMethod(number, method));
      const blank = { ...method, deliveryTag: 0, redelivered: false };
      expectSame(template, encodeMethod(number, blank));
    });
  });

  it('write get-ok as the table does', () => {
    forEachOf('basic.get-ok', (method, number) => {
      const { deliveryTag, redelivered, exchange, routingKey, messageCount } = method;
      if (!isCounted(deliveryTag)) return;
      const names = encodeNames(exchange, routingKey);
      const frame = encodeGetOk(number, deliveryTag, redelivered, names, messageCount);
      expectSame(frame, encodeMethod(number, method));
    });
  });

  it('write ack and nack as the table does', () => {
    const confirm = (
      id: typeof BASIC_ACK | typeof BASIC_NACK,
      method: Method,
      number: number,
    ): void => {
      if (!('multiple' in method) || !isCounted(method.deliveryTag)) return;
      const { deliveryTag, multiple } = method;
      const frame = written(CONFIRM_FRAME_BYTES, (target, at) =>
        writeConfirm(target.view, at, number, id, deliveryTag, multiple),
      );
      expectSame(frame, encodeMethod(number, method));
    };
    forEachOf('basic.ack', (method, number) => confirm(BASIC_ACK, method, number));
    forEachOf('basic.nack', (method, number) =>
      confirm(BASIC_NACK, { ...method, requeue: true }, number),
    );
  });

  it('write content frames as the cold ones are written', () => {
    const octets = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    const parts = [
      anyProperties().map(encodeProperties),
      octets,
      channel,
      fc.maxSafeNat(),
    ] as const;
    const same = fc.property(...parts, (properties, body, number, size) => {
      const around = new Octets(
        Buffer.concat([Buffer.from('ab'), properties, body, Buffer.from('c')]),
      );
      const middle = 2 + properties.length;
      const header = written(headerFrameBytes(properties.length), (target, at) =>
        writeHeaderFrame(target, at, number, size, around, 2, middle),
      );
      expectSame(header, encodeHeaderFrame(number, size, properties));
      expect(header).to.have.length(FRAME_OVERHEAD + CONTENT_HEADER_BYTES + properties.length);
      const frame = written(FRAME_OVERHEAD + body.length, (target, at) =>
        writeBodyFrame(target, at, number, around, middle, middle + body.length),
      );
      const expected =
        body.length === 0 ? [rawFrame(3, number, body)] : encodeBodyFrames(number, body, 0);
      expect([frame]).to.deep.equal(expected);
      const start = written(7, ({ view }, at) => writeFrameStart(view, at, 3, number, body.length));
      expectSame(start, frame.subarray(0, 7));
    });
    fc.assert(same, { numRuns: 300 });
  });

  it('copy and compare octets at any length', () => {
    for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 95, 96, 97, 300]) {
      const source = Buffer.from(Array.from({ length: length + 4 }, (_, i) => i * 3));
      const copy = written(length, ({ bytes }, at) => copyOctets(bytes, at, source, 2, 2 + length));
      expectSame(copy, source.subarray(2, 2 + length));
      const put = written(length, (target, at) =>
        target.put(at, new Octets(source), 2, 2 + length),
      );
      expectSame(put, copy);
      expect(sameOctets(source, 2, 2 + length, copy)).to.equal(true);
      expect(sameOctets(source, 2, 3 + length, copy)).to.equal(false);
      if (length === 0) continue;
      copy[length - 1] = (copy[length - 1] as number) ^ 1;
      expect(sameOctets(source, 2, 2 + length, copy)).to.equal(false);
    }
  });

  it('names of 255 octets pass, of 256 are refused', () => {
    expect(encodeNames('é'.repeat(127), 'k'.repeat(255))).to.have.length(1 + 254 + 1 + 255);
    expect(() => encodeNames('é'.repeat(128), '')).to.throw(RangeError, 'short string over 255');
    expect(() => encodeNames('', 'k'.repeat(256))).to.throw(RangeError, 'short string over 255');
  });
});
