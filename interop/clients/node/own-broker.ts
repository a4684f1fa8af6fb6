/**
 * Asks the runner for a broker that only this scenario uses, to be killed and started again on the
 * same port, or to block its publishers. One socket, one line a request: `start` answers `ok
 * <url>`, `kill`, `block` and `unblock` answer `ok`. The runner ends the broker when the socket
 * closes. There is none when the suite runs against --url.
 */
import { connect, type Socket } from 'node:net';
import { Inbox } from './inbox.ts';
import type { Limit } from './limit.ts';

export class OwnBroker {
  readonly #socket: Socket;
  readonly #limit: Limit;
  readonly #answers = new Inbox<string>();
  #rest = '';

  private constructor(socket: Socket, limit: Limit) {
    this.#socket = socket;
    this.#limit = limit;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#answers.push(line);
    });
    socket.on('error', (error) => this.#answers.push(`error ${error.message}`));
  }

  /** `limit` stands still while the runner is at work. */
  static async open(address: string, limit: Limit): Promise<OwnBroker> {
    const [host, port] = address.split(':');
    const socket = connect({ host: host as string, port: Number(port) });
    const broker = new OwnBroker(socket, limit);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return broker;
  }

  /** Starts the broker, for the first time or again; gives its URL. */
  start(): Promise<string> {
    return this.#ask('start');
  }

  /** Kills it with SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#ask('kill');
  }

  /** Raises its memory alarm: whoever publishes is blocked. */
  async block(): Promise<void> {
    await this.#ask('block');
  }

  /** Clears the alarm. */
  async unblock(): Promise<void> {
    await this.#ask('unblock');
  }

  close(): void {
    this.#socket.destroy();
  }

  async #ask(request: string): Promise<string> {
    this.#socket.write(`${request}\n`);
    const answer = await this.#limit.without(() => this.#answers.next());
    const [word, ...rest] = answer.split(' ');
    if (word !== 'ok') throw new Error(`broker control: ${answer}`);
    return rest.join(' ');
  }
}
