/**
 * TCP listeners: accepts sockets and hands them to the session as transports.
 *
 * Responsible for addresses, socket options and who counts as local. Not responsible for anything
 * that is said on a socket.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Transport } from '../session/transport.ts';
import { StreamTransport } from './stream-transport.ts';

/** Where to listen. `ifAvailable`: go without when the machine has no such address (no IPv6). */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly ifAvailable: boolean;
}

/** Pending connections that the kernel keeps for a listener: bursts of reconnecting clients. */
const BACKLOG = 4_096;
const UNAVAILABLE = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

export class Listener {
  readonly host: string;
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('not a TCP listener');
    this.#server = server;
    this.host = address.address;
    this.port = address.port;
  }

  /**
   * Listens on `address`; null when it may be missing and is.
   * @throws the system's error, such as EADDRINUSE
   */
  static async open(
    address: Address,
    accept: (transport: Transport) => void,
  ): Promise<Listener | null> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      const transport = socketTransport(socket);
      if (transport !== null) accept(transport);
    });
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host: address.host, port: address.port, backlog: BACKLOG }, resolve);
      });
    } catch (error) {
      if (address.ifAvailable && UNAVAILABLE.has((error as NodeJS.ErrnoException).code ?? '')) {
        return null;
      }
      throw error;
    }
    return new Listener(server);
  }

  /** Accepts no more. Resolves when all accepted sockets are gone. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

/** null when the peer is gone before anybody looked. */
function socketTransport(socket: Socket): Transport | null {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) {
    socket.destroy();
    return null;
  }
  const peer = plainAddress(remoteAddress);
  return new StreamTransport(
    socket,
    {
      peer: { address: peer, port: remotePort, loopback: isLoopback(peer) },
      local: { address: plainAddress(localAddress ?? ''), port: localPort ?? 0 },
    },
    true,
  );
}

/** IPv4 addresses as such, also where a dual-stack socket shows them inside IPv6. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
