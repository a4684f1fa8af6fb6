/**
 * Where the publishes of some queues lie in a journal file that is full: segments can point there
 * in place of holding copies.
 *
 * Read from the file, not noted when it was written: so it says what is there and is sound.
 */
import type { Files } from '../files.ts';
import { type Frame, PUBLISH_HEAD_BYTES } from './format.ts';
import { readJournal } from './journal-reader.ts';

export class JournalIndex {
  readonly path: string;
  readonly #frames: ReadonlyMap<number, ReadonlyMap<number, Frame>>;

  private constructor(path: string, frames: ReadonlyMap<number, ReadonlyMap<number, Frame>>) {
    this.path = path;
    this.#frames = frames;
  }

  /**
   * Reads journal file `number` for what it has of `queues`; null when anything in it is damaged.
   * `pause` is called between pieces. @throws the system's error
   */
  static async read(
    files: Files,
    path: string,
    number: number,
    queues: ReadonlySet<number>,
    pause: () => Promise<void>,
  ): Promise<JournalIndex | null> {
    const frames = new Map<number, Map<number, Frame>>();
    for (const queue of queues) frames.set(queue, new Map());
    const nothing = () => undefined;
    const others = { settle: nothing, delivered: nothing, mark: nothing };
    const found = await readJournal(
      files,
      path,
      number,
      {
        publish(queue, position, _bytes, start, end, offset, isGrouped) {
          const length = PUBLISH_HEAD_BYTES + end - start;
          frames.get(queue)?.set(position, { file: number, offset, length, isGrouped });
        },
        ...others,
      },
      pause,
    );
    return found.damages.length === 0 ? new JournalIndex(path, frames) : null;
  }

  /** Where the record of a queue at a position lies, if it is in this file. */
  frameOf(queue: number, position: number): Frame | undefined {
    return this.#frames.get(queue)?.get(position);
  }
}
