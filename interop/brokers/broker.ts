/**
 * A broker that the suite starts as processes of its own on loopback and ends again, ours or a
 * RabbitMQ: what `npm run interop`, `npm run parity` and the foreign suites ask of either.
 */
import { connect, createServer } from 'node:net';

export const HOST = '127.0.0.1';
const PROBE_EVERY_MS = 20;

export interface Broker {
  /** amqp://guest:guest@host:port, without a path. */
  readonly url: string;
  readonly port: number;
  /** Where its output goes, to be read after a failure. */
  readonly logFile: string;
  /** Starts it; resolves when it accepts connections. Throws an Error when it does not. */
  start(): Promise<void>;
  /** Kills it with SIGKILL; resolves when the processes are gone. */
  kill(): Promise<void>;
  /** Raises the memory alarm: publishers are blocked until `unblock`. */
  block(): Promise<void>;
  /** Clears the memory alarm. */
  unblock(): Promise<void>;
}

/** Makes a broker that is not started yet. */
export type MakeBroker = () => Promise<Broker>;

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}

/**
 * Waits until a port accepts connections. Throws an Error when `ended` says why that will never be,
 * or when the time is over.
 */
export async function waitForPort(
  port: number,
  limitMs: number,
  ended: () => string | undefined,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await accepts(port))) {
    const why = ended();
    if (why !== undefined) throw new Error(why);
    if (Date.now() > deadline) throw new Error(`it does not listen after ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS));
  }
}

/** Waits until a port no longer accepts connections. Throws an Error when the time is over. */
export async function waitForSilence(port: number, limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (await accepts(port)) {
    if (Date.now() > deadline) throw new Error(`port ${port} still listens after ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: HOST });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
