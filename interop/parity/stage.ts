/**
 * What a scenario has to work with on one broker: connections, names of its own, notes. The same
 * scenario gets the same names on both brokers. Everything that it declared or opened goes away
 * after it.
 */
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { type HandshakeOptions, Peer } from '../../test/support/peer.ts';
import { Wire } from '../../test/support/wire.ts';
import type { Side } from './sides.ts';
import { Speaker } from './speaker.ts';

export class Stage {
  /** A queue's name and two exchanges' of this scenario's own. */
  readonly q: string;
  readonly x: string;
  readonly y: string;
  readonly speakers: Speaker[] = [];
  readonly notes: string[] = [];
  /** Wires opened by `dial`, with their labels. */
  readonly wires: { readonly label: string; readonly wire: Wire }[] = [];
  readonly #side: Side;
  readonly #stem: string;
  readonly #names: string[] = [];
  #connections = 0;

  constructor(side: Side, stem: string) {
    this.#side = side;
    this.#stem = stem;
    this.q = this.name('q');
    this.x = this.name('x');
    this.y = this.name('y');
  }

  /** A name of the scenario's own for a queue or an exchange, deleted after it. */
  name(label: string): string {
    const name = `${this.#stem}.${label}`;
    this.#names.push(name);
    return name;
  }

  /** A connection with its handshake done, which is not compared. */
  async connect(options: HandshakeOptions = {}): Promise<Speaker> {
    const label = this.#nextLabel();
    const speaker = new Speaker(
      await Peer.connect(await this.#socket(), options),
      label,
      this.notes,
    );
    this.speakers.push(speaker);
    return speaker;
  }

  /** As connect(), with channel 1 open. */
  async channel(options: HandshakeOptions = {}): Promise<Speaker> {
    const speaker = await this.connect(options);
    await speaker.open(1);
    return speaker;
  }

  /**
   * A connection on which only the protocol header has been said; the connection.start that came is
   * compared only if the scenario is about it.
   */
  async greet(options: { withStart?: boolean } = {}): Promise<Speaker> {
    const label = this.#nextLabel();
    const { peer } = await Peer.begin(await this.#socket());
    const speaker = new Speaker(peer, label, this.notes, options);
    this.speakers.push(speaker);
    return speaker;
  }

  /** A connection on which nothing has been said; what comes is kept as octets. */
  async dial(): Promise<Wire> {
    const wire = new Wire(await this.#socket(), { raw: true });
    this.wires.push({ label: this.#nextLabel(), wire });
    return wire;
  }

  note(text: string): void {
    this.notes.push(text);
  }

  /** Lets what is on its way arrive. */
  async settle(): Promise<void> {
    for (const speaker of this.speakers) await speaker.settle();
  }

  /** Drops all connections and deletes what the scenario declared. */
  async clear(): Promise<void> {
    for (const { peer } of this.speakers) peer.drop();
    for (const { wire } of this.wires) wire.stream.destroy();
    const janitor = await Peer.connect(await this.#socket());
    await janitor.open(1);
    for (const name of this.#names) {
      for (const [method, fields] of [
        ['queue.delete', { queue: name }],
        ['exchange.delete', { exchange: name }],
      ] as const) {
        janitor.send(1, method, fields);
        const { method: reply } = await janitor.next(1);
        // Locked: an exclusive queue whose connection is going away just now takes it along.
        if (reply.name !== 'channel.close') continue;
        janitor.send(1, 'channel.close-ok');
        await janitor.open(1);
      }
    }
    await janitor.close();
  }

  #nextLabel(): string {
    this.#connections += 1;
    return `c${this.#connections}`;
  }

  async #socket(): Promise<Duplex> {
    const { host, port } = this.#side;
    const socket = connectTcp({ host, port, noDelay: true });
    await once(socket, 'connect');
    return socket;
  }
}
