/**
 * Salted password hashes in RabbitMQ's form: base64 of a 4-octet salt followed by
 * SHA-256(salt, UTF-8 password).
 *
 * Responsible for hashing and comparing. Not responsible for whose password it is.
 */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const SALT_BYTES = 4;
const DIGEST_BYTES = 32;

const salted = (salt: Uint8Array, password: string): Buffer =>
  Buffer.concat([salt, createHash('sha256').update(salt).update(password, 'utf8').digest()]);

/** A password's hash, with a fresh salt unless one of 4 octets is given. */
export function hashPassword(password: string, salt: Uint8Array = randomBytes(SALT_BYTES)): string {
  if (salt.length !== SALT_BYTES) throw new RangeError(`a salt has ${SALT_BYTES} octets`);
  return salted(salt, password).toString('base64');
}

/**
 * Whether `password` is the one that was hashed, in a time that does not tell how nearly it is.
 * Nothing matches an empty password, nor a hash that is not one.
 */
export function isPassword(password: string, hash: string): boolean {
  const expected = Buffer.from(hash, 'base64');
  if (password === '' || expected.length !== SALT_BYTES + DIGEST_BYTES) return false;
  return timingSafeEqual(salted(expected.subarray(0, SALT_BYTES), password), expected);
}
