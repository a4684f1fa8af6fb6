/**
 * Salted password hashes in RabbitMQ's form: base64 of a 4-octet salt followed by the hash of salt
 * and UTF-8 password; SHA-256 unless another algorithm is named (B1.1,
 * https://www.rabbitmq.com/docs/passwords).
 *
 * Responsible for hashing and comparing. Not responsible for whose password it is.
 */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const SALT_BYTES = 4;

/** RabbitMQ's names of algorithms, with the name and the octets of the hash. */
const ALGORITHMS = {
  rabbit_password_hashing_sha256: { hash: 'sha256', bytes: 32 },
  rabbit_password_hashing_sha512: { hash: 'sha512', bytes: 64 },
  rabbit_password_hashing_md5: { hash: 'md5', bytes: 16 },
} as const;
export type HashingAlgorithm = keyof typeof ALGORITHMS;
export const DEFAULT_HASHING: HashingAlgorithm = 'rabbit_password_hashing_sha256';

export function isHashingAlgorithm(name: unknown): name is HashingAlgorithm {
  return typeof name === 'string' && Object.hasOwn(ALGORITHMS, name);
}

const salted = (salt: Uint8Array, password: string, algorithm: HashingAlgorithm): Buffer => {
  const { hash } = ALGORITHMS[algorithm];
  return Buffer.concat([salt, createHash(hash).update(salt).update(password, 'utf8').digest()]);
};

/** A password's hash, with a fresh salt unless one of 4 octets is given. */
export function hashPassword(password: string, salt: Uint8Array = randomBytes(SALT_BYTES)): string {
  if (salt.length !== SALT_BYTES) throw new RangeError(`a salt has ${SALT_BYTES} octets`);
  return salted(salt, password, DEFAULT_HASHING).toString('base64');
}

/**
 * Whether `password` is the one that was hashed, in a time that does not tell how nearly it is.
 * Nothing matches an empty password, nor a hash that is not one.
 */
export function isPassword(
  password: string,
  hash: string,
  algorithm: HashingAlgorithm = DEFAULT_HASHING,
): boolean {
  const expected = Buffer.from(hash, 'base64');
  if (password === '' || expected.length !== SALT_BYTES + ALGORITHMS[algorithm].bytes) return false;
  const salt = expected.subarray(0, SALT_BYTES);
  return timingSafeEqual(salted(salt, password, algorithm), expected);
}
