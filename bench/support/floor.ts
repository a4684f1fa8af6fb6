/**
 * What the disk can do: a bare loop of writev and fdatasync.
 *
 * Responsible for writing the same sizes that a broker wrote, in the same order, from as many
 * buffers, one sync behind each, to files as large as the broker's. Runs on this thread and calls
 * the system directly, so that nothing but the system is measured.
 */
import { closeSync, fdatasyncSync, openSync, rmSync, writevSync } from 'node:fs';
import { join } from 'node:path';
import { nowMs } from './latency.ts';

const FILE_BYTES = 64 * 1024 * 1024;
const LOOK_EVERY = 8;

export interface Writes {
  readonly bytes: readonly number[];
  readonly pieces: readonly number[];
}

/** Batches a second: each one written and synced. 0 when there are none. */
export function measureFloor(folder: string, writes: Writes, seconds: number): number {
  const { bytes, pieces } = writes;
  if (bytes.length === 0) return 0;
  const source = Buffer.alloc(Math.max(...bytes), 'x');
  const batches = bytes.map((length, i) => split(source, length, pieces[i] ?? 1));
  const names: string[] = [];
  let fd = -1;
  let size = FILE_BYTES;
  let done = 0;
  const startedMs = nowMs();
  let elapsedMs = 0;
  while (elapsedMs < seconds * 1e3) {
    const index = done % batches.length;
    if (size >= FILE_BYTES) {
      if (fd >= 0) closeSync(fd);
      const name = join(folder, `floor${names.length}`);
      names.push(name);
      fd = openSync(name, 'w');
      size = 0;
    }
    writevSync(fd, batches[index] as Buffer[], size);
    fdatasyncSync(fd);
    size += bytes[index] as number;
    if (++done % LOOK_EVERY === 0) elapsedMs = nowMs() - startedMs;
  }
  closeSync(fd);
  for (const name of names) rmSync(name);
  return done / (elapsedMs / 1e3);
}

function split(source: Buffer, length: number, pieces: number): Buffer[] {
  const step = Math.ceil(length / pieces);
  const parts: Buffer[] = [];
  for (let at = 0; at < length; at += step) {
    parts.push(source.subarray(at, Math.min(length, at + step)));
  }
  return parts;
}
