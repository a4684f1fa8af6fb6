/**
 * The metadata log: names and values on the disk, as a snapshot and a log of what came after it.
 *
 * Responsible for keeping what was put and deleted once it was committed, for a new snapshot when
 * the log has grown or a write failed, and for repairing at start what a crash or the disk has
 * broken. Not responsible for when commits happen (the caller's loop), for what values mean, or for
 * the format (metadata-files.ts).
 *
 * Invariants: at most one commit at a time. `#state` is what callers see; `#pending` are the
 * changes that neither the log nor a snapshot has been given. After anything failed, and after
 * a start, the old log is never written again: what it has since its last sync is unknown. A
 * snapshot with a higher number takes over then, and with it what was pending, which is why nothing
 * need be kept beside `#state`.
 */
import { type Files, type OpenFile, writeFully } from '../files.ts';
import type { MetadataStore } from '../port.ts';
import { encodeLine } from './checked-lines.ts';
import { keepCopy, METADATA_PREFIX } from './damaged.ts';
import {
  type Change,
  header,
  listMetadata,
  type MetadataFound,
  nameOf,
  readMetadata,
  writeSnapshot,
} from './metadata-files.ts';

/** A log below this size is gone on with, however small the snapshot is. */
const LOG_BYTES = 4 * 1024 * 1024;
/** How many times as large as the snapshot a log may get. */
const LOG_SHARE = 2;

interface Waiting {
  /** The number of changes that have to be durable. */
  readonly changes: number;
  readonly done: () => void;
}

export class MetadataLog implements MetadataStore {
  /** Something became pending that was not before: a commit is due. */
  onPending: () => void;
  /** Files were missing at the start, and with them, perhaps, definitions. */
  readonly isIncomplete: boolean;
  readonly #files: Files;
  readonly #folder: string;
  readonly #report: (line: string) => void;
  readonly #state: Map<string, string>;
  readonly #leastLogBytes: number;
  #pending: Change[] = [];
  /** Changes made since the start, and how many of them no crash can undo. */
  #changes = 0;
  #durable = 0;
  #waiting: Waiting[] = [];
  #log: OpenFile | null = null;
  #logBytes = 0;
  #snapshotBytes = 0;
  /** The highest number that a file has had. */
  #number: number;
  /** The log cannot be gone on with, or there is none yet: the next commit is a new snapshot. */
  #needsSnapshot = true;
  #isClosed = false;

  private constructor(
    files: Files,
    folder: string,
    report: (line: string) => void,
    found: MetadataFound,
    onPending: () => void,
    logBytes: number,
  ) {
    this.#leastLogBytes = logBytes;
    this.#files = files;
    this.#folder = folder;
    this.#report = report;
    this.onPending = onPending;
    this.#state = found.state;
    this.#number = found.highestNumber;
    this.isIncomplete = found.isIncomplete;
  }

  /**
   * Reads what is in `<dataFolder>/metadata`, repairs it, and makes it where there is none.
   * `report` is told one line of everything that was wrong; `onPending` is called when something
   * becomes pending that was not before; a log of up to `logBytes` is always gone on with.
   * @throws Error for files of a newer format (nothing was changed then); the system's errors
   */
  static async open(
    files: Files,
    dataFolder: string,
    report: (line: string) => void,
    onPending: () => void = () => undefined,
    logBytes: number = LOG_BYTES,
  ): Promise<MetadataLog> {
    const folder = `${dataFolder}/metadata`;
    const found = await readMetadata(files, folder);
    for (const { name, what } of found.problems) report(`${folder}/${name}: ${what}`);
    await files.makeFolder(folder);
    for (const name of found.damaged) {
      const [path, copyName] = [`${folder}/${name}`, METADATA_PREFIX + name];
      const copy = await keepCopy(files, path, `${dataFolder}/damaged`, copyName);
      report(`${folder}/${name}: a copy of the damaged file is ${copy}`);
    }
    const log = new MetadataLog(files, folder, report, found, onPending, logBytes);
    await log.#start(found);
    return log;
  }

  get isPending(): boolean {
    return this.#durable !== this.#changes;
  }

  entries(): Iterable<readonly [key: string, value: string]> {
    return this.#state.entries();
  }

  put(key: string, value: string): void {
    this.#state.set(key, value);
    this.#changed([key, value]);
  }

  delete(key: string): void {
    if (this.#state.delete(key)) this.#changed([key]);
  }

  whenDurable(done: () => void): void {
    if (this.isPending) this.#waiting.push({ changes: this.#changes, done });
    else done();
  }

  /**
   * Makes everything that is pending durable, then calls those back who waited for it. When it
   * rejects, all is still pending and the next one tries again.
   */
  async commit(): Promise<void> {
    // What the code that runs now puts and deletes is one change: it is waited for.
    await Promise.resolve();
    if (!this.isPending) return;
    const changes = this.#changes;
    if (this.#needsSnapshot) await this.#startAnew();
    else {
      await this.#guard(() => this.#append());
      this.#settle(changes);
    }
    if (this.#logBytes > this.#leastLogBytes && this.#logBytes > LOG_SHARE * this.#snapshotBytes) {
      await this.#roll();
    }
  }

  /** What is put or deleted afterwards is not kept. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const log = this.#log;
    this.#log = null;
    await log?.close();
  }

  #changed(change: Change): void {
    if (this.#isClosed) return;
    const wasPending = this.isPending;
    this.#changes++;
    // Else the next snapshot has it all.
    if (!this.#needsSnapshot) this.#pending.push(change);
    if (!wasPending) this.onPending();
  }

  #settle(changes: number): void {
    this.#durable = changes;
    const isDue = (each: Waiting) => each.changes <= changes;
    const due = this.#waiting.filter(isDue);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter((each) => !isDue(each));
    for (const { done } of due) done();
  }

  /** One line for all that is pending. */
  async #append(): Promise<void> {
    const line = encodeLine(this.#pending);
    this.#pending = [];
    const log = this.#log as OpenFile;
    await writeFully(log, [line], this.#logBytes);
    this.#logBytes += line.length;
    await log.sync();
  }

  /** A new snapshot of what is safe already: that it fails does no harm, the next commit tries. */
  async #roll(): Promise<void> {
    try {
      await this.#startAnew();
    } catch (error) {
      this.#report(`${this.#folder}: no new snapshot could be written yet: ${String(error)}`);
    }
  }

  /** A new snapshot of everything and an empty log behind it; then the old ones go. */
  async #startAnew(): Promise<void> {
    const changes = await this.#guard(() => this.#writePair());
    this.#needsSnapshot = false;
    this.#settle(changes);
    await this.#removeOld();
  }

  async #writePair(): Promise<number> {
    const files = this.#files;
    const number = ++this.#number;
    await this.#abandonLog();
    // From here to the next await nothing changes: the snapshot is of one moment.
    const changes = this.#changes;
    const entries = [...this.#state];
    this.#pending = [];
    this.#needsSnapshot = false;
    const [made, snapshot] = [this.#path(number, 'new'), this.#path(number, 'snapshot')];
    const size = await writeSnapshot(files, made, entries);
    await files.rename(made, snapshot);
    await files.syncFolder(this.#folder);
    await this.#makeLog(number);
    this.#snapshotBytes = size;
    return changes;
  }

  async #makeLog(number: number): Promise<void> {
    this.#log = await this.#files.open(this.#path(number, 'log'), 'create');
    const line = header();
    await writeFully(this.#log, [line], 0);
    await this.#log.sync();
    this.#logBytes = line.length;
    await this.#files.syncFolder(this.#folder);
  }

  /**
   * Makes what was read safe, and what was wrong right. The log itself is never gone on with: the
   * process before may have failed to sync it, which nobody can see any more.
   */
  async #start({ log, problems }: MetadataFound): Promise<void> {
    await this.#files.syncFolder(this.#folder);
    if (problems.length !== 0) {
      await this.#roll();
      return;
    }
    if (log === null) return;
    const file = await this.#files.open(`${this.#folder}/${log}`, 'update');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Runs what writes; when it fails, everything pending is left to the next snapshot. */
  async #guard<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      this.#needsSnapshot = true;
      this.#pending = [];
      throw error;
    }
  }

  async #abandonLog(): Promise<void> {
    const log = this.#log;
    this.#log = null;
    try {
      await log?.close();
    } catch {
      // Nothing is asked of it any more: what it has not on the disk goes into the snapshot.
    }
  }

  /** That old files cannot be removed does no harm: they do not count, and the next start tries. */
  async #removeOld(): Promise<void> {
    const current = [nameOf(this.#number, 'snapshot'), nameOf(this.#number, 'log')];
    try {
      for (const { name } of await listMetadata(this.#files, this.#folder)) {
        if (!current.includes(name)) await this.#files.remove(`${this.#folder}/${name}`);
      }
    } catch (error) {
      this.#report(`${this.#folder}: old files could not be removed yet: ${String(error)}`);
    }
  }

  #path(number: number, kind: 'snapshot' | 'log' | 'new'): string {
    return `${this.#folder}/${nameOf(number, kind)}`;
  }
}
