/**
 * Folders for what brokers and the bare loop write: in the clone, so that all is on one disk, and
 * removed when the process ends, or by the next one
 * where it ended too suddenly for that.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BASE = fileURLToPath(new URL('../../.cache/bench', import.meta.url));
const OWN = join(BASE, String(process.pid));
let made = 0;

/** A new empty folder. */
export function scratchFolder(): string {
  if (made === 0) begin();
  const folder = join(OWN, String(made++));
  mkdirSync(folder, { recursive: true });
  return folder;
}

function begin(): void {
  process.once('exit', () => removeFolder(OWN));
  mkdirSync(BASE, { recursive: true });
  for (const name of readdirSync(BASE)) {
    if (!existsSync(`/proc/${name}`) && existsSync('/proc/self')) removeFolder(join(BASE, name));
  }
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
