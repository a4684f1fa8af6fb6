/**
 * One raw AMQP connection of the load generator.
 *
 * Responsible for the TCP socket, the handshake, calls that have one reply, and for feeding every
 * chunk to a Receiver. The socket reads into one buffer that is reused, so receiving allocates
 * nothing. Heartbeats are turned off. A close by the broker or a lost socket fails the connection
 * once, through `onFailure` and through every call that still waits.
 * Not responsible for what is published or consumed (publisher.ts, consumer.ts).
 */
import { connect, type Socket } from 'node:net';
import { FRAME_MAX_BYTES, METHOD, methodFrame } from './frames.ts';
import { Receiver } from './receiver.ts';
import type { Target } from './target.ts';

const PROTOCOL_HEADER = Buffer.from('AMQP\x00\x00\x09\x01', 'latin1');
const DEFAULT_READ_BYTES = 262144;

export interface ConnectionOptions {
  /** Size of the read buffer in octets; smaller where there are hundreds of connections. */
  readonly readBytes?: number;
  /** Default 0: none. Above 0 the broker is told so, but no heartbeat is ever sent from here. */
  readonly heartbeatSeconds?: number;
  /** Address to connect from, where one has too few ports. */
  readonly localAddress?: string;
  readonly onFailure: (error: Error) => void;
}

interface Waiter {
  readonly method: number;
  readonly resolve: (payload: Buffer) => void;
  readonly reject: (error: Error) => void;
}

export class BenchConnection {
  readonly socket: Socket;
  readonly receiver: Receiver;
  /** Called after each chunk, when the receiver's counters are up to date. */
  afterChunk: (() => void) | undefined;
  /** Called before afterChunk where a consumer acknowledges. */
  flushAcks: (() => void) | undefined;
  private readonly waiters: Waiter[] = [];
  private readonly onFailure: (error: Error) => void;
  /** Set by close(): nothing but what belongs to it is to be written from then on. */
  closing = false;
  private failed: Error | undefined;
  private readonly receiverEvents: ConstructorParameters<typeof Receiver>[0];

  private constructor(target: Target, options: ConnectionOptions) {
    this.onFailure = options.onFailure;
    this.receiverEvents = {
      content: undefined,
      contentFrame: undefined,
      method: (channel, method, payload) => this.methodCame(channel, method, payload),
    };
    this.receiver = new Receiver(this.receiverEvents);
    const buffer = Buffer.allocUnsafe(options.readBytes ?? DEFAULT_READ_BYTES);
    this.socket = connect({
      host: target.host,
      port: target.port,
      noDelay: true,
      ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
      onread: {
        buffer,
        callback: (length) => this.chunk(buffer, length),
      },
    });
    this.socket.on('error', (error) => this.fail(error));
    this.socket.on('close', () => this.fail(new Error('the broker closed the connection')));
  }

  /** Connects and logs in, with no channel. Rejects when the broker refuses. */
  static async idle(target: Target, options: ConnectionOptions): Promise<BenchConnection> {
    const connection = new BenchConnection(target, options);
    await connection.handshake(target, options.heartbeatSeconds ?? 0);
    return connection;
  }

  /** As idle(), and opens channel 1. */
  static async open(target: Target, options: ConnectionOptions): Promise<BenchConnection> {
    const connection = await BenchConnection.idle(target, options);
    await connection.openChannel(1);
    return connection;
  }

  /** The `product` and `version` that the broker gave in connection.start. */
  serverName = 'unknown';

  /** Wants the tag of every content, or a look at the frames of those that are not jumped over. */
  listen(events: {
    content?: (deliveryTag: number) => void;
    contentFrame?: (type: number, bytes: Buffer, start: number, end: number) => void;
  }): void {
    this.receiverEvents.content = events.content;
    this.receiverEvents.contentFrame = events.contentFrame;
  }

  /** Sends `frame` and resolves with a copy of the payload of the reply with method id `reply`. */
  call(frame: Buffer, reply: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.failed !== undefined) {
        reject(this.failed);
        return;
      }
      this.waiters.push({ method: reply, resolve, reject });
      this.socket.write(frame);
    });
  }

  async openChannel(channel: number): Promise<void> {
    const open = methodFrame(channel, METHOD.channelOpen, (to) => to.shortString(''));
    await this.call(open, METHOD.channelOpenOk);
  }

  /** Says connection.close; the socket goes whatever the broker answers. */
  async close(): Promise<void> {
    if (this.failed === undefined && !this.closing) {
      this.closing = true;
      const close = methodFrame(0, METHOD.connectionClose, (to) =>
        to.short(200).shortString('done').long(0),
      );
      await this.call(close, METHOD.connectionCloseOk).catch((error: Error) => error);
    }
    this.socket.destroy();
  }

  private chunk(bytes: Buffer, length: number): boolean {
    try {
      this.receiver.push(bytes, length);
      this.flushAcks?.();
      this.afterChunk?.();
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
    }
    return true;
  }

  private async handshake(target: Target, heartbeatSeconds: number): Promise<void> {
    const start = await this.call(PROTOCOL_HEADER, METHOD.connectionStart);
    this.serverName = `${longStringOf(start, 'product')} ${longStringOf(start, 'version')}`;
    const startOk = methodFrame(0, METHOD.connectionStartOk, (to) =>
      to
        .long(0)
        .shortString('PLAIN')
        .longString(`\0${target.user}\0${target.password}`)
        .shortString('en_US'),
    );
    await this.call(startOk, METHOD.connectionTune);
    const tuneOk = methodFrame(0, METHOD.connectionTuneOk, (to) =>
      to.short(2047).long(FRAME_MAX_BYTES).short(heartbeatSeconds),
    );
    const open = methodFrame(0, METHOD.connectionOpen, (to) =>
      to.shortString(target.vhost).shortString('').octet(0),
    );
    await this.call(Buffer.concat([tuneOk, open]), METHOD.connectionOpenOk);
  }

  private methodCame(channel: number, method: number, payload: Buffer): void {
    if (method === METHOD.connectionClose || method === METHOD.channelClose) {
      const text = payload.toString('utf8', 7, 7 + (payload[6] as number));
      this.fail(new Error(`channel ${channel} closed: ${payload.readUInt16BE(4)} ${text}`));
      return;
    }
    const index = this.waiters.findIndex((waiter) => waiter.method === method);
    if (index < 0) return;
    const [waiter] = this.waiters.splice(index, 1);
    waiter?.resolve(Buffer.from(payload));
  }

  private fail(error: Error): void {
    if (this.failed !== undefined) return;
    this.failed = error;
    this.socket.destroy();
    for (const waiter of this.waiters.splice(0)) waiter.reject(error);
    if (!this.closing) this.onFailure(error);
  }
}

/** The value of a long-string field of a table somewhere in `bytes`, '?' when there is none. */
function longStringOf(bytes: Buffer, key: string): string {
  const mark = Buffer.concat([Buffer.of(key.length), Buffer.from(`${key}S`)]);
  const at = bytes.indexOf(mark);
  if (at < 0) return '?';
  const start = at + mark.length + 4;
  return bytes.toString('utf8', start, start + bytes.readUInt32BE(start - 4));
}
