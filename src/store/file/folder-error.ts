/**
 * Why a data folder cannot be used: one sentence for the person who chose it. The CLI prints it as
 * it is, an embedding program sees it thrown by `startBroker`.
 */

export type FolderProblem =
  | 'in-use'
  | 'missing'
  | 'newer-format'
  | 'not-ours'
  | 'damaged'
  | 'read-only'
  | 'no-permission'
  | 'not-a-folder'
  | 'full'
  | 'failed';

export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
  readonly problem: FolderProblem;

  constructor(folder: string, problem: FolderProblem, why: string) {
    super(`cannot use the data folder ${folder}: ${why}`);
    this.problem = problem;
  }
}

const CODES: Readonly<Record<string, readonly [FolderProblem, string]>> = {
  EROFS: ['read-only', 'it is read-only'],
  EACCES: ['no-permission', 'permission denied'],
  EPERM: ['no-permission', 'permission denied'],
  EEXIST: ['not-a-folder', 'it is not a folder'],
  ENOTDIR: ['not-a-folder', 'it is not a folder'],
  ENOSPC: ['full', 'the disk is full'],
  EDQUOT: ['full', 'the disk quota is used up'],
};

/** What the operating system said about a folder, in words. */
export function explainFolderError(error: unknown, folder: string): DataFolderError {
  if (error instanceof DataFolderError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const [problem, why] = CODES[code] ?? ['failed', message];
  return new DataFolderError(folder, problem, why);
}
