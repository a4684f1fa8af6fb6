// Typings for bufferpack, which has none: the two functions that the tests use. Formats are those
// of Python's struct ('>' big-endian, B, H, L of 1, 2 and 4 octets); there is no 64-bit format.
declare module 'bufferpack' {
  interface BufferPack {
    /** Writes `values` at `offset`; false when they do not fit `target`. */
    packTo(
      format: string,
      target: Buffer,
      offset: number,
      values: readonly number[],
    ): Buffer | false;
    /** The values at `offset`; undefined when `source` is too short. */
    unpack(format: string, source: Buffer, offset: number): number[] | undefined;
  }
  const bufferpack: BufferPack;
  export default bufferpack;
}
