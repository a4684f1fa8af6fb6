/**
 * A data folder opened for looking: refused like a start would refuse it, read, and left as it was.
 *
 * Responsible for what the three tools have in common. Not responsible for what they say.
 */
import { DataFolder, type FolderState } from '../store/file/data-folder.ts';
import { DataFolderError, explainFolderError } from '../store/file/folder-error.ts';
import { lookAtLock, type ProcessFacts, refuseLocked } from '../store/file/folder-lock.ts';
import { FolderView } from '../store/file/folder-view.ts';
import { NewerMetadata } from '../store/file/metadata-files.ts';
import type { Files } from '../store/files.ts';
import { Definitions } from './definitions.ts';

export interface FolderParts {
  readonly files: Files;
  readonly facts: ProcessFacts;
  readonly path: string;
  /** Look at it though it is in use: what is read then may not fit together. */
  readonly force: boolean;
}

export interface OpenFolder {
  readonly state: FolderState;
  readonly view: FolderView;
  readonly definitions: Definitions;
  /** @throws DataFolderError when somebody has taken the folder since it was opened */
  checkStillFree(): Promise<void>;
}

/**
 * Reads a folder. `asAtStart`: redelivered flags are what a start would make of them, which after a
 * kill is that any message may have been handed out.
 * @throws DataFolderError when it is in use, or cannot be used
 */
export async function openFolder(parts: FolderParts, asAtStart: boolean): Promise<OpenFolder> {
  const { files, facts, path, force } = parts;
  const state = await DataFolder.look(files, path, facts);
  if (!force) refuseLocked(path, state.lock, facts);
  const wasLeftOpen = asAtStart && state.lock !== null;
  const view = await read(parts, wasLeftOpen);
  return {
    state,
    view,
    definitions: new Definitions(view.metadata.state),
    async checkStillFree() {
      if (force) return;
      const lock = await lookAtLock(files, path, facts);
      if (lock?.isHeld !== true) return;
      const why = 'another process has taken it meanwhile, so that what was read may not fit';
      throw new DataFolderError(path, 'in-use', why);
    },
  };
}

async function read({ files, path }: FolderParts, wasLeftOpen: boolean): Promise<FolderView> {
  try {
    return await FolderView.read(files, path, { wasLeftOpen });
  } catch (error) {
    if (error instanceof NewerMetadata) {
      throw new DataFolderError(path, 'newer-format', error.message);
    }
    // What the system refuses; anything else is a defect of ours, and keeps its stack.
    if (typeof (error as NodeJS.ErrnoException).code !== 'string') throw error;
    throw explainFolderError(error, path);
  }
}
