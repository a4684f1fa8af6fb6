/**
 * A connection: frames in, frames out, and the channels between.
 *
 * Responsible for the life of the conversation (handshake, running, closing), for which channel a frame
 * belongs to, for what an error closes, and for when the socket is read and written. Not responsible for
 * the handshake's steps (handshake.ts) or for methods on channels (handlers/).
 */
import { unexpectedFrame } from '../../protocol/errors.ts';
import { FrameParser, type FrameSink } from '../../protocol/frame-parser.ts';
import { BASIC_ACK, BASIC_PUBLISH, methodIdAt, uint64At } from '../../protocol/hot.ts';
import { decodeMethod, encodeMethod, HEARTBEAT_FRAME } from '../../protocol/methods.ts';
import type { Method } from '../../protocol/spec.ts';
import type { User } from '../auth/users.ts';
import { Chunk } from '../broker/message.ts';
import type { VirtualHost } from '../broker/vhost.ts';
import type { WheelTimer } from '../lib/timer-wheel.ts';
import { Channel } from './channel.ts';
import { type Closing, closingFor, SessionError } from './close.ts';
import { ConnectionLog } from './connection-log.ts';
import type { ChannelConsumer } from './consumer.ts';
import type { Holdable } from './flow-control.ts';
import { handleConnectionMethod } from './handlers/connection.ts';
import { handleMethod } from './handlers/registry.ts';
import { Handshake } from './handshake.ts';
import { Heartbeat } from './heartbeat.ts';
import type { SessionHost } from './host.ts';
import { Output } from './output.ts';
import { ReadControl } from './read-control.ts';
import type { Transport, TransportListener } from './transport.ts';

/** How long the answer to connection.close is waited for at most (A1.9). */
const CLOSE_TIMEOUT_MS = 30_000;
const ACK_PAYLOAD_BYTES = 13;

/** What the handshake agreed on. */
export interface Session {
  readonly user: User;
  readonly vhost: VirtualHost;
  readonly channelMax: number;
  readonly frameMax: number;
  readonly heartbeatSeconds: number;
  /** Capabilities that the client announced. */
  readonly capabilities: ReadonlySet<string>;
  /** The client's `connection_name`, or the empty string. */
  readonly clientName: string;
}

type State = 'handshake' | 'running' | 'closing' | 'closed';

export class Connection implements TransportListener, FrameSink, Holdable {
  readonly host: SessionHost;
  readonly id: number;
  /** `peer address:port -> own address:port`, as RabbitMQ names connections. */
  readonly name: string;
  readonly transport: Transport;
  readonly output: Output;
  readonly log: ConnectionLog;
  /** Resolves when the stream is gone and everything was given back. */
  readonly closed: Promise<void>;
  readonly #parser: FrameParser;
  readonly #reading: ReadControl;
  readonly #channels = new Map<number, Channel>();
  #state: State = 'handshake';
  #handshake: Handshake | null;
  #session: Session | null = null;
  #heartbeat: Heartbeat | null = null;
  #closeTimer: WheelTimer | null = null;
  #markClosed: () => void = () => undefined;
  /** The wrapper of the chunk that is being parsed, so that its messages share it. */
  #chunk = new Chunk(HEARTBEAT_FRAME);
  /** The channel of the last frame: most connections use one. */
  #lastChannel: Channel | null = null;
  #stalled: ChannelConsumer[] = [];
  #confirmsDue: Channel[] = [];
  readonly onCaughtUp: () => void;

  constructor(host: SessionHost, transport: Transport, id: number) {
    this.host = host;
    this.id = id;
    this.transport = transport;
    const { peer, local } = transport;
    this.name = `${peer.address}:${peer.port} -> ${local.address}:${local.port}`;
    this.log = new ConnectionLog(host.log, id, this.name);
    this.onCaughtUp = () => host.flow.release(this);
    this.closed = new Promise((resolve) => {
      this.#markClosed = resolve;
    });
    this.output = new Output(transport, host.slabs, () => host.schedule(this));
    this.#parser = new FrameParser(this, host.options.frameMaxBytes);
    this.#reading = new ReadControl(transport, host.broker.memory);
    this.#handshake = new Handshake(this);
    this.log.accepting();
    transport.attach(this);
  }

  get isOpen(): boolean {
    return this.#state === 'running';
  }

  /** What was agreed on. Only to be asked for once the connection is open. */
  get session(): Session {
    if (this.#session === null) throw new Error('connection is not open');
    return this.#session;
  }

  get user(): User {
    return this.session.user;
  }

  get vhost(): VirtualHost {
    return this.session.vhost;
  }

  /** Largest frame to send, in octets; 0 for any. */
  get frameMax(): number {
    return this.session.frameMax;
  }

  /** Whether deliveries may be written now. */
  get canDeliver(): boolean {
    return this.#state === 'running' && this.output.open && !this.output.congested;
  }

  hasCapability(name: string): boolean {
    return this.session.capabilities.has(name);
  }

  // Octets and frames in

  onData(chunk: Buffer): void {
    const { broker, flow } = this.host;
    flow.noteActivity();
    if (this.#heartbeat !== null) this.#heartbeat.received = true;
    try {
      const rest = this.#handshake === null ? chunk : this.#handshake.takeProtocolHeader(chunk);
      if (rest !== null) this.#parser.push(rest);
    } catch (error) {
      this.#fail(null, error, 0);
    }
    const lagging = broker.flow.takeLagging();
    if (lagging !== null && this.#state === 'running') flow.hold(this, lagging);
    if (broker.memory.wantsCompaction) broker.compactIfNeeded();
  }

  method(number: number, bytes: Buffer, start: number, end: number): void {
    const id = methodIdAt(bytes, start);
    const channel = this.#state === 'running' ? this.#channel(number) : null;
    if (channel === null || channel.closing) {
      this.#coldMethod(number, channel, bytes, start, end);
      return;
    }
    try {
      if (channel.publisher.expectsContent) throw channel.publisher.interrupted();
      if (id === BASIC_PUBLISH) {
        channel.publisher.begin(bytes, start, end);
      } else if (id === BASIC_ACK && end - start === ACK_PAYLOAD_BYTES) {
        const multiple = ((bytes[start + 12] as number) & 1) !== 0;
        channel.settle(uint64At(bytes, start + 4), multiple, 'acknowledged');
      } else {
        handleMethod(channel, decodeMethod(bytes, start, end));
      }
    } catch (error) {
      this.#fail(channel, error, id);
    }
  }

  header(number: number, bytes: Buffer, start: number, end: number): void {
    const channel = this.#contentChannel(number, 2, bytes, start, end);
    if (channel === null) return;
    try {
      channel.publisher.header(bytes, start, end);
    } catch (error) {
      this.#fail(channel, error, BASIC_PUBLISH);
    }
  }

  bodyPart(number: number, bytes: Buffer, start: number, end: number, last: boolean): void {
    const channel = this.#contentChannel(number, 3, bytes, start, end);
    if (channel === null) return;
    try {
      channel.publisher.bodyPart(bytes, start, end, last);
    } catch (error) {
      this.#fail(channel, error, BASIC_PUBLISH);
    }
  }

  heartbeat(): void {
    // Nothing to do: onData has noted that the peer lives.
  }

  /** The shared wrapper of `bytes`, for messages that keep slices of it. */
  chunkOf(bytes: Buffer): Chunk {
    if (this.#chunk.bytes !== bytes) this.#chunk = new Chunk(bytes);
    return this.#chunk;
  }

  // Frames out

  send(channel: number, method: Method): void {
    if (this.#state !== 'closed') this.output.append(encodeMethod(channel, method));
  }

  /** The channel has confirms to write at the end of this turn. */
  confirmsDue(channel: Channel): void {
    if (this.#confirmsDue.includes(channel)) return;
    this.#confirmsDue.push(channel);
    this.output.requestFlush();
  }

  flush(): void {
    for (const channel of this.#confirmsDue) if (!channel.closing) channel.confirms?.flush();
    this.#confirmsDue.length = 0;
    this.output.flush();
    if (this.#heartbeat !== null) this.#heartbeat.sent = true;
    this.#wakeStalled();
  }

  /** Tells a consumer when there is room for deliveries again. */
  waitForRoom(consumer: ChannelConsumer): void {
    if (consumer.stalled) return;
    consumer.stalled = true;
    this.#stalled.push(consumer);
  }

  onDrain(): void {
    this.#wakeStalled();
  }

  // Reading less

  pauseFor(reason: 'flow' | 'alarm'): void {
    this.#reading.pauseFor(reason);
    if (this.#heartbeat !== null) this.#heartbeat.paused = true;
  }

  resumeFrom(reason: 'flow' | 'alarm'): void {
    this.#reading.resumeFrom(reason);
    if (this.#heartbeat !== null) this.#heartbeat.paused = this.#reading.isPaused;
  }

  /** A publish was taken in; under an alarm it is the last for now (A10.1). */
  published(): void {
    if (!this.#reading.mustBlock) return;
    this.pauseFor('alarm');
    if (this.hasCapability('connection.blocked')) {
      this.send(0, { name: 'connection.blocked', reason: 'low on memory' });
    }
  }

  alarmCleared(): void {
    if (!this.#reading.isPausedFor('alarm')) return;
    this.resumeFrom('alarm');
    if (this.hasCapability('connection.blocked')) this.send(0, { name: 'connection.unblocked' });
  }

  // Life

  /** The handshake is done. */
  open(session: Session): void {
    this.#session = session;
    this.#handshake = null;
    this.#state = 'running';
    this.host.broker.events.emit('connection.created', this.#identity());
  }

  /** Limits and heartbeats as the client's tune-ok has them: in force at once. */
  tuned(frameMax: number, heartbeatSeconds: number): void {
    this.#parser.maxFrameBytes = frameMax;
    this.#heartbeat = new Heartbeat(this.host.wheel, heartbeatSeconds, {
      send: () => {
        this.output.append(HEARTBEAT_FRAME);
      },
      missed: () => {
        this.log.missedHeartbeats(heartbeatSeconds);
        this.drop('missed heartbeats from client');
      },
    });
  }

  openChannel(number: number): void {
    const { channelMax } = this.session;
    if (channelMax !== 0 && this.#channels.size >= channelMax) {
      throw new SessionError(
        'NOT_ALLOWED',
        `number of channels opened (${this.#channels.size}) has reached the negotiated channel_max (${channelMax})`,
      );
    }
    this.#channels.set(number, new Channel(this, number, this.vhost));
    this.host.broker.events.emit('channel.created', { connection: this.name, number });
    this.send(number, { name: 'channel.open-ok' });
  }

  /** Ends a channel and frees its number. */
  removeChannel(channel: Channel): void {
    channel.end();
    this.#channels.delete(channel.number);
    this.#lastChannel = null;
    const event = { connection: this.name, number: channel.number };
    this.host.broker.events.emit('channel.closed', event);
  }

  /** The client closes: everything is given back before it is told so. */
  closeByClient(): void {
    this.#giveBack();
    this.send(0, { name: 'connection.close-ok' });
    this.#finish('client');
  }

  /** The client has answered our close. */
  closeAnswered(): void {
    this.#finish('server');
  }

  /** Closes with a reply of our own and waits for the answer. */
  closeWith(closing: Closing): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#giveBack();
    this.#state = 'closing';
    this.#handshake?.stop();
    const { replyCode, replyText, classId, methodId } = closing;
    this.send(0, { name: 'connection.close', replyCode, replyText, classId, methodId });
    const heartbeatMs = (this.#session?.heartbeatSeconds ?? 0) * 1000;
    const timeoutMs =
      heartbeatMs === 0 ? CLOSE_TIMEOUT_MS : Math.min(heartbeatMs, CLOSE_TIMEOUT_MS);
    this.#closeTimer = this.host.wheel.schedule(() => this.drop('no answer to close'), timeoutMs);
    this.#reading.resumeAll();
  }

  /** The broker goes, or an operator wants the client gone: 320 CONNECTION_FORCED (A3.13). */
  shutDown(reason: string): void {
    if (this.#state === 'handshake') this.drop(reason);
    else this.closeWith(closingFor(new SessionError('CONNECTION_FORCED', reason), 0));
  }

  /** Drops the stream at once. */
  drop(reason: string): void {
    if (this.#state === 'closed') return;
    this.log.dropped(reason);
    this.transport.destroy();
  }

  /** Sends what is due and ends the stream, without another word. */
  endQuietly(): void {
    this.#parser.stop();
    this.flush();
    this.transport.end();
  }

  onEnd(): void {
    if (this.#state === 'closed') return;
    if (this.#state !== 'closing') this.log.clientVanished();
    this.transport.end();
  }

  onClose(error: Error | null): void {
    if (this.#state === 'closed') return;
    this.#giveBack();
    this.#state = 'closed';
    this.#parser.stop();
    this.#handshake?.stop();
    this.#heartbeat?.stop();
    this.#closeTimer?.cancel();
    this.host.flow.release(this);
    this.host.connections.delete(this);
    this.log.closed(error);
    if (this.#session !== null) {
      const event = { ...this.#identity(), reason: this.log.reason };
      this.host.broker.events.emit('connection.closed', event);
    }
    this.#markClosed();
  }

  /** Asked of errors in handlers of channel 0 and in the handshake. */
  fail(error: unknown, methodId: number): void {
    this.#fail(null, error, methodId);
  }

  #fail(channel: Channel | null, error: unknown, methodId: number): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    if (this.#handshake !== null) {
      this.#handshake.fail(error, methodId);
      return;
    }
    const closing = closingFor(error, methodId);
    this.log.failed(error, closing, channel?.number ?? 0);
    if (closing.scope === 'connection' || channel === null) {
      this.closeWith(closing);
      return;
    }
    channel.closing = true;
    channel.end();
    const { replyCode, replyText, classId } = closing;
    const reply = { replyCode, replyText, classId, methodId: closing.methodId };
    channel.send({ name: 'channel.close', ...reply });
  }

  #channel(number: number): Channel | null {
    const last = this.#lastChannel;
    if (last !== null && last.number === number) return last;
    const channel = this.#channels.get(number) ?? null;
    this.#lastChannel = channel;
    return channel;
  }

  #contentChannel(
    number: number,
    type: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): Channel | null {
    if (this.#state === 'closing' || this.#state === 'closed') return null;
    const channel = this.#channel(number);
    if (channel === null) this.#fail(null, unexpectedFrame(type, bytes, start, end - start), 0);
    return channel === null || channel.closing ? null : channel;
  }

  /** Methods outside an open channel: channel 0, a channel that is opened or closing, the handshake. */
  #coldMethod(
    number: number,
    channel: Channel | null,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    const id = methodIdAt(bytes, start);
    try {
      const method = decodeMethod(bytes, start, end);
      if (this.#handshake !== null) this.#handshake.method(number, method);
      else if (this.#state === 'closing') this.#whileClosing(method);
      else if (number === 0) handleConnectionMethod(this, method);
      else if (channel !== null) this.#onClosingChannel(channel, method);
      else if (method.name === 'channel.open') this.openChannel(number);
      else throw new SessionError('CHANNEL_ERROR', "expected 'channel.open'");
    } catch (error) {
      this.#fail(null, error, id);
    }
  }

  #whileClosing(method: Method): void {
    if (method.name === 'connection.close-ok') this.closeAnswered();
    else if (method.name === 'connection.close') this.closeByClient();
  }

  /** A3.11: only an end of the channel counts. */
  #onClosingChannel(channel: Channel, method: Method): void {
    if (method.name === 'channel.close') channel.send({ name: 'channel.close-ok' });
    if (method.name === 'channel.close' || method.name === 'channel.close-ok') {
      this.removeChannel(channel);
    }
  }

  #giveBack(): void {
    for (const channel of [...this.#channels.values()]) this.removeChannel(channel);
    this.#session?.vhost.deleteQueuesOf(this);
    this.#stalled = [];
  }

  #finish(by: 'client' | 'server'): void {
    this.log.reason = `closed by ${by}`;
    this.#state = 'closing';
    this.endQuietly();
  }

  #wakeStalled(): void {
    if (this.#stalled.length === 0 || !this.canDeliver) return;
    const stalled = this.#stalled;
    this.#stalled = [];
    for (const consumer of stalled) {
      consumer.stalled = false;
      consumer.wake();
    }
  }

  #identity() {
    return { name: this.name, user: this.user.name, vhost: this.vhost.name };
  }
}
