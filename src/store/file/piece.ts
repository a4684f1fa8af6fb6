/**
 * Writing a file that is never changed once it is whole: piece by piece, and only then a name.
 *
 * Not responsible for what is in it (segment-writer.ts, pack-writer.ts).
 */
import { type Files, type OpenFile, writeFully } from '../files.ts';
import { totalBytes } from './format.ts';

/** Octets that are written in one go. */
export const PIECE_BYTES = 1024 * 1024;

/**
 * Gathers what is written, in one buffer that is used again and again, but for long ends, which
 * stay where they are.
 */
export class Piece {
  bytes: Buffer;
  view: DataView;
  readonly #file: OpenFile;
  #filled = 0;
  /** `bytes[from, filled)` is not in `gathered` yet. */
  #from = 0;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  /** Where in the file that goes which was gathered first. */
  #offset = 0;

  /** `length`: octets that are gathered in all; from a piece on it need not be exact. */
  constructor(file: OpenFile, length: number) {
    this.#file = file;
    this.bytes = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, length));
    this.view = viewOf(this.bytes);
  }

  /** Where in the file the next octet goes. */
  get end(): number {
    return this.#offset + this.#bytesHere;
  }

  get #bytesHere(): number {
    return this.#gatheredBytes + this.#filled - this.#from;
  }

  /** Makes room for that many octets. */
  async makeRoom(length: number): Promise<void> {
    await this.flush();
    if (length <= this.bytes.length) return;
    this.bytes = Buffer.allocUnsafeSlow(length);
    this.view = viewOf(this.bytes);
  }

  hasRoom(length: number): boolean {
    return this.#filled + length <= this.bytes.length && this.#bytesHere < PIECE_BYTES;
  }

  /** Takes that many octets, for which there is room; where in `bytes` they start. */
  take(length: number): number {
    const at = this.#filled;
    this.#filled += length;
    return at;
  }

  /** Takes octets that are written from where they lie. */
  takeLong(pieces: readonly Buffer[]): void {
    if (pieces.length === 0) return;
    this.#cut();
    this.#gathered.push(...pieces);
    this.#gatheredBytes += totalBytes(pieces);
  }

  /** Copies them here, when there is room for it. */
  async put(octets: Buffer): Promise<void> {
    if (!this.hasRoom(octets.length)) await this.makeRoom(octets.length);
    octets.copy(this.bytes, this.take(octets.length));
  }

  async flush(): Promise<void> {
    this.#cut();
    await writeFully(this.#file, this.#gathered, this.#offset);
    this.#offset += this.#gatheredBytes;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#from = 0;
    this.#filled = 0;
  }

  #cut(): void {
    this.#gathered.push(this.bytes.subarray(this.#from, this.#filled));
    this.#gatheredBytes += this.#filled - this.#from;
    this.#from = this.#filled;
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/**
 * Writes a new file; `fill` gives it its octets, of which there are `length`, or a piece and more.
 * The name is safe once the folder is synced.
 * @throws the system's error; a file that was begun has another name and is of no account
 */
export async function writeWhole<T>(
  files: Files,
  path: string,
  { sync, length }: { readonly sync: boolean; readonly length: number },
  fill: (piece: Piece) => Promise<T>,
): Promise<T> {
  const unfinished = `${path}.tmp`;
  try {
    const result = await write(files, unfinished, { sync, length }, fill);
    await files.rename(unfinished, path);
    return result;
  } catch (error) {
    // A full disk needs the room. Should this fail, too, the next start removes it.
    await files.remove(unfinished).catch(() => undefined);
    throw error;
  }
}

async function write<T>(
  files: Files,
  path: string,
  { sync, length }: { readonly sync: boolean; readonly length: number },
  fill: (piece: Piece) => Promise<T>,
): Promise<T> {
  const file = await create(files, path);
  try {
    const piece = new Piece(file, length);
    const result = await fill(piece);
    await piece.flush();
    if (sync) await file.sync();
    return result;
  } finally {
    await file.close();
  }
}

/** One that was begun before, and could not be removed, is of no account. */
async function create(files: Files, path: string): Promise<OpenFile> {
  try {
    return await files.open(path, 'create');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await files.remove(path);
    return await files.open(path, 'create');
  }
}
