// A broker of a test's own whose count of memory is looked at, and its clients. Waits for the
// broker's events, since what it counts changes when it notices something, not when a client does
// it.
import type { BrokerOptions } from '../../src/index.ts';
import { type HandshakeOptions, Peer } from './peer.ts';
import { openPipe, startLeveret } from './target.ts';

export const KIB = 1024;
/** The body of most messages; what a broker counts beside it is well below 1 KiB. */
export const BODY = Buffer.alloc(10 * KIB, 'x');

type Leveret = Awaited<ReturnType<typeof startLeveret>>;

/** A broker for one test, and its clients. */
export class MemoryStage {
  broker!: Leveret;
  readonly #peers: Peer[] = [];

  async client(options: HandshakeOptions = {}): Promise<Peer> {
    const peer = await Peer.connect(openPipe(this.broker), options);
    this.#peers.push(peer);
    await peer.open(1);
    return peer;
  }

  get used(): number {
    return this.broker.memoryUsedBytes;
  }

  /** Drops a client and waits until the broker has noticed. */
  async lose(peer: Peer): Promise<void> {
    const gone = this.next('connection.closed');
    peer.drop();
    await gone;
  }

  next(event: 'connection.closed' | 'alarm.set' | 'alarm.cleared'): Promise<void> {
    return new Promise((resolve) => {
      this.broker.once(event, () => resolve());
    });
  }

  async end(): Promise<void> {
    for (const peer of this.#peers.splice(0)) peer.drop();
    await this.broker.stop();
  }
}

/** For the top of a `describe`: a broker with these options for each of its tests. */
export function useMemoryStage(options: BrokerOptions = {}): MemoryStage {
  const stage = new MemoryStage();
  beforeEach(async () => {
    stage.broker = await startLeveret(options);
  });
  afterEach(() => stage.end());
  return stage;
}
