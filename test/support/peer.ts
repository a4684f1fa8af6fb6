// A scripted AMQP 0-9-1 client at the level of frames, for tests: it does what it is told,
// including what no client library would, and shows exactly what came back. Every expectation is
// strict about order within a channel and fails with what came instead. It keeps no topology,
// recovers nothing, and answers nothing by itself except where a method's comment says so.
import type { Duplex } from 'node:stream';
import { FRAME_END, PROTOCOL_HEADER } from '../../protocol/constants.ts';
import { encodeBodyFrames, encodeHeaderFrame, encodeMethod } from '../../protocol/methods.ts';
import { encodeProperties, type Properties } from '../../protocol/properties.ts';
import type { MethodFields, MethodName } from '../../protocol/spec.ts';
import { fromObject } from '../../protocol/table.ts';
import { describeArrival, fillIn, idsOf } from './describe-method.ts';
import { type Arrival, type Content, Wire } from './wire.ts';

/** What a client may say in the handshake; the rest has the defaults of an ordinary client. */
export interface HandshakeOptions {
  user?: string;
  password?: string;
  mechanism?: string;
  /** The SASL response; PLAIN's, from user and password, by default. */
  response?: Buffer;
  vhost?: string;
  /** Answers to tune; what the server offered by default, but no heartbeat. */
  frameMax?: number;
  channelMax?: number;
  heartbeat?: number;
  /** Client properties' `capabilities`; by default all that RabbitMQ reacts to. */
  capabilities?: Readonly<Record<string, boolean>>;
  clientProperties?: Readonly<Record<string, unknown>>;
}

export type ContentMethod = 'basic.deliver' | 'basic.return' | 'basic.get-ok';
export type WithContent<N extends MethodName> = MethodFields<N> &
  Content & { readonly text: string };

/** A close as a test expects it: reply code, whole text, and the method that it blames, if one. */
export interface ExpectedClose {
  code: number;
  text: string;
  /** The method blamed, by name or by its ids; none for (0, 0). */
  method?: MethodName | Ids;
}

/** Class id and method id, for what has no name. */
export type Ids = readonly [classId: number, methodId: number];

const ALL_CAPABILITIES = {
  publisher_confirms: true,
  exchange_exchange_bindings: true,
  'basic.nack': true,
  consumer_cancel_notify: true,
  'connection.blocked': true,
  authentication_failure_close: true,
};

export class Peer {
  readonly wire: Wire;
  /** Negotiated; what this side sends keeps to it. */
  frameMax = 4096;
  #closing = false;

  private constructor(stream: Duplex) {
    this.wire = new Wire(stream);
  }

  /** Writes the protocol header and takes connection.start. */
  static async begin(
    stream: Duplex,
  ): Promise<{ peer: Peer; start: MethodFields<'connection.start'> }> {
    const peer = new Peer(stream);
    peer.wire.write(PROTOCOL_HEADER);
    return { peer, start: await peer.expect(0, 'connection.start') };
  }

  /** The whole handshake, up to open-ok. */
  static async connect(stream: Duplex, options: HandshakeOptions = {}): Promise<Peer> {
    const { peer } = await Peer.begin(stream);
    peer.startOk(options);
    await peer.tune(options);
    peer.send(0, 'connection.open', { virtualHost: options.vhost ?? '/' });
    await peer.expect(0, 'connection.open-ok');
    return peer;
  }

  startOk(options: HandshakeOptions = {}): void {
    const { user = 'guest', password = 'guest', mechanism = 'PLAIN' } = options;
    this.send(0, 'connection.start-ok', {
      clientProperties: fromObject({
        product: 'scripted peer',
        capabilities: options.capabilities ?? ALL_CAPABILITIES,
        ...options.clientProperties,
      }),
      mechanism,
      response: options.response ?? Buffer.from(`\0${user}\0${password}`),
      locale: 'en_US',
    });
  }

  /** Takes connection.tune, answers it, and gives what was offered. */
  async tune(options: HandshakeOptions = {}): Promise<MethodFields<'connection.tune'>> {
    const offer = await this.expect(0, 'connection.tune');
    this.frameMax = options.frameMax ?? offer.frameMax;
    this.wire.limitFrames(this.frameMax);
    this.send(0, 'connection.tune-ok', {
      channelMax: options.channelMax ?? offer.channelMax,
      frameMax: this.frameMax,
      heartbeat: options.heartbeat ?? 0,
    });
    return offer;
  }

  /** Sends one method; fields left out are zero, false or empty. Content is publish()'s. */
  send<N extends MethodName>(
    channel: number,
    name: N,
    fields: Partial<MethodFields<N>> = {},
  ): void {
    if (name === 'connection.close' || name === 'connection.close-ok') this.#closing = true;
    this.wire.write(encodeMethod(channel, fillIn(name, fields)));
  }

  /** Sends a synchronous method and takes its -ok. */
  async call<N extends MethodName>(
    channel: number,
    name: N,
    fields: Partial<MethodFields<N>> = {},
  ): Promise<MethodFields<ReplyTo<N>>> {
    this.send(channel, name, fields);
    return await this.expect(channel, `${name}-ok` as ReplyTo<N>);
  }

  /** Sends a publish with its content in frames that fit the negotiated frame_max. */
  publish(
    channel: number,
    fields: Partial<MethodFields<'basic.publish'>>,
    properties: Properties | Buffer = {},
    body: Buffer | string = '',
  ): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const encoded = Buffer.isBuffer(properties) ? properties : encodeProperties(properties);
    this.send(channel, 'basic.publish', fields);
    this.wire.write(encodeHeaderFrame(channel, bytes.length, encoded));
    for (const frame of encodeBodyFrames(channel, bytes, this.frameMax)) this.wire.write(frame);
  }

  /** Sends one frame of any type, right or wrong. */
  sendFrame(type: number, channel: number, payload: Buffer, end = FRAME_END): void {
    const frame = Buffer.alloc(payload.length + 8);
    frame.writeUInt8(type, 0);
    frame.writeUInt16BE(channel, 1);
    frame.writeUInt32BE(payload.length, 3);
    payload.copy(frame, 7);
    frame.writeUInt8(end, frame.length - 1);
    this.wire.write(frame);
  }

  async open(...channels: number[]): Promise<void> {
    for (const channel of channels) await this.call(channel, 'channel.open');
  }

  /** Takes the next method of a channel, which must be the named one. */
  async expect<N extends MethodName>(channel: number, name: N): Promise<MethodFields<N>> {
    return (await this.#take(channel, name)).method as MethodFields<N>;
  }

  /** As expect(), for the methods that carry content; `text` is the body as a string. */
  async expectContent<N extends ContentMethod>(channel: number, name: N): Promise<WithContent<N>> {
    const { method, content } = await this.#take(channel, name);
    const body = content?.body ?? Buffer.alloc(0);
    return { ...method, ...content, text: body.toString() } as unknown as WithContent<N>;
  }

  nextDelivery(channel: number): Promise<WithContent<'basic.deliver'>> {
    return this.expectContent(channel, 'basic.deliver');
  }

  /** Takes whatever comes next on a channel. */
  next(channel: number): Promise<Arrival> {
    return this.#take(channel, undefined);
  }

  /** Takes the channel.close that is due, compares it, and answers close-ok. */
  async expectClose(channel: number, expected: ExpectedClose): Promise<void> {
    const close = await this.expect(channel, 'channel.close');
    this.send(channel, 'channel.close-ok');
    assertClose(close, expected);
  }

  /** Takes the connection.close that is due, compares it, and answers close-ok. */
  async takeConnectionClose(expected: ExpectedClose): Promise<void> {
    const close = await this.expect(0, 'connection.close');
    this.send(0, 'connection.close-ok');
    assertClose(close, expected);
  }

  /** As takeConnectionClose(), and waits for the end. */
  async expectConnectionClose(expected: ExpectedClose): Promise<void> {
    await this.takeConnectionClose(expected);
    await this.expectEnd();
  }

  /** Waits until the other side has closed the stream; anything unread on channel 0 is an error. */
  expectEnd(): Promise<true> {
    const what = () => 'waiting for the end of the connection';
    return this.wire.until(() => {
      const stray = this.wire.inbox(0)[0];
      if (stray !== undefined) throw new Error(`${what()}, but ${describeArrival(stray)} came`);
      return this.wire.ended ? true : undefined;
    }, what);
  }

  /**
   * Shows that nothing is on its way to `channel`: two round trips on it, the first one by way of
   * `queue` if one is named, so that whatever the queue had sent has arrived by the second.
   */
  async expectNothing(channel: number, queue?: string): Promise<void> {
    if (queue !== undefined) await this.call(channel, 'queue.declare', { queue, passive: true });
    await this.fence(channel);
  }

  /** A round trip on a channel that changes nothing. */
  async fence(channel: number): Promise<void> {
    await this.call(channel, 'exchange.declare', { exchange: 'amq.direct', passive: true });
  }

  /** Closes politely if the connection is still there; leaves no stream open. */
  async close(): Promise<void> {
    const { wire } = this;
    if (!wire.ended && !this.#closing && wire.failure === undefined) {
      this.send(0, 'connection.close', { replyCode: 200, replyText: 'Goodbye' });
      const done = () => wire.inbox(0).some((a) => a.method.name.startsWith('connection.close'));
      await wire.until(
        () => (wire.ended || done() ? true : undefined),
        () => 'closing',
      );
    }
    wire.stream.destroy();
  }

  /** Goes away without a word, as a crashed client does. */
  drop(): void {
    this.wire.stream.destroy();
  }

  #take(channel: number, name: MethodName | undefined): Promise<Arrival> {
    const what = () => `waiting for ${name ?? 'anything'} on channel ${channel}`;
    return this.wire.until(() => {
      const arrival = this.wire.inbox(channel).shift();
      if (arrival !== undefined) {
        if (name === undefined || arrival.method.name === name) return arrival;
        throw new Error(`${what()}: ${describeArrival(arrival)} came instead`);
      }
      if (this.wire.failure !== undefined) throw this.wire.failure;
      const close = this.wire.inbox(0)[0];
      if (channel !== 0 && close?.method.name === 'connection.close') {
        throw new Error(`${what()}: ${describeArrival(close)} came instead`);
      }
      if (this.wire.ended) throw new Error(`${what()}: the connection ended instead`);
      return undefined;
    }, what);
  }
}

/** The -ok of a synchronous method. */
export type ReplyTo<N extends MethodName> = Extract<MethodName, `${N}-ok`>;

function assertClose(
  close: Pick<MethodFields<'channel.close'>, 'replyCode' | 'replyText' | 'classId' | 'methodId'>,
  expected: ExpectedClose,
): void {
  const { method } = expected;
  const [classId, methodId] = typeof method === 'object' ? method : idsOf(method);
  const wanted = `${expected.code} "${expected.text}" (${classId}, ${methodId})`;
  const got = `${close.replyCode} "${close.replyText}" (${close.classId}, ${close.methodId})`;
  if (got !== wanted) throw new Error(`closed with\n  ${got}\nin place of\n  ${wanted}`);
}
