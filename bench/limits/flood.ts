/**
 * Publishes preassembled messages for as long as the broker takes them.
 *
 * Responsible for writing whole blocks and for counting; it waits for nothing but the socket. Not
 * responsible for what is published.
 */
import type { Block } from '../support/frames.ts';
import type { Client } from './client.ts';

export class Flood {
  /** Messages handed to the socket so far. */
  published = 0;
  readonly #client: Client;
  readonly #block: Block;
  readonly #most: number;
  #running = false;

  /** Stops by itself after `most` messages (whole blocks of them). */
  constructor(client: Client, block: Block, most = Number.POSITIVE_INFINITY) {
    this.#client = client;
    this.#block = block;
    this.#most = most;
    client.socket.on('drain', () => setImmediate(this.#pump));
  }

  start(): void {
    this.#running = true;
    this.#pump();
  }

  /** What was handed to the socket still goes. */
  stop(): void {
    this.#running = false;
  }

  get isDone(): boolean {
    return this.published >= this.#most;
  }

  readonly #pump = (): void => {
    const { socket } = this.#client;
    if (!this.#running || this.isDone || socket.destroyed || socket.writableNeedDrain) return;
    this.published += this.#block.ends.length;
    if (socket.write(this.#block.bytes)) setImmediate(this.#pump);
  };
}
