/**
 * Reading frames of a journal file by where they are, be it under its own name or a second one.
 *
 * Responsible for few reads and for what is sound. Not responsible for which frames.
 */
import { crc32c } from '../crc32c.ts';
import { type Frame, PUBLISH_HEAD_BYTES, RECORD_HEAD_BYTES, withinGroup } from './format.ts';

/** Octets that are read in one go. */
export const FRAMES_BYTES = 1024 * 1024;

export interface FrameSink {
  /** The record of the frame at `index` is `bytes[start, end)`. */
  found(index: number, bytes: Buffer, start: number, end: number): void;
  /** There is no sound frame where that at `index` should be. */
  lost(index: number): void;
}

/**
 * Tells `sink` of each of `frames`, in order. `read` gives what there is of the octets `from` to
 * `to`. @throws what `read` throws
 */
export async function readFrames(
  frames: readonly Frame[],
  read: (from: number, to: number) => Promise<Buffer>,
  sink: FrameSink,
): Promise<void> {
  for (let first = 0; first < frames.length; ) {
    const from = (frames[first] as Frame).offset;
    const { end, to } = runAt(frames, first);
    const bytes = await read(from, to);
    for (let i = first; i < end; i++) {
      const frame = frames[i] as Frame;
      const start = frame.offset - from + RECORD_HEAD_BYTES;
      if (!isSound(frame, bytes, start)) sink.lost(i);
      else sink.found(i, bytes, start + PUBLISH_HEAD_BYTES, start + frame.length);
    }
    first = end;
  }
}

/** Where a frame ends in its file. */
export function frameEnd({ offset, length }: Frame): number {
  return offset + RECORD_HEAD_BYTES + length;
}

/** Frames from `first` up to `end` follow on each other, and end at octet `to`. */
function runAt(frames: readonly Frame[], first: number): { end: number; to: number } {
  const { offset: from } = frames[first] as Frame;
  let to = from;
  let end = first;
  for (; end < frames.length; end++) {
    const frame = frames[end] as Frame;
    const next = frameEnd(frame);
    if (end !== first && (frame.offset < to || next - from > FRAMES_BYTES)) break;
    to = next;
  }
  return { end, to };
}

/** Whether the body of `frame` begins at `start` of `bytes`. */
function isSound({ file, length, isGrouped }: Frame, bytes: Buffer, start: number): boolean {
  const end = start + length;
  if (length < PUBLISH_HEAD_BYTES || end > bytes.length) return false;
  const seed = isGrouped ? withinGroup(file) : file;
  return (
    bytes.readUInt32BE(start - RECORD_HEAD_BYTES) === length &&
    crc32c(bytes, start, end, seed) === bytes.readUInt32BE(start - 4)
  );
}
