/**
 * Copying and comparing stretches of a few octets, without a view of any.
 */

/** Copies shorter than this go octet by octet: cheaper than the view that Buffer.copy makes. */
const COPY_LOOP_BYTES = 64;
/** The same for copies that go four octets at a time. */
const COPY_WORDS_BYTES = 160;

/** A buffer, and a view that reads and writes numbers of several octets in it in one step. */
export class Octets {
  readonly bytes: Buffer;
  readonly view: DataView;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Copies `source[start, end)` here, to `at`; returns the position after it. */
  put(at: number, source: Octets, start: number, end: number): number {
    const stop = at + end - start;
    if (end - start > COPY_WORDS_BYTES) {
      source.bytes.copy(this.bytes, at, start, end);
      return stop;
    }
    const { view } = this;
    const from = source.view;
    let p = at;
    let s = start;
    for (; p + 4 <= stop; p += 4, s += 4) view.setInt32(p, from.getInt32(s));
    for (; p < stop; p++, s++) view.setUint8(p, from.getUint8(s));
    return stop;
  }
}

let lastOctets = new Octets(Buffer.alloc(0));

/** `bytes` with a view: made when they are not those that were asked for last. */
export function octetsOf(bytes: Buffer): Octets {
  if (lastOctets.bytes !== bytes) lastOctets = new Octets(bytes);
  return lastOctets;
}

/** Whether `bytes[start, end)` holds the same octets as the whole of `other`. */
export function sameOctets(bytes: Buffer, start: number, end: number, other: Buffer): boolean {
  const length = end - start;
  if (length !== other.length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== other[i]) return false;
  return true;
}

/** Copies `source[start, end)` to `target` at `at`; returns the position after it. */
export function copyOctets(
  target: Buffer,
  at: number,
  source: Buffer,
  start: number,
  end: number,
): number {
  const length = end - start;
  if (length < COPY_LOOP_BYTES) {
    for (let i = 0; i < length; i++) target[at + i] = source[start + i] as number;
  } else {
    source.copy(target, at, start, end);
  }
  return at + length;
}
