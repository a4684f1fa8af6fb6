/**
 * Copying and comparing stretches of a few octets, without a view of any.
 */

/** Copies shorter than this go octet by octet: cheaper than the view that Buffer.copy makes. */
const COPY_LOOP_BYTES = 64;

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
