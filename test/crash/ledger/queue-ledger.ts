/**
 * What is known of one queue: the messages that are or may be in it, and those that are not to
 * come any more.
 */
import { Copy, type Message } from './copy.ts';
import { OrderCheck } from './order.ts';

export interface QueueTraits {
  /** It never has more than one consumer: what it delivers has one order over the whole run. */
  readonly isSingle?: boolean;
  /** Its consumers do not ack: what was on its way when the broker was killed is gone. */
  readonly isLossy?: boolean;
}

/** How many messages there may be. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

export class QueueLedger {
  readonly name: string;
  readonly isSingle: boolean;
  readonly isLossy: boolean;
  /** Copies that are there, or may be. */
  readonly live = new Map<number, Copy>();
  /** Histories of copies that must not come any more. */
  readonly gone = new Map<number, readonly number[]>();
  /** Of what was delivered for the first time, over the whole run. */
  readonly firsts = new OrderCheck();
  /** Of all that was delivered since the start of the broker. */
  inRound = new OrderCheck();
  /** Something was put back since the start: deliveries are in no order any more. */
  isMixed = false;
  /** Its delete was sent, and not answered. */
  mayBeMissing = false;

  constructor(name: string, { isSingle = false, isLossy = false }: QueueTraits = {}) {
    this.name = name;
    this.isSingle = isSingle;
    this.isLossy = isLossy;
  }

  add(message: Message): Copy {
    const copy = new Copy(message, this);
    this.live.set(message.id, copy);
    return copy;
  }

  /** The copy must not come any more. */
  forget(copy: Copy): void {
    this.live.delete(copy.id);
    this.gone.set(copy.id, copy.history);
  }

  /** How many messages a restart may have left. */
  get bounds(): Bounds {
    let least = 0;
    if (!this.isLossy) for (const copy of this.live.values()) if (copy.isOwed) least++;
    return { least, most: this.live.size };
  }

  /** How many messages may be ready now, with the broker that took them. */
  get readyBounds(): Bounds {
    let least = 0;
    let most = 0;
    for (const { holder, isPromised, ackedIn } of this.live.values()) {
      if (holder !== null) continue;
      most++;
      if (isPromised && ackedIn === 0) least++;
    }
    return { least: this.isLossy ? 0 : least, most };
  }

  startRound(): void {
    this.inRound = new OrderCheck();
    this.isMixed = false;
  }
}
