/**
 * Reading basic.publish: by hand (hot.ts) beside the interpreted way (methods.ts), and the check of
 * the properties that follow it.
 */
import { PublishFields } from '../../protocol/hot.ts';
import { decodeMethod } from '../../protocol/methods.ts';
import { sameOctets } from '../../protocol/octets.ts';
import { checkProperties } from '../../protocol/properties.ts';
import { publishFrames } from '../support/frames.ts';
import { keep, type MicroCase } from './harness.ts';

const FRAME_START = 7;
const OPERATIONS = 1000;

const frames = publishFrames({
  channel: 1,
  exchange: 'amq.topic',
  routingKey: 'sensor.17.temperature',
  body: Buffer.alloc(16),
  replyTo: 'amq.rabbitmq.reply-to',
});
const end = FRAME_START + frames.readUInt32BE(3);
const headerAt = end + 1;
const propertiesAt = headerAt + FRAME_START + 12;
const propertiesEnd = headerAt + FRAME_START + frames.readUInt32BE(headerAt + 3);
const fields = new PublishFields();
fields.read(frames, FRAME_START, end);
const lastTarget = Buffer.from(frames.subarray(fields.nameStart, fields.nameEnd));

function repeated(name: string, operation: () => number): MicroCase {
  return {
    name,
    per: 'method',
    operations: OPERATIONS,
    run: () => {
      for (let i = 0; i < OPERATIONS; i++) keep(operation());
    },
  };
}

export const cases: readonly MicroCase[] = [
  repeated('publish decode, by hand', () => {
    fields.read(frames, FRAME_START, end);
    return fields.nameEnd;
  }),
  repeated('publish decode, by hand, and same target as before', () => {
    fields.read(frames, FRAME_START, end);
    return sameOctets(frames, fields.nameStart, fields.nameEnd, lastTarget) ? 1 : 0;
  }),
  repeated('publish decode, interpreted', () => decodeMethod(frames, FRAME_START, end).name.length),
  repeated('properties check, reply-to only', () => {
    checkProperties(frames, propertiesAt, propertiesEnd);
    return 1;
  }),
];
