// The contents of one file of `MemoryFiles`: what a reader sees now, and what the disk has. Writes
// reach the disk with a sync; without one, a crash leaves a beginning of them. Knows no names.
import type { Random } from '../fuzz/random.ts';

type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly size: number };

/** Octets that grow by doubling, with zeros where nothing was written. */
class Octets {
  #bytes: Buffer = Buffer.alloc(0);
  size = 0;

  apply(change: Change): void {
    if (change.kind === 'truncate') {
      this.#reach(change.size);
      if (change.size < this.size) this.#bytes.fill(0, change.size, this.size);
      this.size = change.size;
      return;
    }
    const end = change.position + change.bytes.length;
    this.#reach(end);
    change.bytes.copy(this.#bytes, change.position);
    if (end > this.size) this.size = end;
  }

  view(): Buffer {
    return this.#bytes.subarray(0, this.size);
  }

  #reach(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = Buffer.alloc(Math.max(size, this.#bytes.length * 2, 256));
    this.view().copy(grown);
    this.#bytes = grown;
  }
}

export class MemoryInode {
  readonly #now = new Octets();
  readonly #onDisk = new Octets();
  /** What was done since the last sync, in order. */
  #unsynced: Change[] = [];

  /** A file whose content is on the disk already. */
  static of(content: Buffer): MemoryInode {
    const inode = new MemoryInode();
    inode.#do({ kind: 'write', position: 0, bytes: Buffer.from(content) });
    inode.sync();
    return inode;
  }

  get size(): number {
    return this.#now.size;
  }

  /** What a reader sees; valid until the next change. */
  get content(): Buffer {
    return this.#now.view();
  }

  write(bytes: Buffer, position: number): void {
    // A copy: the writer may use its buffer again.
    if (bytes.length !== 0) this.#do({ kind: 'write', position, bytes: Buffer.from(bytes) });
  }

  truncate(size: number): void {
    this.#do({ kind: 'truncate', size });
  }

  sync(): void {
    for (const change of this.#unsynced) this.#onDisk.apply(change);
    this.#unsynced = [];
  }

  /**
   * A sync that failed: some beginning of what was written gets to the disk, and the rest never
   * does, whatever is synced later, though readers go on seeing it (as Linux has it).
   */
  failSync(random: Random): void {
    for (const change of this.#beginning(random)) this.#onDisk.apply(change);
    this.#unsynced = [];
  }

  /** The file after a crash: a beginning of what was not synced may be there. */
  afterCrash(random: Random): MemoryInode {
    const survivor = MemoryInode.of(this.#onDisk.view());
    for (const change of this.#beginning(random)) survivor.#do(change);
    survivor.sync();
    return survivor;
  }

  #do(change: Change): void {
    this.#now.apply(change);
    this.#unsynced.push(change);
  }

  /** Some of the unsynced changes from the first one on; the last write is torn at any octet. */
  #beginning(random: Random): Change[] {
    const kept = this.#unsynced.slice(0, random.below(this.#unsynced.length + 1));
    const last = kept.at(-1);
    if (last?.kind !== 'write' || random.oneIn(2)) return kept;
    const bytes = last.bytes.subarray(0, random.below(last.bytes.length + 1));
    return [...kept.slice(0, -1), { ...last, bytes }];
  }
}
