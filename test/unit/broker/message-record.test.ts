// Messages as records for the store, and back.
import { expect } from 'chai';
import { DelayedRecord, readDelayed } from '../../../src/broker/delays/delayed-record.ts';
import { Memory } from '../../../src/broker/memory.ts';
import { Chunk, LONG_PART_BYTES, Message } from '../../../src/broker/message.ts';
import { ExpiringRecord, NEVER, RecordReader } from '../../../src/broker/message-record.ts';
import { NotedMessage } from '../../../src/broker/noted-message.ts';
import type { StoreRecord } from '../../../src/store/port.ts';
import { bodyOf, messageOf, propertiesOf } from '../support/broker-parts.ts';

const PROPERTIES = Buffer.from([0x10, 0x00, 2]);

function octetsOf(record: StoreRecord): Buffer {
  const bytes = Buffer.alloc(record.recordBytes);
  const end = record.writeRecord(bytes, 0);
  const octets = Buffer.concat([bytes.subarray(0, end), ...record.longEnd]);
  expect(octets.length).to.equal(record.recordBytes);
  return octets;
}

function recordOf(body: string): Buffer {
  return octetsOf(messageOf(body, PROPERTIES));
}

/** A message whose body lies in stretches of these lengths. */
function inParts(...lengths: number[]): Message {
  const parts = lengths.map((length, i) => {
    const chunk = new Chunk(Buffer.alloc(length + 20, String(i)));
    return { chunk, start: 10, end: 10 + length };
  });
  const { address, properties, propertiesStart, propertiesEnd } = messageOf('', PROPERTIES);
  const size = lengths.reduce((sum, length) => sum + length, 0);
  const { chunk } = parts[0] as { chunk: Chunk };
  const where = [properties, propertiesStart, propertiesEnd] as const;
  return new Message(address, ...where, chunk, 10, size, lengths.length === 1 ? null : parts);
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

  it('makes long messages again, whose bodies are not copied into the record', () => {
    const reader = new RecordReader();
    for (const message of [inParts(LONG_PART_BYTES), inParts(1000, 2 * LONG_PART_BYTES, 15_800)]) {
      const body = bodyOf(message);
      const plain = octetsOf(message);
      const expiring = octetsOf(new ExpiringRecord(message, 1234));
      const target = { kind: 'queue', name: 'q' } as const;
      const delayed = octetsOf(new DelayedRecord(message, 5678, target));
      expect(Buffer.concat(message.longEnd)).to.deep.equal(body);
      expect(bodyOf(reader.read(plain, 0, plain.length))).to.deep.equal(body);
      expect(bodyOf(reader.read(expiring, 0, expiring.length))).to.deep.equal(body);
      expect(reader.expiresAtMs).to.equal(1234);
      const read = readDelayed(reader, delayed, 0, delayed.length);
      expect(bodyOf(read.message)).to.deep.equal(body);
    }
  });

  it('has bodies copied that are short, or in short stretches', () => {
    for (const message of [inParts(LONG_PART_BYTES - 1), inParts(LONG_PART_BYTES, 16_383)]) {
      expect(message.longEnd).to.have.length(0);
      const bytes = octetsOf(message);
      expect(bodyOf(new RecordReader().read(bytes, 0, bytes.length))).to.deep.equal(
        bodyOf(message),
      );
    }
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
