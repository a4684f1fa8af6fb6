/**
 * How much memory there is for this process: the machine's, or less when a container (cgroup v1 or
 * v2) caps it. Asked once at start-up. Reads small kernel files synchronously; a file that is
 * missing means no cap.
 */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path/posix';

/** Reads a file as text; undefined when it cannot be read. */
export type ReadText = (path: string) => string | undefined;

/** A kernel file may be missing or unreadable for many reasons; none of them is an error. */
export const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** Octets of memory that this process may use. */
export function availableMemoryBytes(read: ReadText = readText, machine = totalmem()): number {
  return Math.min(machine, cgroupLimitBytes(read));
}

/**
 * The tightest memory limit of the process's control groups, Infinity without one. The group's own
 * directory is looked at, then each one above it up to the root: a limit binds everything below it,
 * and inside a container the group's path is often not mounted while the root of the mount is the
 * group itself.
 */
export function cgroupLimitBytes(read: ReadText = readText): number {
  let tightest = Number.POSITIVE_INFINITY;
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    if (controllers === '') {
      tightest = Math.min(tightest, along('/sys/fs/cgroup', path, 'memory.max', read));
    } else if (controllers.split(',').includes('memory')) {
      const file = 'memory.limit_in_bytes';
      tightest = Math.min(tightest, along('/sys/fs/cgroup/memory', path, file, read));
    }
  }
  return tightest;
}

function along(mount: string, path: string, file: string, read: ReadText): number {
  let tightest = Number.POSITIVE_INFINITY;
  // `..` in the path: the group lies outside of the mount that this container sees.
  const steps = path.split('/').filter((step) => step !== '' && step !== '..');
  for (let depth = steps.length; depth >= 0; depth -= 1) {
    const content = read(join(mount, ...steps.slice(0, depth), file));
    const value = content === undefined ? Number.NaN : Number(content.trim());
    // v2 writes `max` and v1 a number near 2^63 for no limit; both fall out here.
    if (value > 0 && value < 2 ** 53) tightest = Math.min(tightest, value);
  }
  return tightest;
}
