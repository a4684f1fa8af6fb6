/**
 * A message as the broker keeps it: where it was published to, its raw property octets and its
 * body, as slices of the chunks they arrived in.
 *
 * Responsible for holding octets without copying or decoding them, and for the record that the
 * store keeps of one (noted-message.ts has other versions):
 *
 *     version:1 = 1 | names:2 | exchange and routing key as two short strings
 *     | properties:4 | flags and values as they came | body
 *
 * where the numbers are lengths of what follows them. What a message means in one queue (position,
 * redelivered) is the queue's and the store's. Not responsible for what the
 * properties say (inspection.ts reads the few that matter) or for how they are framed (session).
 */

import { copyOctets, Octets, octetsOf } from '../../protocol/octets.ts';
import { NO_LONG_END, NOWHERE, type Stored, type StoreRecord } from '../store/port.ts';

export const RECORD_VERSION = 1;
/** Version and lengths. */
export const RECORD_HEAD_BYTES = 7;

/** A body in stretches of that many octets is not copied to be written to the disk. */
export const LONG_PART_BYTES = 16_384;

/** Octets that several messages share. `holders` counts the messages that keep it in memory. */
export class Chunk extends Octets {
  holders = 0;
  /** Messages that compactions moved here, which made it; 0 for what came otherwise. */
  compacted = 0;
}

/** A stretch of a body. */
export interface Part {
  readonly chunk: Chunk;
  readonly start: number;
  readonly end: number;
}

/**
 * Exchange and routing key of a publish, and both as the wire's short strings. Shared by messages.
 */
export interface Address {
  readonly exchange: string;
  readonly routingKey: string;
  readonly names: Buffer;
}

const NO_KEYS: readonly string[] = [];

export class Message implements StoreRecord {
  readonly address: Address;
  /** Property flags and values: `properties.bytes[propertiesStart, propertiesEnd)`. */
  properties: Chunk;
  propertiesStart: number;
  propertiesEnd: number;
  /** The body when it is one stretch: `body.bytes[bodyStart, bodyStart + bodySize)`. */
  body: Chunk;
  bodyStart: number;
  readonly bodySize: number;
  /** All stretches of the body when it is more than one, else null. */
  parts: readonly Part[] | null;
  /**
   * Queue entries that hold this message; 0 before it was queued and after the last was settled.
   */
  holders = 0;

  constructor(
    address: Address,
    properties: Chunk,
    propertiesStart: number,
    propertiesEnd: number,
    body: Chunk,
    bodyStart: number,
    bodySize: number,
    parts: readonly Part[] | null,
  ) {
    this.address = address;
    this.properties = properties;
    this.propertiesStart = propertiesStart;
    this.propertiesEnd = propertiesEnd;
    this.body = body;
    this.bodyStart = bodyStart;
    this.bodySize = bodySize;
    this.parts = parts;
  }

  /** The first octet of its record. */
  get recordVersion(): number {
    return RECORD_VERSION;
  }

  /** Whether its deaths were written by the broker. */
  get isDeadLetter(): boolean {
    return false;
  }

  /** Keys of a BCC header, which nobody is shown; as a dead letter it goes by them, too (A8.5). */
  get blindKeys(): readonly string[] {
    return NO_KEYS;
  }

  get recordBytes(): number {
    const properties = this.propertiesEnd - this.propertiesStart;
    return RECORD_HEAD_BYTES + this.address.names.length + properties + this.bodySize;
  }

  /** Small stretches are better copied: each costs more in a write than it would save. */
  get #isLong(): boolean {
    return this.bodySize >= LONG_PART_BYTES * (this.parts?.length ?? 1);
  }

  get longEnd(): readonly Buffer[] {
    return this.#isLong ? this.bodyPieces : NO_LONG_END;
  }

  /** The octets of the body where they lie, in order. */
  get bodyPieces(): readonly Buffer[] {
    const { body, bodyStart, bodySize, parts } = this;
    return parts === null
      ? [body.bytes.subarray(bodyStart, bodyStart + bodySize)]
      : parts.map(({ chunk, start, end }) => chunk.bytes.subarray(start, end));
  }

  writeRecord(target: Buffer, at: number): number {
    const { propertiesStart, propertiesEnd, bodyStart, parts } = this;
    const { names } = this.address;
    const octets = octetsOf(target);
    const { view } = octets;
    view.setUint8(at, this.recordVersion);
    view.setUint16(at + 1, names.length);
    let next = copyOctets(target, at + 3, names, 0, names.length);
    view.setUint32(next, propertiesEnd - propertiesStart);
    next = octets.put(next + 4, this.properties, propertiesStart, propertiesEnd);
    if (this.#isLong) return next;
    if (parts === null) return octets.put(next, this.body, bodyStart, bodyStart + this.bodySize);
    for (const { chunk, start, end } of parts) next = octets.put(next, chunk, start, end);
    return next;
  }

  /** A copy for a delivery with other properties or another address; it shares the body. */
  with(address: Address, properties: Buffer): Message {
    return new Message(
      address,
      new Chunk(properties),
      0,
      properties.length,
      this.body,
      this.bodyStart,
      this.bodySize,
      this.parts,
    );
  }
}

/** A message in one queue, from its enqueuing until it is settled. */
export class QueueEntry implements Stored {
  readonly message: Message;
  /** Place in the queue: lower is nearer the head. A requeue keeps it. */
  readonly position: number;
  /** Whether it was handed out before (spec 1.8.3.13.3). */
  redelivered: boolean;
  /** Where the store has it; the store's business (store/port.ts). */
  place: number;
  frameAt: number;
  frameBytes: number;

  constructor(message: Message, position: number) {
    this.message = message;
    this.position = position;
    // Here, and not where they are declared: that would be one more call for each entry.
    this.redelivered = false;
    this.place = NOWHERE;
    this.frameAt = 0;
    this.frameBytes = 0;
  }

  get record(): StoreRecord {
    return this.message;
  }
}
