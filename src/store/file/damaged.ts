/**
 * The folder `damaged/`: copies of files in which something could not be read, as they were found,
 * for a person to look at. Nothing else is ever read from there, with one exception: while it holds
 * anything of the metadata, queues may have lost their definition (`mayLackDefinitions`).
 *
 * Responsible for copies that are safe before anything is done to the file itself, and for not
 * making the same one again and again. Not responsible for what is damaged.
 */
import { join } from 'node:path/posix';
import { type Files, type OpenFile, writeFully } from '../files.ts';

const PIECE_BYTES = 1024 * 1024;
/** What the names of copies of metadata files begin with. */
export const METADATA_PREFIX = 'metadata-';

/** Copies a file into `folder` under a name that is free there, unless it is there; its path. */
export async function keepCopy(
  files: Files,
  path: string,
  folder: string,
  name: string,
): Promise<string> {
  const file = await files.open(path, 'read');
  try {
    await files.makeFolder(folder);
    let copy = join(folder, name);
    for (let next = 1; await files.exists(copy); next++) {
      if (await isSame(files, file, copy)) return copy;
      copy = join(folder, `${name}.${next}`);
    }
    await write(files, copy, (at) => piece(file, at));
    await files.syncFolder(folder);
    return copy;
  } finally {
    await file.close();
  }
}

/** Notes that metadata files are missing, of which there is nothing to keep; the note's path. */
export async function noteMissingMetadata(files: Files, folder: string): Promise<string> {
  const path = join(folder, `${METADATA_PREFIX}missing`);
  await files.makeFolder(folder);
  if (await files.exists(path)) return path;
  const text =
    'Files of definitions were missing at a start. While this note is here, messages of queues\n' +
    'without a definition are kept; `leveret store export` shows them.\n';
  await write(files, path, async (at) => Buffer.from(at === 0 ? text : ''));
  await files.syncFolder(folder);
  return path;
}

/**
 * Whether definitions of queues may have been lost: what such queues hold is not to be dropped. It
 * is so until a person has cleared the folder.
 */
export async function mayLackDefinitions(files: Files, folder: string): Promise<boolean> {
  return (await files.list(folder)).some((name) => name.startsWith(METADATA_PREFIX));
}

async function write(
  files: Files,
  path: string,
  next: (at: number) => Promise<Buffer>,
): Promise<void> {
  const file = await files.open(path, 'create');
  try {
    for (let at = 0, bytes = await next(0); bytes.length !== 0; bytes = await next(at)) {
      await writeFully(file, [bytes], at);
      at += bytes.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function isSame(files: Files, file: OpenFile, path: string): Promise<boolean> {
  const other = await files.open(path, 'read');
  try {
    if ((await file.size()) !== (await other.size())) return false;
    for (let at = 0; ; ) {
      const bytes = await piece(file, at);
      if (!bytes.equals(await piece(other, at))) return false;
      if (bytes.length === 0) return true;
      at += bytes.length;
    }
  } finally {
    await other.close();
  }
}

async function piece(file: OpenFile, at: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(PIECE_BYTES);
  return bytes.subarray(0, await file.read(bytes, at));
}
