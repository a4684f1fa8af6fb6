/**
 * A broker of the application's own, to be killed under it: see interop/runner/control.ts. One
 * socket, one line a request; the runner ends the broker when the socket closes.
 */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Skip } from './report.ts';

export class OwnBroker {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    const control = process.env['INTEROP_CONTROL'];
    if (!control) throw new Skip('the runner did not start this broker, so it cannot kill it');
    const [host, port] = control.split(':');
    this.#socket = connect(Number(port), host);
    this.#lines = createInterface({ input: this.#socket })[Symbol.asyncIterator]();
  }

  /** Starts it, for the first time or again; gives its URL. */
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
    const { value } = await this.#lines.next();
    const answer = String(value);
    if (!answer.startsWith('ok')) throw new Error(`broker control: ${answer}`);
    return answer.slice('ok'.length).trim();
  }
}
