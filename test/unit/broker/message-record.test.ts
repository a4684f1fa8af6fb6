// Messages as records for the store, and back.
import { expect } from 'chai';
import { Memory } from '../../../src/broker/memory.ts';
import { ExpiringRecord, NEVER, RecordReader } from '../../../src/broker/message-record.ts';
import { NotedMessage } from '../../../src/broker/noted-message.ts';
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

  it('makes those again of which the broker knows more, expiring or not', () => {
    for (const isDeadLetter of [false, true]) {
      for (const blindKeys of [[], ['a', '', 'k'.repeat(300), '\udcff']]) {
        const noted = NotedMessage.of(messageOf('hello', PROPERTIES), { isDeadLetter, blindKeys });
        for (const record of [noted, new ExpiringRecord(noted, 12.5)]) {
          const bytes = Buffer.alloc(record.recordBytes + 2);
          expect(record.writeRecord(bytes, 1)).to.equal(bytes.length - 1);
          const reader = new RecordReader();
          const message = reader.read(bytes, 1, bytes.length - 1);
          expect(bodyOf(message).toString()).to.equal('hello');
          expect(propertiesOf(message)).to.deep.equal(PROPERTIES);
          expect(message.isDeadLetter).to.equal(isDeadLetter);
          expect(message.blindKeys).to.deep.equal(blindKeys);
          expect(reader.expiresAtMs).to.equal(record === noted ? NEVER : 12.5);
        }
      }
    }
  });

  it('refuses one whose keys are cut off', () => {
    const notes = { isDeadLetter: false, blindKeys: ['some key'] };
    const noted = NotedMessage.of(messageOf('', PROPERTIES), notes);
    const bytes = Buffer.alloc(noted.recordBytes);
    noted.writeRecord(bytes, 0);
    for (let end = 1; end < bytes.length; end++) {
      expect(() => new RecordReader().read(bytes, 0, end), `${end}`).to.throw(/message record/);
    }
    bytes.writeUInt32BE(500, 6);
    expect(() => new RecordReader().read(bytes, 0, bytes.length)).to.throw(/cut off/);
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
