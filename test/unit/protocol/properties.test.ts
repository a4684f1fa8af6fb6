// Message properties: frozen vectors, random sets there and back, and the check that does not
// decode held against the decoding, sound or damaged.
import { expect } from 'chai';
import fc from 'fast-check';
import { ProtocolError } from '../../../protocol/errors.ts';
import {
  checkProperties,
  decodeProperties,
  encodeProperties,
  FLAG_APP_ID,
  FLAG_CLUSTER_ID,
  FLAG_CONTENT_ENCODING,
  FLAG_CONTENT_TYPE,
  FLAG_CORRELATION_ID,
  FLAG_DELIVERY_MODE,
  FLAG_EXPIRATION,
  FLAG_HEADERS,
  FLAG_MESSAGE_ID,
  FLAG_PRIORITY,
  FLAG_REPLY_TO,
  FLAG_TIMESTAMP,
  FLAG_TYPE,
  FLAG_USER_ID,
  hasSenderSelectedHeaders,
  type Properties,
  propertyFlags,
  propertyOffset,
} from '../../../protocol/properties.ts';
import { BASIC_PROPERTIES } from '../../../protocol/spec.ts';
import { fromObject } from '../../../protocol/table.ts';
import { anyProperties } from './support/arbitraries.ts';
import { PROPERTIES_VECTORS } from './support/vectors.ts';

const FLAGS: Readonly<Record<keyof typeof BASIC_PROPERTIES, number>> = {
  contentType: FLAG_CONTENT_TYPE,
  contentEncoding: FLAG_CONTENT_ENCODING,
  headers: FLAG_HEADERS,
  deliveryMode: FLAG_DELIVERY_MODE,
  priority: FLAG_PRIORITY,
  correlationId: FLAG_CORRELATION_ID,
  replyTo: FLAG_REPLY_TO,
  expiration: FLAG_EXPIRATION,
  messageId: FLAG_MESSAGE_ID,
  timestamp: FLAG_TIMESTAMP,
  type: FLAG_TYPE,
  userId: FLAG_USER_ID,
  appId: FLAG_APP_ID,
  clusterId: FLAG_CLUSTER_ID,
};

/** Runs `read` on the octets with others around them. */
function amid<T>(bytes: Buffer, read: (bytes: Buffer, start: number, end: number) => T): T {
  const padded = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')]);
  return read(padded, 6, 6 + bytes.length);
}

/** Whether it refused, as it must: 541 without a word to the peer, and a reason for the log. */
function refuses(read: () => unknown): boolean {
  try {
    read();
    return false;
  } catch (error) {
    expect(error).to.be.instanceOf(ProtocolError);
    expect(error).to.include({ reply: 'INTERNAL_ERROR', message: '', classId: 0, methodId: 0 });
    expect(error)
      .to.have.property('detail')
      .that.matches(/^malformed properties: ./);
    return true;
  }
}

describe('properties', () => {
  PROPERTIES_VECTORS.forEach(({ bytes, properties, mirror, senderSelected }, index) => {
    const title = `vector ${index}: ${bytes.toString('hex').slice(0, 40) || 'nothing'}`;
    if (properties === undefined) {
      it(`${title} is refused`, () => {
        expect(refuses(() => amid(bytes, decodeProperties))).to.equal(true);
        expect(refuses(() => amid(bytes, checkProperties))).to.equal(true);
      });
      return;
    }
    it(title, () => {
      expect(amid(bytes, decodeProperties)).to.deep.equal(properties);
      expect(refuses(() => amid(bytes, checkProperties))).to.equal(false);
      expect(encodeProperties(properties).toString('hex')).to.equal(mirror.toString('hex'));
      expect(amid(bytes, hasSenderSelectedHeaders)).to.equal(senderSelected);
    });

    it(`${title}, cut anywhere, is refused`, () => {
      for (let length = 0; length < bytes.length; length++) {
        const cut = bytes.subarray(0, length);
        expect(
          refuses(() => amid(cut, decodeProperties)),
          `${length}`,
        ).to.equal(true);
        expect(
          refuses(() => amid(cut, checkProperties)),
          `${length}`,
        ).to.equal(true);
      }
    });
  });

  it('have one flag each, from the highest bit down', () => {
    Object.entries(FLAGS).forEach(([name, flag], index) => {
      expect(name).to.equal(Object.keys(BASIC_PROPERTIES)[index]);
      expect(flag).to.equal(0x8000 >> index);
    });
  });

  it('come back as they were, whatever the values', () => {
    const there = fc.property(anyProperties(), (properties) => {
      const bytes = encodeProperties(properties);
      amid(bytes, checkProperties);
      expect(amid(bytes, decodeProperties)).to.deep.equal(properties);
      const keys = [...(properties.headers?.keys() ?? [])];
      const hasSelected = keys.includes('CC') || keys.includes('BCC');
      expect(amid(bytes, hasSenderSelectedHeaders)).to.equal(hasSelected);
    });
    fc.assert(there, { numRuns: 500 });
  });

  it('are each found where decoding finds them', () => {
    const found = fc.property(anyProperties(), (properties) => {
      const bytes = encodeProperties(properties);
      for (const [name, flag] of Object.entries(FLAGS)) {
        const value = properties[name as keyof Properties];
        const at = propertyOffset(bytes, 0, bytes.length, flag);
        expect(at === -1).to.equal(value === undefined);
        expect((propertyFlags(bytes, 0) & flag) === 0).to.equal(value === undefined);
        if (value === undefined) continue;
        const alone = encodeProperties({ [name]: value }).subarray(2);
        expect(bytes.subarray(at, at + alone.length).equals(alone), name).to.equal(true);
      }
    });
    fc.assert(found, { numRuns: 200 });
  });

  it('are checked as they are decoded, sound or damaged', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
    const same = fc.property(anyProperties(), damage, (properties, changes) => {
      const bytes = encodeProperties(properties);
      for (const [where, octet] of changes) bytes[where % bytes.length] = octet;
      const checked = refuses(() => checkProperties(bytes, 0, bytes.length));
      expect(refuses(() => decodeProperties(bytes, 0, bytes.length))).to.equal(checked);
    });
    fc.assert(same, { numRuns: 2000 });
  });

  it('leave out what is undefined', () => {
    expect(encodeProperties({ type: undefined, priority: 1 }).toString('hex')).to.equal('080001');
  });

  it('refuse what the wire cannot hold', () => {
    expect(encodeProperties({ type: 'x'.repeat(255) })).to.have.length(258);
    expect(() => encodeProperties({ type: 'x'.repeat(256) })).to.throw(RangeError, 'short string');
    expect(encodeProperties({ priority: 255 })).to.have.length(3);
    expect(() => encodeProperties({ priority: 256 })).to.throw(RangeError);
    expect(() => encodeProperties({ timestamp: -1 })).to.throw(RangeError);
    expect(() => encodeProperties({ timestamp: 2n ** 64n })).to.throw(RangeError);
    expect(() => encodeProperties({ headers: fromObject({ ['k'.repeat(256)]: 1 }) })).to.throw(
      RangeError,
    );
  });
});
