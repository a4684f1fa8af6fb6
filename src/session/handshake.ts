/**
 * The handshake (spec 2.2.4, A.1): protocol header, start, login, tune, open.
 *
 * Responsible for its order, its negotiation and its time limit, and for how errors are answered in
 * it: a peer that is not logged in yet gets silence instead of a reply, and waits for the end
 * (A1.9). Not responsible for whether a password is right (auth/).
 */
import { PROTOCOL_HEADER } from '../../protocol/constants.ts';
import type { Method } from '../../protocol/spec.ts';
import type { FieldTable } from '../../protocol/table.ts';
import type { AuthResult } from '../auth/authenticator.ts';
import type { User } from '../auth/users.ts';
import type { VirtualHost } from '../broker/vhost.ts';
import type { WheelTimer } from '../lib/timer-wheel.ts';
import { closingFor, SessionError } from './close.ts';
import type { Connection } from './connection.ts';
import { serverProperties } from './server-properties.ts';
import { tellLogin } from './telling.ts';

/** How long a peer that failed before its login waits for the end of the stream (A1.9). */
const SILENT_CLOSE_MS = 3_000;
/** AMQP 0-9 as earlier clients wrote it; taken for 0-9-1 (A1.2). */
const PROTOCOL_HEADER_0_9 = Buffer.from([0x41, 0x4d, 0x51, 0x50, 1, 1, 0, 9]);

const CONNECTION_CLASS = 10;
const TUNE_METHOD = 30;

type Step = 'header' | 'start' | 'login' | 'tune' | 'open' | 'failed';

export class Handshake {
  readonly #connection: Connection;
  readonly #timer: WheelTimer | null;
  #silence: WheelTimer | null = null;
  #step: Step = 'header';
  /** Methods that came while the login was being checked. */
  readonly #early: Method[] = [];
  #headerOctets: Buffer = Buffer.alloc(0);
  #user: User | null = null;
  #mechanism = '';
  #clientProperties: FieldTable = new Map();
  #channelMax = 0;
  #frameMax = 0;
  #heartbeatSeconds = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
    const { wheel, options } = connection.host;
    const giveUp = () => {
      connection.log.handshakeFailed('handshake_timeout');
      connection.drop('handshake timeout');
    };
    const timeoutMs = options.handshakeTimeoutMs;
    this.#timer = Number.isFinite(timeoutMs) ? wheel.schedule(giveUp, timeoutMs) : null;
  }

  /** Ends its timers: the handshake is over, well or not. */
  stop(): void {
    this.#timer?.cancel();
    this.#silence?.cancel();
  }

  /**
   * Takes octets until the protocol header is complete; returns what belongs to frames, or null.
   */
  takeProtocolHeader(chunk: Buffer): Buffer | null {
    if (this.#step !== 'header') return chunk;
    const octets = Buffer.concat([this.#headerOctets, chunk]);
    if (octets.length < PROTOCOL_HEADER.length) {
      this.#headerOctets = octets;
      return null;
    }
    const header = octets.subarray(0, PROTOCOL_HEADER.length);
    if (!header.equals(PROTOCOL_HEADER) && !header.equals(PROTOCOL_HEADER_0_9)) {
      this.#refuseHeader(header);
      return null;
    }
    this.#step = 'start';
    this.#connection.send(0, {
      name: 'connection.start',
      versionMajor: 0,
      versionMinor: 9,
      serverProperties: serverProperties(this.#connection.host.options),
      mechanisms: Buffer.from([...this.#connection.host.mechanisms.keys()].join(' ')),
      locales: Buffer.from('en_US'),
    });
    return octets.length === header.length ? null : octets.subarray(header.length);
  }

  /** Takes a method that came before the connection was open. @throws SessionError */
  method(method: Method): void {
    if (this.#step === 'failed') return;
    if (this.#step === 'login') this.#early.push(method);
    else if (this.#step === 'start' && method.name === 'connection.start-ok') this.#startOk(method);
    else if (this.#step === 'tune' && method.name === 'connection.tune-ok') this.#tuneOk(method);
    else if (this.#step === 'open' && method.name === 'connection.open') this.#open(method);
    else throw this.#unexpected();
  }

  /** An error in the handshake, from here or from the frame parser. */
  fail(error: unknown, methodId: number): void {
    if (this.#step === 'failed') return;
    const { log, host } = this.#connection;
    const closing = closingFor(error, methodId);
    const trusted = this.#step === 'open' || error instanceof NegotiationError;
    this.#step = 'failed';
    this.stop();
    log.failed(error, closing, 0);
    log.reason = closing.replyText;
    if (trusted) this.#connection.closeWith(closing);
    else {
      this.#silence = host.wheel.schedule(
        () => this.#connection.drop('error before login'),
        SILENT_CLOSE_MS,
      );
    }
  }

  #startOk(method: Method<'connection.start-ok'>): void {
    const mechanism = this.#connection.host.mechanisms.get(method.mechanism);
    if (mechanism === undefined) {
      throw new SessionError(
        'COMMAND_INVALID',
        `unknown authentication mechanism '${method.mechanism}'`,
      );
    }
    this.#clientProperties = method.clientProperties;
    const credentials = mechanism(method.response);
    if (credentials === 'malformed') {
      throw new SessionError('SYNTAX_ERROR', 'response invalid');
    }
    this.#step = 'login';
    this.#mechanism = method.mechanism;
    const { host, transport } = this.#connection;
    const { user, password } = credentials;
    const { loopback } = transport.peer;
    const answer = host.authenticator.authenticate(user, password, { loopback });
    if (answer instanceof Promise) {
      answer.then(
        (result) => this.#decide(user, result),
        (error: unknown) => this.fail(error, 0),
      );
    } else this.#decide(user, answer);
  }

  #decide(name: string, result: AuthResult): void {
    if (this.#step !== 'login') return;
    const mechanism = this.#mechanism;
    tellLogin(this.#connection, name, mechanism, result.ok ? null : result.reason);
    if (!result.ok) {
      this.#refuseLogin(mechanism, result.reason);
      return;
    }
    this.#loggedIn(result.user);
    // Clients may send tune-ok and open before they have heard from us.
    for (const method of this.#early.splice(0)) this.#connection.channels.replay(method);
  }

  #loggedIn(user: User): void {
    const { options } = this.#connection.host;
    this.#user = user;
    this.#step = 'tune';
    this.#connection.send(0, {
      name: 'connection.tune',
      channelMax: options.channelMax,
      frameMax: options.frameMaxBytes,
      heartbeat: options.heartbeatSeconds,
    });
  }

  /** A.4: a reply for clients that announced that they want one, else the end after a while. */
  #refuseLogin(mechanism: string, reason: string): void {
    const { log } = this.#connection;
    log.loginRefused(mechanism, reason);
    const error = new SessionError(
      'ACCESS_REFUSED',
      `Login was refused using authentication mechanism ${mechanism}. ` +
        'For details see the broker logfile.',
    );
    if (capabilitiesOf(this.#clientProperties).has('authentication_failure_close')) {
      this.#step = 'failed';
      log.reason = reason;
      this.#connection.closeWith({ ...closingFor(error, 0), scope: 'connection' });
    } else {
      this.fail(error, 0);
    }
  }

  /** A1.5: 0 asks for "no limit", which is more than a limit. */
  #tuneOk(method: Method<'connection.tune-ok'>): void {
    const { options } = this.#connection.host;
    const { frameMaxMinimum } = this.#connection.host.broker.profile;
    checkLimit('frame_max', method.frameMax, options.frameMaxBytes, frameMaxMinimum);
    checkLimit('channel_max', method.channelMax, options.channelMax, 0);
    this.#channelMax = method.channelMax;
    this.#frameMax = method.frameMax;
    this.#heartbeatSeconds = method.heartbeat;
    this.#step = 'open';
    this.#connection.tuned(method.frameMax, method.heartbeat);
  }

  #open(method: Method<'connection.open'>): void {
    const connection = this.#connection;
    const { host, log } = connection;
    const user = this.#user as User;
    const vhost = this.#enter(method.virtualHost, user);
    this.stop();
    const clientName = this.#clientProperties.get('connection_name');
    const name = clientName?.type === 'S' ? clientName.value.toString() : '';
    connection.open({
      user,
      vhost,
      channelMax: this.#channelMax,
      frameMax: this.#frameMax,
      heartbeatSeconds: this.#heartbeatSeconds,
      capabilities: capabilitiesOf(this.#clientProperties),
      clientName: name,
      clientProperties: this.#clientProperties,
      mechanism: this.#mechanism,
    });
    log.opened(user.name, vhost.name, name);
    host.log.debug(
      `connection limits: frame_max ${this.#frameMax}, channel_max ${this.#channelMax}`,
    );
    connection.send(0, { name: 'connection.open-ok' });
    connection.announce();
  }

  #enter(name: string, user: User): VirtualHost {
    const { host } = this.#connection;
    const { maxConnections } = host.options;
    if (Number.isFinite(maxConnections) && host.openConnections >= maxConnections) {
      throw new SessionError(
        'NOT_ALLOWED',
        `connection refused: node connection limit (${maxConnections}) is reached`,
      );
    }
    const vhost = host.broker.vhost(name);
    if (vhost === undefined) throw new SessionError('NOT_ALLOWED', `vhost ${name} not found`);
    if (!host.permissions.hasAccess(user, name)) {
      throw new SessionError(
        'NOT_ALLOWED',
        `access to vhost '${name}' refused for user '${user.name}'`,
      );
    }
    return vhost;
  }

  #refuseHeader(header: Buffer): void {
    const connection = this.#connection;
    this.#step = 'failed';
    connection.log.handshakeFailed(`bad_header ${describeHeader(header)}`);
    this.stop();
    connection.output.append(PROTOCOL_HEADER);
    connection.endQuietly();
    this.#silence = connection.host.wheel.schedule(
      () => connection.drop('bad protocol header'),
      SILENT_CLOSE_MS,
    );
  }

  #unexpected(): SessionError {
    const state = { start: 'starting', login: 'securing', tune: 'tuning', open: 'opening' };
    const named = state[this.#step as keyof typeof state] ?? this.#step;
    return new SessionError('CHANNEL_ERROR', `unexpected method in connection state ${named}`);
  }
}

/** A limit that the client may not have: the one error before connection.open that is answered. */
class NegotiationError extends SessionError {
  constructor(explanation: string) {
    super('NOT_ALLOWED', explanation, CONNECTION_CLASS, TUNE_METHOD);
  }
}

function describeHeader(header: Buffer): string {
  if (header.toString('latin1', 0, 4) === 'GET ') return '(an HTTP request on the AMQP port)';
  if (header[0] === 0x16 && header[1] === 3) return '(a TLS client hello on the plain AMQP port)';
  return `{${[...header].join(',')}}`;
}

function checkLimit(name: string, client: number, server: number, minimum: number): void {
  const shown = client === 0 && name === 'channel_max' ? '0 (no limit)' : String(client);
  const complain = (than: string) =>
    new NegotiationError(`negotiated ${name} = ${shown} is ${than}`);
  if (client !== 0 && client < minimum) {
    throw complain(`lower than the minimum allowed value (${minimum})`);
  }
  if (server !== 0 && (client === 0 || client > server)) {
    throw complain(`higher than the maximum allowed value (${server})`);
  }
}

/** Names of the capabilities that client-properties sets to true. */
export function capabilitiesOf(clientProperties: FieldTable): ReadonlySet<string> {
  const found = new Set<string>();
  const capabilities = clientProperties.get('capabilities');
  if (capabilities?.type !== 'F') return found;
  for (const [name, field] of capabilities.value) {
    if (field.type === 't' && field.value) found.add(name);
  }
  return found;
}
