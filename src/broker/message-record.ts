/**
 * Messages made of the records that the store gives back (`Message` says how they are laid out).
 */
import { decodeNames } from '../../protocol/names.ts';
import { type Address, Chunk, Message, RECORD_HEAD_BYTES, RECORD_VERSION } from './message.ts';

/** Pieces read from the disk that are still in use: records of many queues may lie in one. */
const chunks = new WeakMap<Buffer, Chunk>();

/** Makes messages of records. Those of one piece of octets share it, and equal addresses, too. */
export class RecordReader {
  #address: Address | null = null;

  /** The message of the record `bytes[start, end)`. @throws Error when it is none */
  read(bytes: Buffer, start: number, end: number): Message {
    if (end - start < RECORD_HEAD_BYTES || bytes[start] !== RECORD_VERSION) {
      throw new Error(`a message record of version ${bytes[start]}`);
    }
    const namesStart = start + 3;
    const namesEnd = namesStart + bytes.readUInt16BE(start + 1);
    const propertiesStart = namesEnd + 4;
    if (propertiesStart > end) throw new Error('a message record that is cut off');
    const propertiesEnd = propertiesStart + bytes.readUInt32BE(namesEnd);
    if (propertiesEnd > end) throw new Error('a message record that is cut off');
    // Not kept here: a queue that is empty would hold the piece that it read last.
    const chunk = chunkOf(bytes);
    return new Message(
      this.#addressOf(bytes, namesStart, namesEnd),
      chunk,
      propertiesStart,
      propertiesEnd,
      chunk,
      propertiesEnd,
      end - propertiesEnd,
      null,
    );
  }

  #addressOf(bytes: Buffer, start: number, end: number): Address {
    const known = this.#address;
    if (known !== null && bytes.compare(known.names, 0, known.names.length, start, end) === 0) {
      return known;
    }
    const address = decodeNames(Buffer.from(bytes.subarray(start, end)));
    this.#address = address;
    return address;
  }
}

function chunkOf(bytes: Buffer): Chunk {
  const known = chunks.get(bytes);
  if (known !== undefined) return known;
  const chunk = new Chunk(bytes);
  chunks.set(bytes, chunk);
  return chunk;
}
