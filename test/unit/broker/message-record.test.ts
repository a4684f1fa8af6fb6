// Messages as records for the store, and back.
import { expect } from 'chai';
import { Memory } from '../../../src/broker/memory.ts';
import { RecordReader } from '../../../src/broker/message-record.ts';
import { bodyOf, messageOf, propertiesOf } from '../support/broker-parts.ts';

const PROPERTIES = Buffer.from([0x10, 0x00, 2]);

function recordOf(body: string): Buffer {
  const message = messageOf(body, PROPERTIES);
  const bytes = Buffer.alloc(message.recordBytes);
  expect(message.writeRecord(bytes, 0)).to.equal(bytes.length);
  return bytes;
}

describe('RecordReader', () => {
  it('makes the message again that was written', () => {
    const bytes = recordOf('hello');
    const message = new RecordReader().read(bytes, 0, bytes.length);
    expect(bodyOf(message).toString()).to.equal('hello');
    expect(propertiesOf(message)).to.deep.equal(PROPERTIES);
    expect(message.address.names).to.deep.equal(messageOf('').address.names);
  });

  it('refuses what is none', () => {
    const bytes = recordOf('hello');
    for (const damaged of [bytes.subarray(0, 6), Buffer.concat([Buffer.from([9]), bytes])]) {
      expect(() => new RecordReader().read(damaged, 0, damaged.length)).to.throw(/message record/);
    }
  });

  it('counts octets once that messages of several queues lie in', () => {
    const one = recordOf('a'.repeat(500));
    const piece = Buffer.concat([one, one, one]);
    const memory = new Memory(1e9, () => undefined);
    for (const start of [0, one.length, 2 * one.length]) {
      memory.hold(new RecordReader().read(piece, start, start + one.length));
    }
    expect(memory.usedBytes).to.be.within(piece.length, piece.length + 3 * 256);
  });
});
