// Methods through the table: frozen vectors fed at any split and mirrored, random methods there
// and back, refusals in RabbitMQ's words, and the limits of each field at n and n + 1.
import { expect } from 'chai';
import fc from 'fast-check';
import { FRAME_METHOD } from '../../../protocol/constants.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { methodIdAt } from '../../../protocol/hot.ts';
import {
  decodeMethod,
  encodeBodyFrames,
  encodeHeaderFrame,
  encodeMethod,
  HEARTBEAT_FRAME,
} from '../../../protocol/methods.ts';
import type { Method } from '../../../protocol/spec.ts';
import { anyMethod, anySplit, METHOD_NAMES } from './support/arbitraries.ts';
import { byteByByte, parse, rawFrame } from './support/recorder.ts';
import { METHOD_VECTORS } from './support/vectors.ts';

function decodeFrames(chunks: readonly Buffer[]): Method[] {
  return parse(chunks).frames.map(({ payload }) => decodeMethod(payload, 0, payload.length));
}

/** The refusal of the payload with this hex, from another position than 0. */
function refusal(hex: string): ProtocolError {
  const payload = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const bytes = Buffer.concat([Buffer.from('junk'), payload, Buffer.from('more junk')]);
  try {
    decodeMethod(bytes, 4, 4 + payload.length);
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error(`decoded ${hex}`);
}

describe('methods', () => {
  it('have a vector each', () => {
    const covered = new Set(METHOD_VECTORS.map(({ method }) => method.name));
    expect([...covered].sort()).to.deep.equal([...METHOD_NAMES].sort());
  });

  METHOD_VECTORS.forEach(({ bytes, method }, index) => {
    it(`vector ${index}: ${method.name}`, () => {
      const frame = rawFrame(FRAME_METHOD, 7, bytes);
      expect(decodeFrames([frame])).to.deep.equal([method]);
      expect(decodeFrames(byteByByte(frame))).to.deep.equal([method]);
      expect(encodeMethod(7, method).toString('hex')).to.equal(frame.toString('hex'));
      expect(methodIdAt(frame, 7)).to.equal(bytes.readInt32BE(0));
      const split = fc.property(anySplit(frame), (chunks) => {
        expect(decodeFrames(chunks)).to.deep.equal([method]);
      });
      fc.assert(split, { numRuns: 20 });
    });

    it(`vector ${index}: ${method.name}, an octet short or over`, () => {
      expect(refusal(`${bytes.toString('hex')}00`).reply).to.equal('FRAME_ERROR');
      if (bytes.length > 4) {
        const short = bytes.subarray(0, -1).toString('hex');
        expect(refusal(short).reply).to.be.oneOf(['FRAME_ERROR', 'SYNTAX_ERROR']);
      }
    });
  });

  it('come back as they were, whatever the values', () => {
    const there = fc.property(anyMethod(), fc.nat(0xffff), (method, channel) => {
      const frame = encodeMethod(channel, method);
      const { frames } = parse([frame]);
      expect(frames).to.have.length(1);
      expect(frames[0]).to.include({ type: FRAME_METHOD, channel });
      const decoded = decodeMethod(frame, 7, frame.length - 1);
      expect(decoded).to.deep.equal(method);
      expect(encodeMethod(channel, decoded).equals(frame)).to.equal(true);
    });
    fc.assert(there, { numRuns: 1000 });
  });

  it('keep no view of the octets they came from', () => {
    const secure: Method = { name: 'connection.secure', challenge: Buffer.from('abc') };
    const frame = encodeMethod(0, secure);
    const decoded = decodeMethod(frame, 7, frame.length - 1);
    frame.fill(0);
    expect(decoded).to.deep.equal(secure);
  });

  describe('refused', () => {
    // Texts and ids as RabbitMQ 3.10.8 answers them, except where it drops the socket unsaid.
    const cases: readonly (readonly [string, string, string, string, number, number])[] = [
      ['arguments missing', '003c 0050', 'FRAME_ERROR', 'cannot decode <<>>', 60, 80],
      ['arguments cut', '003c 0050 0000', 'FRAME_ERROR', 'cannot decode <<0,0>>', 60, 80],
      ['a string cut', '003c 0028 0000 0341', 'FRAME_ERROR', 'cannot decode <<0,0,3,65>>', 60, 40],
      [
        'octets left over',
        '003c 0028 0000 00 0178 00 7a7a7a',
        'FRAME_ERROR',
        'cannot decode <<0,0,0,1,120,0,122,122,122>>',
        60,
        40,
      ],
      [
        'an octet too many',
        '003c 000a 00000000 0001 00 09',
        'FRAME_ERROR',
        'cannot decode <<0,0,0,0,0,1,0,9>>',
        60,
        10,
      ],
      [
        'a table beyond the frame',
        '0032 000a 0000 0770726f746f2e78 08 00000009 01',
        'FRAME_ERROR',
        'cannot decode <<0,0,7,112,114,111,116,111,46,120,8,0,0,0,9,1>>',
        50,
        10,
      ],
      ['an unknown method', '003c 0063', 'COMMAND_INVALID', 'unimplemented method', 60, 99],
      ['an unknown class', 'ffff 000a', 'COMMAND_INVALID', 'unimplemented method', 65535, 10],
      [
        'an unknown type in a table',
        '0032 000a 0000 0171 08 00000004 0141 5a 00',
        'SYNTAX_ERROR',
        'malformed field table: unknown field type 90',
        50,
        10,
      ],
      [
        'a table cut inside',
        '0032 000a 0000 0171 08 00000004 0141 49 00',
        'SYNTAX_ERROR',
        'malformed field table: truncated',
        50,
        10,
      ],
      [
        'a short string that is not UTF-8',
        '003c 0015 02 c328',
        'FRAME_ERROR',
        'Malformed UTF-8 in shortstr',
        0,
        0,
      ],
      [
        'the same with an octet left over',
        '003c 0015 02 c328 00',
        'FRAME_ERROR',
        'cannot decode <<2,195,40,0>>',
        60,
        21,
      ],
      [
        'the same after a malformed table',
        '000a 000b 00000001 05 02 c328 00000000 00',
        'SYNTAX_ERROR',
        'malformed field table: truncated',
        10,
        11,
      ],
      [
        'less than ids',
        '003c 00',
        'FRAME_ERROR',
        'type 1, all octets = <<0,60,0>>: unknown_frame',
        0,
        0,
      ],
    ];
    for (const [what, hex, reply, message, classId, method] of cases) {
      it(what, () => {
        expect(refusal(hex)).to.include({ reply, message, classId, methodId: method });
      });
    }

    it('quoting no more than a reply text can show', () => {
      const { message } = refusal(`003c0050${'ff'.repeat(100_000)}`);
      expect(message).to.have.length.within(256, 2000);
    });
  });

  describe('limits', () => {
    it('a short string of 255 octets passes, one of 256 is refused', () => {
      const consumeOk = (consumerTag: string): Buffer =>
        encodeMethod(1, { name: 'basic.consume-ok', consumerTag });
      expect(consumeOk(`${'é'.repeat(127)}a`)).to.have.length(8 + 4 + 256);
      const message = /short string over 255 octets: 256 in 'éé/;
      expect(() => consumeOk('é'.repeat(128))).to.throw(RangeError, message);
    });

    it('a number passes at the edge of its field and is refused beyond', () => {
      const tune = (channelMax: number, frameMax: number): Buffer =>
        encodeMethod(0, { name: 'connection.tune', channelMax, frameMax, heartbeat: 0 });
      expect(tune(0xffff, 0xffff_ffff)).to.have.length(20);
      expect(() => tune(0x1_0000, 0)).to.throw(RangeError);
      expect(() => tune(0, 0x1_0000_0000)).to.throw(RangeError);
      expect(() => tune(-1, 0)).to.throw(RangeError);
      const ack = (deliveryTag: number | bigint): Buffer =>
        encodeMethod(1, { name: 'basic.ack', deliveryTag, multiple: false });
      expect(ack(2n ** 64n - 1n).toString('hex', 11, 19)).to.equal('f'.repeat(16));
      for (const bad of [2n ** 64n, -1n, -1, 1.5, Number.NaN, 2 ** 64]) {
        expect(() => ack(bad), String(bad)).to.throw(RangeError);
      }
    });

    it('an integer double above 2^53 goes out as it is', () => {
      const frame = encodeMethod(1, { name: 'basic.ack', deliveryTag: 2 ** 60, multiple: false });
      expect(frame.readBigUInt64BE(11)).to.equal(2n ** 60n);
    });

    it('a method that does not exist is not encoded', () => {
      const bogus = { name: 'basic.bogus' } as unknown as Method;
      expect(() => encodeMethod(1, bogus)).to.throw(TypeError, 'no such method: basic.bogus');
    });
  });

  it('keep the octets of names in a publish that are not UTF-8', () => {
    const frame = rawFrame(
      FRAME_METHOD,
      1,
      Buffer.from('003c00280000 01ff 0261e9 00'.replaceAll(' ', ''), 'hex'),
    );
    const method = decodeMethod(frame, 7, frame.length - 1);
    expect(method).to.deep.include({ exchange: '\udcff', routingKey: 'a\udce9' });
    expect(encodeMethod(1, method)).to.deep.equal(frame);
  });
});

describe('content frames', () => {
  it('a header frame carries class, weight, size and properties', () => {
    const properties = Buffer.from('100002', 'hex');
    const frame = encodeHeaderFrame(3, 2n ** 63n, properties);
    expect(frame.toString('hex')).to.equal(
      '020003 0000000f 003c 0000 8000000000000000 100002 ce'.replaceAll(' ', ''),
    );
    expect(encodeHeaderFrame(3, 5, properties).readBigUInt64BE(11)).to.equal(5n);
  });

  it('a body is cut at frame-max, not before and not after', () => {
    const sizes = (bytes: number, frameMax: number): number[] =>
      encodeBodyFrames(1, Buffer.alloc(bytes, 1), frameMax).map((frame) => frame.length);
    expect(sizes(0, 4096)).to.deep.equal([]);
    expect(sizes(4088, 4096)).to.deep.equal([4096]);
    expect(sizes(4089, 4096)).to.deep.equal([4096, 9]);
    expect(sizes(100_000, 0)).to.deep.equal([100_008]);
    const body = Buffer.from(Array.from({ length: 10_000 }, (_, i) => i));
    const { frames } = parse(encodeBodyFrames(1, body, 4096));
    expect(Buffer.concat(frames.map(({ payload }) => payload)).equals(body)).to.equal(true);
  });

  it('a heartbeat is eight octets', () => {
    expect(HEARTBEAT_FRAME.toString('hex')).to.equal('08000000000000ce');
  });
});
