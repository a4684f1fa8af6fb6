/**
 * The lines that a connection leaves in the log, worded as RabbitMQ's users know them.
 *
 * Responsible for the wording and the level. Not responsible for when something is said.
 */
import { ProtocolError } from '../../protocol/errors.ts';
import { type Log, logId } from '../lib/log.ts';
import { type Closing, isDefect } from './close.ts';

export class ConnectionLog {
  /** Why the connection ended, once it is known. */
  reason = '';
  readonly #log: Log;
  readonly #id: number;
  readonly #name: string;
  #login = '';

  constructor(log: Log, id: number, name: string) {
    this.#log = log;
    this.#id = id;
    this.#name = name;
  }

  accepting(): void {
    this.#log.info(`accepting AMQP connection ${this.#title}`, this.#fields);
  }

  /** Logged in and in a virtual host. */
  opened(user: string, vhost: string, clientName: string): void {
    this.#login = `, vhost: '${vhost}', user: '${user}'`;
    if (clientName !== '') {
      this.#log.info(
        `connection ${this.#title} has a client-provided name: ${clientName}`,
        this.#fields,
      );
    }
    this.#log.info(
      `connection ${this.#title}: user '${user}' authenticated ` +
        `and granted access to vhost '${vhost}'`,
      this.#fields,
    );
  }

  /** The login failed; `reason` is what RabbitMQ's log says. */
  loginRefused(mechanism: string, reason: string): void {
    this.#log.error(
      `Error on AMQP connection ${this.#title}, state: starting:\n` +
        `${mechanism} login refused: ${reason}`,
      this.#fields,
    );
  }

  /** An error ends a channel or the connection. */
  failed(error: unknown, closing: Closing, channel: number): void {
    const what =
      closing.scope === 'channel' ? 'Channel error on connection' : 'Error on AMQP connection';
    const detail =
      error instanceof ProtocolError && error.detail !== '' ? ` (${error.detail})` : '';
    this.#log.error(
      `${what} ${this.#title}, channel ${channel}:\n` +
        `operation ${closing.classId}.${closing.methodId} caused a ${closing.scope} exception: ` +
        `${closing.replyText}${detail}`,
      this.#fields,
    );
    if (isDefect(error)) this.#log.error(stackOf(error), this.#fields);
  }

  missedHeartbeats(timeoutSeconds: number): void {
    this.reason = 'missed heartbeats';
    this.#log.error(
      `closing AMQP connection ${this.#title}:\n` +
        `missed heartbeats from client, timeout: ${timeoutSeconds}s`,
      this.#fields,
    );
  }

  clientVanished(): void {
    this.reason = 'client unexpectedly closed TCP connection';
    this.#log.warning(
      `closing AMQP connection ${this.#title}:\nclient unexpectedly closed TCP connection`,
      this.#fields,
    );
  }

  handshakeFailed(reason: string): void {
    this.reason = reason;
    this.#log.error(`closing AMQP connection ${this.#title}:\n${reason}`, this.#fields);
  }

  dropped(reason: string): void {
    if (this.reason === '') this.reason = reason;
    this.#log.debug(`dropping AMQP connection ${this.#title}: ${reason}`, this.#fields);
  }

  closed(error: Error | null): void {
    if (this.reason === '') {
      if (error === null) this.clientVanished();
      else {
        this.reason = error.message;
        this.#log.warning(
          `closing AMQP connection ${this.#title}:\n${error.message}`,
          this.#fields,
        );
      }
    } else {
      this.#log.info(`closing AMQP connection ${this.#title} (${this.reason})`, this.#fields);
    }
  }

  get #title(): string {
    return `${logId(this.#id)} (${this.#name}${this.#login})`;
  }

  get #fields() {
    return { connection: this.#id };
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
