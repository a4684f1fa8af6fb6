/**
 * A double-ended queue in a ring of slots: both ends and any index in constant time, nothing
 * shifted.
 *
 * The number of slots is a power of two: doubled when full, and a quarter of it once less than an
 * eighth is in use, so that a queue that was huge once gives the memory back. A slot that is left
 * is overwritten at once: the ring never keeps alive what was taken out of it.
 */

const MIN_CAPACITY = 16;
/** Below this many slots, memory is not worth giving back. */
const SHRINK_ABOVE = 1024;

export class Ring<T> {
  /**
   * Invariant: as many elements as there are slots, always packed. It grows by `push`, since V8
   * makes a slow dictionary of an array that is created with more than 32 million elements.
   */
  #slots: (T | undefined)[] = new Array<undefined>(MIN_CAPACITY).fill(undefined);
  #mask = MIN_CAPACITY - 1;
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Slots held, for tests and memory accounts. */
  get capacity(): number {
    return this.#mask + 1;
  }

  /** Appends at the tail. */
  push(item: T): void {
    if (this.#length > this.#mask) this.#grow();
    this.#slots[(this.#head + this.#length) & this.#mask] = item;
    this.#length++;
  }

  /** Puts in front of the head. */
  unshift(item: T): void {
    if (this.#length > this.#mask) this.#grow();
    this.#head = (this.#head - 1) & this.#mask;
    this.#slots[this.#head] = item;
    this.#length++;
  }

  /** Takes out the head, or gives `undefined` when there is none. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    this.#length--;
    if (this.#mask >= SHRINK_ABOVE && this.#length < this.#mask >>> 3) this.#shrink();
    return item;
  }

  /** Takes out the tail, or gives `undefined` when there is none. */
  pop(): T | undefined {
    if (this.#length === 0) return undefined;
    this.#length--;
    const tail = (this.#head + this.#length) & this.#mask;
    const item = this.#slots[tail];
    this.#slots[tail] = undefined;
    if (this.#mask >= SHRINK_ABOVE && this.#length < this.#mask >>> 3) this.#shrink();
    return item;
  }

  /** The head, left in place. */
  peek(): T | undefined {
    return this.#slots[this.#head];
  }

  /** The item that is `index` behind the head; `undefined` outside 0 to `length` - 1. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    return this.#slots[(this.#head + index) & this.#mask];
  }

  /**
   * Replaces the item that is `index` behind the head. Throws RangeError outside 0 to `length` - 1.
   */
  set(index: number, item: T): void {
    if (!(index >= 0 && index < this.#length)) throw new RangeError(`no item at ${index}`);
    this.#slots[(this.#head + index) & this.#mask] = item;
  }

  /**
   * Puts `item` before the one at `index` (0 is the head, `length` the tail), moving the items of
   * the shorter side by one. Throws RangeError outside 0 to `length`.
   */
  insert(index: number, item: T): void {
    if (!(index >= 0 && index <= this.#length)) throw new RangeError(`no place at ${index}`);
    if (index < this.#length >>> 1) {
      this.unshift(item);
      for (let i = 0; i < index; i++) this.#move(i + 1, i);
    } else {
      this.push(item);
      for (let i = this.#length - 1; i > index; i--) this.#move(i - 1, i);
    }
    this.set(index, item);
  }

  /** Takes out everything and gives the memory back. */
  clear(): void {
    this.#slots = new Array<undefined>(MIN_CAPACITY).fill(undefined);
    this.#mask = MIN_CAPACITY - 1;
    this.#head = 0;
    this.#length = 0;
  }

  /** From head to tail. The ring must not be changed meanwhile. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.#length; i++) yield this.#slots[(this.#head + i) & this.#mask] as T;
  }

  #move(from: number, to: number): void {
    this.#slots[(this.#head + to) & this.#mask] = this.#slots[(this.#head + from) & this.#mask];
  }

  /** Doubles in place; what had wrapped round to the front goes behind the old end. */
  #grow(): void {
    const slots = this.#slots;
    const capacity = this.#mask + 1;
    for (let i = 0; i < this.#head; i++) {
      slots.push(slots[i]);
      slots[i] = undefined;
    }
    while (slots.length < 2 * capacity) slots.push(undefined);
    this.#mask = 2 * capacity - 1;
  }

  #shrink(): void {
    const capacity = (this.#mask + 1) >>> 2;
    const slots: (T | undefined)[] = [];
    for (let i = 0; i < this.#length; i++) slots.push(this.at(i));
    while (slots.length < capacity) slots.push(undefined);
    this.#slots = slots;
    this.#mask = capacity - 1;
    this.#head = 0;
  }
}
