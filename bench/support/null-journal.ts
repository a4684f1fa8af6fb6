/**
 * The disk of the broker that does nothing: what was received is written as it came, once, and then
 * confirmed. What no broker in Node.js can beat that makes a message safe before it confirms it.
 *
 * Responsible for one write under way at a time, to files opened with O_DSYNC, in which all that
 * came meanwhile is the next. Not responsible for what the octets say.
 */
import { closeSync, constants, openSync, rmSync, writev } from 'node:fs';
import { join } from 'node:path';

const FILE_BYTES = 64 * 1024 * 1024;

interface Waiting {
  readonly octets: Buffer;
  readonly written: () => void;
}

export class NullJournal {
  readonly #folder: string;
  #waiting: Waiting[] = [];
  #isWriting = false;
  #fd = -1;
  #number = 0;
  #size = FILE_BYTES;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes octets behind all others; `written` is called once the disk has them. */
  write(octets: Buffer, written: () => void): void {
    this.#waiting.push({ octets, written });
    if (this.#isWriting) return;
    this.#isWriting = true;
    setImmediate(() => this.#writeAll());
  }

  #writeAll(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    if (this.#size >= FILE_BYTES) this.#nextFile();
    const pieces = batch.map(({ octets }) => octets);
    writev(this.#fd, pieces, this.#size, (error, bytes) => {
      if (error !== null) throw error;
      this.#size += bytes;
      for (const { written } of batch) written();
      if (this.#waiting.length === 0) this.#isWriting = false;
      else this.#writeAll();
    });
  }

  /** Nothing is read again: only the newest file is kept. */
  #nextFile(): void {
    if (this.#fd !== -1) {
      closeSync(this.#fd);
      rmSync(this.#path());
    }
    this.#number++;
    const { O_CREAT, O_WRONLY, O_DSYNC } = constants;
    this.#fd = openSync(this.#path(), O_CREAT | O_WRONLY | O_DSYNC);
    this.#size = 0;
  }

  #path(): string {
    return join(this.#folder, `null${this.#number}`);
  }
}
