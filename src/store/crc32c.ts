/**
 * CRC-32C (Castagnoli), as iSCSI and ext4 have it (RFC 3720, appendix B.4).
 *
 * Short stretches are done here, eight octets a step: for them a call of anything else costs more
 * than it saves. Long ones are crc32c-long.ts's.
 */
import { type LongCrc, longCrc, STEP_BYTES, type WasmApi } from './crc32c-long.ts';

const POLYNOMIAL = 0x82f63b78;

/** From this length on, WebAssembly is faster, the copy into its memory included. */
const LONG_BYTES = 192;

/** Table n: the remainder of an octet with n others behind it. */
function makeTables(): readonly Int32Array[] {
  const tables = Array.from({ length: STEP_BYTES }, () => new Int32Array(256));
  const [first] = tables as [Int32Array];
  for (let octet = 0; octet < 256; octet++) {
    let crc = octet;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    first[octet] = crc;
  }
  for (let octet = 0; octet < 256; octet++) {
    let crc = first[octet] as number;
    for (const table of tables.slice(1)) {
      crc = (first[crc & 255] as number) ^ (crc >>> 8);
      table[octet] = crc;
    }
  }
  return tables;
}

const TABLES = makeTables();
const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as unknown as readonly [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

/** Made when it is needed first: it takes some 2 ms. null: there is none on this machine. */
let long: LongCrc | null | undefined;

function makeLong(): LongCrc | null {
  long = longCrc(TABLES, (globalThis as { WebAssembly?: WasmApi }).WebAssembly);
  return long;
}

/** The checksum of `bytes[start, end)`, going on from that of what came before (0 for nothing). */
export function crc32c(bytes: Buffer, start: number, end: number, before = 0): number {
  const length = end - start;
  if (length >= LONG_BYTES) {
    const goOn = long === undefined ? makeLong() : long;
    if (goOn !== null) {
      const at = end - (length % STEP_BYTES);
      return crc32cShort(bytes, at, end, ~goOn(bytes, start, at, ~before));
    }
  }
  return crc32cShort(bytes, start, end, before);
}

/** The same without WebAssembly, at any length. */
export function crc32cShort(bytes: Buffer, start: number, end: number, before: number): number {
  let crc = ~before;
  let at = start;
  for (const last = end - 7; at < last; at += 8) {
    const low =
      crc ^
      ((bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24));
    crc =
      (T7[low & 255] as number) ^
      (T6[(low >>> 8) & 255] as number) ^
      (T5[(low >>> 16) & 255] as number) ^
      (T4[low >>> 24] as number) ^
      (T3[bytes[at + 4] as number] as number) ^
      (T2[bytes[at + 5] as number] as number) ^
      (T1[bytes[at + 6] as number] as number) ^
      (T0[bytes[at + 7] as number] as number);
  }
  for (; at < end; at++) {
    crc = (T0[(crc ^ (bytes[at] as number)) & 255] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}
