/**
 * The folder that a store lives in: that it is one, that it is ours, that it is nobody else's now.
 *
 * Responsible for the folder's existence, for the file `FORMAT` that says whose it is, and for the
 * lock. Not responsible for what else is in it. A folder that is refused is left as it was.
 */
import { type Files, isMissing, writeFully } from '../files.ts';
import { DataFolderError, explainFolderError } from './folder-error.ts';
import {
  FolderLock,
  isLockName,
  type LockState,
  lookAtLock,
  type ProcessFacts,
} from './folder-lock.ts';

const PRODUCT = 'leveret';
/**
 * Changes with anything that an earlier version would read wrongly. 2: `.records`; 3: fillers; 4:
 * room behind the last record of a journal file; 5: packs (all in format.ts).
 */
export const FOLDER_FORMAT = 5;
/** The oldest format that is understood: a folder of it becomes one of the newest. */
const OLDEST_FORMAT = 1;

/** What does not make a folder somebody's: a file system's own, and what a crash left of ours. */
const NOBODYS = new Set(['lost+found', 'FORMAT.new']);

/** What a folder says of itself. */
export interface FolderState {
  readonly format: number;
  readonly lock: LockState | null;
}

export class DataFolder {
  readonly path: string;
  readonly #lock: FolderLock;

  private constructor(path: string, lock: FolderLock) {
    this.path = path;
    this.#lock = lock;
  }

  /** Makes the folder if need be and takes it for this process. @throws DataFolderError */
  static async open(files: Files, path: string, facts: ProcessFacts): Promise<DataFolder> {
    try {
      await files.makeFolder(path);
      await formatOf(files, path);
      const lock = await FolderLock.take(files, path, facts);
      try {
        // Looked at again: another process may have come and gone before the lock was ours.
        if ((await formatOf(files, path)) !== FOLDER_FORMAT) await mark(files, path);
      } catch (error) {
        await lock.release();
        throw error;
      }
      return new DataFolder(path, lock);
    } catch (error) {
      throw explainFolderError(error, path);
    }
  }

  /**
   * What the folder says of itself, whoever uses it. Makes, takes and changes nothing.
   * @throws DataFolderError when there is no data of ours in it
   */
  static async look(files: Files, path: string, facts: ProcessFacts): Promise<FolderState> {
    try {
      if (!(await files.exists(path))) {
        throw new DataFolderError(path, 'missing', 'there is no such folder');
      }
      const format = await formatOf(files, path);
      if (format === null) throw new DataFolderError(path, 'not-ours', 'there is no data in it');
      return { format, lock: await lookAtLock(files, path, facts) };
    } catch (error) {
      throw explainFolderError(error, path);
    }
  }

  /** Whether the process that had it before ended without letting go of it: killed, perhaps. */
  get wasLeftOpen(): boolean {
    return this.#lock.wasStale;
  }

  /** Lets others have it. */
  async close(): Promise<void> {
    await this.#lock.release();
  }
}

/** The format of a folder that is ours; null when it is empty and so may become ours. */
async function formatOf(files: Files, path: string): Promise<number | null> {
  let text: string;
  try {
    text = await files.readText(`${path}/FORMAT`);
  } catch (error) {
    if (!isMissing(error)) throw error;
    const names = await files.list(path);
    if (names.every((name) => NOBODYS.has(name) || isLockName(name))) return null;
    throw new DataFolderError(path, 'not-ours', "it is not empty, and not Leveret's");
  }
  const { product, format } = parse(text);
  if (product === undefined || typeof format !== 'number' || !Number.isInteger(format)) {
    throw new DataFolderError(path, 'damaged', "its file 'FORMAT' cannot be read");
  }
  if (product !== PRODUCT) {
    throw new DataFolderError(path, 'not-ours', `it belongs to ${JSON.stringify(product)}`);
  }
  if (format < OLDEST_FORMAT || format > FOLDER_FORMAT) {
    const known = `this version knows ${OLDEST_FORMAT} to ${FOLDER_FORMAT}`;
    throw new DataFolderError(path, 'newer-format', `it is of format ${format}, and ${known}`);
  }
  return format;
}

function parse(text: string): { product?: unknown; format?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** All of it or nothing, whatever happens in between. */
async function mark(files: Files, path: string): Promise<void> {
  const draft = `${path}/FORMAT.new`;
  await files.remove(draft);
  const file = await files.open(draft, 'create');
  try {
    const line = `${JSON.stringify({ product: PRODUCT, format: FOLDER_FORMAT })}\n`;
    await writeFully(file, [Buffer.from(line)], 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(draft, `${path}/FORMAT`);
  await files.syncFolder(path);
}
