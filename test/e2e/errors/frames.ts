// Refusals about frames: what cannot be read, what comes in the wrong order, what is too large.
// All of them cost the connection. Reference: compatibility A1.6, A1.7 and A.4 (501, 503, 505).
import {
  FRAME_BODY,
  FRAME_HEADER,
  FRAME_HEARTBEAT,
  FRAME_METHOD,
} from '../../../protocol/constants.ts';
import type { MethodName } from '../../../protocol/spec.ts';
import { call, type Row, row, type Step, write } from '../../support/refusal.ts';

const NO_METHOD = 'expected method frame, got non method frame instead';
const NO_HEADER = 'expected content header for class 60, got non content header frame instead';
const NO_BODY = 'expected content body, got non content body frame instead';

interface Header {
  classId?: number;
  weight?: number;
  size?: number;
  /** Property flags and what follows them. */
  rest?: number[];
}

function header({ classId = 60, weight = 0, size = 0, rest = [0, 0] }: Header = {}): Buffer {
  const fixed = Buffer.alloc(12);
  fixed.writeUInt16BE(classId, 0);
  fixed.writeUInt16BE(weight, 2);
  fixed.writeBigUInt64BE(BigInt(size), 4);
  return Buffer.concat([fixed, Buffer.from(rest)]);
}

function frame(type: number, payload: Buffer | string, channel = 1, end?: number): Step {
  return write(undefined, (peer) => peer.sendFrame(type, channel, Buffer.from(payload), end));
}

/** A method frame of these octets after class and method id. */
function method(classId: number, methodId: number, rest: number[] = [], channel = 1): Step {
  const ids = Buffer.from([classId >> 8, classId & 255, methodId >> 8, methodId & 255]);
  return frame(FRAME_METHOD, Buffer.concat([ids, Buffer.from(rest)]), channel);
}

/** The method frame of a publish, without its content. */
const publishMethod = write('basic.publish', (peer) => {
  peer.send(1, 'basic.publish', { exchange: 'amq.direct' });
});
const announced = [publishMethod, frame(FRAME_HEADER, header({ size: 5 }))];
const asPublish = (step: Step): Step => ({ ...step, blames: 'basic.publish' });

function unexpected(title: string, given: readonly Step[], when: Step, text: string): Row {
  return row(title, () => ({ given, when, refused: [505, text] }));
}

export const content: readonly Row[] = [
  unexpected('a header that no publish announced', [], frame(FRAME_HEADER, header()), NO_METHOD),
  unexpected('a body that no publish announced', [], frame(FRAME_BODY, 'm'), NO_METHOD),
  unexpected('a header on a channel not open', [], frame(FRAME_HEADER, header(), 2), NO_METHOD),
  unexpected(
    'a body after an empty content',
    [publishMethod, frame(FRAME_HEADER, header())],
    frame(FRAME_BODY, ''),
    NO_METHOD,
  ),
  unexpected(
    'a method in place of the header',
    [publishMethod],
    asPublish(call('basic.qos')),
    NO_HEADER,
  ),
  unexpected('a publish in place of the header', [publishMethod], publishMethod, NO_HEADER),
  unexpected(
    'a body in place of the header',
    [publishMethod],
    asPublish(frame(FRAME_BODY, 'm')),
    NO_HEADER,
  ),
  unexpected('a method in place of the body', announced, asPublish(call('basic.qos')), NO_BODY),
  unexpected(
    'a header in place of the body',
    announced,
    asPublish(frame(FRAME_HEADER, header())),
    NO_BODY,
  ),
  unexpected(
    'a header of another class',
    [publishMethod],
    asPublish(frame(FRAME_HEADER, header({ classId: 50 }))),
    'expected content header for class 60, got one for class 50 instead',
  ),
  unexpected(
    'a header with a weight',
    [publishMethod],
    asPublish(frame(FRAME_HEADER, header({ weight: 1 }))),
    NO_HEADER,
  ),
  unexpected(
    'a header on channel 0',
    [],
    frame(FRAME_HEADER, header(), 0),
    'type 2, all octets = <<0,60,0,0,0,0,0,0,0,0,0,0,0,0>>',
  ),
  unexpected(
    'a body on channel 0',
    [],
    frame(FRAME_BODY, 'abc', 0),
    'type 3, all octets = <<"abc">>',
  ),
  unexpected(
    'a long body on channel 0',
    [],
    frame(FRAME_BODY, 'abcdefghijklmnopqrstuvwxyz', 0),
    'type 3, first 16 octets = <<"abcdefghijklmnop">>',
  ),
  row('a body longer than announced', () => ({
    given: announced,
    when: frame(FRAME_BODY, 'longer'),
    refused: [501, 'body frames exceed the declared body size'],
  })),
  row('content of a method that a client never sends', () => ({
    given: [write(undefined, (peer) => peer.send(1, 'basic.deliver'))],
    when: { ...frame(FRAME_HEADER, header()), blames: 'basic.deliver' },
    refused: [503, 'unimplemented method'],
  })),
];

function properties(title: string, rest: number[]): Row {
  return row(title, () => ({
    given: [publishMethod],
    when: frame(FRAME_HEADER, header({ rest })),
    refused: [541, ''],
  }));
}

export const malformedProperties: readonly Row[] = [
  properties('no flags', []),
  properties('half of the flags', [0]),
  properties('a flag without its property', [0x80, 0]),
  properties('a text that is cut', [0x80, 0, 5, 0x61]),
  properties('octets left over', [0, 0, 1]),
];

function bad(title: string, when: Step, text: string): Row {
  return row(title, () => ({ when, refused: [501, text] }));
}

/** After these nothing that follows can be read: not even an answer to the close. */
function fatal(title: string, when: Step, text: string): Row {
  return row(title, () => ({ when, refused: [501, text], lingers: true }));
}

const text = (value: string) => write(undefined, (peer) => peer.wire.write(Buffer.from(value)));

export const malformed: readonly Row[] = [
  fatal(
    'a wrong end octet',
    frame(FRAME_METHOD, Buffer.from([0, 60, 0, 10, 0, 0, 0, 0, 0, 0, 0]), 1, 0),
    'type 1, all octets = <<0,60,0,10,0,0,0,0,0,0,0>>: {invalid_frame_end_marker,0}',
  ),
  fatal(
    'a heartbeat with a wrong end octet',
    frame(FRAME_HEARTBEAT, '', 0, 65),
    'type 8, all octets = <<>>: {invalid_frame_end_marker,65}',
  ),
  bad('an unknown type', frame(7, 'AAA'), 'type 7, all octets = <<"AAA">>: unknown_frame'),
  bad(
    'an unknown type on channel 0',
    frame(4, 'AAA', 0),
    'type 4, all octets = <<"AAA">>: unknown_frame',
  ),
  bad(
    'a heartbeat with a payload',
    frame(FRAME_HEARTBEAT, 'AAA', 0),
    'type 8, all octets = <<"AAA">>: unknown_frame',
  ),
  bad('an empty method frame', frame(FRAME_METHOD, ''), 'type 1, all octets = <<>>: unknown_frame'),
  bad(
    'half a method id',
    frame(FRAME_METHOD, 'AA'),
    'type 1, all octets = <<"AA">>: unknown_frame',
  ),
  bad(
    'a cut content header',
    frame(FRAME_HEADER, header().subarray(0, 10)),
    'type 2, all octets = <<0,60,0,0,0,0,0,0,0,0>>: unknown_frame',
  ),
  fatal(
    'HTTP',
    text('GET / HTTP/1.1\r\n\r\n'),
    'type 71, all octets = <<>>: {frame_too_large,539959368,131064}',
  ),
  fatal(
    'a second protocol header',
    text('AMQP\0\0\x09\x01'),
    'type 65, all octets = <<>>: {frame_too_large,1342177289,131064}',
  ),
  unexpected(
    'a heartbeat on channel 1',
    [],
    frame(FRAME_HEARTBEAT, '', 1),
    'type 8, all octets = <<>>',
  ),
  unexpected(
    'a heartbeat on a channel not open',
    [],
    frame(FRAME_HEARTBEAT, '', 5),
    'type 8, all octets = <<>>',
  ),
];

export const tooLarge: readonly Row[] = [
  fatal(
    'a method frame',
    frame(FRAME_METHOD, Buffer.alloc(131_073)),
    'type 1, all octets = <<>>: {frame_too_large,131073,131064}',
  ),
  fatal(
    'a body frame',
    frame(FRAME_BODY, Buffer.alloc(131_073)),
    'type 3, all octets = <<>>: {frame_too_large,131073,131064}',
  ),
  row('a body frame where 4096 was negotiated', () => ({
    client: { frameMax: 4096 },
    lingers: true,
    when: frame(FRAME_BODY, Buffer.alloc(4097)),
    refused: [501, 'type 3, all octets = <<>>: {frame_too_large,4097,4088}'],
  })),
];

function undecodable(title: string, name: MethodName, when: Step, octets: string): Row {
  return row(title, () => ({ when, refused: [501, `cannot decode <<${octets}>>`, name] }));
}

/** A queue.declare whose arguments are these octets, length first. */
const declareWith = (table: number[]) => method(50, 10, [0, 0, 1, 65, 0, ...table]);

const unimplemented = (classId: number, methodId: number) =>
  [503, 'unimplemented method', [classId, methodId]] as const;

export const methods: readonly Row[] = [
  undecodable('cut', 'basic.qos', method(60, 10, [0, 0]), '0,0'),
  undecodable('too long', 'basic.qos', method(60, 10, [0, 0, 0, 0, 0, 0, 0, 9]), '0,0,0,0,0,0,0,9'),
  undecodable(
    'too long, on a channel not open',
    'basic.qos',
    method(60, 10, [0, 0, 0, 0, 0, 0, 0, 9], 2),
    '0,0,0,0,0,0,0,9',
  ),
  undecodable('a cut publish', 'basic.publish', method(60, 40, [0, 0, 5, 65]), '0,0,5,65'),
  undecodable('no table', 'queue.declare', method(50, 10, [0, 0, 1, 65, 0]), '0,0,1,65,0'),
  row('a name that is not UTF-8', () => ({
    when: method(50, 10, [0, 0, 2, 0xff, 0xfe, 1, 0, 0, 0, 0]),
    refused: [501, 'Malformed UTF-8 in shortstr'],
  })),
  row('a cut method of class connection', () => ({
    when: method(10, 50, [0, 0], 0),
    refused: [541, ''],
  })),
  row('a table with an unknown type', () => ({
    when: declareWith([0, 0, 0, 3, 1, 65, 0x3f]),
    refused: [502, 'malformed field table: unknown field type 63', 'queue.declare'],
  })),
  row('a table that ends in a key', () => ({
    when: declareWith([0, 0, 0, 2, 1, 65]),
    refused: [502, 'malformed field table: truncated', 'queue.declare'],
  })),
  row('a table that ends in a value', () => ({
    when: declareWith([0, 0, 0, 4, 1, 65, 0x49, 0]),
    refused: [502, 'malformed field table: truncated', 'queue.declare'],
  })),
  row('an unknown class', () => ({ when: method(99, 10), refused: unimplemented(99, 10) })),
  row('an unknown method', () => ({ when: method(60, 99), refused: unimplemented(60, 99) })),
  row('an unknown class on channel 0', () => ({
    when: method(99, 10, [], 0),
    refused: unimplemented(99, 10),
  })),
  row('an unknown method on channel 0', () => ({
    when: method(10, 99, [], 0),
    refused: unimplemented(10, 99),
  })),
];
