/**
 * Asks the runner for a broker that only this scenario uses, to be killed and started again on the
 * same port. One socket, one line a request: `start` answers `ok <url>`, `kill` answers `ok`. The
 * runner ends the broker when the socket closes. There is none when the suite runs against --url.
 */
import { connect, type Socket } from 'node:net';
import { Inbox } from './inbox.ts';

export class OwnBroker {
  readonly #socket: Socket;
  readonly #answers = new Inbox<string>();
  #rest = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#answers.push(line);
    });
    socket.on('error', (error) => this.#answers.push(`error ${error.message}`));
  }

  static async open(address: string): Promise<OwnBroker> {
    const [host, port] = address.split(':');
    const socket = connect({ host: host as string, port: Number(port) });
    const broker = new OwnBroker(socket);
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

  close(): void {
    this.#socket.destroy();
  }

  async #ask(request: string): Promise<string> {
    this.#socket.write(`${request}\n`);
    const answer = await this.#answers.next();
    const [word, ...rest] = answer.split(' ');
    if (word !== 'ok') throw new Error(`broker control: ${answer}`);
    return rest.join(' ');
  }
}
