/**
 * Journal files that are full: emptied one after the other, oldest first, and removed.
 *
 * Responsible for the order of things: what is alive moves, that is safe, what is gone is gone for
 * certain, and only then the file goes. Responsible, too, for there being one mover at a time, so
 * that a queue's segments follow each other. Not responsible for what moves where (checkpoint.ts,
 * compaction.ts).
 */
import { isNoSpace } from '../files.ts';
import { type CheckpointHost, emptyJournalFile, writeStates } from './checkpoint.ts';
import { type CompactionHost, compact } from './compaction.ts';
import type { Journal } from './journal.ts';
import type { FileQueueStore } from './queue-store.ts';
import type { Retries } from './retries.ts';

export interface EmptierParts {
  readonly host: CheckpointHost & CompactionHost;
  readonly retries: Retries;
  queues(): Iterable<FileQueueStore>;
  journal(): Journal;
  /** A file is gone. */
  emptied(): void;
  /** Tells a person. */
  report(line: string): void;
}

export class Emptier {
  readonly #parts: EmptierParts;
  /** Oldest first. */
  #full: number[] = [];
  /** The queues that each journal file has, or had, records of. */
  #queuesIn = new Map<number, Set<FileQueueStore>>();
  #running: Promise<void> | null = null;
  #moving: Promise<unknown> = Promise.resolve();
  /** It is not to start, or to go on: the store closes, or it failed for good. */
  #isStopped = true;
  /** Packs could not be written anew: not before another file is gone. */
  #isPutOff = false;
  /** The newest file that is gone. */
  #emptied = 0;
  /** Those who wait for a file to be gone. */
  #waiting: { readonly file: number; readonly resolve: () => void }[] = [];

  constructor(parts: EmptierParts) {
    this.#parts = parts;
  }

  /** Files that wait, the one that is being emptied included. */
  get count(): number {
    return this.#full.length;
  }

  /** What was found at the start. */
  recovered(files: readonly number[], queuesIn: ReadonlyMap<number, Set<FileQueueStore>>): void {
    this.#full = [...files];
    this.#queuesIn = new Map(queuesIn);
  }

  /** Journal file `file` gets a record of `queue`. */
  note(file: number, queue: FileQueueStore): void {
    const queues = this.#queuesIn.get(file);
    if (queues === undefined) this.#queuesIn.set(file, new Set([queue]));
    else queues.add(queue);
  }

  /** A file will not be written any more. */
  add(file: number): void {
    this.#full.push(file);
    this.#run();
  }

  /** Entries have their owners: what moves can be told. */
  start(): void {
    this.#isStopped = false;
    this.#run();
  }

  /** Moves entries to segments when nobody else does; false when it failed for good. */
  exclusively(work: () => Promise<void>): Promise<boolean> {
    return this.#inTurn(() => this.#parts.retries.run(work));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#moving.then(work);
    this.#moving = done;
    return done;
  }

  /** Resolves once that file and those before it are gone, or will not go any more. */
  whenEmptied(file: number): Promise<void> {
    if (this.#isStopped || file <= this.#emptied) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ file, resolve }));
  }

  /** Ends with what is under way. */
  async stop(): Promise<void> {
    this.#end();
    await this.#running;
    await this.#moving;
  }

  /** There may be packs that are worth to be written anew. */
  look(): void {
    this.#run();
  }

  get #hasWork(): boolean {
    return this.#full.length !== 0 || this.#isCompactionDue;
  }

  get #isCompactionDue(): boolean {
    return !this.#isPutOff && this.#parts.host.packs.isDue;
  }

  #run(): void {
    if (this.#isStopped || !this.#hasWork) return;
    this.#running ??= this.#emptyAll().finally(() => {
      this.#running = null;
      this.#run();
    });
  }

  async #emptyAll(): Promise<void> {
    while (!this.#isStopped && this.#hasWork) {
      const [file] = this.#full;
      if (file !== undefined && !(await this.#isEmptied(file))) return;
      if (this.#isCompactionDue) await this.#inTurn(() => this.#compact());
    }
  }

  #end(): void {
    this.#isStopped = true;
    this.#wake(Number.POSITIVE_INFINITY);
  }

  /** Files up to that one are gone, or will not go any more. */
  #wake(through: number): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ file }) => file > through);
    for (const { file, resolve } of waiting) if (file <= through) resolve();
  }

  /** Empties it; false if this is to be the end. */
  async #isEmptied(file: number): Promise<boolean> {
    const isEmpty = await this.#empty(file);
    if (!isEmpty) this.#end();
    if (this.#isStopped) return false;
    this.#queuesIn.delete(file);
    this.#full.shift();
    this.#parts.emptied();
    this.#emptied = file;
    this.#isPutOff = false;
    this.#wake(file);
    return true;
  }

  async #empty(file: number): Promise<boolean> {
    const { host, retries, queues, journal } = this.#parts;
    const isMoved = await this.exclusively(async () => {
      await emptyJournalFile(host, file, this.#queuesIn.get(file) ?? []);
      await writeStates(host, queues(), journal().buffer);
      await host.packs.writeStates(journal().buffer, host.pause);
    });
    if (!isMoved || !(await host.allSafe()) || this.#isStopped) return false;
    return await retries.run(() => this.#remove(file));
  }

  /**
   * What another pack took the place of, or one that failed, is gone for certain before. It can
   * wait: nothing is lost by it, and a disk that is full has no room for it.
   */
  async #compact(): Promise<void> {
    const { host, report } = this.#parts;
    try {
      await host.removals.finish();
      await compact(host);
    } catch (error) {
      this.#isPutOff = true;
      if (!isNoSpace(error) && !this.#isStopped)
        report(`packs stay as they are until later: ${String(error)}`);
    }
  }

  /**
   * What was settled of segments that are gone stands nowhere else than in journal files: their
   * removal is made safe first.
   */
  async #remove(file: number): Promise<void> {
    const { host, journal } = this.#parts;
    await host.removals.finish();
    await journal().discard(file);
  }
}
