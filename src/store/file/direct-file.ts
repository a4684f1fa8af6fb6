/**
 * A journal file written past the page cache.
 *
 * A page of the cache that was not used before is dear, above all in a virtual machine, and what
 * goes to a journal is hardly read again: at 256 KiB a write, the disk alone takes half of the
 * time, and a quarter of the processor's (docs/performance.md). What is written has to lie in
 * aligned memory, so that it is copied there once, a part while the one before is written.
 *
 * Responsible for that. Not responsible for what is aligned in the file (journal.ts sees to it that
 * large writes are) or for what is done where a file system does not offer it.
 */
import { alignedBuffers } from '../aligned.ts';
import { type Files, type OpenFile, writeFully } from '../files.ts';

/** Octets of a write, but for the last one. */
const PART_BYTES = 2 * 1024 * 1024;

/** What a system says that cannot write to a file like that. */
const REFUSALS = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP']);

/** Whether an error says that direct writes are not possible, here or at all. */
export function refusesDirect(error: unknown): boolean {
  return REFUSALS.has((error as NodeJS.ErrnoException).code ?? '');
}

/**
 * Two parts, one of which is filled while the other is written: for one write at a time. null where
 * there is no such memory.
 */
export function directParts(): readonly Buffer[] | null {
  return alignedBuffers(2, PART_BYTES);
}

export class DirectFile {
  readonly #file: OpenFile;
  readonly #parts: readonly Buffer[];

  private constructor(file: OpenFile, parts: readonly Buffer[]) {
    this.#file = file;
    this.#parts = parts;
  }

  /**
   * `parts` is used by nobody else while this file writes. null where it is not possible.
   * @throws the system's error
   */
  static async open(
    files: Files,
    path: string,
    parts: readonly Buffer[],
  ): Promise<DirectFile | null> {
    try {
      return new DirectFile(await files.open(path, 'direct'), parts);
    } catch (error) {
      if (refusesDirect(error)) return null;
      throw error;
    }
  }

  /**
   * Writes all of `pieces`; `position` and the sum of their lengths are aligned. On the disk when
   * it returns. @throws the system's error
   */
  async write(pieces: readonly Buffer[], position: number): Promise<void> {
    const source = new PieceReader(pieces);
    let writing: Promise<void> = Promise.resolve();
    let at = position;
    for (let turn = 0; !source.isEnd; turn ^= 1) {
      const part = this.#parts[turn] as Buffer;
      const filled = source.fill(part);
      await writing;
      writing = writeFully(this.#file, [part.subarray(0, filled)], at);
      // Whoever awaits it is told; until then a failure is nobody's.
      writing.catch(() => undefined);
      at += filled;
    }
    await writing;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** Reads on through pieces. */
class PieceReader {
  readonly #pieces: readonly Buffer[];
  #piece = 0;
  #offset = 0;

  constructor(pieces: readonly Buffer[]) {
    this.#pieces = pieces;
  }

  get isEnd(): boolean {
    return this.#piece === this.#pieces.length;
  }

  /** As many octets as there are, up to the length of `target`; how many. */
  fill(target: Buffer): number {
    let filled = 0;
    while (!this.isEnd && filled < target.length) {
      const piece = this.#pieces[this.#piece] as Buffer;
      const copied = piece.copy(target, filled, this.#offset);
      filled += copied;
      this.#offset += copied;
      if (this.#offset < piece.length) break;
      this.#piece++;
      this.#offset = 0;
    }
    return filled;
  }
}
