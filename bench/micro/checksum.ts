/**
 * crc32c over records of the lengths that a journal has, one behind the other in a slab.
 */
import { crc32c } from '../../src/store/crc32c.ts';
import { keep, type MicroCase } from './harness.ts';

const SLAB_BYTES = 256 * 1024;

function records(recordBytes: number): MicroCase {
  const slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  for (let i = 0; i < slab.length; i++) slab[i] = i * 167;
  const operations = Math.floor(SLAB_BYTES / recordBytes);
  return {
    name: `CRC-32C, ${recordBytes} B`,
    per: 'checksum of a record',
    operations,
    run: () => {
      for (let i = 0; i < operations; i++) {
        keep(crc32c(slab, i * recordBytes, (i + 1) * recordBytes, i));
      }
    },
  };
}

export const cases: readonly MicroCase[] = [20, 50, 111, 200, 301, 1111, 4196, 65_636].map(records);
