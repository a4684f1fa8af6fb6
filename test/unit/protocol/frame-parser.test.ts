// The frame parser: frames at any split of the stream, refusals in RabbitMQ's words, frame-max at
// n and n + 1, stopping, and what it keeps.
import { expect } from 'chai';
import fc from 'fast-check';
import { FRAME_BODY, FRAME_HEADER, FRAME_HEARTBEAT } from '../../../protocol/constants.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { FrameParser } from '../../../protocol/frame-parser.ts';
import {
  encodeBodyFrames,
  encodeHeaderFrame,
  encodeMethod,
  HEARTBEAT_FRAME,
} from '../../../protocol/methods.ts';
import { encodeProperties } from '../../../protocol/properties.ts';
import { anyMethod, anyProperties, anySplit } from './support/arbitraries.ts';
import { byteByByte, type Frame, parse, Recorder, rawFrame } from './support/recorder.ts';

const METHOD = encodeMethod(1, { name: 'tx.select' });
const BODY = rawFrame(FRAME_BODY, 1, Buffer.from('hello'));
const HEADER = encodeHeaderFrame(1, 5, Buffer.from([0, 0]));
const EMPTY_BODY = rawFrame(FRAME_BODY, 1, Buffer.alloc(0));

/** What pushing these chunks throws. */
function refusal(chunks: readonly Buffer[], maxFrameBytes = 131_072): ProtocolError {
  try {
    parse(chunks, maxFrameBytes);
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error('parsed');
}

const anyFrame: fc.Arbitrary<Buffer> = fc.oneof(
  anyMethod().map((method) => encodeMethod(7, method)),
  anyProperties().map((properties) => encodeHeaderFrame(7, 3, encodeProperties(properties))),
  fc.uint8Array({ maxLength: 60 }).map((body) => rawFrame(FRAME_BODY, 9, Buffer.from(body))),
  fc.constant(HEARTBEAT_FRAME),
);

describe('frame parser', () => {
  it('finds the same frames at any split', () => {
    const stream = fc
      .array(anyFrame, { maxLength: 6 })
      .chain((frames) => fc.tuple(fc.constant(frames), anySplit(Buffer.concat(frames))));
    const same = fc.property(stream, ([frames, chunks]) => {
      const expected: Frame[] = frames.map((frame) => ({
        type: frame.readUInt8(0),
        channel: frame.readUInt16BE(1),
        payload: frame.subarray(7, -1),
      }));
      expect(parse([Buffer.concat(frames)]).frames).to.deep.equal(expected);
      expect(parse(chunks).frames).to.deep.equal(expected);
      expect(parse(byteByByte(Buffer.concat(frames))).frames).to.deep.equal(expected);
    });
    fc.assert(same, { numRuns: 300 });
  });

  it('finds the same frames at each single split', () => {
    const stream = Buffer.concat([METHOD, HEADER, BODY, EMPTY_BODY, HEARTBEAT_FRAME, METHOD]);
    const whole = parse([stream]).frames;
    expect(whole).to.have.length(6);
    for (let cut = 0; cut <= stream.length; cut++) {
      expect(parse([stream.subarray(0, cut), stream.subarray(cut)]).frames).to.deep.equal(whole);
    }
  });

  it('hands over complete frames as offsets into the chunk itself', () => {
    const chunk = Buffer.concat([METHOD, HEADER, BODY]);
    const seen: Buffer[] = [];
    const note = (_channel: number, bytes: Buffer): number => seen.push(bytes);
    const parser = new FrameParser(
      { method: note, header: note, bodyPart: note, heartbeat: () => undefined },
      4096,
    );
    parser.push(chunk);
    expect(seen).to.have.length(3);
    expect(seen.every((bytes) => bytes === chunk)).to.equal(true);
  });

  it('gathers a straddling method or header frame into a buffer of its own', () => {
    for (const frame of [METHOD, HEADER]) {
      const recorder = new Recorder();
      const parser = new FrameParser(recorder, 4096);
      const first = Buffer.from(frame.subarray(0, -1));
      parser.push(first);
      first.fill(0);
      parser.push(frame.subarray(-1));
      expect(recorder.frames[0]?.payload).to.deep.equal(frame.subarray(7, -1));
    }
  });

  describe('body frames', () => {
    it('are passed on in pieces as they come, never gathered', () => {
      const recorder = new Recorder();
      const parser = new FrameParser(recorder, 4096);
      parser.push(BODY.subarray(0, 9));
      expect(recorder.partial).to.deep.equal([Buffer.from('he')]);
      parser.push(BODY.subarray(9, 12));
      expect(recorder.partial).to.deep.equal([Buffer.from('he'), Buffer.from('llo')]);
      expect(recorder.frames).to.deep.equal([]);
      parser.push(BODY.subarray(12));
      expect(recorder.frames).to.have.length(1);
      expect(recorder.pieces).to.deep.equal([3]);
    });

    it('are complete in one call when the chunk has them whole', () => {
      expect(parse([BODY, Buffer.concat([EMPTY_BODY, BODY])]).pieces).to.deep.equal([1, 1, 1]);
    });

    it('that are empty give one empty piece, at any split', () => {
      for (let cut = 0; cut <= 8; cut++) {
        const { frames, pieces } = parse([EMPTY_BODY.subarray(0, cut), EMPTY_BODY.subarray(cut)]);
        expect(frames).to.deep.equal([{ type: FRAME_BODY, channel: 1, payload: Buffer.alloc(0) }]);
        expect(pieces).to.deep.equal([1]);
      }
    });
  });

  describe('refuses, as RabbitMQ 3.10.8 words it', () => {
    const text16 = Buffer.from('hello world, this is text');
    const cases: readonly (readonly [string, Buffer, string])[] = [
      [
        'a method frame with a bad end',
        rawFrame(1, 1, Buffer.from([0, 20, 0, 20, 1]), 0xcd),
        'type 1, all octets = <<0,20,0,20,1>>: {invalid_frame_end_marker,205}',
      ],
      [
        'a body frame with a bad end',
        rawFrame(3, 1, text16, 65),
        'type 3, first 16 octets = <<"hello world, thi">>: ' +
          `{invalid_frame_end_marker,\n${' '.repeat(51)}65}`,
      ],
      [
        'an unknown type',
        rawFrame(4, 1, Buffer.alloc(0)),
        'type 4, all octets = <<>>: unknown_frame',
      ],
      [
        'another unknown type',
        rawFrame(0, 0, Buffer.from('hello')),
        'type 0, all octets = <<"hello">>: unknown_frame',
      ],
      [
        'a heartbeat with a payload',
        rawFrame(FRAME_HEARTBEAT, 0, Buffer.from([1, 2])),
        'type 8, all octets = <<1,2>>: unknown_frame',
      ],
      [
        'a method frame without ids',
        rawFrame(1, 1, Buffer.from([0, 60, 0])),
        'type 1, all octets = <<0,60,0>>: unknown_frame',
      ],
      [
        'a header frame without a body size',
        rawFrame(FRAME_HEADER, 1, Buffer.alloc(11)),
        'type 2, all octets = <<0,0,0,0,0,0,0,0,0,0,0>>: unknown_frame',
      ],
    ];
    for (const [what, frame, message] of cases) {
      it(what, () => {
        const expected = { reply: 'FRAME_ERROR', message, classId: 0, methodId: 0 };
        expect(refusal([frame])).to.include(expected);
        expect(refusal([METHOD, Buffer.concat([BODY, frame, METHOD])])).to.include(expected);
        expect(refusal(byteByByte(frame))).to.include(expected);
        for (let cut = 0; cut <= frame.length; cut++) {
          expect(refusal([frame.subarray(0, cut), frame.subarray(cut)])).to.include(expected);
        }
      });
    }

    it('a bad end before it hands the frame over', () => {
      const recorder = new Recorder();
      const parser = new FrameParser(recorder, 4096);
      const bad = rawFrame(FRAME_BODY, 1, Buffer.from('abc'), 0);
      expect(() => parser.push(Buffer.concat([METHOD, bad]))).to.throw(ProtocolError);
      expect(recorder.frames).to.have.length(1);
      expect(recorder.partial).to.deep.equal([]);
    });
  });

  describe('frame-max', () => {
    const announced = (type: number, size: number): Buffer =>
      rawFrame(type, 1, Buffer.alloc(0), 0, size).subarray(0, 7);

    it('tolerates 8 octets over, and refuses 9 at the seventh octet', () => {
      for (const type of [1, 2, 3, 8, 77]) {
        const message = `type ${type}, all octets = <<>>: {frame_too_large,4097,4088}`;
        const over = announced(type, 4097);
        expect(refusal([over], 4096)).to.include({ reply: 'FRAME_ERROR', message });
        expect(refusal(byteByByte(over), 4096)).to.include({ message });
        expect(refusal([Buffer.concat([over, Buffer.alloc(1)])], 4096)).to.include({ message });
        expect(parse([over.subarray(0, 6)], 4096).frames).to.deep.equal([]);
      }
      const most = rawFrame(FRAME_BODY, 1, Buffer.alloc(4096, 1));
      expect(parse([most], 4096).frames[0]?.payload).to.have.length(4096);
      expect(parse(byteByByte(most), 4096).frames[0]?.payload).to.have.length(4096);
    });

    it('names the sizes as RabbitMQ does', () => {
      const message = 'type 1, all octets = <<>>: {frame_too_large,131073,131064}';
      expect(refusal([announced(1, 131_073)])).to.include({ message });
      const huge = 'type 255, all octets = <<>>: {frame_too_large,4294967295,131064}';
      expect(refusal([announced(255, 0xffff_ffff)])).to.include({ message: huge });
    });

    it('may change between two frames of one chunk', () => {
      const recorder = new Recorder();
      const parser = new FrameParser(recorder, 4096);
      const large = rawFrame(FRAME_BODY, 1, Buffer.alloc(5000));
      recorder.onFrame = () => {
        parser.maxFrameBytes = 8192;
      };
      parser.push(Buffer.concat([METHOD, large]));
      expect(parser.maxFrameBytes).to.equal(8192);
      expect(recorder.frames).to.have.length(2);
    });

    it('of 0 lets a body be of any size, but bounds what is gathered', () => {
      expect(parse([announced(FRAME_BODY, 0xffff_ffff)], 0).frames).to.deep.equal([]);
      expect(parse([announced(1, 64 * 1024 * 1024)], 0).frames).to.deep.equal([]);
      const { message } = refusal([announced(1, 64 * 1024 * 1024 + 1)], 0);
      expect(message).to.contain('{frame_too_large,67108865,');
      const large = rawFrame(FRAME_BODY, 1, Buffer.alloc(300_000, 7));
      expect(parse([large.subarray(0, 100_000), large.subarray(100_000)], 0).pieces).to.deep.equal([
        2,
      ]);
    });

    it('is the smallest that may be negotiated until it is set', () => {
      expect(new FrameParser(new Recorder()).maxFrameBytes).to.equal(4096);
    });
  });

  describe('stopped', () => {
    it('from inside a sink call, it makes no further one', () => {
      const stream = Buffer.concat([METHOD, BODY, HEADER, HEARTBEAT_FRAME, METHOD]);
      for (let cut = 0; cut <= stream.length; cut++) {
        const recorder = new Recorder();
        const parser = new FrameParser(recorder, 4096);
        recorder.onFrame = ({ type }) => {
          if (type === FRAME_BODY) parser.stop();
        };
        parser.push(stream.subarray(0, cut));
        parser.push(stream.subarray(cut));
        expect(recorder.frames.map(({ type }) => type)).to.deep.equal([1, FRAME_BODY]);
      }
    });

    it('it ignores what would be refused, and what is open', () => {
      const recorder = new Recorder();
      const parser = new FrameParser(recorder, 4096);
      parser.push(METHOD.subarray(0, 9));
      parser.stop();
      parser.push(METHOD.subarray(9));
      parser.push(Buffer.alloc(100, 0xff));
      expect(recorder.frames).to.deep.equal([]);
    });

    it('by a refusal, it stays stopped', () => {
      const recorder = new Recorder();
      const parser = new FrameParser(recorder, 4096);
      expect(() => parser.push(Buffer.alloc(8, 0x41))).to.throw(ProtocolError);
      parser.push(METHOD);
      expect(recorder.frames).to.deep.equal([]);
    });

    it("by the sink's own throw, which passes through, likewise", () => {
      const recorder = new Recorder();
      const parser = new FrameParser(recorder, 4096);
      recorder.onFrame = () => {
        throw new Error('sink');
      };
      expect(() => parser.push(Buffer.concat([METHOD, METHOD]))).to.throw('sink');
      parser.push(METHOD);
      expect(recorder.frames).to.have.length(1);
    });
  });

  it('takes the shortest of each kind: ids alone, a content header without flags', () => {
    const shortest = [rawFrame(1, 1, Buffer.alloc(4)), rawFrame(FRAME_HEADER, 1, Buffer.alloc(12))];
    for (const chunks of [shortest, byteByByte(Buffer.concat(shortest))]) {
      expect(parse(chunks).frames.map(({ payload }) => payload.length)).to.deep.equal([4, 12]);
    }
  });

  it('takes a body of many frames', () => {
    const body = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i * 7));
    const stream = Buffer.concat(encodeBodyFrames(2, body, 4096));
    const chunks = [
      stream.subarray(0, 5000),
      stream.subarray(5000, 30_001),
      stream.subarray(30_001),
    ];
    const payloads = parse(chunks, 4096).frames.map(({ payload }) => payload);
    expect(Buffer.concat(payloads).equals(body)).to.equal(true);
  });
});
