/**
 * The file engine: a shared journal, segments for what stays, and metadata, in one data folder.
 *
 * Responsible for putting these together: what is written in one commit, when a full journal file
 * is emptied and removed, and what waits for room. Not responsible for the folder itself
 * (data-folder.ts).
 */
import { join } from 'node:path/posix';
import type { Files } from '../files.ts';
import type { DurabilityToken, QueueStore, Store, Stored } from '../port.ts';
import { type CheckpointHost, STORE_LIMITS, type StoreLimits } from './checkpoint.ts';
import { Commits } from './commits.ts';
import type { CompactionHost } from './compaction.ts';
import { Emptier } from './emptier.ts';
import type { FileStoreOptions } from './file-store-options.ts';
import { Groups } from './groups.ts';
import { Journal } from './journal.ts';
import { LettingGo } from './letting-go.ts';
import type { MetadataLog } from './metadata.ts';
import { Packs } from './packs.ts';
import { FileQueueStore } from './queue-store.ts';
import type { QueueStoreHost } from './queue-store-host.ts';
import { Recovery } from './recovery.ts';
import { Removals } from './removals.ts';
import { Repairs } from './repairs.ts';
import { Retries } from './retries.ts';
import { Room } from './room.ts';
import type { Segment } from './segment.ts';
import { moveToSegments } from './segment-mover.ts';
import { Unclaimed } from './unclaimed.ts';

/** Entries in memory for the journal at which even a short file is taken for full. */
const CROWD = 150_000;
/** Or so many records in it: all that are alive are read into memory by a start. */
const MOST_RECORDS = 300_000;

export class FileStore implements Store, QueueStoreHost {
  readonly files: Files;
  readonly metadata: MetadataLog;
  readonly repairs: Repairs;
  liveInJournal = 0;
  readonly #options: FileStoreOptions;
  readonly #journalFolder: string;
  readonly #queuesFolder: string;
  readonly #temporaryFolder: string;
  #temporaries = 0;
  readonly #queues = new Map<number, FileQueueStore>();
  readonly #retries: Retries;
  readonly #commits: Commits;
  readonly #host: CheckpointHost & CompactionHost;
  readonly #packs: Packs;
  readonly #journal: Journal;
  #dirty: FileQueueStore[] = [];
  readonly #lettingGo = new LettingGo();
  /** The journal file that was the newest when memory was short last. */
  #relieved = 0;
  #lastSegments = new Map<number, number>();
  #damagedFiles: ReadonlySet<number> = new Set();
  #unclaimed = new Unclaimed([], false);
  readonly #emptier: Emptier;
  readonly #groups: Groups;
  #isReady = false;
  #isClosing = false;
  #isClosed = false;
  readonly #room: Room;
  readonly #removals: Removals;

  private constructor(options: FileStoreOptions) {
    this.#options = options;
    this.files = options.files;
    this.metadata = options.metadata;
    this.#journalFolder = join(options.folder, 'journal');
    this.#queuesFolder = join(options.folder, 'queues');
    this.#temporaryFolder = join(options.folder, 'temporary');
    this.#retries = new Retries(options);
    this.#removals = new Removals(options.files, options.report);
    this.repairs = new Repairs(options);
    this.#commits = new Commits({
      hasWork: () => this.#dirty.length !== 0 || this.#isDue(),
      isDue: () => this.#isDue(),
      write: () => this.#retries.run(() => this.#write()),
      written: () => this.#written(),
      defer: options.defer,
      wait: options.wait,
    });
    const { limits = STORE_LIMITS } = options;
    this.#packs = new Packs(join(options.folder, 'packs'), {
      limits,
      discard: ({ path }) => this.#removals.file(path),
      due: () => this.#emptier.look(),
    });
    this.#host = this.#hostOf(limits);
    this.#emptier = new Emptier({
      host: this.#host,
      retries: this.#retries,
      queues: () => this.#queues.values(),
      journal: () => this.#journal,
      emptied: () => this.#room.look(),
      report: options.report,
    });
    this.#journal = new Journal({
      files: options.files,
      folder: this.#journalFolder,
      fileBytes: limits.journalFileBytes,
      directBytes: limits.directBytes,
      aheadBytes: limits.aheadBytes,
      isCrowded: () => this.liveInJournal > CROWD || this.#journal.buffer.records > MOST_RECORDS,
      sync: options.durability === 'fsync',
      onFull: (number) => this.#emptier.add(number),
    });
    this.#room = new Room({
      pendingBytes: () => this.#journal.pendingBytes,
      fullFiles: () => this.#emptier.count,
      hasFailed: () => this.#commits.hasFailed,
    });
    this.#groups = new Groups({
      buffer: () => this.#journal.buffer,
      flush: () => this.#flushDirty(),
      whenSafe: (token) => this.whenSafe(token),
    });
    this.metadata.onPending = () => this.#commits.request();
  }

  /**
   * Reads what the folder holds.
   * @throws the system's error
   */
  static async open(options: FileStoreOptions): Promise<FileStore> {
    const store = new FileStore(options);
    await store.#recover();
    return store;
  }

  get isFull(): boolean {
    return this.#room.isFull;
  }

  get hasFailed(): boolean {
    return this.#commits.hasFailed || this.#isClosed;
  }

  queue(number: number): FileQueueStore {
    const queue = this.#queueOf(number);
    this.#unclaimed.claim(queue);
    return queue;
  }

  temporary(): QueueStore {
    this.#temporaries++;
    return new FileQueueStore(this.#temporaries, this, true);
  }

  relieve(): Promise<void> {
    const { number } = this.#journal;
    this.#relieved = number;
    this.#journal.endFileSoon();
    const { isEnding } = this.#journal;
    // Under an alarm nobody may come to write anything.
    if (isEnding) this.#commits.request();
    return this.#emptier.whenEmptied(isEnding ? number : number - 1);
  }

  group(work: () => void): boolean {
    return this.#groups.run(work);
  }

  whenSafe(token: DurabilityToken): void {
    if (this.#isClosed) {
      token.settle('rejected');
      return;
    }
    if (this.#commits.isIdle && !this.#commits.hasFailed) {
      token.settle('confirmed');
      return;
    }
    this.#commits.add(token);
    this.#commits.request();
  }

  whenRoom(resume: () => void): void {
    this.#room.wait(resume);
  }

  started(known: ReadonlySet<number>): number {
    this.#unclaimed.release(known, this.repairs);
    this.#emptier.start();
    return this.#unclaimed.highestNumber;
  }

  async close(): Promise<boolean> {
    this.#isClosing = true;
    const stopped = this.#emptier.stop();
    await this.#commits.drain();
    await stopped;
    await this.#commits.drain();
    await this.#removals.rest();
    await this.#commits.drain();
    // From here on nothing is taken: nobody would write it.
    this.#isClosed = true;
    await this.#journal.close();
    await this.metadata.close();
    return !this.#commits.hasFailed;
  }

  // What queues ask for

  append(queue: FileQueueStore, entry: Stored, token: DurabilityToken | null): void {
    this.#publish(queue, entry);
    if (token !== null) this.#commits.add(token);
    this.#commits.request();
  }

  async page(queue: FileQueueStore, entries: readonly Stored[]): Promise<void> {
    const host = { ...this.#host, sync: false, folderOf: this.#temporaryFolderOf };
    const what = { kept: [], stretch: null, others: entries };
    await this.#emptier.exclusively(() => moveToSegments(host, queue, what));
  }

  noteDirty(queue: FileQueueStore): void {
    queue.isDirty = true;
    this.#dirty.push(queue);
    // While it recovers there is no file yet to write to.
    if (this.#isReady) this.#commits.requestSoon();
  }

  readonly journalPath = (file: number): string => Journal.path(this.#journalFolder, file);

  get grownBytes(): number {
    return this.#host.limits.grownBytes;
  }

  noteGrown(queue: FileQueueStore): void {
    this.#lettingGo.note(queue);
  }

  segmentDied(segment: Segment): void {
    const remove = () => this.#discard(segment);
    // A group that is undone by a crash must find again what it settled.
    if (this.#groups.areSafe) remove();
    else this.whenSafe({ settle: (outcome) => outcome === 'confirmed' && remove() });
  }

  removed(queue: FileQueueStore, segments: readonly Segment[], isEmpty: boolean): void {
    if (queue.hasPaged) this.#removals.folder(this.#temporaryFolderOf(queue));
    if (queue.isTemporary) return;
    this.#queues.delete(queue.number);
    if (this.#isClosing) return;
    const folder = this.#host.folderOf(queue);
    this.metadata.whenDurable(() => {
      this.#removals.folder(folder);
      // Of those that are in the folder nothing is left.
      for (const each of segments) this.#packs.died(each);
      if (isEmpty) return;
      // The journal tells by itself that nothing of it counts, whatever becomes of the definitions.
      this.#journal.buffer.settle(queue.number, [0, queue.nextPosition - 1]);
      this.#commits.requestSoon();
    });
  }

  /** What moves records from journal files is given. */
  #hostOf(limits: StoreLimits): CheckpointHost & CompactionHost {
    return {
      files: this.files,
      sync: this.#options.durability === 'fsync',
      limits,
      segmentBytes: limits.segmentBytes,
      packBytes: limits.packBytes,
      packs: this.#packs,
      queueOf: (number) => this.#queues.get(number),
      isClosing: () => this.#isClosing,
      allSafe: () => this.#allSafe(),
      folderOf: ({ number }) => join(this.#queuesFolder, String(number)),
      removals: this.#removals,
      linked: (isDone) => this.#lettingGo.linked(isDone),
      nextSegment: (queue) => this.#nextSegment(queue),
      discard: (segment) => this.#discard(segment),
      copy: (queue, entry) => {
        queue.journaled.moved(entry.place, 1);
        this.#publish(queue, entry);
        queue.journaled.push(entry);
      },
      pause: () => this.#pause(),
      journalPath: this.journalPath,
      mostCopied: (file) => (file <= this.#relieved ? 0 : limits.copiedBytes),
      isSound: (file) => !this.#damagedFiles.has(file),
    };
  }

  #queueOf(number: number): FileQueueStore {
    let queue = this.#queues.get(number);
    if (queue === undefined) {
      queue = new FileQueueStore(number, this);
      this.#queues.set(number, queue);
    }
    return queue;
  }

  #publish(queue: FileQueueStore, entry: Stored): void {
    const { number, buffer } = this.#journal;
    entry.place = number;
    buffer.publish(queue.number, entry);
    if (queue.touched === number) return;
    queue.touched = number;
    this.#emptier.note(number, queue);
  }

  #isDue(): boolean {
    return this.#hasJournalWork() || this.metadata.isPending;
  }

  #hasJournalWork(): boolean {
    return this.#journal.pendingBytes !== 0 || this.#journal.isEnding;
  }

  async #write(): Promise<void> {
    this.#flushDirty();
    const work: Promise<void>[] = [];
    if (this.#hasJournalWork()) work.push(this.#journal.write());
    if (this.metadata.isPending) work.push(this.metadata.commit());
    for (const result of await Promise.allSettled(work)) {
      if (result.status === 'rejected') throw result.reason;
    }
  }

  #flushDirty(): void {
    const dirty = this.#dirty;
    if (dirty.length === 0) return;
    this.#dirty = [];
    for (const queue of dirty) queue.flush(this.#journal.buffer);
  }

  #written(): void {
    this.#lettingGo.written(this.#journal.number, this.#journal.written);
    this.#room.look();
  }

  readonly #temporaryFolderOf = ({ number, isTemporary }: FileQueueStore): string =>
    join(this.#temporaryFolder, `${isTemporary ? 'temporary' : 'durable'}-${number}`);

  #allSafe(): Promise<boolean> {
    return new Promise((resolve) => {
      this.whenSafe({ settle: (outcome) => resolve(outcome === 'confirmed') });
    });
  }

  #nextSegment(queue: FileQueueStore): number {
    const next = (this.#lastSegments.get(queue.number) ?? 0) + 1;
    this.#lastSegments.set(queue.number, next);
    return next;
  }

  // The start

  async #recover(): Promise<void> {
    const { files, progress, metadata } = this.#options;
    await files.removeFolder(this.#temporaryFolder);
    await files.makeFolder(this.#journalFolder);
    await Journal.removeSpares(files, this.#journalFolder);
    await files.makeFolder(this.#queuesFolder);
    await files.makeFolder(this.#packs.folder);
    const recovery = new Recovery({
      files,
      journalFolder: this.#journalFolder,
      queuesFolder: this.#queuesFolder,
      packsFolder: this.#packs.folder,
      finds: this.repairs,
      queue: (number) => this.#queueOf(number),
      pack: (pack) => this.#packs.add(pack),
      wasLeftOpen: this.#options.wasLeftOpen,
      progress: (bytes) => {
        progress(bytes);
        return this.#pause();
      },
    });
    const recovered = await recovery.run();
    const { journalFiles, queuesIn, lastSegments, folders } = recovered;
    this.#damagedFiles = recovered.damagedFiles;
    this.#packs.saw(recovered.lastPack);
    // The process before may have removed files, and not lived to make that safe.
    const known = [this.#journalFolder, this.#packs.folder, ...folders];
    for (const each of known) this.#removals.changed(each);
    this.#emptier.recovered(journalFiles, queuesIn);
    this.#lastSegments = new Map(lastSegments);
    this.#journal.startAt((journalFiles.at(-1) ?? 0) + 1);
    const isIncomplete = metadata.isIncomplete && this.#queues.size !== 0;
    const mayLack = await this.repairs.mayLackDefinitions(isIncomplete);
    this.#unclaimed = new Unclaimed(this.#queues.values(), mayLack);
    this.#isReady = true;
    if (this.#dirty.length !== 0) this.#commits.requestSoon();
  }

  #discard(segment: Segment): void {
    if (!this.#packs.died(segment)) this.#removals.segment(segment);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#options.defer(resolve));
  }
}
