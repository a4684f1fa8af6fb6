/**
 * A time limit on what a client does. Its clock can stand still for what the runner, and not the
 * client, takes its time for: a broker that is started, killed or blocked.
 */
export class Limit {
  /** Rejects when the time is over. */
  readonly #over: Promise<never>;
  readonly #milliseconds: number;
  #left: number;
  #since = 0;
  #timer: NodeJS.Timeout | undefined;
  #expire: () => void = () => undefined;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
    this.#left = milliseconds;
    this.#over = new Promise((_, reject) => {
      this.#expire = () => reject(new Error(`no end after ${this.#milliseconds} ms`));
    });
    // Whoever waits races with it; nobody may wait any more when it comes to its end.
    this.#over.catch(() => undefined);
    this.#start();
  }

  /** Waits for work, or for the end of the time. */
  async bound<T>(work: Promise<T>): Promise<T> {
    try {
      return await Promise.race([work, this.#over]);
    } finally {
      this.#stop();
    }
  }

  /** Does work that does not count. */
  async without<T>(work: () => Promise<T>): Promise<T> {
    this.#stop();
    try {
      return await work();
    } finally {
      this.#start();
    }
  }

  #start(): void {
    this.#since = Date.now();
    this.#timer = setTimeout(this.#expire, this.#left);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#left -= Date.now() - this.#since;
  }
}
