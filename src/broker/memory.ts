/**
 * Counts the memory that messages hold and tells when it passes the watermark.
 *
 * Responsible for the count: the octets of each chunk for as long as any message in it lives (a
 * chunk into which several channels interleave contents may count more than once, never less), plus
 * a fixed cost a message, contents on their way in and output on its way out; with nothing held it
 * is 0 to the octet. Not responsible for what follows from an alarm (session: connection.blocked,
 * publishers are not read). It counts instead of asking the operating system, because what a
 * process has given back is known late and never exactly.
 *
 * A chunk of 64 KiB may be kept alive by one small message in it. Once the count is high and mostly
 * made of such remains, `wantsCompaction` turns true and `compact` moves messages together.
 */
import { Chunk, type Message } from './message.ts';

/** What a queued message costs on the heap beside its octets: message, entry, ring slot. */
export const MESSAGE_OVERHEAD_BYTES = 256;
/** The alarm clears below this share of the limit, so that it does not flutter. */
const CLEAR_SHARE = 0.95;
/** A count that is so many times what is held exactly is worth a compaction. */
const REMAINS_FACTOR = 2;
/** By how much the count must have grown since the last compaction for another. */
const REPEAT_GROWTH = 1.25;
/** The same while the alarm is up: nobody may publish what would make the count grow. */
const ALARM_REMAINS_FACTOR = 1.2;
const ALARM_REPEAT_GROWTH = 1.02;
/** Share of the limits from which messages go to the disk, where there is one. */
const RELIEF_SHARE = 0.3;
/** Share of the limits from which publishers wait for relief, well before the alarm. */
const PRESSED_SHARE = 0.6;
/** By how much the count must have grown since the last relief for another. */
const RELIEF_GROWTH = 1.05;
const COMPACTION_CHUNK_BYTES = 65_536;
/** A chunk that a compaction made is worth another when fewer of its messages are left. */
const WELL_COMPACTED_SHARE = 3 / 4;

export class Memory {
  /** Octets that messages may hold; 0 keeps the alarm up whatever they hold. Set by `setLimit`. */
  limitBytes: number;
  /** What `usedBytes` is held against: below 0, and so always passed, where the limit is 0. */
  #markBytes: number;
  readonly #heapLimitBytes: number;
  /** Octets held: chunks, overhead, contents under way. */
  usedBytes = 0;
  /** Octets of properties and bodies held or on their way in, overhead included. */
  exactBytes = 0;
  /** Whether the watermark is passed. */
  alarm = false;
  /** The part of `usedBytes` that lies on the JavaScript heap, which has a limit of its own. */
  #heapBytes = 0;
  readonly #onAlarm: (raised: boolean) => void;
  /** The count after the last compaction. */
  #compactedBytes = 0;
  /** The count at the last relief, or the lowest since. */
  #relievedBytes = 0;
  #target: Chunk | null = null;
  #targetUsed = 0;

  /** `heapLimitBytes`: what messages may take of the JavaScript heap, beside their octets. */
  constructor(
    limitBytes: number,
    onAlarm: (raised: boolean) => void,
    heapLimitBytes = Number.POSITIVE_INFINITY,
  ) {
    this.limitBytes = limitBytes;
    this.#markBytes = limitBytes;
    this.#heapLimitBytes = heapLimitBytes;
    this.#onAlarm = onAlarm;
  }

  /** One more queue holds the message. */
  hold(message: Message): void {
    if (message.holders++ !== 0) return;
    const added = MESSAGE_OVERHEAD_BYTES + grabAll(message);
    this.exactBytes += sizeOf(message);
    this.#heapBytes += MESSAGE_OVERHEAD_BYTES;
    this.#add(added);
  }

  /** One queue less holds the message. */
  release(message: Message): void {
    if (--message.holders !== 0) return;
    const freed = MESSAGE_OVERHEAD_BYTES + dropAll(message);
    this.exactBytes -= sizeOf(message);
    this.#heapBytes -= MESSAGE_OVERHEAD_BYTES;
    this.#subtract(freed);
  }

  /** Counts octets that belong to no message yet (a content that is still arriving). */
  reserve(bytes: number): void {
    this.exactBytes += bytes;
    this.#add(bytes);
  }

  unreserve(bytes: number): void {
    this.exactBytes -= bytes;
    this.#subtract(bytes);
  }

  #add(bytes: number): void {
    this.usedBytes += bytes;
    if (!this.alarm && this.#isOver(1)) {
      this.alarm = true;
      this.#onAlarm(true);
    }
  }

  /**
   * Takes back a `reserve` for octets that are about to be held otherwise: the alarm stays as it is
   * until `review`, so that the change of hands neither raises nor clears it.
   */
  withdraw(bytes: number): void {
    this.exactBytes -= bytes;
    this.usedBytes -= bytes;
  }

  #subtract(bytes: number): void {
    this.usedBytes -= bytes;
    if (this.usedBytes < this.#compactedBytes) this.#compactedBytes = this.usedBytes;
    if (this.usedBytes < this.#relievedBytes) this.#relievedBytes = this.usedBytes;
    this.review();
  }

  /** Another limit, held against the count at once; nothing of the former one is left. */
  setLimit(limitBytes: number): void {
    this.limitBytes = limitBytes;
    // RabbitMQ's way to block all publishers: its process never holds nothing.
    this.#markBytes = limitBytes === 0 ? -1 : limitBytes;
    const alarm = this.#isOver(1);
    if (alarm === this.alarm) return;
    this.alarm = alarm;
    this.#onAlarm(alarm);
  }

  /** Clears the alarm if there is room again. */
  review(): void {
    if (this.alarm && !this.#isOver(CLEAR_SHARE)) {
      this.alarm = false;
      this.#onAlarm(false);
    }
  }

  #isOver(share: number): boolean {
    return (
      this.usedBytes > this.#markBytes * share || this.#heapBytes > this.#heapLimitBytes * share
    );
  }

  /**
   * Whether more than half of a considerable count is remains of chunks; under the alarm, whether
   * a sixth is.
   */
  get wantsCompaction(): boolean {
    const remains = this.alarm ? ALARM_REMAINS_FACTOR : REMAINS_FACTOR;
    const growth = this.alarm ? ALARM_REPEAT_GROWTH : REPEAT_GROWTH;
    return (
      this.usedBytes > this.limitBytes / 4 &&
      this.usedBytes > remains * this.exactBytes &&
      this.usedBytes > this.#compactedBytes * growth
    );
  }

  /** Whether memory fills up, so that what can be read back from a disk should be there only. */
  get isTight(): boolean {
    return this.#isOver(RELIEF_SHARE);
  }

  /** Whether it fills up more than when something was last done about it. */
  get wantsRelief(): boolean {
    return this.isTight && this.usedBytes > this.#relievedBytes * RELIEF_GROWTH;
  }

  /** Whether so much is held that publishers should wait for relief, if any is under way. */
  get isPressed(): boolean {
    return this.#isOver(PRESSED_SHARE);
  }

  /** Relief is under way; more is worth it only once the count has grown, or some is done. */
  relieved(): void {
    this.#relievedBytes = this.usedBytes;
  }

  /** Some relief is done: more may be worth it at once. */
  reliefDone(): void {
    this.#relievedBytes = 0;
  }

  /**
   * A compaction has gone through everything; the next is worth it only once the count has grown.
   */
  compacted(): void {
    this.#compactedBytes = this.usedBytes;
  }

  /**
   * Moves a held message out of its chunks, unless it fills most of them: a small one next to
   * others that were moved before it, a large one to a chunk of its own.
   */
  compact(message: Message): void {
    const properties = message.propertiesEnd - message.propertiesStart;
    const size = properties + message.bodySize;
    if (message.holders === 0 || this.#isWellCompacted(message)) return;
    const isLarge = size > COMPACTION_CHUNK_BYTES / 4;
    if (isLarge && bodyChunkBytes(message) < 2 * size) return;
    const to = isLarge ? chunkOf(size) : this.#roomFor(size);
    const at = isLarge ? 0 : this.#targetUsed;
    message.properties.bytes.copy(to.bytes, at, message.propertiesStart, message.propertiesEnd);
    let next = at + properties;
    for (const piece of message.bodyPieces) next += piece.copy(to.bytes, next);
    to.compacted++;
    const added = grab(to);
    const freed = dropAll(message);
    message.properties = to;
    message.propertiesStart = at;
    message.propertiesEnd = at + properties;
    message.body = to;
    message.bodyStart = at + properties;
    message.parts = null;
    if (!isLarge) this.#targetUsed += size;
    this.#add(added);
    this.#subtract(freed);
  }

  /** Whether a compaction moved it to a chunk, and most of what it moved there is still alive. */
  #isWellCompacted({ properties: chunk }: Message): boolean {
    if (chunk === this.#target) return true;
    return chunk.compacted !== 0 && chunk.holders > chunk.compacted * WELL_COMPACTED_SHARE;
  }

  #roomFor(size: number): Chunk {
    if (this.#target === null || this.#targetUsed + size > COMPACTION_CHUNK_BYTES) {
      this.#target = chunkOf(COMPACTION_CHUNK_BYTES);
      this.#targetUsed = 0;
    }
    return this.#target;
  }
}

function chunkOf(bytes: number): Chunk {
  return new Chunk(Buffer.allocUnsafeSlow(bytes));
}

function grab(chunk: Chunk): number {
  return chunk.holders++ === 0 ? chunk.bytes.length : 0;
}

function drop(chunk: Chunk): number {
  return --chunk.holders === 0 ? chunk.bytes.length : 0;
}

function grabAll({ properties, body, parts }: Message): number {
  let grabbed = grab(properties);
  if (parts !== null) for (const { chunk } of parts) grabbed += grab(chunk);
  else if (body !== properties) grabbed += grab(body);
  return grabbed;
}

/** The reverse; octets that nobody holds any more. */
function dropAll({ properties, body, parts }: Message): number {
  let dropped = drop(properties);
  if (parts !== null) for (const { chunk } of parts) dropped += drop(chunk);
  else if (body !== properties) dropped += drop(body);
  return dropped;
}

/** Octets of the chunks that the body is in. */
function bodyChunkBytes({ body, parts }: Message): number {
  return parts?.reduce((sum, { chunk }) => sum + chunk.bytes.length, 0) ?? body.bytes.length;
}

function sizeOf(message: Message): number {
  return (
    MESSAGE_OVERHEAD_BYTES + (message.propertiesEnd - message.propertiesStart) + message.bodySize
  );
}
