/**
 * A transport over any Duplex stream: a TCP or TLS socket, or one end of a pipe.
 *
 * Responsible for Node's stream events and for counting what has not left yet. Not responsible for
 * what the octets mean.
 */
import type { Duplex } from 'node:stream';
import type { Transport, TransportListener } from '../session/transport.ts';
import { startReading, stopReading } from './reading.ts';

/** The two ends of a stream, as connection names show them. */
export interface Endpoints {
  readonly peer: { readonly address: string; readonly port: number; readonly loopback: boolean };
  readonly local: { readonly address: string; readonly port: number };
}

export class StreamTransport implements Transport {
  readonly peer: Endpoints['peer'];
  readonly local: Endpoints['local'];
  readonly copiesOnWrite: boolean;
  pendingBytes = 0;
  isBroken = false;
  readonly #stream: Duplex;
  #listener: TransportListener | null = null;
  #error: Error | null = null;

  /** `copiesOnWrite`: the stream's octets have gone to the kernel when its write callback comes. */
  constructor(stream: Duplex, endpoints: Endpoints, copiesOnWrite: boolean) {
    this.#stream = stream;
    this.peer = endpoints.peer;
    this.local = endpoints.local;
    this.copiesOnWrite = copiesOnWrite;
  }

  attach(listener: TransportListener): void {
    this.#listener = listener;
    this.#stream.on('data', (chunk: Buffer) => listener.onData(chunk));
    this.#stream.on('end', () => listener.onEnd());
    this.#stream.on('error', (error) => {
      this.#error = error;
      this.isBroken = true;
    });
    this.#stream.on('close', () => listener.onClose(this.#error));
  }

  write(buffers: readonly Buffer[], done: () => void): void {
    const stream = this.#stream;
    if (!stream.writable) {
      this.isBroken = true;
      done();
      return;
    }
    let bytes = 0;
    for (const buffer of buffers) bytes += buffer.length;
    this.pendingBytes += bytes;
    // The last buffer's callback comes when all before it have left, or when the stream is gone.
    const left = (error?: Error | null) => {
      this.pendingBytes -= bytes;
      if (error) this.isBroken = true;
      done();
      if (this.pendingBytes === 0 && !this.isBroken) this.#listener?.onDrain();
    };
    if (buffers.length === 1) {
      stream.write(buffers[0], left);
      return;
    }
    stream.cork();
    for (let i = 0; i < buffers.length - 1; i++) stream.write(buffers[i]);
    stream.write(buffers[buffers.length - 1], left);
    stream.uncork();
  }

  pause(): void {
    stopReading(this.#stream);
  }

  resume(): void {
    startReading(this.#stream);
  }

  end(): void {
    this.#stream.end();
  }

  destroy(): void {
    this.#stream.destroy();
  }
}
