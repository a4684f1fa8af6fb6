/**
 * The transport port: an octet stream as a connection uses it.
 *
 * Responsible for the seam between AMQP and whatever carries it: TCP, TLS, WebSocket, a pipe in a
 * test (implementations in net/). Not responsible for when to write or how much: the session
 * decides.
 */

/**
 * What a transport reports. Calls come one at a time, never from inside a call of the session's.
 */
export interface TransportListener {
  /** Octets arrived. The buffer belongs to the listener from now on. */
  onData(chunk: Buffer): void;
  /** Everything handed to `write` so far has left. */
  onDrain(): void;
  /** The peer sent the end of its stream. */
  onEnd(): void;
  /** The stream is gone; nothing follows. `error` when it broke. */
  onClose(error: Error | null): void;
}

export interface Transport {
  /** Starts reporting; called once. */
  attach(listener: TransportListener): void;
  /**
   * Sends the buffers in order. They must stay as they are until `done` is called.
   * Writing to a stream that is gone does nothing but call `done`.
   */
  write(buffers: readonly Buffer[], done: () => void): void;
  /** Octets given to `write` that have not left this process. */
  readonly pendingBytes: number;
  /**
   * Whether a buffer may be reused once `done` was called (false when the peer gets the very
   * buffer).
   */
  readonly copiesOnWrite: boolean;
  /** Nothing that is written from now on arrives; `onClose` follows. */
  readonly isBroken: boolean;
  /** Stops and starts `onData`. A little that was read already may still come after `pause`. */
  pause(): void;
  resume(): void;
  /** Ends the stream after everything written has left. */
  end(): void;
  /** Drops the stream at once. */
  destroy(): void;
  /** `address:port` of both ends, as connection names show them. */
  readonly peer: { readonly address: string; readonly port: number; readonly loopback: boolean };
  readonly local: { readonly address: string; readonly port: number };
}
