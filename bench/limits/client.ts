/**
 * A raw AMQP client for the stress scenarios: one that may stop reading, and that can be told apart
 * by what it announces.
 *
 * Responsible for the socket, the handshake with the wanted capabilities, calls with one reply, for
 * when it reads, and for noting connection.blocked and unblocked. What comes in is counted by the
 * benchmark's Receiver. Not responsible for load (flood.ts, pair-worker.ts).
 */
import { connect, type Socket } from 'node:net';
import { ackFrame, FRAME_MAX_BYTES, METHOD, methodFrame, Writer } from '../support/frames.ts';
import { Receiver } from '../support/receiver.ts';
import type { Target } from '../support/target.ts';

const PROTOCOL_HEADER = Buffer.from('AMQP\x00\x00\x09\x01', 'latin1');
const DEFAULT_READ_BYTES = 65_536;
const CONNECTION_BLOCKED = 0x000a003c;
const CONNECTION_UNBLOCKED = 0x000a003d;

export interface ClientOptions {
  /** Capabilities to announce; none by default. */
  readonly announces?: readonly string[];
  /** Size of the read buffer in octets. */
  readonly readBytes?: number;
  /** Called once when the connection is lost or closed by the broker. */
  readonly onFailure: (error: Error) => void;
}

interface Waiter {
  readonly method: number;
  readonly resolve: (payload: Buffer) => void;
  readonly reject: (error: Error) => void;
}

export class Client {
  readonly socket: Socket;
  readonly receiver: Receiver;
  /** Whether the broker has said connection.blocked and not yet unblocked. */
  isBlocked = false;
  blockedTimes = 0;
  /** Called after each chunk, when the counters are up to date. */
  afterChunk: (() => void) | undefined;
  /** Reads one buffer full and then nothing until readOnce() is called again. */
  readsOnce = false;
  readonly #options: ClientOptions;
  readonly #waiters: Waiter[] = [];
  readonly #events: ConstructorParameters<typeof Receiver>[0];
  #failed: Error | undefined;

  private constructor(target: Target, options: ClientOptions) {
    this.#options = options;
    this.#events = {
      content: undefined,
      contentFrame: undefined,
      method: (channel, method, payload) => this.#methodCame(channel, method, payload),
    };
    this.receiver = new Receiver(this.#events);
    const buffer = Buffer.allocUnsafe(options.readBytes ?? DEFAULT_READ_BYTES);
    this.socket = connect({
      host: target.host,
      port: target.port,
      noDelay: true,
      onread: { buffer, callback: (length) => this.#chunk(buffer, length) },
    });
    this.socket.on('error', (error) => this.#fail(error));
    this.socket.on('close', () => this.#fail(new Error('the broker closed the connection')));
  }

  /** Connects, logs in and opens channel 1. */
  static async open(target: Target, options: ClientOptions): Promise<Client> {
    const client = new Client(target, options);
    await client.call(PROTOCOL_HEADER, METHOD.connectionStart);
    await client.call(startOk(target, options.announces ?? []), METHOD.connectionTune);
    const tuneOk = methodFrame(0, METHOD.connectionTuneOk, (to) =>
      to.short(2047).long(FRAME_MAX_BYTES).short(0),
    );
    const open = methodFrame(0, METHOD.connectionOpen, (to) =>
      to.shortString(target.vhost).shortString('').octet(0),
    );
    await client.call(Buffer.concat([tuneOk, open]), METHOD.connectionOpenOk);
    const channel = methodFrame(1, METHOD.channelOpen, (to) => to.shortString(''));
    await client.call(channel, METHOD.channelOpenOk);
    return client;
  }

  /** Sends `frame` and resolves with a copy of the payload of the reply with method id `reply`. */
  call(frame: Buffer, reply: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#failed !== undefined) {
        reject(this.#failed);
        return;
      }
      this.#waiters.push({ method: reply, resolve, reject });
      this.socket.write(frame);
    });
  }

  declare(queue: string): Promise<Buffer> {
    return this.call(declareFrame(queue, false), METHOD.queueDeclareOk);
  }

  /** How many messages are ready, once the broker has handled all that was sent before. */
  async readyCount(queue: string): Promise<number> {
    const payload = await this.call(declareFrame(queue, true), METHOD.queueDeclareOk);
    return payload.readUInt32BE(5 + (payload[4] as number));
  }

  purge(queue: string): Promise<Buffer> {
    const purge = methodFrame(1, METHOD.queuePurge, (to) =>
      to.short(0).shortString(queue).octet(0),
    );
    return this.call(purge, METHOD.queuePurgeOk);
  }

  confirms(): Promise<Buffer> {
    return this.call(
      methodFrame(1, METHOD.confirmSelect, (to) => to.octet(0)),
      METHOD.confirmSelectOk,
    );
  }

  /** Starts consuming: without acknowledgements, or with one for each message once it is there. */
  async consume(queue: string, mode: 'auto' | 'manual' | 'never', prefetch = 0): Promise<void> {
    if (prefetch > 0) {
      const qos = methodFrame(1, METHOD.basicQos, (to) => to.long(0).short(prefetch).octet(0));
      await this.call(qos, METHOD.basicQosOk);
    }
    if (mode === 'manual') this.#acknowledge();
    const consume = methodFrame(1, METHOD.basicConsume, (to) =>
      to
        .short(0)
        .shortString(queue)
        .shortString('')
        .octet(mode === 'auto' ? 2 : 0)
        .long(0),
    );
    await this.call(consume, METHOD.basicConsumeOk);
  }

  stopReading(): void {
    this.socket.pause();
  }

  /** Reads on; for one that `readsOnce`, one buffer full. */
  read(): void {
    this.socket.resume();
  }

  /** Goes away without a word. */
  drop(): void {
    this.#failed ??= new Error('dropped');
    this.socket.destroy();
  }

  /** One multiple ack for what a chunk completed. */
  #acknowledge(): void {
    let last = 0;
    this.#events.content = (tag) => {
      last = tag;
    };
    let acknowledged = 0;
    this.afterChunk = () => {
      if (last === acknowledged) return;
      acknowledged = last;
      this.socket.write(ackFrame(1, last, true));
    };
  }

  #chunk(bytes: Buffer, length: number): boolean {
    try {
      this.receiver.push(bytes, length);
      this.afterChunk?.();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
    return !this.readsOnce;
  }

  #methodCame(channel: number, method: number, payload: Buffer): void {
    if (method === CONNECTION_BLOCKED) {
      this.isBlocked = true;
      this.blockedTimes++;
    } else if (method === CONNECTION_UNBLOCKED) this.isBlocked = false;
    else if (method === METHOD.connectionClose || method === METHOD.channelClose) {
      const text = payload.toString('utf8', 7, 7 + (payload[6] as number));
      this.#fail(new Error(`channel ${channel} closed: ${payload.readUInt16BE(4)} ${text}`));
    } else {
      const index = this.#waiters.findIndex((waiter) => waiter.method === method);
      if (index >= 0) this.#waiters.splice(index, 1)[0]?.resolve(Buffer.from(payload));
    }
  }

  #fail(error: Error): void {
    if (this.#failed !== undefined) return;
    this.#failed = error;
    this.socket.destroy();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    this.#options.onFailure(error);
  }
}

function startOk(target: Target, capabilities: readonly string[]): Buffer {
  const flags = new Writer();
  for (const name of capabilities) flags.shortString(name).raw(Buffer.from('t\x01'));
  const inner = flags.finish();
  const table = new Writer().shortString('capabilities').raw(Buffer.from('F'));
  const properties = table.long(inner.length).raw(inner).finish();
  return methodFrame(0, METHOD.connectionStartOk, (to) =>
    to
      .long(properties.length)
      .raw(properties)
      .shortString('PLAIN')
      .longString(`\0${target.user}\0${target.password}`)
      .shortString('en_US'),
  );
}

function declareFrame(queue: string, passive: boolean): Buffer {
  return methodFrame(1, METHOD.queueDeclare, (to) =>
    to
      .short(0)
      .shortString(queue)
      .octet(passive ? 1 : 0)
      .long(0),
  );
}
