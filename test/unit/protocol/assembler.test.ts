// Contents put together from frames: any number of pieces, and each wrong order in RabbitMQ's
// words.
import { expect } from 'chai';
import fc from 'fast-check';
import { ContentAssembler } from '../../../protocol/assembler.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { encodeHeaderFrame } from '../../../protocol/methods.ts';
import { anySplit } from './support/arbitraries.ts';

const PUBLISH = 40;
const PROPERTIES = Buffer.from('100002', 'hex');

/** The payload of a header frame, with other octets around it. */
function headerPayload(size: number | bigint, properties = PROPERTIES): Buffer {
  return encodeHeaderFrame(1, size, properties);
}

function takeHeader(assembler: ContentAssembler, frame: Buffer): boolean {
  return assembler.header(frame, 7, frame.length - 1);
}

function takeBody(assembler: ContentAssembler, bytes: Buffer, last = true): boolean {
  return assembler.bodyPart(bytes, 0, bytes.length, last);
}

function bodyOf(assembler: ContentAssembler): Buffer {
  const { body, bodyStart, bodyEnd, parts } = assembler;
  const stretches = parts ?? [{ bytes: body, start: bodyStart, end: bodyEnd }];
  return Buffer.concat(stretches.map(({ bytes, start, end }) => bytes.subarray(start, end)));
}

function begun(size?: number | bigint): ContentAssembler {
  const assembler = new ContentAssembler();
  assembler.begin(PUBLISH);
  if (size !== undefined) takeHeader(assembler, headerPayload(size));
  return assembler;
}

function expectRefusal(act: () => unknown, reply: string, text: string, classId = 60): void {
  expect(act).to.throw(ProtocolError).that.includes({ reply, message: text, classId });
}

describe('content assembler', () => {
  it('is complete with the header when the body is empty', () => {
    const assembler = new ContentAssembler();
    expect(assembler.expectsContent).to.equal(false);
    assembler.begin(PUBLISH);
    expect(assembler.expectsContent).to.equal(true);
    const frame = headerPayload(0);
    expect(takeHeader(assembler, frame)).to.equal(true);
    expect(assembler.expectsContent).to.equal(false);
    expect(assembler.bodySize).to.equal(0);
    expect(bodyOf(assembler)).to.have.length(0);
    const { properties, propertiesStart, propertiesEnd } = assembler;
    expect(properties).to.equal(frame);
    expect(properties.subarray(propertiesStart, propertiesEnd)).to.deep.equal(PROPERTIES);
  });

  const split = fc.uint8Array({ minLength: 1, maxLength: 60 }).chain((octets) => {
    const body = Buffer.from(octets);
    return fc.tuple(fc.constant(body), anySplit(body));
  });

  it('puts a body together from any frames, and then another', () => {
    const assembler = new ContentAssembler();
    const same = fc.property(split, ([body, pieces]) => {
      const frames = pieces.filter(({ length }) => length > 0);
      assembler.begin(PUBLISH);
      expect(takeHeader(assembler, headerPayload(body.length))).to.equal(false);
      expect(takeBody(assembler, Buffer.alloc(0)), 'an empty frame').to.equal(false);
      const done = frames.map((piece) => takeBody(assembler, piece));
      expect(done).to.deep.equal([...frames.slice(1).map(() => false), true]);
      expect(bodyOf(assembler)).to.deep.equal(body);
      expect(assembler.expectsContent).to.equal(false);
    });
    fc.assert(same);
  });

  it('puts a body together from the pieces of one frame, done with the last of them', () => {
    const same = fc.property(split, ([body, pieces]) => {
      const assembler = begun(body.length);
      const done = pieces.map((piece) => takeBody(assembler, piece, false));
      expect(done).to.not.include(true);
      expect(takeBody(assembler, Buffer.alloc(0))).to.equal(true);
      expect(bodyOf(assembler)).to.deep.equal(body);
    });
    fc.assert(same);
  });

  it('keeps one stretch without a list of parts', () => {
    const assembler = begun(3);
    takeBody(assembler, Buffer.from('abc'));
    expect(assembler.parts).to.equal(null);
  });

  it('tells sizes beyond 32 and 53 bits', () => {
    expect(begun(2 ** 32).bodySize).to.equal(2 ** 32);
    expect(begun(2n ** 64n - 1n).bodySize).to.equal(2 ** 64);
  });

  describe('refuses', () => {
    const METHOD_EXPECTED = 'expected method frame, got non method frame instead';
    const HEADER_EXPECTED =
      'expected content header for class 60, got non content header frame instead';
    const BODY_EXPECTED = 'expected content body, got non content body frame instead';

    it('a header or a body that no method announced', () => {
      const idle = new ContentAssembler();
      const header = (): unknown => takeHeader(idle, headerPayload(0));
      const body = (): unknown => takeBody(idle, Buffer.from('abc'));
      expectRefusal(header, 'UNEXPECTED_FRAME', METHOD_EXPECTED, 0);
      expectRefusal(body, 'UNEXPECTED_FRAME', METHOD_EXPECTED, 0);
    });

    it('anything but a header after the method', () => {
      const assembler = begun();
      const body = (): unknown => takeBody(assembler, Buffer.from('abc'));
      expectRefusal(body, 'UNEXPECTED_FRAME', HEADER_EXPECTED);
      expect(assembler.interrupted()).to.include({ message: HEADER_EXPECTED, methodId: PUBLISH });
    });

    it('anything but a body after the header', () => {
      const assembler = begun(5);
      const header = (): unknown => takeHeader(assembler, headerPayload(5));
      expectRefusal(header, 'UNEXPECTED_FRAME', BODY_EXPECTED);
      expect(assembler.interrupted()).to.include({ message: BODY_EXPECTED, methodId: PUBLISH });
    });

    it('a header of another class, or with a weight', () => {
      const otherClass = headerPayload(0);
      otherClass.writeUInt16BE(50, 7);
      const text = 'expected content header for class 60, got one for class 50 instead';
      expectRefusal(() => takeHeader(begun(), otherClass), 'UNEXPECTED_FRAME', text);
      const weighty = headerPayload(0);
      weighty.writeUInt16BE(1, 9);
      expectRefusal(() => takeHeader(begun(), weighty), 'UNEXPECTED_FRAME', HEADER_EXPECTED);
    });

    it('more body than was declared, as soon as it is there', () => {
      expect(takeBody(begun(3), Buffer.from('abc'))).to.equal(true);
      const over = (): unknown => takeBody(begun(3), Buffer.from('abcd'), false);
      expect(over).to.throw(ProtocolError).that.includes({ reply: 'FRAME_ERROR' });
    });
  });

  it('forgets everything when aborted', () => {
    const assembler = begun(5);
    takeBody(assembler, Buffer.from('ab'));
    assembler.abort();
    expect(assembler.expectsContent).to.equal(false);
    expect(assembler.parts).to.equal(null);
    assembler.begin(PUBLISH);
    expect(takeHeader(assembler, headerPayload(0))).to.equal(true);
  });
});
