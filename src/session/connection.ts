/**
 * A connection: a conversation over one stream.
 *
 * Responsible for its life (handshake, running, closing), for what an error closes, and for when
 * the stream is read and written. Not responsible for the handshake's steps (handshake.ts) or for
 * frames and channels (channels.ts).
 */
import { FrameParser } from '../../protocol/frame-parser.ts';
import { encodeMethod, HEARTBEAT_FRAME } from '../../protocol/methods.ts';
import type { Method } from '../../protocol/spec.ts';
import type { User } from '../auth/users.ts';
import type { VirtualHost } from '../broker/vhost.ts';
import type { WheelTimer } from '../lib/timer-wheel.ts';
import type { Channel } from './channel.ts';
import { Channels } from './channels.ts';
import { type Closing, closeTimeoutMs, closingFor, SessionError } from './close.ts';
import { ConnectionLog } from './connection-log.ts';
import type { ChannelConsumer } from './consumer.ts';
import type { Holdable } from './flow-control.ts';
import { Handshake } from './handshake.ts';
import { Heartbeat } from './heartbeat.ts';
import type { SessionHost } from './host.ts';
import { Output } from './output.ts';
import { PublishHold } from './publish-hold.ts';
import { type PauseReason, ReadControl } from './read-control.ts';
import type { Session } from './session.ts';
import { StalledConsumers } from './stalled.ts';
import { tellClosed, tellOpened } from './telling.ts';
import type { Transport, TransportListener } from './transport.ts';

type State = 'handshake' | 'running' | 'closing' | 'closed';

export class Connection implements TransportListener, Holdable {
  readonly host: SessionHost;
  readonly id: number;
  /** `peer address:port -> own address:port`, as RabbitMQ names connections. */
  readonly name: string;
  /** Epoch milliseconds. */
  readonly connectedAtMs: number;
  readonly transport: Transport;
  readonly output: Output;
  readonly log: ConnectionLog;
  readonly channels: Channels;
  /** Resolves when the stream is gone and everything was given back. */
  readonly closed: Promise<void>;
  readonly #parser: FrameParser;
  readonly #reading: ReadControl;
  /** What holds it back when it publishes. */
  readonly publishing: PublishHold;
  #state: State = 'handshake';
  /** null once it is done. */
  handshake: Handshake | null;
  #session: Session | null = null;
  #heartbeat: Heartbeat | null = null;
  /** close-ok was sent: all that is waited for is the end of the client's stream. */
  #isLeftToClient = false;
  #closeTimer: WheelTimer | null = null;
  #markClosed: () => void = () => undefined;
  readonly #stalled = new StalledConsumers();
  /** Channels with something to write at the end of this turn. */
  readonly #working: Channel[] = [];
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
    this.channels = new Channels(this);
    this.#parser = new FrameParser(this.channels, host.options.initialFrameMaxBytes);
    this.#reading = new ReadControl(transport, host.broker.alarms);
    this.publishing = new PublishHold(this, this.#reading);
    this.handshake = new Handshake(this);
    this.connectedAtMs = host.broker.clock.now();
    this.log.accepting();
    transport.attach(this);
  }

  get isOpen(): boolean {
    return this.#state === 'running';
  }

  /** Whether anything but the answer to a close is still taken from the peer. */
  get isReading(): boolean {
    return this.#state === 'handshake' || this.#state === 'running';
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
    if (this.#state !== 'running' || this.transport.isBroken) return false;
    return this.output.open && !this.output.congested;
  }

  hasCapability(name: string): boolean {
    return this.session.capabilities.has(name);
  }

  onData(chunk: Buffer): void {
    const { broker } = this.host;
    if (this.#heartbeat !== null) this.#heartbeat.received = true;
    this.#parse(chunk);
    this.#holdIfBehind(chunk.length);
    if (this.isReading) this.host.turnBudget.noteRead(this.#reading, chunk.length);
    if (broker.relief.isDiskBehind) this.publishing.waitForDisk();
    broker.compactIfNeeded();
    broker.relief.relieveIfNeeded();
  }

  // Frames out

  send(channel: number, method: Method): void {
    if (this.#state !== 'closed') this.output.append(encodeMethod(channel, method));
  }

  /** The channel has something to write at the end of this turn. */
  workDue(channel: Channel): void {
    if (channel.isWorkDue) return;
    channel.isWorkDue = true;
    this.#working.push(channel);
    this.output.requestFlush();
  }

  flush(): void {
    for (const channel of this.#working) channel.finishTurn();
    this.#working.length = 0;
    this.output.flush();
    if (this.#heartbeat !== null) this.#heartbeat.sent = true;
    if (this.canDeliver) this.#stalled.wake();
  }

  /** Tells a consumer when there is room for deliveries again. */
  waitForRoom(consumer: ChannelConsumer): void {
    this.#stalled.add(consumer);
  }

  onDrain(): void {
    // A peer that is not read shows that it lives by reading.
    if (this.#heartbeat !== null && this.#reading.isPaused) this.#heartbeat.received = true;
    if (this.#reading.isPausedFor('output')) this.#goOnAfter('output');
    if (this.canDeliver) this.#stalled.wake();
  }

  // Reading less

  pauseFor(reason: PauseReason): void {
    this.#reading.pauseFor(reason);
    if (this.#reading.holdsFrames) this.#parser.pause();
    this.#noteHeartbeats();
  }

  resumeFrom(reason: PauseReason): void {
    this.#reading.resumeFrom(reason);
    this.#noteHeartbeats();
  }

  /** An answer was written: a peer that takes none is asked nothing more until it does. */
  answered(): void {
    if (this.output.flooded && this.#state === 'running') this.pauseFor('output');
  }

  /**
   * Calls `answer` once `begin` calls back, unless the connection is closed by then. Meanwhile no
   * further frame of this client is handled.
   */
  waitFor(begin: (done: () => void) => void, answer: () => void): void {
    this.pauseFor('durability');
    let isWithin = true;
    begin(() => {
      if (this.#state !== 'running') return;
      answer();
      this.answered();
      this.#goOnAfter('durability', isWithin);
    });
    isWithin = false;
  }

  // Life

  /** The handshake is done. */
  open(session: Session): void {
    this.#session = session;
    this.handshake = null;
    this.#state = 'running';
  }

  /** The client has been told: others may know. */
  announce(): void {
    tellOpened(this);
  }

  /** Limits and heartbeats as the client's tune-ok has them: in force at once. */
  tuned(frameMax: number, heartbeatSeconds: number): void {
    this.#parser.maxFrameBytes = frameMax;
    this.#heartbeat = new Heartbeat(this.host.wheel, heartbeatSeconds, {
      send: () => void this.output.append(HEARTBEAT_FRAME),
      missed: () => {
        this.log.missedHeartbeats(heartbeatSeconds);
        this.drop('missed heartbeats from client');
      },
    });
  }

  /**
   * The client closes: everything is given back before it is told so. The end of the stream is left
   * to it, as in RabbitMQ: some clients (amqp091-go 1.10) take an end behind close-ok for a loss.
   */
  closeByClient(): void {
    this.#isLeftToClient = this.#state !== 'closing';
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
    // First, so that whoever is told of what follows cannot close it a second time.
    this.#state = 'closing';
    this.#giveBack();
    this.handshake?.stop();
    const { replyCode, replyText, classId, methodId } = closing;
    this.send(0, { name: 'connection.close', replyCode, replyText, classId, methodId });
    this.#closeTimer = this.#dropIn(closeTimeoutMs(this.#session?.heartbeatSeconds));
    this.#reading.resumeAll();
    this.#parse(null);
  }

  /** The broker goes, or an operator wants the client gone: 320 CONNECTION_FORCED (A3.13). */
  shutDown(reason: string): void {
    if (this.#state === 'handshake') this.drop(reason);
    else if (this.#isLeftToClient) this.transport.end();
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
    if (this.#state === 'closing') {
      this.transport.end();
      return;
    }
    // Nobody is there to read what is left: what it holds goes back at once.
    this.log.clientVanished();
    this.transport.destroy();
  }

  onClose(error: Error | null): void {
    if (this.#state === 'closed') return;
    this.#giveBack();
    this.#state = 'closed';
    this.#parser.stop();
    this.handshake?.stop();
    this.#heartbeat?.stop();
    this.#closeTimer?.cancel();
    this.host.flow.release(this);
    this.host.turnBudget.forget(this.#reading);
    this.host.connections.delete(this);
    this.log.closed(error);
    if (this.#session !== null) tellClosed(this);
    this.#markClosed();
  }

  /** Something failed: closes the channel or the connection, as the error has it (close.ts). */
  fail(error: unknown, methodId: number, channel: Channel | null): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    if (this.handshake !== null) {
      this.handshake.fail(error, methodId);
      return;
    }
    const closing = closingFor(error, methodId);
    this.log.failed(error, closing, channel?.number ?? 0);
    if (closing.scope === 'connection' || channel === null) {
      this.closeWith(closing);
      return;
    }
    channel.closeWith(closing);
  }

  /** Ends what was parsed: its chunk is let go of, and a queue that fell behind is waited for. */
  #holdIfBehind(bytes: number): void {
    const { broker, flow } = this.host;
    this.channels.forgetChunk();
    const lagging = broker.flow.takeLagging();
    if (lagging !== null && this.#state === 'running') flow.hold(this, lagging, bytes);
  }

  /** Takes frames again, unless they have to wait for something else, too. */
  #goOnAfter(reason: PauseReason, isParsing = false): void {
    this.resumeFrom(reason);
    if (this.#reading.holdsFrames) return;
    this.#parse(null);
    if (!isParsing) this.#holdIfBehind(0);
  }

  /** Parses what came, or goes on with what was left when the peer took no answers. */
  #parse(chunk: Buffer | null): void {
    try {
      if (chunk === null) {
        this.#parser.resume();
        return;
      }
      const rest = this.handshake === null ? chunk : this.handshake.takeProtocolHeader(chunk);
      if (rest !== null) this.#parser.push(rest);
    } catch (error) {
      // The parser has stopped: no answer to a close can be read any more.
      this.fail(error, 0, null);
      this.#endUnheard();
    }
  }

  /** Sends what is due and the end of the stream, and gives the peer a while to read it. */
  #endUnheard(): void {
    if (this.#state !== 'closing') return;
    this.endQuietly();
    this.#closeTimer?.reschedule(closeTimeoutMs(undefined));
  }

  /** Silence of a peer that we do not read says nothing; of one that does not read us, it does. */
  #noteHeartbeats(): void {
    if (this.#heartbeat === null) return;
    this.#heartbeat.paused = this.#reading.isPaused && !this.#reading.isPausedFor('output');
  }

  #dropIn(delayMs: number): WheelTimer {
    return this.host.wheel.schedule(() => this.drop('no answer to close'), delayMs);
  }

  #giveBack(): void {
    this.channels.removeAll();
    this.#session?.vhost.deleteQueuesOf(this);
    this.#stalled.clear();
  }

  #finish(by: 'client' | 'server'): void {
    this.log.reason = `closed by ${by}`;
    this.#state = 'closing';
    this.#heartbeat?.stop();
    this.#parser.stop();
    this.flush();
    if (this.#isLeftToClient) this.#reading.resumeAll();
    else this.transport.end();
    // A peer that does not read to the end, or does not end, is not waited for.
    this.#closeTimer ??= this.#dropIn(closeTimeoutMs(this.#session?.heartbeatSeconds));
  }
}
