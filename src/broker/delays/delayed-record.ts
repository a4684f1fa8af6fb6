/**
 * The record of a message that waits for its time:
 *
 *     version:1 = 3 | due at:8, epoch milliseconds as a float | target:1, 0 exchange or 1 queue
 *     | name:1 + its octets, UTF-8 | the message's record (message.ts)
 */
import type { StoreRecord } from '../../store/port.ts';
import type { Message } from '../message.ts';
import type { RecordReader } from '../message-record.ts';

export const DELAYED_VERSION = 3;
/** Version, time, target and the length of its name. */
const HEAD_BYTES = 11;
const KINDS = ['exchange', 'queue'] as const;

/** Where a message goes when it is due. */
export interface DelayTarget {
  readonly kind: (typeof KINDS)[number];
  readonly name: string;
}

export class DelayedRecord implements StoreRecord {
  readonly #message: Message;
  readonly #dueAtMs: number;
  readonly #target: DelayTarget;

  constructor(message: Message, dueAtMs: number, target: DelayTarget) {
    this.#message = message;
    this.#dueAtMs = dueAtMs;
    this.#target = target;
  }

  get recordBytes(): number {
    return HEAD_BYTES + Buffer.byteLength(this.#target.name) + this.#message.recordBytes;
  }

  get longEnd(): readonly Buffer[] {
    return this.#message.longEnd;
  }

  writeRecord(bytes: Buffer, at: number): number {
    const { kind, name } = this.#target;
    bytes[at] = DELAYED_VERSION;
    bytes.writeDoubleBE(this.#dueAtMs, at + 1);
    bytes[at + 9] = KINDS.indexOf(kind);
    const length = bytes.write(name, at + HEAD_BYTES);
    bytes[at + 10] = length;
    return this.#message.writeRecord(bytes, at + HEAD_BYTES + length);
  }
}

/** What the record `bytes[start, end)` says. @throws Error when it is none */
export function readDelayed(reader: RecordReader, bytes: Buffer, start: number, end: number) {
  const kind = KINDS[bytes[start + 9] as number];
  if (bytes[start] !== DELAYED_VERSION || kind === undefined) {
    throw new Error(`a record of a delayed message of version ${bytes[start]}`);
  }
  const nameStart = start + HEAD_BYTES;
  const nameEnd = nameStart + (bytes[start + 10] as number);
  const target: DelayTarget = { kind, name: bytes.toString('utf8', nameStart, nameEnd) };
  const message = reader.read(bytes, nameEnd, end);
  return { message, dueAtMs: bytes.readDoubleBE(start + 1), target };
}
