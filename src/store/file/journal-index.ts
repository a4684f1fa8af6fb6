/**
 * Where the publishes of some queues lie in a journal file that is full: segments can point there
 * in place of holding copies.
 *
 * Read from the file, not noted when it was written: so it says what is there and is sound.
 */
import type { Files } from '../files.ts';
import { type Frame, PUBLISH_HEAD_BYTES } from './format.ts';
import { type JournalSink, readJournal } from './journal-reader.ts';

/** Those of one queue, in order of position: numbers alone, since there may be half a million. */
class Frames {
  positions: number[] = [];
  /** Twice the offset, and one more within a group. */
  #places: number[] = [];
  #lengths: number[] = [];
  #isSorted = true;

  add(position: number, place: number, length: number): void {
    const { positions } = this;
    if (positions.length !== 0 && (positions.at(-1) as number) > position) this.#isSorted = false;
    positions.push(position);
    this.#places.push(place);
    this.#lengths.push(length);
  }

  /** Nothing more comes. */
  sort(): void {
    if (this.#isSorted) return;
    const { positions } = this;
    const order = positions.map((_, i) => i);
    order.sort((a, b) => (positions[a] as number) - (positions[b] as number));
    const inOrder = (numbers: readonly number[]) => order.map((i) => numbers[i] as number);
    this.positions = inOrder(positions);
    this.#places = inOrder(this.#places);
    this.#lengths = inOrder(this.#lengths);
  }

  at(file: number, position: number): Frame | undefined {
    let low = 0;
    let high = this.positions.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.positions[middle] as number) < position) low = middle + 1;
      else high = middle;
    }
    if (this.positions[low] !== position) return undefined;
    const place = this.#places[low] as number;
    const offset = Math.floor(place / 2);
    return { file, offset, length: this.#lengths[low] as number, isGrouped: place % 2 === 1 };
  }
}

export class JournalIndex {
  readonly path: string;
  readonly #number: number;
  readonly #frames: ReadonlyMap<number, Frames>;

  private constructor(path: string, number: number, frames: ReadonlyMap<number, Frames>) {
    this.path = path;
    this.#number = number;
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
    const frames = new Map<number, Frames>();
    for (const queue of queues) frames.set(queue, new Frames());
    const nothing = () => undefined;
    const sink: JournalSink = {
      publish(queue, position, _bytes, start, end, offset, isGrouped) {
        const length = PUBLISH_HEAD_BYTES + end - start;
        frames.get(queue)?.add(position, 2 * offset + Number(isGrouped), length);
      },
      ...{ settle: nothing, delivered: nothing, mark: nothing },
    };
    const { damages } = await readJournal(files, path, number, sink, pause);
    if (damages.length !== 0) return null;
    for (const each of frames.values()) each.sort();
    return new JournalIndex(path, number, frames);
  }

  /** Where the record of a queue at a position lies, if it is in this file. */
  frameOf(queue: number, position: number): Frame | undefined {
    return this.#frames.get(queue)?.at(this.#number, position);
  }
}
