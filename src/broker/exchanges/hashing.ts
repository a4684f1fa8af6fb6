/**
 * Hashes for exchanges that spread messages: which of so many places a text belongs to.
 *
 * Which place a text gets is ours, and differs from RabbitMQ's, which hashes Erlang terms.
 */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const TWO_TO_31 = 2 ** 31;

/** 32 bits of a text: FNV-1a over its UTF-16 units, mixed so that each bit depends on all. */
export function hashOf(text: string): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return mixed(hash);
}

/**
 * Jump consistent hashing (Lamping and Veach, 2014): one of `places` numbers from 0, such that with
 * one place more only the share that goes there changes.
 */
export function jumpHash(hash: number, places: number): number {
  let state = hash;
  let place = -1;
  for (let next = 0; next < places; ) {
    place = next;
    state = mixed((state + 0x9e3779b9) | 0);
    next = Math.floor((place + 1) * (TWO_TO_31 / ((state >>> 1) + 1)));
  }
  return place;
}

/** The finalizer of MurmurHash3. */
function mixed(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
