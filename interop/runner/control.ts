/**
 * Lets a client program, in any language, have a broker of its own to be killed under it: a TCP
 * port with one line a request. `start` starts one (or starts it again, on the same port) and
 * answers `ok <url>`; `kill` kills it with SIGKILL and answers `ok`; `block` raises its memory
 * alarm, so that publishers are blocked, `unblock` clears it, and both answer `ok`; what fails
 * answers `error <reason>`. A broker belongs to the socket that asked, and is killed when that
 * closes.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Broker, MakeBroker } from '../brokers/broker.ts';

export class BrokerControl {
  readonly #make: MakeBroker;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** host:port, for the environment of client programs. */
  address = '';

  constructor(make: MakeBroker) {
    this.#make = make;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no control port');
    this.address = `127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let broker: Broker | undefined;
    let work = Promise.resolve();
    const enqueue = (action: () => Promise<void>): void => {
      work = work.then(action).catch((error: Error) => {
        if (socket.writable) socket.write(`error ${error.message}\n`);
      });
    };
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => {
      enqueue(async () => {
        if (line === 'start') {
          broker ??= await this.#make();
          await broker.start();
          socket.write(`ok ${broker.url}\n`);
        } else if (isRequest(line)) {
          if (broker === undefined) throw new Error(`${line} before start`);
          await broker[line]();
          socket.write('ok\n');
        } else {
          throw new Error('expected start, kill, block or unblock');
        }
      });
    });
    // A program that is killed resets its socket: that closes it like any other end. The lines
    // report the socket's error once more.
    socket.on('error', () => socket.destroy());
    lines.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#sockets.delete(socket);
      enqueue(async () => broker?.kill());
    });
  }
}

function isRequest(line: string): line is 'kill' | 'block' | 'unblock' {
  return line === 'kill' || line === 'block' || line === 'unblock';
}
