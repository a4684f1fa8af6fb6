/**
 * Whether the disk is so far behind that publishers should wait, and those who do.
 */

/** Octets waiting to be written from which publishers have to wait, and down to which. */
const FULL_BYTES = 32 * 1024 * 1024;
const ROOM_BYTES = 8 * 1024 * 1024;
/** Full journal files that wait to be emptied from which publishers have to wait. */
const FULL_FILES = 3;

export interface RoomParts {
  /** Octets that wait to be written. */
  pendingBytes(): number;
  /** Full journal files that wait to be emptied. */
  fullFiles(): number;
  /** Nothing is written any more: it is no use to wait. */
  hasFailed(): boolean;
}

export class Room {
  readonly #parts: RoomParts;
  #waiting: (() => void)[] = [];

  constructor(parts: RoomParts) {
    this.#parts = parts;
  }

  get isFull(): boolean {
    return this.#parts.pendingBytes() > FULL_BYTES || this.#parts.fullFiles() > FULL_FILES;
  }

  /** Calls back, once, when it is no longer full. */
  wait(resume: () => void): void {
    this.#waiting.push(resume);
  }

  /** Something was written, or emptied. */
  look(): void {
    if (this.#waiting.length === 0) return;
    const { pendingBytes, fullFiles, hasFailed } = this.#parts;
    const hasRoom = pendingBytes() < ROOM_BYTES && fullFiles() <= FULL_FILES;
    if (!hasRoom && !hasFailed()) return;
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
