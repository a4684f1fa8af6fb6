/**
 * Publishes preassembled blocks as fast as it is allowed to.
 *
 * Responsible for writing as many messages as `room` gives, whole blocks in one write, yielding to
 * the event loop between blocks so that receiving never starves. Who limits it is the caller's
 * business: a confirm window, a bound on the backlog, a fixed count.
 * Not responsible for pacing by time (pacer.ts).
 */
import type { BenchConnection } from './connection.ts';
import type { Block } from './frames.ts';

export class Publisher {
  /** Messages handed to the socket so far. */
  published = 0;
  /**
   * Called before each write with what `published` will be after it. Before, since on a busy
   * machine the broker may have answered by the time the write returns.
   */
  beforeWrite: ((published: number) => void) | undefined;
  /** Called after each write, with `published` up to date. */
  afterWrite: (() => void) | undefined;
  private readonly connection: BenchConnection;
  private readonly block: Block;
  private readonly room: () => number;
  private next = 0;
  private running = false;
  private waiting = false;

  /** `room` says how many messages may go now; after it said 0, call wake() once there is some. */
  constructor(connection: BenchConnection, block: Block, room: () => number) {
    this.connection = connection;
    this.block = block;
    this.room = room;
    connection.socket.on('drain', () => this.later());
  }

  start(): void {
    this.running = true;
    this.pump();
  }

  stop(): void {
    this.running = false;
  }

  wake(): void {
    if (this.running && !this.waiting) this.pump();
  }

  private later(): void {
    setImmediate(this.resume);
  }

  private readonly resume = (): void => {
    this.waiting = false;
    if (this.running) this.pump();
  };

  private pump(): void {
    const { ends, bytes } = this.block;
    const left = ends.length - this.next;
    const count = Math.min(this.room(), left);
    if (count <= 0 || this.connection.closing) return;
    const from = this.next === 0 ? 0 : (ends[this.next - 1] as number);
    const to = ends[this.next + count - 1] as number;
    this.next = count === left ? 0 : this.next + count;
    this.beforeWrite?.(this.published + count);
    this.published += count;
    const whole = from === 0 && to === bytes.length;
    const drained = this.connection.socket.write(whole ? bytes : bytes.subarray(from, to));
    this.afterWrite?.();
    this.waiting = true;
    if (drained) this.later();
  }
}
