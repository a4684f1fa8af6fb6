/**
 * Folders for what brokers and the bare loop write: in the clone, so that all is on one disk, and
 * removed when the process ends.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BASE = fileURLToPath(new URL('../../.cache/bench', import.meta.url));
const OWN = join(BASE, String(process.pid));
let made = 0;

/** A new empty folder. */
export function scratchFolder(): string {
  if (made === 0) process.once('exit', () => removeFolder(OWN));
  const folder = join(OWN, String(made++));
  mkdirSync(folder, { recursive: true });
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
