// A transport that keeps what is written to it and lets a test say when it has left. It looks at
// the octets when they leave, as a slow socket would: who reuses memory too early is found out.
import type { Transport, TransportListener } from '../../../src/session/transport.ts';

interface Write {
  readonly buffers: readonly Buffer[];
  readonly done: () => void;
}

export class FakeTransport implements Transport {
  isBroken = false;
  readonly copiesOnWrite: boolean;
  readonly peer = { address: '127.0.0.1', port: 40_000, loopback: true };
  readonly local = { address: '127.0.0.1', port: 5672 };
  /** Octets that the peer has not taken; on top of what `pending` holds. */
  stuckBytes = 0;
  /** Calls of pause, resume, end and destroy, in order. */
  readonly calls: string[] = [];
  listener: TransportListener | undefined;
  /** Writes that have not left. */
  readonly pending: Write[] = [];
  #sent: Buffer[] = [];
  writes = 0;

  constructor(copiesOnWrite = true) {
    this.copiesOnWrite = copiesOnWrite;
  }

  get pendingBytes(): number {
    let bytes = this.stuckBytes;
    for (const { buffers } of this.pending) for (const { length } of buffers) bytes += length;
    return bytes;
  }

  attach(listener: TransportListener): void {
    this.listener = listener;
  }

  write(buffers: readonly Buffer[], done: () => void): void {
    this.writes++;
    this.pending.push({ buffers, done });
  }

  /** Lets the oldest writes leave: all, or that many. */
  drain(count = this.pending.length): void {
    for (const { buffers, done } of this.pending.splice(0, count)) {
      this.#sent.push(...buffers.map((buffer) => Buffer.from(buffer)));
      done();
    }
  }

  /** All octets that have left since the last call. */
  takeSent(): Buffer {
    const sent = Buffer.concat(this.#sent);
    this.#sent = [];
    return sent;
  }

  pause(): void {
    this.calls.push('pause');
  }

  resume(): void {
    this.calls.push('resume');
  }

  end(): void {
    this.calls.push('end');
  }

  destroy(): void {
    this.calls.push('destroy');
  }
}
