/**
 * One life of the broker, as its clients see it: work goes on until they are to come to rest, or
 * until the broker is killed.
 */

type State = 'working' | 'resting' | 'over';

export class Life {
  #state: State = 'working';
  #wake: () => void = () => undefined;
  /** Resolves once work does not go on any more. */
  readonly #end: Promise<void>;

  constructor() {
    this.#end = new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Whether clients should do more. */
  get goesOn(): boolean {
    return this.#state === 'working';
  }

  /** Whether the broker is being ended: whatever fails now does so rightly. */
  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** Clients finish what they began: everything is confirmed and known to last. */
  rest(): void {
    if (this.#state === 'working') this.#state = 'resting';
    this.#wake();
  }

  /** The broker is ended by whoever calls this, in the same turn. */
  end(): void {
    this.#state = 'over';
    this.#wake();
  }

  /** Waits, at most until work does not go on. */
  async pause(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const time = new Promise((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
    await Promise.race([time, this.#end]);
    clearTimeout(timer);
  }
}
