/** What every client is handed for one round. */
import type { Random } from '../fuzz/random.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Life } from './life.ts';
import type { Link } from './link.ts';
import type { Markers } from './markers.ts';

export interface Stage {
  readonly life: Life;
  readonly ledger: Ledger;
  readonly markers: Markers;
  /** One of a few connections that the clients share. */
  readonly link: Link;
  /**
   * The most deliveries that a channel should hold. They stay in memory, and the connections of the
   * clients publish, too: under an alarm no ack would be read that makes room.
   */
  readonly mostHeld: number;
  /** The client's own, for this round. */
  readonly random: Random;
}

/** Somebody who works with the broker, over all rounds of a run. */
export interface Client {
  readonly name: string;
  /** Works until the life is over or comes to rest; fails only when something is wrong. */
  work(stage: Stage): Promise<void>;
}
