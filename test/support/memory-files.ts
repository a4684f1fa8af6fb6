// A file system in memory for tests of the store: it keeps apart what is on the disk and what only
// looks so, breaks when told, and crashes.
//
//     const files = new MemoryFiles(seed);
//     files.failFrom({ at: 7, code: 'EIO', lasting: false });   // the 7th operation from now fails
//     ...                                                       // run what is tested
//     if (files.faultsHit === 0) ...                            // n is past the end of the run
//     const after = files.crash();                              // what is there without power
//
// - A write is on the disk once its file was synced; a new, renamed or removed name once its folder
//   was synced. A crash keeps that, and of the rest what the seed decides: of each file a beginning
//   of its unsynced writes, the last one torn at any octet; of the unsynced changes of names any.
// - Folders are on the disk as soon as they are made.
// - A write that fails may have written a part. A sync that fails drops for good what was not
//   synced (see MemoryInode). Everything else that fails has changed nothing.
// - A short write (`short: true`) hits the first write from the n-th operation on: it takes about
//   half, and with a `code` all operations behind it fail (the first, or all when lasting).
// - `capacityBytes` is the size of the disk: past it writes stop short, then fail with ENOSPC.
// - After a crash every call on the old files fails, so that nobody writes on.
//
// Operations are counted in `operations`: each call of `Files` and `OpenFile` is one.
import type { Files, OpenFile, OpenMode } from '../../src/store/files.ts';
import { Random } from '../fuzz/random.ts';
import { type Disk, failure, MemoryFile, type Verdict } from './memory-file.ts';
import { MemoryInode } from './memory-inode.ts';

export interface Fault {
  /** 1 for the next operation. */
  readonly at: number;
  /** What operations fail with; none for a short write that is all there is to it. */
  readonly code?: 'EIO' | 'ENOSPC';
  /** Whether all operations fail from then on, or one. */
  readonly lasting: boolean;
  /** Whether it begins with a write that takes less than it is given. */
  readonly short?: boolean;
}

/** Something done to the names of folders that a crash may undo; all of it or nothing. */
interface NameChange {
  readonly folders: readonly string[];
  readonly set: ReadonlyMap<string, MemoryInode | null>;
}

function folderOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at <= 0 ? '/' : path.slice(0, at);
}

export class MemoryFiles implements Files, Disk {
  capacityBytes = Number.POSITIVE_INFINITY;
  refusesDirect: 'open' | 'write' | null = null;
  directWrites = 0;
  operations = 0;
  /** Operations that failed or stopped short because of a fault. */
  faultsHit = 0;
  readonly random: Random;
  #names = new Map<string, MemoryInode>();
  readonly #onDisk = new Map<string, MemoryInode>();
  #unsynced: NameChange[] = [];
  readonly #folders: Set<string>;
  #fault: (Fault & { readonly operation: number }) | null = null;
  #wasShort = false;
  isGone = false;

  constructor(seed = 0, folders: Iterable<string> = ['/']) {
    this.random = new Random(seed);
    this.#folders = new Set(folders);
  }

  // For tests

  /** Breaks once that many operations have been done; replaces an earlier fault. */
  failFrom(fault: Fault): void {
    this.#fault = { ...fault, operation: this.operations + fault.at };
    this.#wasShort = false;
  }

  /** All is well again. */
  heal(): void {
    this.#fault = null;
  }

  /** The machine stops and starts again: what its disk has, by chance more. */
  crash(): MemoryFiles {
    this.isGone = true;
    const after = new MemoryFiles(this.random.bits(), this.#folders);
    after.capacityBytes = this.capacityBytes;
    after.refusesDirect = this.refusesDirect;
    const names = new Map(this.#onDisk);
    // Now and then all of it, or nothing: the usual cases.
    const oneIn = this.random.pick([1, 2, 3, Number.POSITIVE_INFINITY]);
    for (const change of this.#unsynced) {
      if (this.random.oneIn(oneIn)) applyNames(names, change);
    }
    // One file may have two names for a while.
    const survivors = new Map<MemoryInode, MemoryInode>();
    for (const [path, inode] of names) {
      const survivor = survivors.get(inode) ?? inode.afterCrash(this.random);
      survivors.set(inode, survivor);
      after.#names.set(path, survivor);
      after.#onDisk.set(path, survivor);
    }
    return after;
  }

  /** The process stops, not the machine: all that was written is there. */
  kill(): MemoryFiles {
    this.isGone = true;
    const after = new MemoryFiles(this.random.bits(), this.#folders);
    after.capacityBytes = this.capacityBytes;
    after.refusesDirect = this.refusesDirect;
    after.#names = new Map(this.#names);
    for (const [path, inode] of this.#onDisk) after.#onDisk.set(path, inode);
    after.#unsynced = [...this.#unsynced];
    return after;
  }

  /** The paths of all files, sorted. */
  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  /** A copy of what a reader of the file sees. */
  contentOf(path: string): Buffer {
    return Buffer.from(this.#find(path).content);
  }

  /** Puts a file there, content and name on the disk. */
  plant(path: string, content: Buffer | string): void {
    this.#addFolders(folderOf(path));
    const inode = MemoryInode.of(Buffer.from(content));
    this.#names.set(path, inode);
    this.#onDisk.set(path, inode);
  }

  get usedBytes(): number {
    let used = 0;
    for (const inode of new Set(this.#names.values())) used += inode.size;
    return used;
  }

  // Files

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    this.operate('open');
    if (mode === 'direct' && this.refusesDirect === 'open') throw failure('EINVAL', path);
    if (mode !== 'create' && mode !== 'log') return new MemoryFile(this, this.#find(path), mode);
    if (this.#names.has(path) || this.#folders.has(path)) throw failure('EEXIST', path);
    this.#needFolder(folderOf(path));
    const inode = new MemoryInode();
    this.#change([folderOf(path)], [[path, inode]]);
    return new MemoryFile(this, inode, mode);
  }

  async list(folder: string): Promise<string[]> {
    this.operate('list');
    const paths = [...this.#names.keys(), ...this.#folders].filter((each) => each !== '/');
    const within = paths.filter((path) => folderOf(path) === folder);
    return within.map((path) => path.slice(path.lastIndexOf('/') + 1)).sort();
  }

  async exists(path: string): Promise<boolean> {
    this.operate('exists');
    return this.#names.has(path) || this.#folders.has(path);
  }

  async names(path: string): Promise<number> {
    this.operate('names');
    const inode = this.#names.get(path);
    if (inode === undefined) return 0;
    return [...this.#names.values()].filter((each) => each === inode).length;
  }

  async makeFolder(folder: string): Promise<void> {
    this.operate('makeFolder');
    if (this.#names.has(folder)) throw failure('EEXIST', folder);
    this.#addFolders(folder);
  }

  async syncFolder(folder: string): Promise<void> {
    this.operate('syncFolder');
    this.#needFolder(folder);
    for (const change of this.#unsynced) {
      if (change.folders.includes(folder)) applyNames(this.#onDisk, change);
    }
    this.#unsynced = this.#unsynced.filter((change) => !change.folders.includes(folder));
  }

  async rename(from: string, to: string): Promise<void> {
    this.operate('rename');
    const inode = this.#find(from);
    this.#needFolder(folderOf(to));
    this.#change(
      [folderOf(from), folderOf(to)],
      [
        [from, null],
        [to, inode],
      ],
    );
  }

  async link(path: string, name: string): Promise<void> {
    this.operate('link');
    const inode = this.#find(path);
    if (this.#names.has(name)) throw failure('EEXIST', name);
    this.#needFolder(folderOf(name));
    this.#change([folderOf(name)], [[name, inode]]);
  }

  async readText(path: string): Promise<string> {
    this.operate('readText');
    return this.#find(path).content.toString('utf8');
  }

  async remove(path: string): Promise<void> {
    this.operate('remove');
    if (this.#names.has(path)) this.#change([folderOf(path)], [[path, null]]);
  }

  async removeFolder(folder: string): Promise<void> {
    this.operate('removeFolder');
    const inside = (path: string) => path === folder || path.startsWith(`${folder}/`);
    for (const path of this.paths().filter(inside)) {
      // Its own sync makes a name's removal durable, and so does that of the folder's folder.
      this.#change([folderOf(path), folderOf(folder)], [[path, null]]);
    }
    for (const each of [...this.#folders].filter(inside)) this.#folders.delete(each);
  }

  async freeBytes(_path: string): Promise<number> {
    this.operate('freeBytes');
    return this.freeRoom;
  }

  // For the open files

  /** Counts an operation. @throws what it fails with */
  operate(what: string): Verdict {
    this.operations++;
    if (this.isGone) throw failure('EIO', `${what} after the crash`);
    const fault = this.#fault;
    if (fault === null || this.operations < fault.operation) return 'fine';
    if (fault.short === true && !this.#wasShort) {
      if (what !== 'write') return 'fine';
      this.#wasShort = true;
      this.faultsHit++;
      if (fault.code === undefined) this.#fault = null;
      return 'short';
    }
    if (!fault.lasting) this.#fault = null;
    this.faultsHit++;
    throw failure(fault.code ?? 'EIO', what);
  }

  get freeRoom(): number {
    if (this.capacityBytes === Number.POSITIVE_INFINITY) return this.capacityBytes;
    return Math.max(this.capacityBytes - this.usedBytes, 0);
  }

  #change(folders: readonly string[], entries: [string, MemoryInode | null][]): void {
    const change = { folders, set: new Map(entries) };
    applyNames(this.#names, change);
    this.#unsynced.push(change);
  }

  #find(path: string): MemoryInode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw failure('ENOENT', path);
    return inode;
  }

  #needFolder(folder: string): void {
    if (!this.#folders.has(folder)) throw failure('ENOENT', folder);
  }

  #addFolders(folder: string): void {
    for (let each = folder; !this.#folders.has(each); each = folderOf(each))
      this.#folders.add(each);
  }
}

function applyNames(names: Map<string, MemoryInode>, { set }: NameChange): void {
  for (const [path, inode] of set) {
    if (inode === null) names.delete(path);
    else names.set(path, inode);
  }
}
