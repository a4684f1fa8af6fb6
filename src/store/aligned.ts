/**
 * Memory that begins at a page, which Node.js offers nowhere but in WebAssembly: what is to go past
 * the page cache has to lie in such.
 */

/** What addresses, lengths and positions of direct writes are multiples of (files.ts). */
export const ALIGNMENT_BYTES = 4096;

const WASM_PAGE_BYTES = 65_536;

/** What is used of the global object of that name, which has no types without those of browsers. */
interface MemoryApi {
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
}

/**
 * `count` buffers of `bytes` octets, a multiple of `ALIGNMENT_BYTES`; null where there is no
 * WebAssembly, or its memory is not to be had.
 */
export function alignedBuffers(count: number, bytes: number): Buffer[] | null {
  const api = (globalThis as { WebAssembly?: MemoryApi }).WebAssembly;
  if (api === undefined) return null;
  try {
    const { buffer } = new api.Memory({ initial: Math.ceil((count * bytes) / WASM_PAGE_BYTES) });
    return Array.from({ length: count }, (_, i) => Buffer.from(buffer, i * bytes, bytes));
  } catch (error) {
    // V8 reserves gigabytes of addresses for any memory, which a process may not be allowed.
    if (error instanceof RangeError) return null;
    throw error;
  }
}
