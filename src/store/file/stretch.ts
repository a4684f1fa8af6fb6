/**
 * Records of one queue that nobody holds in memory, and that are read from where they were written
 * first: a journal file that has not been emptied yet.
 *
 * Responsible for where each of them is, at 8 octets each. Not responsible for reading them
 * (readable.ts), or for where they go when the file is emptied (checkpoint.ts): for a stretch, what
 * was moved to a segment is settled, too.
 */
import type { Stored } from '../port.ts';
import { type Frame, frameOffset, isGroupedFrame } from './format.ts';
import { Positions } from './positions.ts';

const LEAST_ROOM = 1024;

export class Stretch extends Positions {
  /** Number of the journal file. */
  readonly file: number;
  /** Octets of the frames' bodies that are not settled. */
  liveBytes = 0;
  #offsets = new Uint32Array(LEAST_ROOM);
  /** Twice the octets of a frame's body, and one more if it is in a group. */
  #lengths = new Uint32Array(LEAST_ROOM);

  constructor(file: number) {
    super();
    this.file = file;
  }

  /** Adds a record that was written to the file, behind all others. */
  push({ position, frameAt, frameBytes }: Stored): void {
    const index = this.count;
    if (index === this.#offsets.length) {
      this.#offsets = doubled(this.#offsets);
      this.#lengths = doubled(this.#lengths);
    }
    this.#offsets[index] = frameOffset(frameAt);
    this.#lengths[index] = 2 * frameBytes + (isGroupedFrame(frameAt) ? 1 : 0);
    this.liveBytes += frameBytes;
    this.add(position, position);
  }

  override settleAt(index: number): boolean {
    if (!super.settleAt(index)) return false;
    this.liveBytes -= this.lengthAt(index);
    return true;
  }

  offsetAt(index: number): number {
    return this.#offsets[index] as number;
  }

  /** Octets of the frame's body. */
  lengthAt(index: number): number {
    return (this.#lengths[index] as number) >>> 1;
  }

  isGroupedAt(index: number): boolean {
    return ((this.#lengths[index] as number) & 1) !== 0;
  }

  frameAt(index: number): Frame {
    return {
      file: this.file,
      offset: this.offsetAt(index),
      length: this.lengthAt(index),
      isGrouped: this.isGroupedAt(index),
    };
  }
}

function doubled(before: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const after = new Uint32Array(2 * before.length);
  after.set(before);
  return after;
}
