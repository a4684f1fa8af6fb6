/**
 * The channels of one connection, and the frames that come in for them.
 *
 * Responsible for which channel a frame belongs to, for opening and freeing channel numbers, and
 * for the short way of the frames that carry traffic. Not responsible for what an error closes
 * (connection.ts) or for what a method does (handlers/).
 */

import { methodExpected } from '../../protocol/assembler.ts';
import {
  FRAME_BODY,
  FRAME_HEADER,
  FRAME_HEARTBEAT,
  FRAME_METHOD,
} from '../../protocol/constants.ts';
import { ProtocolError, unexpectedFrame } from '../../protocol/errors.ts';
import type { FrameSink } from '../../protocol/frame-parser.ts';
import { BASIC_ACK, BASIC_PUBLISH, methodIdAt, uint64At } from '../../protocol/hot.ts';
import { decodeMethod, encodeMethod } from '../../protocol/methods.ts';
import type { Method } from '../../protocol/spec.ts';
import { Chunk, type Message } from '../broker/message.ts';
import { Channel } from './channel.ts';
import { SessionError } from './close.ts';
import type { Connection } from './connection.ts';
import { handleConnectionMethod } from './handlers/connection.ts';
import { handleMethod } from './handlers/registry.ts';
import { tellChannel } from './telling.ts';

const ACK_PAYLOAD_BYTES = 13;
const FRAME_START_BYTES = 7;

const NO_CHUNK = new Chunk(Buffer.alloc(0));

export class Channels implements FrameSink {
  readonly #connection: Connection;
  readonly #channels = new Map<number, Channel>();
  /** The channel of the last frame: most connections use one. */
  #last: Channel | null = null;
  /** The wrapper of the chunk that is being parsed, so that its messages share it. */
  #chunk = NO_CHUNK;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The channels that are open. */
  open(): Iterable<Channel> {
    return this.#channels.values();
  }

  method(number: number, bytes: Buffer, start: number, end: number): void {
    const id = methodIdAt(bytes, start);
    const channel = this.#connection.isOpen ? this.#find(number) : null;
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
        this.#connection.answered();
      }
    } catch (error) {
      this.#connection.fail(error, id, channel);
    }
  }

  header(number: number, bytes: Buffer, start: number, end: number): void {
    const channel = this.#findForContent(number, FRAME_HEADER, bytes, start, end);
    if (channel === null) return;
    try {
      channel.publisher.header(bytes, start, end);
    } catch (error) {
      this.#connection.fail(error, BASIC_PUBLISH, channel);
    }
  }

  bodyPart(number: number, bytes: Buffer, start: number, end: number, last: boolean): void {
    const channel = this.#findForContent(number, FRAME_BODY, bytes, start, end);
    if (channel === null) return;
    try {
      channel.publisher.bodyPart(bytes, start, end, last);
    } catch (error) {
      this.#connection.fail(error, BASIC_PUBLISH, channel);
    }
  }

  /**
   * Says nothing but that the peer lives, which is noted with any octets; on channel 0 only (A1.6).
   */
  heartbeat(number: number): void {
    if (number === 0) return;
    const nothing = Buffer.alloc(0);
    this.#connection.fail(unexpectedFrame(FRAME_HEARTBEAT, nothing, 0, 0), 0, null);
  }

  /** The shared wrapper of `bytes`, for messages that keep slices of it. */
  chunkOf(bytes: Buffer): Chunk {
    if (this.#chunk.bytes !== bytes) this.#chunk = new Chunk(bytes);
    return this.#chunk;
  }

  /** The chunk has been parsed: whatever needs it has it. */
  forgetChunk(): void {
    this.#chunk = NO_CHUNK;
  }

  /** Ends a channel and frees its number. */
  remove(channel: Channel): void {
    // What is confirmed by now is still said: the client may be waiting for it.
    channel.finishTurn();
    channel.end();
    this.#channels.delete(channel.number);
    this.#last = null;
    tellChannel('channel.closed', this.#connection, channel.number);
  }

  removeAll(): void {
    for (const channel of [...this.#channels.values()]) this.remove(channel);
  }

  /** Messages that wait for an acknowledgement or a commit, for compaction. */
  *heldMessages(): Iterable<Message> {
    for (const channel of this.#channels.values()) {
      for (const { entry } of channel.unacked) yield entry.message;
      if (channel.transaction !== null) yield* channel.transaction.messages();
    }
  }

  #find(number: number): Channel | null {
    const last = this.#last;
    if (last !== null && last.number === number) return last;
    const channel = this.#channels.get(number) ?? null;
    this.#last = channel;
    return channel;
  }

  #findForContent(
    number: number,
    type: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): Channel | null {
    if (!this.#connection.isReading) return null;
    const channel = this.#find(number);
    if (channel === null) {
      const error =
        number === 0 || this.#connection.handshake !== null
          ? unexpectedFrame(type, bytes, start, end - start)
          : methodExpected();
      this.#connection.fail(error, 0, null);
    }
    return channel === null || channel.closing ? null : channel;
  }

  /**
   * Methods outside an open channel: channel 0, a channel that is opened or closing, the handshake.
   */
  #coldMethod(
    number: number,
    channel: Channel | null,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    const connection = this.#connection;
    const id = methodIdAt(bytes, start);
    if (number !== 0 && connection.handshake !== null) {
      connection.fail(unexpectedFrame(FRAME_METHOD, bytes, start, end - start), 0, null);
      return;
    }
    try {
      const method = decodeMethod(bytes, start, end);
      if (!connection.isReading) this.#whileClosing(method);
      else if (connection.handshake !== null) connection.handshake.method(method);
      else if (number === 0) handleConnectionMethod(connection, method);
      else if (channel !== null) this.#onClosingChannel(channel, method);
      else if (method.name === 'channel.open') this.#open(number);
      else throw new SessionError('CHANNEL_ERROR', "expected 'channel.open'");
    } catch (error) {
      connection.fail(number === 0 ? onChannel0(error, id) : error, id, null);
    }
  }

  /** Takes a method of channel 0 that had to wait (handshake.ts). */
  replay(method: Method): void {
    const payload = encodeMethod(0, method).subarray(FRAME_START_BYTES, -1);
    this.method(0, payload, 0, payload.length);
  }

  #open(number: number): void {
    const connection = this.#connection;
    const { channelMax } = connection.session;
    const open = this.#channels.size;
    if (channelMax !== 0 && open >= channelMax) {
      throw new SessionError(
        'NOT_ALLOWED',
        `number of channels opened (${open}) has reached the negotiated channel_max ` +
          `(${channelMax})`,
        0,
        0,
      );
    }
    this.#channels.set(number, new Channel(connection, number, connection.vhost));
    tellChannel('channel.created', connection, number);
    connection.send(number, { name: 'channel.open-ok' });
  }

  #whileClosing(method: Method): void {
    if (method.name === 'connection.close-ok') this.#connection.closeAnswered();
    else if (method.name === 'connection.close') this.#connection.closeByClient();
  }

  /** A3.11: all is dropped but the answer, a close that crossed ours, and a mistaken open. */
  #onClosingChannel(channel: Channel, method: Method): void {
    if (method.name === 'channel.close-ok') this.remove(channel);
    else if (method.name === 'channel.close') channel.send({ name: 'channel.close-ok' });
    else if (method.name === 'channel.open') {
      throw new SessionError('CHANNEL_ERROR', "second 'channel.open' seen");
    }
  }
}

/** RabbitMQ's reader answers what it cannot decode itself on channel 0, and differently. */
function onChannel0(error: unknown, id: number): unknown {
  if (!(error instanceof ProtocolError) || error.reply !== 'FRAME_ERROR') return error;
  if (error.classId === 0) {
    return new ProtocolError(error.reply, error.message, id >>> 16, id & 0xffff);
  }
  return new ProtocolError('INTERNAL_ERROR', '', 0, 0, error.message);
}
