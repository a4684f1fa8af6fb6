/**
 * What a connection has to send, gathered until the end of the loop's turn.
 *
 * Responsible for batching: frames are written straight into a slab, large bodies are put between
 * its stretches as slices of the chunks they came in, and one `write` takes all of a turn. Not
 * responsible for what the frames say. Slabs are shared by all connections of a broker and only
 * held while there is something to send, so an idle connection has none.
 */
import { Octets } from '../../protocol/octets.ts';
import type { Memory } from '../broker/memory.ts';
import type { Transport } from './transport.ts';

export const SLAB_BYTES = 65_536;
/** Slabs kept for reuse: 16 MiB. */
const MAX_FREE_SLABS = 256;
/** Less than this of a slab is copied out of it when the peer has not taken what it got before. */
const SCANT_BYTES = SLAB_BYTES / 2;
/** A turn's output of one connection: past this its consumers wait for the next turn. */
const TURN_BYTES = 2 * 1024 * 1024;
/** Octets that the kernel has not taken, past which the peer counts as not reading. */
const CONGESTED_BYTES = 1024 * 1024;
/**
 * Octets waiting for a peer past which it is not read: more than deliveries ever add up to, since
 * those stop before, so these are answers that it does not take.
 */
const FLOODED_BYTES = 4 * 1024 * 1024;
/** Octets under way on all connections, past which each has to make do with less. */
const STRAINED_BYTES = 64 * 1024 * 1024;
/** Both limits of one connection while that is so: thousands of slow consumers stay affordable. */
const STRAINED_SHARE_BYTES = 64 * 1024;

/** Slabs that nobody uses at the moment, and what all connections together have under way. */
export class SlabPool {
  readonly #free: Octets[] = [];
  /** Octets written on any connection that have not left yet. */
  underWayBytes = 0;

  readonly #memory: Memory | null;

  /** With `memory`, what is under way counts as memory in use. */
  constructor(memory: Memory | null = null) {
    this.#memory = memory;
  }

  /** Octets were handed to a transport. */
  sent(bytes: number): void {
    this.underWayBytes += bytes;
    this.#memory?.reserve(bytes);
  }

  /** Octets have left, or will never. */
  left(bytes: number): void {
    this.underWayBytes -= bytes;
    this.#memory?.unreserve(bytes);
  }

  get isStrained(): boolean {
    return this.underWayBytes > STRAINED_BYTES;
  }

  take(): Octets {
    return this.#free.pop() ?? new Octets(Buffer.allocUnsafeSlow(SLAB_BYTES));
  }

  give(slab: Octets): void {
    if (this.#free.length < MAX_FREE_SLABS) this.#free.push(slab);
  }
}

const NO_SLAB = new Octets(Buffer.alloc(0));

export class Output {
  /** Where frames are written: valid at [`reserve(n)`, + n) until the next call of `reserve`. */
  slab: Octets = NO_SLAB;
  #position = 0;
  /** Start of what is in the slab and not in `#pieces` yet. */
  #from = 0;
  #pieces: Buffer[] = [];
  #fullSlabs: Octets[] = [];
  #turnBytes = 0;
  #scheduled = false;
  readonly #transport: Transport;
  readonly #pool: SlabPool;
  readonly #schedule: () => void;

  /** `schedule` asks for a call of `flush` at the end of this turn. */
  constructor(transport: Transport, pool: SlabPool, schedule: () => void) {
    this.#transport = transport;
    this.#pool = pool;
    this.#schedule = schedule;
  }

  /** Whether deliveries may be added in this turn. Replies and confirms are always taken. */
  get open(): boolean {
    return this.#turnBytes < (this.#pool.isStrained ? STRAINED_SHARE_BYTES : TURN_BYTES);
  }

  /** Whether the peer reads so slowly that it shall get no deliveries for now. */
  get congested(): boolean {
    const limit = this.#pool.isStrained ? STRAINED_SHARE_BYTES : CONGESTED_BYTES;
    return this.#transport.pendingBytes > limit;
  }

  /** Whether replies have piled up so high that no more questions shall be read. */
  get flooded(): boolean {
    return this.#transport.pendingBytes + this.#turnBytes > FLOODED_BYTES;
  }

  /** Makes room for `bytes` (at most a slab) and says where in `slab` it begins. */
  reserve(bytes: number): number {
    let at = this.#position;
    if (at + bytes > this.slab.bytes.length) {
      this.#nextSlab();
      at = 0;
    }
    this.#position = at + bytes;
    this.#turnBytes += bytes;
    if (!this.#scheduled) this.requestFlush();
    return at;
  }

  /** Asks for a `flush` at the end of this turn. */
  requestFlush(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule();
  }

  /** Adds octets that others own and that will not change: sent as they are, not copied. */
  append(buffer: Buffer): void {
    if (buffer.length < 512) {
      const at = this.reserve(buffer.length);
      buffer.copy(this.slab.bytes, at);
      return;
    }
    this.reserve(0);
    this.#cut();
    this.#pieces.push(buffer);
    this.#turnBytes += buffer.length;
  }

  /** Sends what was gathered. */
  flush(): void {
    const bytes = this.#turnBytes;
    this.#scheduled = false;
    this.#turnBytes = 0;
    this.#cut();
    if (this.#pieces.length === 0) return;
    if (this.#position < SCANT_BYTES && this.#transport.pendingBytes !== 0) this.#copyOut();
    const used = this.#fullSlabs;
    if (this.slab !== NO_SLAB) used.push(this.slab);
    const pieces = this.#pieces;
    this.slab = NO_SLAB;
    this.#position = 0;
    this.#from = 0;
    this.#pieces = [];
    this.#fullSlabs = [];
    this.#pool.sent(bytes);
    this.#transport.write(pieces, () => {
      this.#pool.left(bytes);
      if (this.#transport.copiesOnWrite) for (const slab of used) this.#pool.give(slab);
    });
  }

  /**
   * Lets go of the slab: one that waits for a slow peer with a message or two in it would take many
   * times their size, and there may be thousands of them.
   */
  #copyOut(): void {
    const { slab } = this;
    if (slab === NO_SLAB) return;
    const { buffer } = slab.bytes;
    this.#pieces = this.#pieces.map((each) => (each.buffer === buffer ? Buffer.from(each) : each));
    this.slab = NO_SLAB;
    this.#pool.give(slab);
  }

  #cut(): void {
    if (this.#position === this.#from) return;
    this.#pieces.push(this.slab.bytes.subarray(this.#from, this.#position));
    this.#from = this.#position;
  }

  #nextSlab(): void {
    this.#cut();
    if (this.slab !== NO_SLAB) this.#fullSlabs.push(this.slab);
    this.slab = this.#pool.take();
    this.#position = 0;
    this.#from = 0;
  }
}
