/**
 * CRC-32C of long stretches, in WebAssembly: nearly twice as fast as JavaScript at 1 KiB, seven
 * times at 64 KiB, the copy into its memory included (`npm run bench:micro -- CRC`).
 *
 * Two functions. `table` goes on by 16 octets a step with 16 tables. `fold` has none: it makes a
 * stretch shorter that leaves the same remainder. The polynomial divides
 *
 *     x^79 + x^75 + x^71 + x^58 + x^18 + x^12 + x + 1
 *
 * and so, the field having two elements, the same with x^128 for x. A vector of 128 bits can hence
 * be taken away from the front if it is added (XOR) to those 4, 8, 21, 61, 67, 78 and 79 vectors
 * behind it. What is left at the end, when there is no room for that any more, goes through
 * `table`.
 *
 * Responsible for that and its memory. Not responsible for what is short, or where a processor
 * offers no vectors (crc32c.ts).
 */
import { op, type WasmFunction, wasmModule } from '../lib/wasm.ts';

const VECTOR_BYTES = 16;
const DISTANCES = [4, 8, 21, 61, 67, 78, 79] as const;
/** How far behind itself a vector is added. */
const WINDOW_BYTES = 79 * VECTOR_BYTES;
/** Vectors in one round of `fold`; not more than the smallest distance. */
const ROUND_VECTORS = 4;
const ROUND_BYTES = ROUND_VECTORS * VECTOR_BYTES;
/** What is left for `table`: the window in whole rounds. */
const REST_BYTES = Math.ceil(WINDOW_BYTES / ROUND_BYTES) * ROUND_BYTES;
/** Below this, folding does not pay. */
const FOLDED_BYTES = 3072;
/** Octets that are copied in one go: the processor's nearest cache should hold them. */
const PIECE_BYTES = 24 * 1024;

const TABLES = 16;
const TABLE_BYTES = 1024;

/*
 * The memory: tables, the vectors before the piece, the piece with room for zeros behind it, and
 * what is left of a long stretch.
 */
const WINDOW_AT = TABLES * TABLE_BYTES;
const PIECE_AT = WINDOW_AT + WINDOW_BYTES;
const REST_AT = PIECE_AT + PIECE_BYTES + REST_BYTES;
const MEMORY_BYTES = REST_AT + REST_BYTES + ROUND_BYTES;

/** table(at, end, crc): goes on from `crc` over whole steps; the new one. */
function tableFunction(): WasmFunction {
  const [AT, END, CRC, WORD] = [0, 1, 2, 3];
  // Octet `n` of a step is followed by 15 - n others.
  const lookUp = (n: number) => [
    ...[...op.constant(2), ...op.shiftLeft],
    ...op.load((TABLES - 1 - n) * TABLE_BYTES),
  ];
  const ofWord = [0, 1, 2, 3].flatMap((n) => [
    ...[...op.get(WORD), ...op.constant(8 * n), ...op.shiftRight],
    ...[...op.constant(255), ...op.and, ...lookUp(n), ...op.xor],
  ]);
  const ofOthers = Array.from({ length: TABLES - 4 }, (_, i) => i + 4).flatMap((n) => [
    ...[...op.get(AT), ...op.loadOctet(n), ...lookUp(n)],
    ...(n === 4 ? [] : op.xor),
  ]);
  const step = [
    ...[...op.get(AT), ...op.load(0), ...op.get(CRC), ...op.xor, ...op.set(WORD)],
    // What the step before has no part in comes first: the processor need not wait for it.
    ...[...ofOthers, ...ofWord, ...op.set(CRC)],
    ...[...op.get(AT), ...op.constant(TABLES), ...op.add, ...op.set(AT)],
    ...[...op.get(AT), ...op.get(END), ...op.isBelow],
  ];
  const code = [...op.repeat(step), ...op.get(CRC)];
  return { name: 'table', parameters: 3, locals: 1, results: 1, code };
}

/**
 * fold(from, to, end): adds to each vector from `to + WINDOW_BYTES` on those that lie before the
 * one as far behind `from`, in whole rounds until `from` is `end`.
 */
function foldFunction(): WasmFunction {
  const [FROM, TO, END] = [0, 1, 2];
  const vector = (at: number) => [
    ...[...op.get(TO), ...op.get(TO), ...op.loadVector(at)],
    ...DISTANCES.flatMap((distance) => [
      ...[...op.get(FROM), ...op.loadVector(at - distance * VECTOR_BYTES), ...op.xorVector],
    ]),
    ...op.storeVector(at),
  ];
  const advance = (local: number) => [
    ...[...op.get(local), ...op.constant(ROUND_BYTES), ...op.add, ...op.set(local)],
  ];
  const places = Array.from({ length: ROUND_VECTORS }, (_, i) => WINDOW_BYTES + i * VECTOR_BYTES);
  const code = op.repeat([
    ...[...places.flatMap(vector), ...advance(FROM), ...advance(TO)],
    ...[...op.get(FROM), ...op.get(END), ...op.isBelow],
  ]);
  return { name: 'fold', parameters: 3, locals: 0, results: 0, code };
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  table(at: number, end: number, crc: number): number;
  fold(from: number, to: number, end: number): void;
}

/** What is used of the global object of that name, which has no types without those of browsers. */
export interface WasmApi {
  validate(octets: Uint8Array): boolean;
  Module: new (octets: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
}

/** Goes on from `crc` over `bytes[start, end)`, which is a multiple of `STEP_BYTES` and not 0. */
export type LongCrc = (bytes: Buffer, start: number, end: number, crc: number) => number;

export const STEP_BYTES = TABLES;

function instantiate(api: WasmApi | undefined): Exports | null {
  const octets = wasmModule([tableFunction(), foldFunction()], MEMORY_BYTES);
  if (api === undefined || !api.validate(octets)) return null;
  try {
    return new api.Instance(new api.Module(octets)).exports as Exports;
  } catch (error) {
    // V8 reserves gigabytes of addresses for any memory, which a process may not be allowed.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * @param tables table n: the remainder of an octet with n others behind it
 * @returns null where WebAssembly or its vectors are not to be had
 */
export function longCrc(tables: readonly Int32Array[], api: WasmApi | undefined): LongCrc | null {
  const functions = instantiate(api);
  if (functions === null) return null;
  const { memory, table, fold } = functions;
  const scratch = Buffer.from(memory.buffer);
  const view = new DataView(memory.buffer);
  for (let n = 0; n < TABLES; n++) {
    const each = tables[n] as Int32Array;
    for (let i = 0; i < each.length; i++) {
      view.setInt32(n * TABLE_BYTES + i * 4, each[i] as number, true);
    }
  }

  /** Leaves at `REST_AT` what has the same remainder; its length. */
  function shorten(bytes: Buffer, start: number, end: number, crc: number): number {
    const folded = end - start - REST_BYTES;
    const last = start + folded - (folded % ROUND_BYTES);
    scratch.fill(0, WINDOW_AT, PIECE_AT);
    let length = 0;
    for (let at = start; at < last; at += length) {
      if (at !== start) scratch.copyWithin(WINDOW_AT, WINDOW_AT + length, PIECE_AT + length);
      length = Math.min(PIECE_BYTES, last - at);
      bytes.copy(scratch, PIECE_AT, at, at + length);
      if (at === start) {
        scratch.writeInt32LE(scratch.readInt32LE(PIECE_AT) ^ crc, PIECE_AT);
      }
      fold(WINDOW_AT, WINDOW_AT, WINDOW_AT + length);
    }
    bytes.copy(scratch, REST_AT, last, end);
    // What is left is added to nothing any more.
    scratch.fill(0, PIECE_AT + length, PIECE_AT + length + REST_BYTES);
    const from = WINDOW_AT + length;
    fold(from, REST_AT - WINDOW_BYTES, from + REST_BYTES);
    return end - last;
  }

  return (bytes, start, end, crc) => {
    if (end - start >= FOLDED_BYTES) {
      return table(REST_AT, REST_AT + shorten(bytes, start, end, crc), 0);
    }
    bytes.copy(scratch, PIECE_AT, start, end);
    return table(PIECE_AT, PIECE_AT + end - start, crc);
  };
}
