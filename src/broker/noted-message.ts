/**
 * A message of which the broker knows more than what was published, and its record:
 *
 *     version:1 = 4, a dead letter | what follows the version in 1 (message.ts)
 *     version:1 = 6, with BCC keys | version without them:1, 1 or 4 | keys:4
 *     | length:4 and octets of each | what follows the version in 1
 *
 * where `keys` is how many octets they take.
 */
import { readText, textBytes, writeText } from '../../protocol/text.ts';
import { type Address, Message, RECORD_VERSION } from './message.ts';

export const DEAD_LETTER_VERSION = 4;
export const BLIND_VERSION = 6;
/** Both versions and the length of the keys. */
const BLIND_HEAD_BYTES = 6;
const LENGTH_BYTES = 4;
const NOTHING: MessageNotes = { isDeadLetter: false, blindKeys: [] };

export interface MessageNotes {
  /** The deaths that are written on it are the broker's word, not its publisher's (A8.6). */
  readonly isDeadLetter: boolean;
  readonly blindKeys: readonly string[];
}

export class NotedMessage extends Message {
  #notes = NOTHING;
  /** The keys as they are written. */
  #keys: Buffer = Buffer.alloc(0);

  static of(message: Message, notes: MessageNotes): NotedMessage {
    const { address, properties, propertiesStart, propertiesEnd } = message;
    const { body, bodyStart, bodySize, parts } = message;
    const noted = new NotedMessage(
      ...([address, properties, propertiesStart, propertiesEnd] as const),
      ...([body, bodyStart, bodySize, parts] as const),
    );
    noted.#notes = notes;
    noted.#keys = encodeKeys(notes.blindKeys);
    return noted;
  }

  override get isDeadLetter(): boolean {
    return this.#notes.isDeadLetter;
  }

  override get blindKeys(): readonly string[] {
    return this.#notes.blindKeys;
  }

  override get recordVersion(): number {
    return this.#hasKeys ? BLIND_VERSION : this.#plainVersion;
  }

  override get recordBytes(): number {
    return super.recordBytes + (this.#hasKeys ? BLIND_HEAD_BYTES - 1 + this.#keys.length : 0);
  }

  override writeRecord(target: Buffer, at: number): number {
    if (!this.#hasKeys) return super.writeRecord(target, at);
    const keys = this.#keys;
    // The version of what follows is overwritten by the end of the keys.
    const next = super.writeRecord(target, at + BLIND_HEAD_BYTES - 1 + keys.length);
    target[at] = BLIND_VERSION;
    target[at + 1] = this.#plainVersion;
    keys.copy(target, target.writeUInt32BE(keys.length, at + 2));
    return next;
  }

  override with(address: Address, properties: Buffer): Message {
    return NotedMessage.of(super.with(address, properties), this.#notes);
  }

  get #hasKeys(): boolean {
    return this.blindKeys.length !== 0;
  }

  get #plainVersion(): number {
    return this.isDeadLetter ? DEAD_LETTER_VERSION : RECORD_VERSION;
  }
}

/**
 * What a record of 1 or one of the versions above says in front of what message.ts writes: `at` is
 * behind the version. @throws Error when it is cut off
 */
export function readNotes(
  bytes: Buffer,
  version: number,
  at: number,
  end: number,
): { readonly notes: MessageNotes | null; readonly next: number } {
  if (version === RECORD_VERSION) return { notes: null, next: at };
  if (version === DEAD_LETTER_VERSION) {
    return { notes: { isDeadLetter: true, blindKeys: [] }, next: at };
  }
  const keysStart = at + BLIND_HEAD_BYTES - 1;
  const next = keysStart > end ? keysStart : keysStart + bytes.readUInt32BE(at + 1);
  if (next > end) throw new Error('a message record that is cut off');
  const isDeadLetter = bytes[at] === DEAD_LETTER_VERSION;
  return { notes: { isDeadLetter, blindKeys: decodeKeys(bytes, keysStart, next) }, next };
}

function encodeKeys(keys: readonly string[]): Buffer {
  const octets = Buffer.alloc(keys.reduce((sum, key) => sum + LENGTH_BYTES + textBytes(key), 0));
  let at = 0;
  for (const key of keys) {
    const next = writeText(octets, key, at + LENGTH_BYTES);
    octets.writeUInt32BE(next - at - LENGTH_BYTES, at);
    at = next;
  }
  return octets;
}

function decodeKeys(bytes: Buffer, start: number, end: number): string[] {
  const keys: string[] = [];
  for (let at = start; at < end; ) {
    const keyStart = at + LENGTH_BYTES;
    at = keyStart > end ? Number.POSITIVE_INFINITY : keyStart + bytes.readUInt32BE(at);
    if (at > end) throw new Error('a message record that is cut off');
    keys.push(readText(bytes, keyStart, at));
  }
  return keys;
}
