/**
 * The only door to the file system: everything that the store reads and writes passes here.
 *
 * Responsible for calls to the operating system and for nothing else, so that tests can put a door
 * here that fails, tears writes and loses what was not synced (test/support/faulty-files.ts).
 * Errors are the system's, with their `code`.
 */
import { constants } from 'node:fs';
import {
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  unlink,
} from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * `create`: new and empty, must not exist. `log`: as `create`, and a write returns once the disk
 * has it (O_DSYNC), which saves a call for each. `update`: exists, read and written. `direct`:
 * exists, and a write returns once the disk has it, which it goes to from where it lies (O_DIRECT):
 * address, length and position are multiples of `ALIGNMENT_BYTES` (aligned.ts). `again`: exists,
 * and is written as a `log` is.
 */
export type OpenMode = 'create' | 'log' | 'again' | 'read' | 'update' | 'direct';

export interface OpenFile {
  /** Writes at `position`; octets written, which may be fewer than were given. */
  write(buffers: readonly Buffer[], position: number): Promise<number>;
  /** Fills `target` from `position`; octets read, fewer only at the end of the file. */
  read(target: Buffer, position: number): Promise<number>;
  /** Returns once everything written is on the disk (fdatasync). */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface Files {
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  /** Names in a folder, sorted; empty when there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** Whether there is a file or a folder of this name. */
  exists(path: string): Promise<boolean>;
  /** How many names a file has; 0 when there is none of this name. */
  names(path: string): Promise<number>;
  /** Makes a folder, and those above it. */
  makeFolder(folder: string): Promise<void>;
  /** Makes names that were created, renamed or removed in a folder durable. */
  syncFolder(folder: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Gives a file one more name, which must not be taken. */
  link(path: string, name: string): Promise<void>;
  /** The text of a small file. */
  readText(path: string): Promise<string>;
  /** Removes a file; one that is not there is fine. */
  remove(path: string): Promise<void>;
  /** Removes a folder with everything in it; one that is not there is fine. */
  removeFolder(folder: string): Promise<void>;
  /** Octets that may still be written to the disk that holds `path`. */
  freeBytes(path: string): Promise<number>;
}

const FLAGS: Readonly<Record<OpenMode, number>> = {
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  log: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_DSYNC,
  read: constants.O_RDONLY,
  again: constants.O_RDWR | constants.O_DSYNC,
  update: constants.O_RDWR,
  direct: constants.O_WRONLY | constants.O_DSYNC | (constants.O_DIRECT ?? 0),
};

class SystemFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(buffers: readonly Buffer[], position: number): Promise<number> {
    const { bytesWritten } = await this.#handle.writev(buffers, position);
    return bytesWritten;
  }

  async read(target: Buffer, position: number): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      const left = target.length - filled;
      const { bytesRead } = await this.#handle.read(target, filled, left, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** The operating system's files. */
export const systemFiles: Files = {
  async open(path, mode) {
    if (mode === 'direct' && constants.O_DIRECT === undefined) {
      throw Object.assign(new Error('no direct writes on this system'), { code: 'ENOTSUP' });
    }
    return new SystemFile(await open(path, FLAGS[mode], 0o600));
  },
  async list(folder) {
    try {
      return (await readdir(folder)).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  },
  async exists(path) {
    try {
      await stat(path);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  },
  async names(path) {
    try {
      return (await stat(path)).nlink;
    } catch (error) {
      if (isMissing(error)) return 0;
      throw error;
    }
  },
  // Not by mkdir's own `recursive`: Node 20 never comes back from it where nothing can be made
  // (/proc).
  async makeFolder(folder) {
    if (await isFolder(folder)) return;
    const parent = dirname(folder);
    if (parent !== folder) await systemFiles.makeFolder(parent);
    try {
      await mkdir(folder, 0o700);
    } catch (error) {
      // Somebody else was faster, perhaps.
      if (!(await isFolder(folder))) throw error;
    }
    await systemFiles.syncFolder(parent);
  },
  async syncFolder(folder) {
    const handle = await open(folder, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  rename,
  link,
  readText: (path) => readFile(path, 'utf8'),
  async remove(path) {
    try {
      await unlink(path);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  },
  async removeFolder(folder) {
    await rm(folder, { recursive: true, force: true });
  },
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Whether the system's error says that there is nothing of that name. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Whether the system's error says that there is no room for what is to be written. */
export function isNoSpace(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** Writes all of `buffers` at `position`, however often the system stops short. */
export async function writeFully(
  file: OpenFile,
  buffers: readonly Buffer[],
  position: number,
): Promise<void> {
  let left = buffers.filter((each) => each.length !== 0);
  let at = position;
  while (left.length !== 0) {
    let written = await file.write(left, at);
    if (written === 0) throw new Error('the system wrote nothing');
    at += written;
    const rest: Buffer[] = [];
    for (const buffer of left) {
      if (written >= buffer.length) written -= buffer.length;
      else {
        rest.push(written === 0 ? buffer : buffer.subarray(written));
        written = 0;
      }
    }
    left = rest;
  }
}

/** How many octets a file has. @throws the system's error */
export async function sizeOf(files: Files, path: string): Promise<number> {
  const file = await files.open(path, 'read');
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}
