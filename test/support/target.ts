// What the end-to-end tests run against: Leveret inside this process, over pipes where no port is
// needed, or the broker that LEVERET_TEST_URL names (a real RabbitMQ, say). Gives tests
// connections and names that nobody else uses, and takes both away after each test. The users and
// vhosts that tests rely on are in world.ts; which tests a foreign broker cannot pass, and why,
// in exceptions.ts.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Broker, type BrokerHooks, type BrokerOptions, startBroker } from '../../src/index.ts';
import { exceptionFor } from './exceptions.ts';
import { type HandshakeOptions, Peer } from './peer.ts';
import { pipePair } from './pipe.ts';
import { WORLD } from './world.ts';

const foreignUrl = process.env['LEVERET_TEST_URL'];
const TEST_TIMEOUT_MS = 30_000;

/** Whether the tests run against a broker that is not ours. */
export const isForeign = foreignUrl !== undefined && foreignUrl !== '';
/** Whether that broker has the users, vhosts and limits of world.ts. */
export const hasWorld = !isForeign || process.env['LEVERET_TEST_WORLD'] === '1';

/** Starts a Leveret of the test's own. */
export async function startLeveret(
  options: BrokerOptions = {},
  hooks: BrokerHooks = {},
): Promise<Broker> {
  return await startBroker({ port: 0, ...options }, hooks);
}

let shared: Promise<Broker> | undefined;

/** The Leveret that all tests without wishes of their own share. */
export function sharedLeveret(): Promise<Broker> {
  shared ??= startLeveret(WORLD);
  return shared;
}

/** A connected socket to `url`'s host and port. */
export async function openSocket(url: string): Promise<Duplex> {
  const { hostname, port } = new URL(url);
  const socket = connectTcp({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** A pipe to a Leveret in this process. */
export function openPipe(broker: Broker): Duplex {
  const [ours, theirs] = pipePair();
  broker.accept(theirs);
  return ours;
}

/** What a test takes from its surroundings; see useTarget(). */
export class Target {
  readonly #peers: Peer[] = [];
  readonly #streams: Duplex[] = [];
  readonly #names: string[] = [];
  #janitor: Peer | undefined;

  /** A name of its own for a queue or an exchange; either is deleted after the test. */
  name(label = 'q'): string {
    const name = `wt.${label}.${randomBytes(6).toString('hex')}`;
    this.#names.push(name);
    return name;
  }

  /** Has a queue or exchange of this name deleted after the test. */
  alsoDelete(name: string): void {
    this.#names.push(name);
  }

  /** A stream to the broker on which nothing has been said yet. */
  async stream(): Promise<Duplex> {
    const stream =
      foreignUrl !== undefined && isForeign
        ? await openSocket(foreignUrl)
        : openPipe(await sharedLeveret());
    this.#streams.push(stream);
    return stream;
  }

  /** A connection, its handshake done, without channels. */
  async connect(options: HandshakeOptions = {}): Promise<Peer> {
    return this.track(await Peer.connect(await this.stream(), options));
  }

  /** A connection with channel 1 open. */
  async channel(options: HandshakeOptions = {}): Promise<Peer> {
    const peer = await this.connect(options);
    await peer.open(1);
    return peer;
  }

  /** Has a peer dropped after the test. */
  track(peer: Peer): Peer {
    this.#peers.push(peer);
    return peer;
  }

  async cleanUp(): Promise<void> {
    for (const peer of this.#peers.splice(0)) peer.drop();
    for (const stream of this.#streams.splice(0)) stream.destroy();
    for (const name of this.#names.splice(0)) {
      await this.#delete('queue.delete', { queue: name });
      await this.#delete('exchange.delete', { exchange: name });
    }
  }

  async end(): Promise<void> {
    await this.#janitor?.close();
  }

  async #delete(
    method: 'queue.delete' | 'exchange.delete',
    fields: { queue: string } | { exchange: string },
  ): Promise<void> {
    if (this.#janitor === undefined) {
      const stream = isForeign
        ? await openSocket(foreignUrl ?? '')
        : openPipe(await sharedLeveret());
      this.#janitor = await Peer.connect(stream);
      await this.#janitor.open(1);
    }
    this.#janitor.send(1, method, fields);
    const { method: reply } = await this.#janitor.next(1);
    // Locked: an exclusive queue whose connection is going away just now takes it along.
    if (reply.name !== 'channel.close') return;
    this.#janitor.send(1, 'channel.close-ok');
    await this.#janitor.open(1);
  }
}

/** For the top of a `describe`: names and connections that go away after each of its tests. */
export function useTarget(): Target {
  const target = new Target();
  beforeEach(function () {
    this.timeout(TEST_TIMEOUT_MS);
    this.currentTest?.timeout(TEST_TIMEOUT_MS);
    const title = this.currentTest?.fullTitle() ?? '';
    if (isForeign && exceptionFor(title) !== undefined) this.skip();
  });
  afterEach(async function () {
    this.timeout(TEST_TIMEOUT_MS);
    await target.cleanUp();
  });
  after(() => target.end());
  return target;
}

/** For the top of a `describe` that needs the users, vhosts or limits of world.ts. */
export function needsWorld(): void {
  before(function () {
    if (!hasWorld) this.skip();
  });
}

/** For the top of a `describe` that is about Leveret alone: its options, its API. */
export function needsLeveret(): void {
  before(function () {
    if (isForeign) this.skip();
  });
}

if (!isForeign && typeof after === 'function') {
  after(async () => {
    await (await shared)?.stop();
  });
}
