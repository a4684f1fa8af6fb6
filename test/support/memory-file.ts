// A file of `MemoryFiles`, opened. What it is on and what may go wrong is in memory-files.ts.

import type { OpenFile, OpenMode } from '../../src/store/files.ts';
import type { Random } from '../fuzz/random.ts';
import type { MemoryInode } from './memory-inode.ts';

/** `short`: a write takes only a part of what it is given. */
export type Verdict = 'fine' | 'short';

/** What an open file asks of the file system that it is on. */
export interface Disk {
  readonly random: Random;
  /** The machine has crashed. */
  readonly isGone: boolean;
  readonly freeRoom: number;
  /** What takes no direct writes: their opening, or only they themselves. */
  readonly refusesDirect: 'open' | 'write' | null;
  /** Writes that went past the page cache. */
  directWrites: number;
  /** Counts an operation. @throws what it fails with */
  operate(what: string): Verdict;
}

export function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}

/** What direct writes are held to: the block of most disks. */
const BLOCK_BYTES = 512;

export class MemoryFile implements OpenFile {
  readonly #disk: Disk;
  readonly #inode: MemoryInode;
  readonly #mode: OpenMode;
  #closed = false;

  constructor(disk: Disk, inode: MemoryInode, mode: OpenMode) {
    this.#disk = disk;
    this.#inode = inode;
    this.#mode = mode;
  }

  async write(buffers: readonly Buffer[], position: number): Promise<number> {
    this.#check(true);
    if (this.#mode === 'direct') this.#checkDirect(buffers, position);
    const bytes = buffers.length === 1 ? (buffers[0] as Buffer) : Buffer.concat(buffers);
    let verdict: Verdict;
    try {
      verdict = this.#disk.operate('write');
    } catch (error) {
      const part = this.#disk.random.below(bytes.length + 1);
      this.#inode.write(bytes.subarray(0, part), position);
      if (this.#isSynced) this.#inode.failSync(this.#disk.random);
      throw error;
    }
    const room = this.#roomFor(position, bytes.length);
    const taken = Math.min(room, verdict === 'short' ? this.#halfOf(bytes) : bytes.length);
    if (taken === 0 && bytes.length !== 0) throw failure('ENOSPC', 'write');
    this.#inode.write(bytes.subarray(0, taken), position);
    if (this.#isSynced) this.#inode.sync();
    if (this.#mode === 'direct') this.#disk.directWrites++;
    return taken;
  }

  get #isSynced(): boolean {
    return this.#mode === 'log' || this.#mode === 'again' || this.#mode === 'direct';
  }

  #halfOf({ length }: Buffer): number {
    const half = length >>> 1 || 1;
    return this.#mode === 'direct' ? half - (half % BLOCK_BYTES) : half;
  }

  #checkDirect(buffers: readonly Buffer[], position: number): void {
    const all = [position, ...buffers.flatMap(({ byteOffset, length }) => [byteOffset, length])];
    const isAligned = all.every((each) => each % BLOCK_BYTES === 0);
    if (!isAligned || this.#disk.refusesDirect === 'write') throw failure('EINVAL', 'write');
  }

  async read(target: Buffer, position: number): Promise<number> {
    this.#check(false);
    this.#disk.operate('read');
    return this.#inode.content.copy(target, 0, Math.min(position, this.#inode.size));
  }

  async sync(): Promise<void> {
    this.#check(false);
    try {
      this.#disk.operate('sync');
    } catch (error) {
      this.#inode.failSync(this.#disk.random);
      throw error;
    }
    this.#inode.sync();
  }

  async truncate(size: number): Promise<void> {
    this.#check(true);
    this.#disk.operate('truncate');
    this.#inode.truncate(size);
  }

  async size(): Promise<number> {
    this.#check(false);
    this.#disk.operate('size');
    return this.#inode.size;
  }

  async close(): Promise<void> {
    if (this.#closed) throw failure('EBADF', 'close');
    // As in Linux: the descriptor is gone, whatever the answer.
    this.#closed = true;
    this.#disk.operate('close');
  }

  /** How many of `length` octets at `position` the disk still takes. */
  #roomFor(position: number, length: number): number {
    const inside = Math.max(this.#inode.size - position, 0);
    return Math.min(length, inside + this.#disk.freeRoom);
  }

  #check(isWriting: boolean): void {
    if (this.#disk.isGone) throw failure('EIO', 'use after the crash');
    if (this.#closed || (isWriting && this.#mode === 'read')) throw failure('EBADF', 'use');
  }
}
