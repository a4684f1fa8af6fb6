/**
 * Files that are of no use any more: removed at once, in the background, and for certain before
 * what is known of them goes.
 *
 * What was settled of a segment stands in journal files alone. Were one of those removed while the
 * segment might still come back after a crash, its records would, too.
 */
import { dirname } from 'node:path/posix';
import { type Files, isMissing } from '../files.ts';
import { atOnce } from './at-once.ts';
import { recordsPath, type Segment } from './segment.ts';

export class Removals {
  readonly #files: Files;
  readonly #report: (line: string) => void;
  /** What is not removed yet, and how. */
  readonly #left = new Map<string, () => Promise<void>>();
  /** Folders from which something was removed that a crash might bring back. */
  readonly #changed = new Set<string>();
  readonly #running = new Set<Promise<void>>();

  constructor(files: Files, report: (line: string) => void) {
    this.#files = files;
    this.#report = report;
  }

  /** Removes a file. */
  file(path: string): void {
    this.#changed.add(dirname(path));
    this.#start(path, () => this.#files.remove(path));
  }

  /**
   * Removes a segment that has a file of its own, and for certain only behind it its records:
   * without these it would be a damaged one.
   */
  segment({ path, isLinked }: Pick<Segment, 'path' | 'isLinked'>): void {
    if (!isLinked) {
      this.file(path);
      return;
    }
    const records = recordsPath(path);
    const folder = dirname(path);
    this.#changed.add(folder);
    this.#start(records, async () => {
      await this.#files.remove(path);
      await this.#sync(folder);
      await this.#files.remove(records);
    });
  }

  /** Removes a folder with everything in it. */
  folder(path: string): void {
    this.#start(path, () => this.#files.removeFolder(path));
  }

  /** Something was removed from this folder, perhaps by a process before this one. */
  changed(folder: string): void {
    this.#changed.add(folder);
  }

  /** Waits for what is under way. */
  async rest(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Returns once all is removed and no crash brings it back. @throws the system's error */
  async finish(): Promise<void> {
    await this.rest();
    for (const [path, remove] of [...this.#left]) {
      await remove();
      this.#left.delete(path);
    }
    await atOnce([...this.#changed], async (folder) => {
      // What is removed meanwhile counts for the next time.
      this.#changed.delete(folder);
      try {
        await this.#sync(folder);
      } catch (error) {
        this.#changed.add(folder);
        throw error;
      }
    });
  }

  /** A folder that is gone has nothing that could come back. */
  async #sync(folder: string): Promise<void> {
    try {
      await this.#files.syncFolder(folder);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  #start(path: string, remove: () => Promise<void>): void {
    this.#left.set(path, remove);
    const done = remove().then(
      () => {
        this.#left.delete(path);
      },
      (error: unknown) => {
        this.#report(`${path} cannot be removed, and is tried again later: ${String(error)}`);
      },
    );
    this.#running.add(done);
    void done.finally(() => this.#running.delete(done));
  }
}
