// How refused octets are shown. The expected texts were printed by Erlang/OTP 25 with RabbitMQ's
// own format strings, line breaks included: its `~p` breaks a term that would pass the 80th
// column.
import { expect } from 'chai';
import {
  badFrameEnd,
  cannotDecode,
  malformedProperties,
  ProtocolError,
  unexpectedFrame,
  unknownFrame,
} from '../../../protocol/errors.ts';

function upFrom(first: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => first + i));
}

describe('error texts', () => {
  const ends: readonly (readonly [number, Buffer, number, string])[] = [
    [
      1,
      upFrom(1, 17),
      0,
      'type 1, first 16 octets = <<1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16>>: ' +
        `{invalid_frame_end_marker,\n${' '.repeat(71)}0}`,
    ],
    [
      200,
      upFrom(140, 20),
      205,
      'type 200, first 16 octets = <<140,141,142,143,144,145,146,147,148,149,150,151,\n' +
        `${' '.repeat(30)}152,153,154,155>>: {invalid_frame_end_marker,\n${' '.repeat(50)}205}`,
    ],
    [
      200,
      upFrom(140, 14),
      205,
      'type 200, all octets = <<140,141,142,143,144,145,146,147,148,149,150,151,152,\n' +
        `${' '.repeat(25)}153>>: {invalid_frame_end_marker,205}`,
    ],
    [
      3,
      Buffer.from('a"b\\c\n\t\x1b'),
      205,
      'type 3, all octets = <<"a\\"b\\\\c\\n\\t\\e">>: {invalid_frame_end_marker,205}',
    ],
    [
      3,
      Buffer.from('hello world, thi'),
      5,
      'type 3, all octets = <<"hello world, thi">>: {invalid_frame_end_marker,5}',
    ],
    [
      3,
      Buffer.alloc(16, 0x0a),
      205,
      `type 3, all octets = <<"${'\\n'.repeat(16)}">>: ` +
        `{invalid_frame_end_marker,\n${' '.repeat(62)}205}`,
    ],
  ];
  for (const [type, payload, end, text] of ends) {
    it(`bad end ${end} after ${payload.toString('hex')}`, () => {
      const padded = Buffer.concat([Buffer.from('ab'), payload, Buffer.from('cd')]);
      expect(badFrameEnd(type, padded, 2, payload.length, end)).to.include({
        reply: 'FRAME_ERROR',
        message: text,
      });
    });
  }

  const unknown: readonly (readonly [Buffer, string])[] = [
    [Buffer.alloc(0), '<<>>'],
    [Buffer.from([0]), '<<0>>'],
    [Buffer.from('a"b\\c\n\t\r\v\b\f\x7f'), '<<97,34,98,92,99,10,9,13,11,8,12,127>>'],
    [Buffer.from('\r\v\b\f'), '<<"\\r\\v\\b\\f">>'],
    [Buffer.from([0xa0, 0xff, 0x7f]), '<<160,255,127>>'],
    [Buffer.from([0xa0, 0xff, 0x7e]), '<<"\udca0\udcff~">>'],
    [Buffer.from([0x9f]), '<<159>>'],
  ];
  for (const [payload, shown] of unknown) {
    it(`unknown frame with ${payload.toString('hex') || 'nothing'}`, () => {
      expect(unknownFrame(3, payload, 0, payload.length).message).to.equal(
        `type 3, all octets = ${shown}: unknown_frame`,
      );
    });
  }

  it('an unexpected frame is shown without more', () => {
    const error = unexpectedFrame(2, upFrom(140, 20), 0, 20);
    expect(error).to.include({ reply: 'UNEXPECTED_FRAME', classId: 0, methodId: 0 });
    expect(error.message).to.equal(
      'type 2, first 16 octets = <<140,141,142,143,144,145,146,147,148,149,150,151,\n' +
        `${' '.repeat(28)}152,153,154,155>>`,
    );
    const body = Buffer.from('abc');
    expect(unexpectedFrame(3, body, 0, 3).message).to.equal('type 3, all octets = <<"abc">>');
  });

  it('undecodable arguments are always shown as numbers', () => {
    const error = cannotDecode(Buffer.from('xabcx'), 1, 4, 60, 40);
    expect(error.message).to.equal('cannot decode <<97,98,99>>');
    expect(error).to.include({ reply: 'FRAME_ERROR', classId: 60, methodId: 40 });
  });

  it('an error knows its name, and what only the log shall hear', () => {
    const error = malformedProperties('why');
    expect(error).to.be.instanceOf(ProtocolError).and.instanceOf(Error);
    expect(error).to.include({ name: 'ProtocolError', message: '' });
    expect(error.detail).to.equal('malformed properties: why');
  });
});
