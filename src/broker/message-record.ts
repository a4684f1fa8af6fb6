/**
 * Messages made of the records that the store gives back (`Message` says how they are laid out),
 * and records of messages that expire, which have the time in them:
 *
 *     version:1 = 2, 5 or 7 | expires at:8, epoch milliseconds as a float
 *     | what follows the version in 1, 4 or 6
 */
import { decodeNames } from '../../protocol/names.ts';
import type { StoreRecord } from '../store/port.ts';
import { type Address, Chunk, Message, RECORD_HEAD_BYTES, RECORD_VERSION } from './message.ts';
import { BLIND_VERSION, DEAD_LETTER_VERSION, NotedMessage, readNotes } from './noted-message.ts';

/** Version of the record of a message that expires, less that of the message itself. */
const EXPIRING = 1;
const PLAIN_VERSIONS: readonly number[] = [RECORD_VERSION, DEAD_LETTER_VERSION, BLIND_VERSION];
const TIME_BYTES = 8;
export const NEVER = Number.POSITIVE_INFINITY;

/** The record of a message that expires. */
export class ExpiringRecord implements StoreRecord {
  readonly #message: Message;
  readonly #expiresAtMs: number;

  constructor(message: Message, expiresAtMs: number) {
    this.#message = message;
    this.#expiresAtMs = expiresAtMs;
  }

  get recordBytes(): number {
    return this.#message.recordBytes + TIME_BYTES;
  }

  get longEnd(): readonly Buffer[] {
    return this.#message.longEnd;
  }

  writeRecord(target: Buffer, at: number): number {
    // Its version is overwritten by the end of the time.
    const next = this.#message.writeRecord(target, at + TIME_BYTES);
    target[at] = this.#message.recordVersion + EXPIRING;
    target.writeDoubleBE(this.#expiresAtMs, at + 1);
    return next;
  }
}

/** Pieces read from the disk that are still in use: records of many queues may lie in one. */
const chunks = new WeakMap<Buffer, Chunk>();

/** Makes messages of records. Those of one piece of octets share it, and equal addresses, too. */
export class RecordReader {
  #address: Address | null = null;
  /** When the message of the record that was read last expires; `NEVER` if it does not. */
  expiresAtMs = NEVER;

  /** The message of the record `bytes[start, end)`. @throws Error when it is none */
  read(bytes: Buffer, start: number, end: number): Message {
    const written = bytes[start] as number;
    const isExpiring = PLAIN_VERSIONS.includes(written - EXPIRING);
    const version = isExpiring ? written - EXPIRING : written;
    const behind = start + 1 + (isExpiring ? TIME_BYTES : 0);
    if (!PLAIN_VERSIONS.includes(version) || end - behind < RECORD_HEAD_BYTES - 1) {
      throw new Error(`a message record of version ${written}`);
    }
    const { notes, next: lengths } = readNotes(bytes, version, behind, end);
    if (end - lengths < RECORD_HEAD_BYTES - 1) throw new Error('a message record that is cut off');
    this.expiresAtMs = isExpiring ? bytes.readDoubleBE(start + 1) : NEVER;
    const namesStart = lengths + 2;
    const namesEnd = namesStart + bytes.readUInt16BE(lengths);
    const propertiesStart = namesEnd + 4;
    if (propertiesStart > end) throw new Error('a message record that is cut off');
    const propertiesEnd = propertiesStart + bytes.readUInt32BE(namesEnd);
    if (propertiesEnd > end) throw new Error('a message record that is cut off');
    // Not kept here: a queue that is empty would hold the piece that it read last.
    const chunk = chunkOf(bytes);
    const message = new Message(
      this.#addressOf(bytes, namesStart, namesEnd),
      chunk,
      propertiesStart,
      propertiesEnd,
      chunk,
      propertiesEnd,
      end - propertiesEnd,
      null,
    );
    return notes === null ? message : NotedMessage.of(message, notes);
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
