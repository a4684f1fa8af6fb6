// amqplib as an oracle: its encoder must write the octets that ours writes, and its decoder must
// read from ours what went in, for every method, for tables, properties and frames, on random
// input.
import { expect } from 'chai';
import fc from 'fast-check';
import { FRAME_BODY } from '../../../protocol/constants.ts';
import {
  decodeMethod,
  encodeBodyFrames,
  encodeHeaderFrame,
  encodeMethod,
  HEARTBEAT_FRAME,
} from '../../../protocol/methods.ts';
import { encodeProperties, type Properties } from '../../../protocol/properties.ts';
import { BASIC_PROPERTIES, type Method, SPEC } from '../../../protocol/spec.ts';
import type { FieldSpecs } from '../../../protocol/spec-types.ts';
import { encodeTable, type FieldTable } from '../../../protocol/table.ts';
import {
  definitions,
  frames,
  idOf,
  isKnownTo,
  PROPERTIES_ID,
  tableAsDecoded,
  tables,
  tableToEncode,
} from './support/amqplib-codec.ts';
import { anyMethod, anyProperties, METHOD_NAMES, plainKeyTable } from './support/arbitraries.ts';
import { rawFrame } from './support/recorder.ts';

/** Tables of the types that amqplib has. */
const table = plainKeyTable.filter(isKnownTo);

const RESERVED: Readonly<Record<string, unknown>> = {
  short: 0,
  shortstr: '',
  longstr: Buffer.alloc(0),
  bit: false,
};

/** amqplib's 64-bit fields are doubles: what they cannot hold is not asked of them. */
function isExact(value: unknown): boolean {
  return typeof value !== 'bigint';
}

type Fields = Record<string, unknown>;

function fieldsFor(method: Method, tableFor: (value: FieldTable) => unknown): Fields {
  const specs: FieldSpecs = SPEC[method.name].fields;
  const values = method as unknown as Fields;
  const entries = Object.entries(specs).map(([name, type]): [string, unknown] => {
    if (name.startsWith('_')) return [name.slice(1), RESERVED[type]];
    const value = values[name];
    return [name, type === 'table' ? tableFor(value as FieldTable) : value];
  });
  return Object.fromEntries(entries);
}

function propertiesFor(
  properties: Properties,
  tableFor: (value: FieldTable) => unknown,
  absent: Fields,
): Fields {
  const { headers, ...rest } = properties;
  return { ...absent, ...rest, ...(headers && { headers: tableFor(headers) }) };
}

describe('amqplib agrees', () => {
  for (const name of METHOD_NAMES) {
    it(`on ${name}`, () => {
      const exact = anyMethod([name], table).filter((method) =>
        Object.values(method).every(isExact),
      );
      const agrees = fc.property(exact, fc.nat(0xffff), (method, channel) => {
        const frame = encodeMethod(channel, method);
        const given = fieldsFor(method, tableToEncode);
        const theirs = definitions.encodeMethod(idOf(name), channel, given);
        expect(frame.toString('hex')).to.equal(theirs.toString('hex'));
        expect(decodeMethod(theirs, 7, theirs.length - 1)).to.deep.equal(method);
        const expected = fieldsFor(method, tableAsDecoded);
        expect(definitions.decode(idOf(name), frame.subarray(11, -1))).to.deep.equal(expected);
      });
      fc.assert(agrees, { numRuns: 40 });
    });
  }

  it('on tables', () => {
    const agrees = fc.property(table, (value) => {
      const bytes = encodeTable(value);
      const theirs = Buffer.alloc(bytes.length);
      tables.encodeTable(theirs, tableToEncode(value), 0);
      expect(bytes.toString('hex')).to.equal(theirs.toString('hex'));
      expect(tables.decodeFields(bytes.subarray(4))).to.deep.equal(tableAsDecoded(value));
    });
    fc.assert(agrees, { numRuns: 500 });
  });

  it('on content headers', () => {
    const absent = Object.fromEntries(
      Object.keys(BASIC_PROPERTIES).map((name) => [name, undefined]),
    );
    const exact = anyProperties(table).filter(({ timestamp }) => isExact(timestamp));
    const agrees = fc.property(exact, fc.maxSafeNat(), (properties, size) => {
      const frame = encodeHeaderFrame(5, size, encodeProperties(properties));
      const given = propertiesFor(properties, tableToEncode, {});
      const theirs = definitions.encodeProperties(PROPERTIES_ID, 5, size, given);
      expect(frame.toString('hex')).to.equal(theirs.toString('hex'));
      const expected = propertiesFor(properties, tableAsDecoded, absent);
      const decoded = definitions.decode(PROPERTIES_ID, frame.subarray(19, -1));
      expect({ ...absent, ...decoded }).to.deep.equal(expected);
    });
    fc.assert(agrees, { numRuns: 300 });
  });

  it('on body frames and heartbeats', () => {
    const body = Buffer.from('some octets');
    const [frame] = encodeBodyFrames(3, body, 4096);
    expect(frame).to.deep.equal(frames.makeBodyFrame(3, body));
    expect(rawFrame(FRAME_BODY, 3, body)).to.deep.equal(frame);
    expect(HEARTBEAT_FRAME).to.deep.equal(frames.HEARTBEAT_BUF);
  });
});
