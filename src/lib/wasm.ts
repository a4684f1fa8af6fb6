/**
 * A WebAssembly module, octet by octet: the few instructions that the project's own functions
 * need, and the sections around them (WebAssembly core specification 2.0, chapter 5).
 *
 * Responsible for encoding alone. What a function does is said where it is made.
 */

type Code = readonly number[];

/** A function of 32-bit integers; `code` takes its arguments from locals 0, 1 ... */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: number;
  /** Further locals, numbered on from the parameters. */
  readonly locals: number;
  readonly results: 0 | 1;
  readonly code: Code;
}

const I32 = 0x7f;
const PAGE_BYTES = 65536;

/** LEB128 of an unsigned number below 2^31. */
function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

/** LEB128 of a signed number: the last octet's second bit is the sign. */
function signed(value: number): Code {
  if (value >= -64 && value < 64) return [value & 127];
  return [(value & 127) | 128, ...signed(value >> 7)];
}

function list(items: readonly Code[]): Code {
  return unsigned(items.length).concat(...items);
}

/** With its length before it. */
function sized(octets: Code): Code {
  return [...unsigned(octets.length), ...octets];
}

function nameOf(text: string): Code {
  return sized([...text].map((each) => each.charCodeAt(0)));
}

export const op = {
  get: (local: number): Code => [0x20, local],
  set: (local: number): Code => [0x21, local],
  constant: (value: number): Code => [0x41, ...signed(value)],
  add: [0x6a] as Code,
  and: [0x71] as Code,
  xor: [0x73] as Code,
  shiftLeft: [0x74] as Code,
  shiftRight: [0x76] as Code,
  isBelow: [0x49] as Code,
  load: (offset: number): Code => [0x28, 0, ...unsigned(offset)],
  loadOctet: (offset: number): Code => [0x2d, 0, ...unsigned(offset)],
  loadVector: (offset: number): Code => [0xfd, 0, 0, ...unsigned(offset)],
  storeVector: (offset: number): Code => [0xfd, 11, 0, ...unsigned(offset)],
  xorVector: [0xfd, 0x51, 1] as Code,
  /** Runs `code`, again and again as long as it leaves something other than 0. */
  repeat: (code: Code): Code => [0x03, 0x40, ...code, 0x0d, 0, 0x0b],
};

/** A module of these functions, with a memory that they share: all exported. */
export function wasmModule(functions: readonly WasmFunction[], memoryBytes: number): Uint8Array {
  const types = functions.map(({ parameters, results }) => [
    ...[0x60, ...list(Array(parameters).fill([I32])), ...list(Array(results).fill([I32]))],
  ]);
  const exported = functions.map(({ name }, i) => [...nameOf(name), 0, i]);
  const bodies = functions.map(({ locals, code }) => sized([1, locals, I32, ...code, 0x0b]));
  const section = (id: number, items: readonly Code[]) => [id, ...sized(list(items))];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(
      3,
      functions.map((_, i) => [i]),
    ),
    ...section(5, [[0, ...unsigned(Math.ceil(memoryBytes / PAGE_BYTES))]]),
    ...section(7, [[...nameOf('memory'), 2, 0], ...exported]),
    ...section(10, bodies),
  ]);
}
