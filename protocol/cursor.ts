/**
 * Reading forward through a stretch of octets, and 64-bit integers, which Buffer has no single
 * reading for.
 *
 * Responsible for bounds: nothing is read beyond `end`, whatever a length says. Not responsible for
 * what the octets mean or for the words of a refusal: callers turn Truncated into their own error.
 */

/** A length or a fixed field reaches past the end. Never leaves protocol/. */
export class Truncated extends Error {
  constructor() {
    super('truncated');
  }
}

/** A position in `bytes[at, end)`. */
export class Cursor {
  readonly bytes: Buffer;
  at: number;
  end: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /** Moves past `length` octets and returns where they start. @throws Truncated */
  take(length: number): number {
    const at = this.at;
    if (length > this.end - at) throw new Truncated();
    this.at = at + length;
    return at;
  }
}

const TWO_32 = 0x1_0000_0000;
const HIGHEST_UINT64 = 0xffff_ffff_ffff_ffffn;
const LOWEST_INT64 = -0x8000_0000_0000_0000n;
const HIGHEST_INT64 = 0x7fff_ffff_ffff_ffffn;

/** Unsigned 64 bits: a number up to 2^53 - 1, a bigint above. */
export function readUint64(bytes: Buffer, at: number): number | bigint {
  const value = bytes.readUInt32BE(at) * TWO_32 + bytes.readUInt32BE(at + 4);
  return value <= Number.MAX_SAFE_INTEGER ? value : bytes.readBigUInt64BE(at);
}

/** Signed 64 bits: a number within +-(2^53 - 1), a bigint beyond. */
export function readInt64(bytes: Buffer, at: number): number | bigint {
  const value = bytes.readInt32BE(at) * TWO_32 + bytes.readUInt32BE(at + 4);
  return Number.isSafeInteger(value) ? value : bytes.readBigInt64BE(at);
}

/** @throws RangeError unless `value` is an integer of 64 unsigned bits */
export function writeUint64(bytes: Buffer, value: number | bigint, at: number): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) {
    bytes.writeUInt32BE(Math.floor(value / TWO_32), at);
    bytes.writeUInt32BE(value % TWO_32, at + 4);
    return;
  }
  const wide = BigInt(value);
  if (wide < 0n || wide > HIGHEST_UINT64) throw new RangeError(`not a 64-bit unsigned: ${value}`);
  bytes.writeBigUInt64BE(wide, at);
}

/** @throws RangeError unless `value` is an integer of 64 signed bits */
export function writeInt64(bytes: Buffer, value: number | bigint, at: number): void {
  const wide = BigInt(value);
  if (wide < LOWEST_INT64 || wide > HIGHEST_INT64)
    throw new RangeError(`not a 64-bit integer: ${value}`);
  bytes.writeBigInt64BE(wide, at);
}
